//! What all changes of business rows share: revisions, numbers, owners, taking back.

use sqlx::AssertSqlSafe;

use crate::db::{Tx, values};
use crate::error::{Result, StoreError};

/// Raises a row's revision, which also locks the row until the transaction ends.
pub(crate) async fn bump(tx: &mut Tx, table: &'static str, id: &str, rev: Option<i64>, now: i64) -> Result<()> {
    let sql = format!("UPDATE {table} SET rev = rev + 1, updated_at = $2 WHERE id = $1 RETURNING rev");
    let row = tx.row(AssertSqlSafe(sql), values![id, now]).await?.ok_or(StoreError::NotFound)?;
    let raised: i64 = row.get("rev")?;
    match rev {
        Some(expected) if expected != raised - 1 => Err(StoreError::Changed),
        _ => Ok(()),
    }
}

/// The next number of a sequence. The row stays locked until the transaction ends, so two makers never get the same.
pub(crate) async fn next_number(tx: &mut Tx, counter: &str) -> Result<i64> {
    let sql = "UPDATE counters SET value = value + 1 WHERE name = $1 RETURNING value";
    tx.row(sql, values![counter]).await?.ok_or(StoreError::NotFound)?.get("value")
}

/// The customer a new thing belongs to: the one named, else the call's.
pub(crate) async fn owner_of(tx: &mut Tx, customer: Option<&str>, call: Option<&str>) -> Result<Option<String>> {
    if let Some(customer) = customer {
        let row = tx.row("SELECT id FROM customers WHERE id = $1", values![customer]).await?;
        return row
            .map(|row| row.get("id"))
            .transpose()?
            .ok_or_else(|| StoreError::invalid("customer", "unknown"))
            .map(Some);
    }
    let Some(call) = call else { return Ok(None) };
    let sql = "SELECT customer_id FROM call_links WHERE call_id = $1 \
               UNION ALL SELECT customer_id FROM calls WHERE id = $1 AND customer_id IS NOT NULL";
    tx.row(sql, values![call]).await?.map(|row| row.get("customer_id")).transpose()
}

/// Takes back what its maker made in the last ten minutes and nobody has changed since.
pub(crate) async fn undo(tx: &mut Tx, table: &'static str, id: &str, by: &str, now: i64) -> Result<()> {
    let sql = format!("SELECT created_by, created_at, rev FROM {table} WHERE id = $1");
    let row = tx.row(AssertSqlSafe(sql), values![id]).await?.ok_or(StoreError::NotFound)?;
    if row.get::<String>("created_by")? != by {
        return Err(StoreError::Conflict("not-yours"));
    }
    if now.saturating_sub(row.get("created_at")?) > UNDO {
        return Err(StoreError::Conflict("too-late"));
    }
    if row.get::<i64>("rev")? != 1 {
        return Err(StoreError::Changed);
    }
    tx.run(AssertSqlSafe(format!("DELETE FROM {table} WHERE id = $1")), values![id]).await.map(|_| ())
}

/// How long the maker may take a thing back.
const UNDO: i64 = 10 * 60 * 1_000_000;

/// A colleague by id. `must` decides whether an unknown one is an error or nobody.
pub(crate) async fn known_user(tx: &mut Tx, field: &str, user: &str, must: bool) -> Result<Option<String>> {
    let row = tx.row("SELECT id FROM users WHERE id = $1", values![user]).await?;
    match row {
        Some(row) => Ok(Some(row.get("id")?)),
        None if must => Err(StoreError::invalid(field, "unknown")),
        None => Ok(None),
    }
}
