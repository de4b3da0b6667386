//! `Idempotency-Key`: a POST that is sent twice happens once.

use crate::Store;
use crate::db::values;
use crate::error::{Result, StoreError};

/// What a key says about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// New: do the work, then call `idempotency_finish` (or `idempotency_abandon` when it failed on our side).
    Fresh,
    /// Done before: give this answer.
    Stored {
        /// HTTP status.
        status: u16,
        /// Body.
        answer: String,
    },
    /// The key belongs to another body.
    Mismatch,
    /// The first one is still at work.
    Running,
}

/// How long keys are kept.
const KEPT: i64 = 24 * 3600 * 1_000_000;
/// After this a request that never finished is held for dead, and its key is free again.
const LEASE: i64 = 60 * 1_000_000;

impl Store {
    /// Begins the work of a key of a person, or says why not.
    ///
    /// # Errors
    /// Database errors.
    pub async fn idempotency_begin(&self, user: &str, key: &str, body_hash: &str, now: i64) -> Result<Begun> {
        let mut tx = self.db.begin().await?;
        tx.run("DELETE FROM idempotency WHERE started_at < $1", values![now - KEPT]).await?;
        let dead = "DELETE FROM idempotency WHERE user_id = $1 AND key = $2 AND status IS NULL AND started_at < $3";
        tx.run(dead, values![user, key, now - LEASE]).await?;
        let insert = "INSERT INTO idempotency (user_id, key, body_hash, started_at) VALUES ($1, $2, $3, $4) \
                      ON CONFLICT (user_id, key) DO NOTHING";
        if tx.run(insert, values![user, key, body_hash, now]).await? == 1 {
            tx.commit().await?;
            return Ok(Begun::Fresh);
        }
        let sql = "SELECT body_hash, status, answer FROM idempotency WHERE user_id = $1 AND key = $2";
        let row = tx.row(sql, values![user, key]).await?.ok_or(StoreError::Busy)?;
        if row.get::<String>("body_hash")? != body_hash {
            return Ok(Begun::Mismatch);
        }
        let Some(status) = row.get::<Option<i64>>("status")? else { return Ok(Begun::Running) };
        let status = u16::try_from(status).map_err(|_| StoreError::Damaged("status"))?;
        Ok(Begun::Stored { status, answer: row.get::<Option<String>>("answer")?.unwrap_or_default() })
    }

    /// Keeps the answer for the next one who asks.
    ///
    /// # Errors
    /// Database errors.
    pub async fn idempotency_finish(&self, user: &str, key: &str, status: u16, answer: &str) -> Result<()> {
        let sql = "UPDATE idempotency SET status = $3, answer = $4 WHERE user_id = $1 AND key = $2";
        self.db.run(sql, values![user, key, i64::from(status), answer]).await.map(|_| ())
    }

    /// Frees a key whose work failed on our side, so that it may be tried again.
    ///
    /// # Errors
    /// Database errors.
    pub async fn idempotency_abandon(&self, user: &str, key: &str) -> Result<()> {
        let sql = "DELETE FROM idempotency WHERE user_id = $1 AND key = $2 AND status IS NULL";
        self.db.run(sql, values![user, key]).await.map(|_| ())
    }
}
