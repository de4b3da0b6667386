//! A request that changes something is one unit: the rows it writes and its answer under its `Idempotency-Key` are kept
//! together or not at all, and only then do the desks hear of it. It is carried out in a task of its own: a connection that
//! is cut half-way changes nothing about it. Its body is read before: whoever sends slowly holds up nobody but themselves.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use store::{Answer, StoreError, Unit};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::TaskTracker;

use crate::board::Held;
use crate::guard::SignedIn;
use crate::idempotency::{self, Flights, Key, Reply, Seat, Told};
use crate::problem::Problem;
use crate::state::ApiState;

/// Changes carried out at the same time; one more is told to come again.
const AT_ONCE: usize = 256;
/// Of one person.
const OF_ONE: usize = 16;
/// Bodies read at the same time, which whoever sends them slowly holds up, and of one person.
const READ_AT_ONCE: usize = 512;
const READ_OF_ONE: usize = 32;
/// Largest answer that is kept, bytes.
const LARGEST_ANSWER: usize = 1024 * 1024;

/// What is being changed now.
#[derive(Debug, Clone)]
pub struct Changes {
    tasks: TaskTracker,
    reading: Places,
    working: Places,
    flights: Flights,
    told: Told,
}

impl Default for Changes {
    fn default() -> Self {
        Self {
            tasks: TaskTracker::new(),
            reading: Places::new(READ_AT_ONCE, READ_OF_ONE),
            working: Places::new(AT_ONCE, OF_ONE),
            flights: Flights::default(),
            told: Told::default(),
        }
    }
}

impl Changes {
    /// Waits for those under way; for the end, when no connection is open any more.
    pub async fn finish(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Carries work out whether or not anybody waits for it.
    async fn carry<T: Send + 'static>(
        &self,
        by: &str,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Problem> {
        let place = self.working.take(by)?;
        let task = self.tasks.spawn(async move {
            let done = work.await;
            drop(place);
            done
        });
        task.await.map_err(|_| Problem::of("internal"))
    }
}

/// Places for what is done at the same time, of which one person has a few.
#[derive(Debug, Clone)]
struct Places {
    all: Arc<Semaphore>,
    of_one: usize,
    /// One entry for each person who ever had one.
    each: Arc<Mutex<HashMap<String, Arc<Semaphore>>>>,
}

impl Places {
    fn new(all: usize, of_one: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(all)), of_one, each: Arc::default() }
    }

    /// A place of this person's and one of all.
    fn take(&self, by: &str) -> Result<[OwnedSemaphorePermit; 2], Problem> {
        let own = {
            let mut each = self.each.lock().unwrap_or_else(PoisonError::into_inner);
            each.entry(by.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(self.of_one))).clone()
        };
        let busy = |_| Problem::of("busy").retry_after(1);
        Ok([own.try_acquire_owned().map_err(busy)?, self.all.clone().try_acquire_owned().map_err(busy)?])
    }
}

/// Carries out what a route does. Strangers (who sign in) have no unit: what is written about them is kept also when they
/// are refused.
pub async fn carry_out<F>(
    state: Arc<ApiState>,
    request: Request,
    work: impl FnOnce(Request, Arc<ApiState>) -> F + Send + 'static,
) -> Response
where
    F: Future<Output = Response> + Send + 'static,
{
    let Some(by) = request.extensions().get::<SignedIn>().map(|by| by.user.id.clone()) else {
        return work(request, state).await;
    };
    let read = match state.changes.reading.take(&by) {
        Ok(_place) => idempotency::read(request, by.clone()).await,
        Err(problem) => Err(problem),
    };
    let done = match read {
        Ok((request, None)) => state.changes.clone().carry(&by, unkeyed(state, request, work)).await,
        Ok((request, Some(key))) => keyed(state, request, key, work).await,
        Err(problem) => Err(problem),
    };
    done.unwrap_or_else(IntoResponse::into_response)
}

async fn unkeyed<F>(state: Arc<ApiState>, request: Request, work: impl FnOnce(Request, Arc<ApiState>) -> F) -> Response
where
    F: Future<Output = Response>,
{
    let unit = state.store.unit();
    let held = Held::default();
    let response = work(request, state.within(&unit, &held)).await;
    if !response.status().is_success() {
        return response;
    }
    match unit.commit().await {
        Ok(()) => {
            state.board.release(&held).await;
            response
        }
        Err(error) => Problem::from(error).into_response(),
    }
}

/// The first with a key works; those who come meanwhile wait for the same answer.
async fn keyed<F>(
    state: Arc<ApiState>,
    request: Request,
    key: Key,
    work: impl FnOnce(Request, Arc<ApiState>) -> F + Send + 'static,
) -> Result<Response, Problem>
where
    F: Future<Output = Response> + Send + 'static,
{
    match state.changes.flights.board(&key) {
        Seat::First(flight) => {
            let (changes, by) = (state.changes.clone(), key.user.clone());
            let reply = changes
                .carry(&by, async move {
                    let reply = answered(&state, request, &key, work).await.unwrap_or_else(Reply::Refused);
                    flight.land(reply.clone());
                    reply
                })
                .await?;
            Ok(reply.into_response())
        }
        Seat::Behind(landing) => Ok(landing.wait().await?.repeated().into_response()),
        Seat::Other => Err(Problem::of("idempotency-mismatch")),
    }
}

async fn answered<F>(
    state: &Arc<ApiState>,
    request: Request,
    key: &Key,
    work: impl FnOnce(Request, Arc<ApiState>) -> F,
) -> Result<Reply, Problem>
where
    F: Future<Output = Response>,
{
    if let Some(reply) = kept(state, key).await? {
        return Ok(reply);
    }
    let unit = state.store.unit();
    let held = Held::default();
    let response = work(request, state.within(&unit, &held)).await;
    // A refusal is not kept: the same request may succeed later (the handset is lifted, there is room on the disk).
    if !response.status().is_success() {
        return Ok(Reply::Refused(response.extensions().get::<Problem>().cloned().unwrap_or(Problem::of("internal"))));
    }
    let status = response.status();
    let body = to_bytes(response.into_body(), LARGEST_ANSWER).await.map_err(|_| Problem::of("internal"))?;
    let text = String::from_utf8(body.to_vec()).map_err(|_| Problem::of("internal"))?;
    if !unit.is_written() {
        state.changes.told.keep(key, status, text.clone());
        state.board.release(&held).await;
        return Ok(Reply::Answer { status, text, repeated: false });
    }
    match keep(state, unit, key, status, &text).await {
        Ok(()) => {}
        // Another daemon of the same database was faster.
        Err(StoreError::Conflict("answered")) => return kept(state, key).await?.ok_or(Problem::of("busy")),
        Err(error) => return Err(error.into()),
    }
    state.board.release(&held).await;
    Ok(Reply::Answer { status, text, repeated: false })
}

/// What was answered to this key before.
async fn kept(state: &ApiState, key: &Key) -> Result<Option<Reply>, Problem> {
    if let Some(reply) = state.changes.told.answer(key)? {
        return Ok(Some(reply));
    }
    let Some(answer) = state.store.answer_of(&key.user, &key.text, state.now()).await? else { return Ok(None) };
    if answer.body_hash != key.hash {
        return Err(Problem::of("idempotency-mismatch"));
    }
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    Ok(Some(Reply::Answer { status, text: answer.text, repeated: true }))
}

/// Keeps rows and answer in one transaction.
async fn keep(state: &ApiState, unit: Unit, key: &Key, status: StatusCode, text: &str) -> Result<(), StoreError> {
    let answer = Answer { body_hash: key.hash.clone(), status: status.as_u16(), text: text.to_owned() };
    unit.store().answer_keep(&key.user, &key.text, &answer, state.now()).await?;
    unit.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_has_a_few_of_the_places_and_the_others_theirs() {
        let places = Places::new(256, 16);
        let own: Vec<_> = std::iter::from_fn(|| places.take("usr_1").ok()).collect();
        assert_eq!(own.len(), 16);
        assert!(places.take("usr_2").is_ok());
        drop(own);
        assert!(places.take("usr_1").is_ok());
        let all: Vec<_> = (0..256).filter_map(|at| places.take(&format!("usr_{at}")).ok()).collect();
        assert_eq!(all.len(), 256);
        assert!(places.take("usr_1").is_err());
    }
}
