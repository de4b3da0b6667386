//! Where phones are registered, so that a restart is not felt by them. Kept as the switch says it, whole per extension: it
//! is read once, at the start, and nobody searches in it.

use pbx::contract::Registration;
use pbx::id::Extension;

use crate::Store;
use crate::db::values;
use crate::error::{Result, StoreError};

impl Store {
    /// Keeps where these extensions are registered from now on; one without a place is forgotten.
    ///
    /// # Errors
    /// Database errors.
    pub async fn registrations_write(&self, changed: &[(Extension, Vec<Registration>)]) -> Result<()> {
        let mut tx = self.db.begin().await?;
        for (extension, places) in changed {
            let extension = extension.as_str();
            tx.run("DELETE FROM registrations WHERE extension = $1", values![extension]).await?;
            if let Some(until) = places.iter().map(|place| place.expires_at).max() {
                let text = serde_json::to_string(places).map_err(|_| StoreError::Damaged("places"))?;
                let sql = "INSERT INTO registrations (extension, places, expires_at) VALUES ($1, $2, $3)";
                tx.run(sql, values![extension, &text, until]).await?;
            }
        }
        tx.commit().await
    }

    /// What was kept and is not over at `now` (µs UTC). A row that cannot be read is as if it were not there.
    ///
    /// # Errors
    /// Database errors.
    pub async fn registrations_list(&self, now: i64) -> Result<Vec<(Extension, Vec<Registration>)>> {
        let sql = "SELECT extension, places FROM registrations WHERE expires_at > $1 ORDER BY extension";
        let mut found = Vec::new();
        for row in self.db.rows(sql, values![now]).await? {
            let (extension, places): (String, String) = (row.get("extension")?, row.get("places")?);
            found.push((Extension::new(extension), serde_json::from_str(&places).unwrap_or_default()));
        }
        Ok(found)
    }
}
