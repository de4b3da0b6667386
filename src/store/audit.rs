//! Who did what that others may one day want to know: listening to a recording, changing a role, exporting data.

use crate::db::values;
use crate::error::{Result, StoreError};
use crate::page::{Order, Page, PageAsk, Select};
use crate::{Store, id};

/// One entry.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// `aud_…`
    pub id: String,
    /// µs UTC.
    pub at: i64,
    /// Who, `usr_…`; `None` for the system or somebody not signed in.
    pub user: Option<String>,
    /// Their display name.
    pub user_name: Option<String>,
    /// One word: `recording.listen`, `session.failed` …
    pub action: String,
    /// On what: `call/c_…`.
    pub subject: String,
    /// Details; no personal data.
    pub detail: serde_json::Value,
}

const ENTRY: &str = "SELECT a.id, a.at, a.user_id, u.display_name, a.action, a.subject, a.detail FROM audit a \
                     LEFT JOIN users u ON u.id = a.user_id";

impl Store {
    /// Writes an entry.
    ///
    /// # Errors
    /// Database errors.
    pub async fn audit_write(
        &self,
        user: Option<&str>,
        action: &str,
        subject: &str,
        detail: &serde_json::Value,
        now: i64,
    ) -> Result<()> {
        let sql = "INSERT INTO audit (id, at, user_id, action, subject, detail) VALUES ($1, $2, $3, $4, $5, $6)";
        let (subject, detail) = (subject.replace('\0', ""), detail.to_string());
        self.db.run(sql, values![id::new("aud", now), now, user, action, subject, detail]).await.map(|_| ())
    }

    /// Entries, newest first.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a foreign cursor.
    pub async fn audit_list(&self, ask: &PageAsk) -> Result<Page<AuditEntry>> {
        let places = audit_select().page(&self.db, ask).await?;
        let rows = places.rows(&self.db, ENTRY, "a.id").await?;
        let entry = |row: &crate::db::Row| -> Result<AuditEntry> {
            Ok(AuditEntry {
                id: row.get("id")?,
                at: row.get("at")?,
                user: row.get("user_id")?,
                user_name: row.get("display_name")?,
                action: row.get("action")?,
                subject: row.get("subject")?,
                detail: row.json("detail")?,
            })
        };
        Ok(Page { items: rows.iter().map(entry).collect::<std::result::Result<_, StoreError>>()?, next: places.next })
    }
}

pub(crate) fn audit_select() -> Select {
    Select::new("audit a", Order::Newest { at: "a.at", id: "a.id" })
}
