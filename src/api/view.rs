//! Stored rows as the page reads them (docs/API.md): times with the business's offset, ids with names.

pub mod call;
pub mod customer;
pub mod work;

use serde::Serialize;
use utoipa::ToSchema;

/// One page of a list.
#[derive(Debug, Serialize)]
pub struct PageView<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// How many there are in all, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
}

impl<T> PageView<T> {
    /// Writes each row of a stored page.
    pub fn of<R>(page: store::Page<R>, mut write: impl FnMut(R) -> T) -> Self {
        Self { items: page.items.into_iter().map(&mut write).collect(), next: page.next, total: None }
    }

    /// Adds how many there are in all.
    pub fn of_total(self, total: Option<i64>) -> Self {
        Self { total, ..self }
    }
}

/// Which page: `?cursor=&limit=`.
#[derive(Debug, Clone, Default, serde::Deserialize, utoipa::IntoParams)]
pub struct PageQuery {
    /// The `next` of the page before.
    pub cursor: Option<String>,
    /// How many, 1–100; 50 unless said.
    pub limit: Option<u32>,
}

/// Makes the page wanted out of a query's two values.
pub fn page_ask(cursor: Option<String>, limit: Option<u32>) -> store::PageAsk {
    store::PageAsk { cursor: cursor.filter(|cursor| !cursor.is_empty()), limit }
}

/// A thing by its id, with what people call it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NamedView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

impl From<store::Named> for NamedView {
    fn from(named: store::Named) -> Self {
        Self { id: named.id, name: named.name }
    }
}

/// A colleague.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PersonView {
    /// `usr_…`
    pub id: String,
    /// Sign-in name.
    pub name: String,
    /// Name for people.
    pub display_name: String,
}

impl From<store::Person> for PersonView {
    fn from(person: store::Person) -> Self {
        Self { id: person.id, name: person.name, display_name: person.display_name }
    }
}
