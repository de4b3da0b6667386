//! Writes what happened, in batches, in order, never dropping any.
//!
//! A database that is locked or away makes the journal wait and try again; meanwhile events gather in its channel and
//! above a mark the switchboard refuses new calls. Calls in progress never feel it.

use std::time::Duration;

use pbx::event::{Event, What};
use store::{Store, StoreError};
use tokio::sync::mpsc::{Receiver, Sender};

/// Events written in one transaction at most.
const BATCH: usize = 512;

/// How long a first event waits for company: one transaction (and one wait for the disk) then serves all that a call's
/// beginning or end causes. Desks have been told by then.
const GATHER: Duration = Duration::from_millis(30);

/// Between two tries while the database does not take the batch.
const RETRY: Duration = Duration::from_millis(250);

/// How many events the journal's channel holds before the switchboard must keep them itself.
pub const CAPACITY: usize = 32_768;

/// Writes until the senders are gone; what is in the channel then is still written. Tells of the callbacks that changed
/// with the calls.
pub async fn run(store: Store, mut events: Receiver<Event>, callbacks: Sender<String>) {
    let mut batch = Vec::with_capacity(BATCH);
    while events.recv_many(&mut batch, BATCH).await > 0 {
        if batch.len() < BATCH && !events.is_closed() {
            tokio::time::sleep(GATHER).await;
            while batch.len() < BATCH
                && let Ok(event) = events.try_recv()
            {
                batch.push(event);
            }
        }
        batch.retain(lasts);
        if !batch.is_empty() {
            insist(&store, &batch, &callbacks).await;
        }
        batch.clear();
    }
}

/// Figures of the moment are worth nothing later.
fn lasts(event: &Event) -> bool {
    !matches!(event.what, What::QueueStats { .. } | What::PresenceChanged { .. })
}

async fn insist(store: &Store, events: &[Event], callbacks: &Sender<String>) {
    let mut failures = 0u32;
    loop {
        match store.journal_write(events).await {
            Ok(changed) => return tell(callbacks, changed),
            Err(error) if error.is_passing() => {
                failures += 1;
                if failures.is_power_of_two() {
                    tracing::error!(%error, events = events.len(), failures, "journal cannot write; it tries again");
                }
                tokio::time::sleep(RETRY).await;
            }
            Err(error) => return one_by_one(store, events, callbacks, &error).await,
        }
    }
}

/// An event that the database will never take must not hold up the others: it goes to the log whole, as the last resort.
async fn one_by_one(store: &Store, events: &[Event], callbacks: &Sender<String>, error: &StoreError) {
    tracing::error!(%error, events = events.len(), "journal batch refused; writing its events one by one");
    for event in events {
        let mut tries = 0;
        loop {
            match store.journal_write(std::slice::from_ref(event)).await {
                Ok(changed) => break tell(callbacks, changed),
                Err(error) => {
                    tries += 1;
                    if !error.is_passing() || tries > 240 {
                        break tracing::error!(%error, id = event.id, "event not written");
                    }
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }
}

/// The journal waits for no desk: with the channel full, lists show the change when they are next fetched.
fn tell(callbacks: &Sender<String>, changed: Vec<String>) {
    for id in changed {
        if callbacks.try_send(id).is_err() {
            return tracing::debug!("desks are not told of changed callbacks");
        }
    }
}
