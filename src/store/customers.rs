//! Customers: people who call, with their numbers, tags, notes and the answers to offers.

use std::collections::HashMap;

use sqlx::AssertSqlSafe;

use crate::change::bump;
use crate::contacts::add_tag;
use crate::db::{Row, Value, placeholders, values};
use crate::error::{Result, StoreError};
use crate::fields::Fields;
use crate::page::{Order, Page, PageAsk, Select, Words};
use crate::phones::{self, phone};
use crate::search::{Digits, Question};
use crate::statements::CALLER_BY_NUMBER;
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
    /// The caller's number, for a call that is not written yet.
    pub from: Option<String>,
    /// A number may also be another customer's.
    pub shares_numbers: bool,
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
    /// A new number may also be another customer's.
    pub shares_numbers: bool,
}

const FULL: &str = "SELECT c.id, c.name, c.company, c.role, c.email, c.birth_date, c.language, c.segment, c.address_as, \
                    c.sms_consent, c.note, c.last_contact_at, c.created_at, c.rev FROM customers c";
const BRIEF: &str = "SELECT c.id, c.name, c.company, c.last_contact_at FROM customers c";
/// How customers are found by name, company, e-mail address, tag and number.
const WORDS: Words = Words { text: "c.found_by", index: Some(("customer_search", "c.place")), is_moment: false };

fn brief(row: &Row) -> Result<CustomerRow> {
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

impl Store {
    /// Adds a customer with numbers and tags; ties the call, if one is given, to them.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with the field; [`StoreError::TakenNumber`].
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
        if !new.shares_numbers {
            phones::claim(&mut tx, &id, &phones).await?;
        }
        phones::add(&mut tx, &id, &phones).await?;
        for tag in &new.tags {
            add_tag(&mut tx, &id, tag, now).await?;
        }
        if let Some(call) = &new.call {
            self.link(&mut tx, call, &id, new.shares_numbers, new.from.as_deref()).await?;
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
    /// [`StoreError::NotFound`], [`StoreError::Changed`], [`StoreError::Invalid`], [`StoreError::TakenNumber`].
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
            if !patch.shares_numbers {
                phones::claim(&mut tx, id, &phones).await?;
            }
            phones::replace(&mut tx, id, &phones).await?;
        }
        tx.commit().await?;
        self.customer_get(id).await
    }

    /// Customers by name in Turkish order; `q` is a part of a name, company, e-mail address or tag, or digits of a number
    /// in any spelling.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a foreign cursor.
    pub async fn customers_list(&self, q: Option<&str>, ask: &PageAsk) -> Result<Page<CustomerRow>> {
        let places = customers_select(q).page(&self.db, ask).await?;
        let rows = places.rows(&self.db, BRIEF, "c.id").await?;
        let mut items: Vec<CustomerRow> = rows.iter().map(brief).collect::<Result<_>>()?;
        self.decorate(&mut items).await?;
        Ok(Page { items, next: places.next })
    }

    /// Everybody who has a number (a key of `crm::number`), in Turkish order, ten at most.
    ///
    /// # Errors
    /// Database errors.
    pub async fn customers_by_number(&self, key: &str) -> Result<Vec<CustomerRow>> {
        let rows = self.db.rows(CALLER_BY_NUMBER, values![key]).await?;
        let mut items: Vec<CustomerRow> = rows.iter().map(brief).collect::<Result<_>>()?;
        self.decorate(&mut items).await?;
        Ok(items)
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

pub(crate) fn customers_select(q: Option<&str>) -> Select {
    let mut select = Select::new("customers c", Order::Alphabet { key: "c.sort", id: "c.id" });
    select.search(WORDS, Question::read(q, Digits::Telephone));
    select
}
