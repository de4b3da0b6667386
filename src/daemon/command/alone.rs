//! A database for one command alone: no daemon works on it, and none begins to, until it is released.

use std::path::Path;

use store::Claim;

use crate::lock::Lock;
use crate::refusal::{self, Refusal};
use crate::{claim, lock};

/// The folder, the file and the claim on a server.
pub struct Alone {
    lock: Lock,
    claim: Claim,
}

impl Alone {
    /// Takes them, or says who has them.
    pub async fn take(data: &Path, url: &str) -> Result<Self, Refusal> {
        let mut lock = lock::take(data).map_err(|error| refusal::of_lock(&error))?;
        if let Some(file) = store::file_of(url) {
            lock = lock.and_database(&file).map_err(|error| refusal::of_lock(&error))?;
        }
        let claimed = claim::take(url).await.map_err(|error| refusal::of_store(&error))?;
        Ok(Self { lock, claim: claimed.map_err(|rival| refusal::of_rival(&rival))? })
    }

    /// Gives them to whoever comes next.
    pub async fn release(self) {
        self.claim.release().await;
        drop(self.lock);
    }
}
