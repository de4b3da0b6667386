//! Turns for large reads: a few at once in all, fewer of one person. So whoever asks for many pages at once waits for
//! themselves, and sessions, look-ups and small things find the database free.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::guard::SignedIn;
use crate::problem::Problem;
use crate::state::ApiState;

/// Large reads at once.
const AT_ONCE: usize = 3;
/// Of one person.
const OF_ONE: usize = 2;
/// Who has waited so long is told to come back.
const PATIENCE: Duration = Duration::from_secs(5);

/// The turns.
#[derive(Debug)]
pub struct Turns {
    all: Arc<Semaphore>,
    /// One entry for each person who ever signed in here.
    each: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl Default for Turns {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(AT_ONCE)), each: Mutex::default() }
    }
}

/// Somebody's turn, until the last copy is dropped: work on a thread of its own, which goes on when its request is given up,
/// takes one along.
#[derive(Debug, Clone)]
pub struct Turn(#[expect(dead_code, reason = "held, not read")] Arc<[OwnedSemaphorePermit; 2]>);

impl Turns {
    async fn of(&self, person: &str) -> Option<Turn> {
        let own = {
            let mut each = self.each.lock().unwrap_or_else(PoisonError::into_inner);
            each.entry(person.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(OF_ONE))).clone()
        };
        let turn = async {
            let permits = [own.acquire_owned().await.ok()?, self.all.clone().acquire_owned().await.ok()?];
            Some(Turn(Arc::new(permits)))
        };
        tokio::time::timeout(PATIENCE, turn).await.ok().flatten()
    }
}

/// Middleware of a large read.
pub async fn wait(State(state): State<Arc<ApiState>>, mut request: Request, next: Next) -> Response {
    let person = request.extensions().get::<SignedIn>().map(|by| by.user.id.clone()).unwrap_or_default();
    let Some(turn) = state.turns.of(&person).await else {
        return Problem::of("crowded").retry_after(1).into_response();
    };
    request.extensions_mut().insert(turn.clone());
    let response = next.run(request).await;
    drop(turn);
    response
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn one_person_waits_for_themselves_and_all_together_for_a_few() {
        let turns = Turns::default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let own: Vec<_> = vec![turns.of("usr_1").await.unwrap(), turns.of("usr_1").await.unwrap()];
            assert!(turns.of("usr_1").now_or_never().is_none(), "a third of one person waits");
            let other = turns.of("usr_2").now_or_never().flatten();
            assert!(other.is_some(), "another person does not wait for the first");
            assert!(turns.of("usr_3").now_or_never().is_none(), "a fourth in all waits");
            let along = own.clone();
            drop(own);
            assert!(turns.of("usr_3").now_or_never().is_none(), "work that goes on keeps its turn");
            drop(along);
            assert!(turns.of("usr_3").now_or_never().flatten().is_some());
        });
    }
}
