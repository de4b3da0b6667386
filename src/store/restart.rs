//! What a starting daemon asks about the run before it.

use pbx::contract::Status;
use pbx::event::{Event, What};
use pbx::id::UserId;

use crate::Store;
use crate::db::values;
use crate::error::Result;
use crate::journal::readable;
use crate::statements::{RECORDINGS_LEFT_OPEN, STATUSES_SINCE};

impl Store {
    /// Calls whose recording was still being written when the last run ended.
    ///
    /// # Errors
    /// Database errors.
    pub async fn recordings_unfinished(&self) -> Result<Vec<String>> {
        let rows = self.db.rows(RECORDINGS_LEFT_OPEN, Vec::new()).await?;
        rows.iter().map(|row| row.get("id")).collect()
    }

    /// What each person had last chosen (on shift, break, …) since a moment, µs UTC.
    ///
    /// # Errors
    /// Database errors.
    pub async fn statuses_since(&self, since: i64) -> Result<Vec<(UserId, Status)>> {
        let mut last = std::collections::BTreeMap::new();
        for row in self.db.rows(STATUSES_SINCE, values![since]).await? {
            let event: Option<Event> = readable(&row);
            if let Some(What::AgentState { agent, status, .. }) = event.map(|event| event.what) {
                last.insert(agent, status);
            }
        }
        Ok(last.into_iter().collect())
    }

    /// Writes a row of its own, as the proof that writing works now.
    ///
    /// # Errors
    /// Why it does not.
    pub async fn pulse(&self, now: i64) -> Result<()> {
        let sql =
            "INSERT INTO pulse (name, at) VALUES ('daemon', $1) ON CONFLICT (name) DO UPDATE SET at = excluded.at";
        self.db.run(sql, values![now]).await.map(|_| ())
    }
}
