//! The columns of a customer that are checked and written together.

use crm::text::{fold, sort_key};

use crate::check;
use crate::customers::{Customer, CustomerPatch};
use crate::db::{Tx, values};
use crate::error::Result;

/// The folded text by which a customer is found.
pub(crate) fn search_text(name: &str, company: Option<&str>, email: Option<&str>) -> String {
    fold(&[name, company.unwrap_or_default(), email.unwrap_or_default()].join(" "))
}

/// The columns that are written together.
#[derive(Default)]
pub(crate) struct Fields {
    pub(crate) name: String,
    pub(crate) company: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) birth_date: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) segment: Option<String>,
    pub(crate) address_as: Option<String>,
    pub(crate) note: String,
}

impl Fields {
    pub(crate) fn patched(known: Customer, patch: &CustomerPatch) -> Result<Self> {
        let pick = |field: &str, new: &Option<Option<String>>, old: Option<String>| match new {
            Some(value) => check::optional(field, value.as_deref()),
            None => Ok(old),
        };
        Ok(Self {
            name: match &patch.name {
                Some(name) => check::required("name", name, check::LINE)?,
                None => known.row.name,
            },
            company: pick("company", &patch.company, known.row.company)?,
            role: pick("role", &patch.role, known.role)?,
            email: match &patch.email {
                Some(email) => check::email("email", email.as_deref())?,
                None => known.email,
            },
            birth_date: match &patch.birth_date {
                Some(date) => check::date("birth_date", date.as_deref())?,
                None => known.birth_date,
            },
            language: pick("language", &patch.language, known.language)?,
            segment: pick("segment", &patch.segment, known.segment)?,
            address_as: pick("address_as", &patch.address_as, known.address_as)?,
            note: match &patch.note {
                Some(note) => check::bounded("note", note, check::FREE)?,
                None => known.note,
            },
        })
    }

    pub(crate) async fn write(&self, tx: &mut Tx, id: &str) -> Result<()> {
        let sql = "UPDATE customers SET name = $2, company = $3, role = $4, email = $5, birth_date = $6, language = $7, \
                   segment = $8, address_as = $9, note = $10, search = $11, sort = $12 WHERE id = $1";
        let search = search_text(&self.name, self.company.as_deref(), self.email.as_deref());
        let values = values![
            id,
            &self.name,
            &self.company,
            &self.role,
            &self.email,
            &self.birth_date,
            &self.language,
            &self.segment,
            &self.address_as,
            &self.note,
            search,
            sort_key(&self.name)
        ];
        tx.run(sql, values).await.map(|_| ())
    }
}
