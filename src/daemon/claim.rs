//! Keeps the claim on the database: a server that was restarted has forgotten it.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use store::{Claim, Claimed, Rival, StoreError};
use tokio_util::sync::CancellationToken;

use crate::vitals::Vitals;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(5);
/// A predecessor that was killed is forgotten by the server a moment later.
const TRIES: u32 = 10;
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(300);

/// Claims the database for this process; who has it when it is somebody else's.
///
/// # Errors
/// Database errors.
pub async fn take(url: &str) -> Result<Result<Claim, Rival>, StoreError> {
    let mut tries = 0;
    loop {
        match store::claim(url, &name()).await? {
            Claimed::Ours(claim) => return Ok(Ok(claim)),
            Claimed::Theirs(_) if tries < TRIES => tries += 1,
            Claimed::Theirs(rival) => return Ok(Err(rival)),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Renews the claim when the server has forgotten it, and gives it back at the end.
pub async fn keep(url: String, mut claim: Claim, vitals: Arc<Vitals>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return claim.release().await,
            () = tokio::time::sleep(LOOK) => {}
        }
        if claim.stands().await {
            vitals.rival(false);
            continue;
        }
        // The server may not have noticed yet that the connection is gone: then it names us, and we take it over.
        match store::claim(&url, &name()).await {
            Ok(Claimed::Ours(again)) => {
                claim = again;
                vitals.rival(false);
            }
            Ok(Claimed::Theirs(rival)) => {
                tracing::error!(holder = rival.name, "another santral has taken the database");
                vitals.rival(true);
            }
            // The database is away; its own look says so.
            Err(error) => tracing::debug!(%error, "the claim on the database cannot be renewed now"),
        }
    }
}

/// How the server names this process. Two containers may have the same process numbers and host names: the mark is this
/// run's alone. Short enough for the 63 bytes a server keeps.
fn name() -> String {
    static MARK: OnceLock<u32> = OnceLock::new();
    let mark = MARK.get_or_init(|| getrandom::u32().unwrap_or_else(|_| std::process::id()));
    let host: String = host().chars().filter(char::is_ascii).take(24).collect();
    format!("santral pid {}/{mark:08x} on {host}", std::process::id())
}

/// Process and machine of a name that [`take`] gave to the server.
pub fn process_of(name: &str) -> Option<(&str, &str)> {
    let (process, host) = name.strip_prefix("santral pid ")?.split_once(" on ")?;
    Some((process.split_once('/').map_or(process, |(pid, _)| pid), host))
}

fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned()
}
