//! A sign of life in the data folder, renewed twice a second and more: after a crash it tells when the daemon died, so that calls it
//! left open end at the right second.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::clock;

const FILE: &str = "alive";
const EVERY: Duration = Duration::from_millis(400);

/// When the last run was last alive, µs UTC; `None` when it ended in order or never was.
pub fn last_seen(data: &Path) -> Option<i64> {
    std::fs::read_to_string(data.join(FILE)).ok()?.trim().parse().ok()
}

/// Renews the sign until told to stop; an orderly end takes it away. A full disk loses the sign and nothing else.
pub async fn keep(data: PathBuf, stop: CancellationToken) {
    let path = data.join(FILE);
    loop {
        let _ = tokio::fs::write(&path, clock::wall().to_string()).await;
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
    let _ = tokio::fs::remove_file(&path).await;
}
