//! Signed-in sessions and one-use links. Only hashes of tokens are kept, so a stolen database opens no desk.

use crate::Store;
use crate::db::values;
use crate::error::Result;
use crate::users::{User, user};

/// A session to keep.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Hash of the cookie's token.
    pub token_hash: String,
    /// `usr_…`
    pub user: String,
    /// Token against forged requests.
    pub csrf: String,
    /// µs UTC.
    pub created_at: i64,
    /// µs UTC.
    pub expires_at: i64,
}

/// A valid session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub user: User,
    /// Token against forged requests.
    pub csrf: String,
    /// µs UTC.
    pub expires_at: i64,
}

impl Store {
    /// Keeps a session, and drops those that are over.
    ///
    /// # Errors
    /// Database errors.
    pub async fn session_insert(&self, new: &NewSession) -> Result<()> {
        let mut tx = self.db.begin().await?;
        tx.run("DELETE FROM sessions WHERE expires_at <= $1", values![new.created_at]).await?;
        tx.run("DELETE FROM login_links WHERE expires_at <= $1", values![new.created_at]).await?;
        let sql =
            "INSERT INTO sessions (token_hash, user_id, csrf, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)";
        tx.run(sql, values![&new.token_hash, &new.user, &new.csrf, new.created_at, new.expires_at]).await?;
        tx.commit().await
    }

    /// The session of a token, unless it is over.
    ///
    /// # Errors
    /// Database errors.
    pub async fn session_by_token_hash(&self, token_hash: &str, now: i64) -> Result<Option<Session>> {
        let sql = "SELECT u.id, u.name, u.display_name, u.role, u.extension, u.password_hash, u.language, u.theme, \
                   u.created_at, s.csrf, s.expires_at FROM sessions s JOIN users u ON u.id = s.user_id \
                   WHERE s.token_hash = $1 AND s.expires_at > $2";
        let Some(row) = self.db.row(sql, values![token_hash, now]).await? else { return Ok(None) };
        Ok(Some(Session { user: user(&row)?, csrf: row.get("csrf")?, expires_at: row.get("expires_at")? }))
    }

    /// Signs out. An unknown token is no error.
    ///
    /// # Errors
    /// Database errors.
    pub async fn session_delete(&self, token_hash: &str) -> Result<()> {
        self.db.run("DELETE FROM sessions WHERE token_hash = $1", values![token_hash]).await.map(|_| ())
    }

    /// Signs a person out everywhere and forgets their browsers (password changed, person left).
    ///
    /// # Errors
    /// Database errors.
    pub async fn sessions_delete_of(&self, user: &str) -> Result<u64> {
        let mut tx = self.db.begin().await?;
        tx.run("DELETE FROM devices WHERE user_id = $1", values![user]).await?;
        let ended = tx.run("DELETE FROM sessions WHERE user_id = $1", values![user]).await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// Keeps a one-use sign-in link.
    ///
    /// # Errors
    /// Database errors.
    pub async fn login_link_insert(&self, token_hash: &str, user: &str, expires_at: i64) -> Result<()> {
        let sql = "INSERT INTO login_links (token_hash, user_id, expires_at) VALUES ($1, $2, $3)";
        self.db.run(sql, values![token_hash, user, expires_at]).await.map(|_| ())
    }

    /// Uses a link up: its person, once, before it expires. Whoever guesses tokens only reads.
    ///
    /// # Errors
    /// Database errors.
    pub async fn login_link_take(&self, token_hash: &str, now: i64) -> Result<Option<User>> {
        let sql = "SELECT user_id FROM login_links WHERE token_hash = $1 AND expires_at > $2";
        if self.db.row(sql, values![token_hash, now]).await?.is_none() {
            return Ok(None);
        }
        let mut tx = self.db.begin().await?;
        let sql = "DELETE FROM login_links WHERE token_hash = $1 AND expires_at > $2 RETURNING user_id";
        let row = tx.row(sql, values![token_hash, now]).await?;
        let user: Option<String> = row.map(|row| row.get("user_id")).transpose()?;
        tx.commit().await?;
        match user {
            Some(id) => self.user_by_id(&id).await,
            None => Ok(None),
        }
    }
}
