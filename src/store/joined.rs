//! Names that come with a row from a joined table.

use crate::Named;
use crate::db::Row;
use crate::error::Result;
use crate::users::Person;

/// The joined customer of a row.
pub(crate) fn named(row: &Row) -> Result<Option<Named>> {
    let id: Option<String> = row.get("customer_id")?;
    let name: Option<String> = row.get("customer_name")?;
    Ok(id.zip(name).map(|(id, name)| Named { id, name }))
}

/// The joined colleague of a row.
pub(crate) fn person(row: &Row, id: &'static str, name: &'static str, display: &'static str) -> Result<Option<Person>> {
    let Some(id) = row.get::<Option<String>>(id)? else { return Ok(None) };
    let name = row.get::<Option<String>>(name)?.unwrap_or_else(|| id.clone());
    let display_name = row.get::<Option<String>>(display)?.unwrap_or_else(|| name.clone());
    Ok(Some(Person { id, name, display_name }))
}
