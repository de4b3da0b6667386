//! Customers: people who call, with their numbers, tags, notes and the answers to offers.

use std::collections::HashMap;

use crm::text::{fold, sort_key};
use sqlx::AssertSqlSafe;

use crate::db::{Row, Tx, Value, placeholders, values};
use crate::error::{Result, StoreError};
use crate::page::{Order, Page, PageAsk, Select, contains};
use crate::phones::{self, phone};
use crate::{Store, check, id};

/// One number of a customer.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Phone {
    /// Key (`+905321112233`, `4441444`).
    pub number: String,
    /// As people write it.
    pub display: String,
}

/// A customer as lists show them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerRow {
    /// `cus_…`
    pub id: String,
    /// Name.
    pub name: String,
    /// Company.
    pub company: Option<String>,
    /// Numbers, the main one first.
    pub phones: Vec<Phone>,
    /// Tags.
    pub tags: Vec<String>,
    /// Last answered call, µs UTC.
    pub last_contact_at: Option<i64>,
}

/// All that is known of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// What lists show.
    pub row: CustomerRow,
    /// Role in the company.
    pub role: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// `YYYY-MM-DD`.
    pub birth_date: Option<String>,
    /// `tr`, `en`.
    pub language: Option<String>,
    /// Segment (`vip`).
    pub segment: Option<String>,
    /// Form of address (`Ayşe Hanım`).
    pub address_as: Option<String>,
    /// Whether messages are wanted; `None` when never asked.
    pub sms_consent: Option<bool>,
    /// Free text.
    pub note: String,
    /// µs UTC.
    pub created_at: i64,
    /// Rises with each change.
    pub rev: i64,
}

/// A customer to add.
#[derive(Debug, Clone, Default)]
pub struct NewCustomer {
    /// Name.
    pub name: String,
    /// Company.
    pub company: Option<String>,
    /// Role there.
    pub role: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Numbers in any spelling.
    pub phones: Vec<String>,
    /// `tr`, `en`.
    pub language: Option<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// The call they are on: it and its number become theirs.
    pub call: Option<String>,
}

/// What changes; `None` leaves as it is, `Some(None)` clears.
#[derive(Debug, Clone, Default)]
pub struct CustomerPatch {
    /// Name.
    pub name: Option<String>,
    /// Company.
    pub company: Option<Option<String>>,
    /// Role.
    pub role: Option<Option<String>>,
    /// E-mail address.
    pub email: Option<Option<String>>,
    /// `YYYY-MM-DD`.
    pub birth_date: Option<Option<String>>,
    /// Language.
    pub language: Option<Option<String>>,
    /// Segment.
    pub segment: Option<Option<String>>,
    /// Form of address.
    pub address_as: Option<Option<String>>,
    /// A decision about messages, taken in a call.
    pub sms_consent: Option<bool>,
    /// Free text.
    pub note: Option<String>,
    /// All numbers, in any spelling.
    pub phones: Option<Vec<String>>,
}

/// A note on a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// `not_…`
    pub id: String,
    /// Text.
    pub text: String,
    /// The call it was written in.
    pub call: Option<String>,
    /// Who wrote it, `usr_…`.
    pub by: String,
    /// µs UTC.
    pub at: i64,
}

/// Answer to an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferAnswer {
    /// Yes.
    Accepted,
    /// Ask again in a week.
    Later,
    /// No.
    Declined,
}

/// How long an offer rests after "later".
const LATER: i64 = 7 * 24 * 3600 * 1_000_000;

const FULL: &str = "SELECT c.id, c.name, c.company, c.role, c.email, c.birth_date, c.language, c.segment, c.address_as, \
                    c.sms_consent, c.note, c.last_contact_at, c.created_at, c.rev FROM customers c";
pub(crate) const BRIEF: &str =
    "SELECT c.id, c.name, c.company, c.last_contact_at, c.sort AS page_key, c.id AS page_id FROM customers c";

pub(crate) fn brief(row: &Row) -> Result<CustomerRow> {
    Ok(CustomerRow {
        id: row.get("id")?,
        name: row.get("name")?,
        company: row.get("company")?,
        phones: Vec::new(),
        tags: Vec::new(),
        last_contact_at: row.get("last_contact_at")?,
    })
}

fn full(row: &Row) -> Result<Customer> {
    Ok(Customer {
        row: brief(row)?,
        role: row.get("role")?,
        email: row.get("email")?,
        birth_date: row.get("birth_date")?,
        language: row.get("language")?,
        segment: row.get("segment")?,
        address_as: row.get("address_as")?,
        sms_consent: row.get("sms_consent")?,
        note: row.get("note")?,
        created_at: row.get("created_at")?,
        rev: row.get("rev")?,
    })
}

/// The folded text by which a customer is found.
pub(crate) fn search_text(name: &str, company: Option<&str>, email: Option<&str>) -> String {
    fold(&[name, company.unwrap_or_default(), email.unwrap_or_default()].join(" "))
}

/// Each word of a question must occur in `column`; digits may instead be part of a number.
pub(crate) fn search(select: &mut Select, q: Option<&str>, columns: &[&str], by_number: &str) {
    let Some(q) = q.map(str::trim).filter(|q| !q.is_empty()) else { return };
    if let (Some(digits), false) = (crm::number::search_digits(q), by_number.is_empty()) {
        return select.and(by_number, values![contains(&digits)]);
    }
    let folded = fold(q);
    if folded.is_empty() {
        return select.and("1 = 0", Vec::new());
    }
    let condition: Vec<String> = columns.iter().map(|column| format!("{column} LIKE ? ESCAPE '\\'")).collect();
    for word in folded.split(' ') {
        select.and(&condition.join(" OR "), columns.iter().map(|_| Value::from(contains(word))).collect());
    }
}

impl Store {
    /// Adds a customer with numbers and tags; ties the call, if one is given, to them.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with the field.
    pub async fn customer_insert(&self, new: &NewCustomer, now: i64) -> Result<Customer> {
        let phones = self.read_phones(&new.phones)?;
        let fields = Fields {
            name: check::required("name", &new.name, check::LINE)?,
            company: check::optional("company", new.company.as_deref())?,
            role: check::optional("role", new.role.as_deref())?,
            email: check::email("email", new.email.as_deref())?,
            language: check::optional("language", new.language.as_deref())?,
            ..Fields::default()
        };
        let id = id::new("cus", now);
        let mut tx = self.db.begin().await?;
        let sql =
            "INSERT INTO customers (id, name, search, sort, created_at, updated_at) VALUES ($1, $2, '', '', $3, $3)";
        tx.run(sql, values![&id, &fields.name, now]).await?;
        fields.write(&mut tx, &id).await?;
        phones::add(&mut tx, &id, &phones).await?;
        for tag in &new.tags {
            add_tag(&mut tx, &id, tag, now).await?;
        }
        if let Some(call) = &new.call {
            self.link(&mut tx, call, &id).await?;
        }
        tx.commit().await?;
        self.customer_get(&id).await
    }

    /// A customer by id.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn customer_get(&self, id: &str) -> Result<Customer> {
        let row = self.db.row(AssertSqlSafe(format!("{FULL} WHERE c.id = $1")), values![id]).await?;
        let mut customer = full(&row.ok_or(StoreError::NotFound)?)?;
        self.decorate(std::slice::from_mut(&mut customer.row)).await?;
        Ok(customer)
    }

    /// Changes a customer. With `rev`, only if nobody else did since.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Changed`], [`StoreError::Invalid`].
    pub async fn customer_patch(
        &self,
        id: &str,
        rev: Option<i64>,
        patch: &CustomerPatch,
        now: i64,
    ) -> Result<Customer> {
        let phones = patch.phones.as_ref().map(|phones| self.read_phones(phones)).transpose()?;
        let mut tx = self.db.begin().await?;
        bump(&mut tx, "customers", id, rev, now).await?;
        let row = tx.row(AssertSqlSafe(format!("{FULL} WHERE c.id = $1")), values![id]).await?;
        let known = full(&row.ok_or(StoreError::NotFound)?)?;
        Fields::patched(known, patch)?.write(&mut tx, id).await?;
        if let Some(wanted) = patch.sms_consent {
            let sql =
                "UPDATE customers SET sms_consent = $2, sms_consent_source = 'call', sms_consent_at = $3 WHERE id = $1";
            tx.run(sql, values![id, wanted, now]).await?;
        }
        if let Some(phones) = phones {
            phones::replace(&mut tx, id, &phones).await?;
        }
        tx.commit().await?;
        self.customer_get(id).await
    }

    /// Customers by name in Turkish order; `q` is a name, a part of one, or digits of a number in any spelling.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a foreign cursor.
    pub async fn customers_list(&self, q: Option<&str>, ask: &PageAsk) -> Result<Page<CustomerRow>> {
        let mut select = Select::new(BRIEF);
        let by_number = "EXISTS (SELECT 1 FROM customer_phones p WHERE p.customer_id = c.id AND p.number LIKE ?)";
        search(&mut select, q, &["c.search"], by_number);
        let (rows, next) = select.page(&self.db, ask, &Order::Alphabet { key: "c.sort", id: "c.id" }).await?;
        let mut items: Vec<CustomerRow> = rows.iter().map(brief).collect::<Result<_>>()?;
        self.decorate(&mut items).await?;
        Ok(Page { items, next })
    }

    /// Everybody who has a number (a key of `crm::number`), in Turkish order, ten at most.
    ///
    /// # Errors
    /// Database errors.
    pub async fn customers_by_number(&self, key: &str) -> Result<Vec<CustomerRow>> {
        let rows = self.db.rows(AssertSqlSafe(by_number_sql()), values![key]).await?;
        let mut items: Vec<CustomerRow> = rows.iter().map(brief).collect::<Result<_>>()?;
        self.decorate(&mut items).await?;
        Ok(items)
    }

    /// Adds a number in any spelling; one they have already is no error.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Invalid`].
    pub async fn customer_phone_add(&self, id: &str, text: &str, now: i64) -> Result<()> {
        let phone = self.read_phone(text).ok_or_else(|| StoreError::invalid("phone", "invalid"))?;
        let mut tx = self.db.begin().await?;
        bump(&mut tx, "customers", id, None, now).await?;
        phones::add(&mut tx, id, &[phone]).await?;
        tx.commit().await
    }

    /// Adds a tag; spellings that differ in case or Turkish letters are one tag.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Invalid`].
    pub async fn customer_tag_add(&self, id: &str, tag: &str, now: i64) -> Result<()> {
        let mut tx = self.db.begin().await?;
        bump(&mut tx, "customers", id, None, now).await?;
        add_tag(&mut tx, id, tag, now).await?;
        tx.commit().await
    }

    /// Removes a tag in any spelling; one they do not have is no error.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn customer_tag_remove(&self, id: &str, tag: &str, now: i64) -> Result<()> {
        let mut tx = self.db.begin().await?;
        bump(&mut tx, "customers", id, None, now).await?;
        tx.run("DELETE FROM customer_tags WHERE customer_id = $1 AND tag_key = $2", values![id, fold(tag)]).await?;
        tx.commit().await
    }

    /// Writes a note on a customer.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Invalid`].
    pub async fn customer_note_add(
        &self,
        id: &str,
        text: &str,
        call: Option<&str>,
        by: &str,
        now: i64,
    ) -> Result<Note> {
        let text = check::required("text", text, check::FREE)?;
        let note = Note { id: id::new("not", now), text, call: call.map(str::to_owned), by: by.to_owned(), at: now };
        let mut tx = self.db.begin().await?;
        bump(&mut tx, "customers", id, None, now).await?;
        let sql = "INSERT INTO notes (id, customer_id, call_id, text, by_id, at) VALUES ($1, $2, $3, $4, $5, $6)";
        tx.run(sql, values![&note.id, id, &note.call, &note.text, by, now]).await?;
        tx.commit().await?;
        Ok(note)
    }

    /// Logs the answer to an offer; `later` hides it for a week, the other two for good.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn offer_answer(
        &self,
        offer: &str,
        answer: OfferAnswer,
        call: Option<&str>,
        by: &str,
        now: i64,
    ) -> Result<()> {
        let (word, hidden_till) = match answer {
            OfferAnswer::Accepted => ("accepted", i64::MAX),
            OfferAnswer::Later => ("later", now.saturating_add(LATER)),
            OfferAnswer::Declined => ("declined", i64::MAX),
        };
        let mut tx = self.db.begin().await?;
        let touched = tx.run("UPDATE offers SET hidden_till = $2 WHERE id = $1", values![offer, hidden_till]).await?;
        if touched == 0 {
            return Err(StoreError::NotFound);
        }
        let sql =
            "INSERT INTO offer_answers (id, offer_id, answer, call_id, by_id, at) VALUES ($1, $2, $3, $4, $5, $6)";
        tx.run(sql, values![id::new("ofa", now), offer, word, call, by, now]).await?;
        tx.commit().await
    }

    /// Adds numbers and tags to rows, with two statements for any number of rows.
    pub(crate) async fn decorate(&self, rows: &mut [CustomerRow]) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let ids: Vec<Value> = rows.iter().map(|row| Value::from(&row.id)).collect();
        let list = placeholders(1, ids.len());
        let sql = format!(
            "SELECT customer_id, number, display FROM customer_phones WHERE customer_id IN ({list}) ORDER BY customer_id, place"
        );
        let phones = self.db.rows(AssertSqlSafe(sql), ids.clone()).await?;
        let sql = format!(
            "SELECT customer_id, tag FROM customer_tags WHERE customer_id IN ({list}) ORDER BY customer_id, added_at, tag_key"
        );
        let tags = self.db.rows(AssertSqlSafe(sql), ids).await?;
        let mut place: HashMap<String, usize> = HashMap::new();
        for (at, row) in rows.iter().enumerate() {
            place.insert(row.id.clone(), at);
        }
        for row in &phones {
            if let Some(&at) = place.get(&row.get::<String>("customer_id")?) {
                rows[at].phones.push(phone(row)?);
            }
        }
        for row in &tags {
            if let Some(&at) = place.get(&row.get::<String>("customer_id")?) {
                rows[at].tags.push(row.get("tag")?);
            }
        }
        Ok(())
    }
}

/// The look-up of a caller: one search in the index of numbers.
pub(crate) fn by_number_sql() -> String {
    BRIEF.to_owned()
        + " JOIN customer_phones p ON p.customer_id = c.id WHERE p.number = $1 ORDER BY c.sort, c.id LIMIT 10"
}

/// The columns that are written together.
#[derive(Default)]
struct Fields {
    name: String,
    company: Option<String>,
    role: Option<String>,
    email: Option<String>,
    birth_date: Option<String>,
    language: Option<String>,
    segment: Option<String>,
    address_as: Option<String>,
    note: String,
}

impl Fields {
    fn patched(known: Customer, patch: &CustomerPatch) -> Result<Self> {
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

    async fn write(&self, tx: &mut Tx, id: &str) -> Result<()> {
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

async fn add_tag(tx: &mut Tx, id: &str, tag: &str, now: i64) -> Result<()> {
    let tag = check::required("tag", tag, 40)?;
    let key = fold(&tag);
    if key.is_empty() {
        return Err(StoreError::invalid("tag", "invalid"));
    }
    let sql = "INSERT INTO customer_tags (customer_id, tag, tag_key, added_at) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (customer_id, tag_key) DO NOTHING";
    tx.run(sql, values![id, tag, key, now]).await.map(|_| ())
}

/// Raises a row's revision, which also locks the row until the transaction ends.
pub(crate) async fn bump(tx: &mut Tx, table: &'static str, id: &str, rev: Option<i64>, now: i64) -> Result<()> {
    let sql = format!("UPDATE {table} SET rev = rev + 1, updated_at = $2 WHERE id = $1 RETURNING rev");
    let row = tx.row(AssertSqlSafe(sql), values![id, now]).await?.ok_or(StoreError::NotFound)?;
    let raised: i64 = row.get("rev")?;
    match rev {
        Some(expected) if expected + 1 != raised => Err(StoreError::Changed),
        _ => Ok(()),
    }
}
