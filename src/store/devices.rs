//! Browsers in which somebody has signed in: there nobody can lock them out. Only hashes of tokens are kept.

use crate::Store;
use crate::db::values;
use crate::error::Result;

/// How long a browser is remembered after the last sign-in, µs: a year.
const KEPT: i64 = 365 * 24 * 3_600 * 1_000_000;

/// Browsers of one person; above it the one not used for the longest time goes.
const MOST: i64 = 20;

impl Store {
    /// Whether the person of this sign-in name has signed in in this browser.
    ///
    /// # Errors
    /// Database errors.
    pub async fn device_known(&self, token_hash: &str, name: &str, now: i64) -> Result<bool> {
        let sql = "SELECT d.user_id FROM devices d JOIN users u ON u.id = d.user_id \
                   WHERE d.token_hash = $1 AND d.seen_at > $2 AND u.name = $3";
        Ok(self.db.row(sql, values![token_hash, now - KEPT, name]).await?.is_some())
    }

    /// Whether anybody has signed in in this browser.
    ///
    /// # Errors
    /// Database errors.
    pub async fn device_exists(&self, token_hash: &str, now: i64) -> Result<bool> {
        let sql = "SELECT user_id FROM devices WHERE token_hash = $1 AND seen_at > $2 LIMIT 1";
        Ok(self.db.row(sql, values![token_hash, now - KEPT]).await?.is_some())
    }

    /// Remembers a browser of a person, and forgets their oldest ones.
    ///
    /// # Errors
    /// Database errors.
    pub async fn device_keep(&self, token_hash: &str, user: &str, now: i64) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let sql = "INSERT INTO devices (token_hash, user_id, seen_at) VALUES ($1, $2, $3) \
                   ON CONFLICT (token_hash, user_id) DO UPDATE SET seen_at = excluded.seen_at";
        tx.run(sql, values![token_hash, user, now]).await?;
        let old = "DELETE FROM devices WHERE user_id = $1 AND (seen_at <= $2 OR token_hash IN \
                   (SELECT token_hash FROM devices WHERE user_id = $1 ORDER BY seen_at DESC, token_hash LIMIT 1000 OFFSET $3))";
        tx.run(old, values![user, now - KEPT, MOST]).await?;
        tx.commit().await
    }
}
