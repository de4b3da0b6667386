//! Keeps in the database where phones are registered. Behind the switch's back: it never waits for this, and what changes
//! while a write is under way is gathered and written next.

use std::time::Duration;

use pbx::contract::Registration;
use pbx::id::Extension;
use store::Store;
use tokio::sync::mpsc::Receiver;

/// Extensions and where they are registered from now on.
pub type Changed = Vec<(Extension, Vec<Registration>)>;

/// Changes wait so long for company: a house that registers after a power cut is a few transactions.
const GATHER: Duration = Duration::from_millis(50);

/// Between two tries while the database does not take them.
const RETRY: Duration = Duration::from_millis(500);

/// Writes until the sender is gone; what is in the channel then is still written.
pub async fn run(store: Store, mut changes: Receiver<Changed>) {
    while let Some(changed) = changes.recv().await {
        insist(&store, &changed, &changes).await;
        if !changes.is_closed() {
            tokio::time::sleep(GATHER).await;
        }
    }
}

/// Tries until it is written. At the end of the program nobody waits for a database that does not come back: its phones
/// register again by themselves.
async fn insist(store: &Store, changed: &Changed, changes: &Receiver<Changed>) {
    let mut failures = 0u32;
    while let Err(error) = store.registrations_write(changed).await {
        failures += 1;
        if failures.is_power_of_two() {
            tracing::warn!(%error, extensions = changed.len(), failures, "registrations are not kept");
        }
        if !error.is_passing() || changes.is_closed() {
            return;
        }
        tokio::time::sleep(RETRY).await;
    }
}
