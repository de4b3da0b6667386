//! Who can sign in, for the desks' lists: read again and again, so that somebody who was let in by `santral user add`, here
//! or on another machine, is there a moment later.

use std::time::Duration;

use api::board::{BoardAsk, Person};
use store::{Store, StoreError};
use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);

/// Everybody, as the board knows them.
///
/// # Errors
/// Database errors.
pub async fn read(store: &Store) -> Result<Vec<Person>, StoreError> {
    Ok(store.users_list().await?.iter().map(Person::from).collect())
}

/// Tells the board whenever somebody came, went or changed.
pub async fn watch(store: Store, mut known: Vec<Person>, board: Sender<BoardAsk>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        // A database that is away changes nobody.
        let Ok(now) = read(&store).await else { continue };
        if now != known {
            known = now.clone();
            if board.send(BoardAsk::People(now)).await.is_err() {
                return;
            }
        }
    }
}
