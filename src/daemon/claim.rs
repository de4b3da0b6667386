//! Keeps the claim on the database: a server that was restarted has forgotten it.

use std::sync::Arc;
use std::time::Duration;

use store::{Claim, Claimed, Store, StoreError};
use tokio_util::sync::CancellationToken;

use crate::vitals::Vitals;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(5);
/// A predecessor that was killed is forgotten by the server a moment later.
const TRIES: u32 = 10;
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(300);

/// Claims the database for this process; the other one's name when it is somebody else's.
///
/// # Errors
/// Database errors.
pub async fn take(store: &Store) -> Result<Result<Claim, String>, StoreError> {
    let mut tries = 0;
    loop {
        match store.claim(&name()).await? {
            Claimed::Ours(claim) => return Ok(Ok(claim)),
            Claimed::Theirs(_) if tries < TRIES => tries += 1,
            Claimed::Theirs(holder) => return Ok(Err(holder)),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Renews the claim when the server has forgotten it, and gives it back at the end.
pub async fn keep(store: Store, mut claim: Claim, vitals: Arc<Vitals>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return claim.release().await,
            () = tokio::time::sleep(LOOK) => {}
        }
        if claim.stands().await {
            vitals.rival(false);
            continue;
        }
        match store.claim(&name()).await {
            Ok(Claimed::Ours(again)) => {
                claim = again;
                vitals.rival(false);
            }
            Ok(Claimed::Theirs(holder)) => {
                tracing::error!(holder, "another santral has taken the database");
                vitals.rival(true);
            }
            // The database is away; its own look says so.
            Err(error) => tracing::debug!(%error, "the claim on the database cannot be renewed now"),
        }
    }
}

/// How the server names this process.
fn name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("santral pid {} on {}", std::process::id(), host.trim())
}
