//! `Idempotency-Key`: the answer to a request is kept with the rows the request wrote, so that a repetition gets it.

use crate::Store;
use crate::db::values;
use crate::error::{Result, StoreError};

/// What was answered under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Hash of the request.
    pub body_hash: String,
    /// HTTP status.
    pub status: u16,
    /// Body.
    pub text: String,
}

/// How long keys are kept.
const KEPT: i64 = 24 * 3600 * 1_000_000;

impl Store {
    /// The answer under a person's key, if there is one.
    ///
    /// # Errors
    /// Database errors.
    pub async fn answer_of(&self, user: &str, key: &str, now: i64) -> Result<Option<Answer>> {
        let sql = "SELECT body_hash, status, answer FROM idempotency WHERE user_id = $1 AND key = $2 \
                   AND status IS NOT NULL AND started_at >= $3";
        let Some(row) = self.db.row(sql, values![user, key, now - KEPT]).await? else { return Ok(None) };
        let status = u16::try_from(row.get::<i64>("status")?).map_err(|_| StoreError::Damaged("status"))?;
        let text = row.get::<Option<String>>("answer")?.unwrap_or_default();
        Ok(Some(Answer { body_hash: row.get("body_hash")?, status, text }))
    }

    /// Keeps an answer; in a [`crate::Unit`], together with the rows of the unit.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] `answered` when the key has an answer already.
    pub async fn answer_keep(&self, user: &str, key: &str, answer: &Answer, now: i64) -> Result<()> {
        let mut tx = self.db.begin().await?;
        tx.run("DELETE FROM idempotency WHERE started_at < $1", values![now - KEPT]).await?;
        let sql = "INSERT INTO idempotency (user_id, key, body_hash, status, answer, started_at) \
                   VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (user_id, key) DO NOTHING";
        let values = values![user, key, &answer.body_hash, i64::from(answer.status), &answer.text, now];
        if tx.run(sql, values).await? == 0 {
            return Err(StoreError::Conflict("answered"));
        }
        tx.commit().await
    }
}
