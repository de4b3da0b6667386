//! `Idempotency-Key`: a POST that is sent twice happens once, and both get the same answer.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::watch;

use crate::input::whole;
use crate::problem::Problem;
use crate::token;

/// Longest key.
const LONGEST_KEY: usize = 200;

/// A key, and what was asked under it.
#[derive(Debug, Clone)]
pub struct Key {
    /// Whose: two people may choose the same one.
    pub user: String,
    /// As sent.
    pub text: String,
    /// Of method, path, query and body.
    pub hash: String,
}

/// The request with its body in hand, and the key of a POST, when it has one.
pub async fn read(request: Request, user: String) -> Result<(Request, Option<Key>), Problem> {
    let (parts, body) = request.into_parts();
    let sent = parts.headers.get("idempotency-key").filter(|_| parts.method == Method::POST);
    let text = sent.map(text).transpose()?;
    let body = whole(&parts, body).await?;
    let Some(text) = text else { return Ok((Request::from_parts(parts, Body::from(body)), None)) };
    let (path, query) = (parts.uri.path().as_bytes(), parts.uri.query().unwrap_or_default().as_bytes());
    let hash = token::hash_parts(&[parts.method.as_str().as_bytes(), path, query, &body]);
    Ok((Request::from_parts(parts, Body::from(body)), Some(Key { user, text, hash })))
}

fn text(sent: &HeaderValue) -> Result<String, Problem> {
    let text = sent.to_str().ok().filter(|key| (1..=LONGEST_KEY).contains(&key.len()));
    text.map(str::to_owned).ok_or(Problem::field("/Idempotency-Key", "invalid"))
}

/// The answer to a key's request.
#[derive(Debug, Clone)]
pub enum Reply {
    /// It was done.
    Answer {
        /// Status.
        status: StatusCode,
        /// Body, JSON or nothing.
        text: String,
        /// Whether this is not the first time.
        repeated: bool,
    },
    /// It was not.
    Refused(Problem),
}

impl Reply {
    /// The same for somebody who asked again.
    #[must_use]
    pub fn repeated(self) -> Self {
        match self {
            Self::Answer { status, text, .. } => Self::Answer { status, text, repeated: true },
            refused @ Self::Refused(_) => refused,
        }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let (status, text, repeated) = match self {
            Self::Answer { status, text, repeated } => (status, text, repeated),
            Self::Refused(problem) => return problem.into_response(),
        };
        let is_json = !text.is_empty();
        let mut response = (status, text).into_response();
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_TYPE);
        if is_json {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if repeated {
            headers.insert("idempotent-replayed", HeaderValue::from_static("true"));
        }
        response
    }
}

/// Answers to commands, which the switch carried out and which wrote no rows. They last as long as the switch that judged
/// them: one that was written down could outlive what it answers for, since the journal keeps that a moment later.
#[derive(Debug, Clone, Default)]
pub struct Told(Arc<Mutex<HashMap<String, VecDeque<Spoken>>>>);

/// One of them: what was asked, status and body.
type Spoken = (Key, StatusCode, String);

/// How many of them are remembered of one person, the latest.
const TOLD: usize = 64;

impl Told {
    /// Remembers an answer.
    pub fn keep(&self, key: &Key, status: StatusCode, text: String) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = told.entry(key.user.clone()).or_default();
        own.push_back((key.clone(), status, text));
        while own.len() > TOLD {
            own.pop_front();
        }
    }

    /// What was answered to a key.
    ///
    /// # Errors
    /// `idempotency-mismatch` when it was another request's.
    pub fn answer(&self, key: &Key) -> Result<Option<Reply>, Problem> {
        let told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = told.get(&key.user).into_iter().flatten().find(|(known, ..)| known.text == key.text);
        match own {
            Some((known, ..)) if known.hash != key.hash => Err(Problem::of("idempotency-mismatch")),
            Some((_, status, text)) => Ok(Some(Reply::Answer { status: *status, text: text.clone(), repeated: true })),
            None => Ok(None),
        }
    }
}

type Name = (String, String);

/// Requests under way, by person and key.
#[derive(Debug, Clone, Default)]
pub struct Flights(Arc<Mutex<HashMap<Name, Known>>>);

#[derive(Debug)]
struct Known {
    hash: String,
    landing: Landing,
}

/// Whether a request is the first of its key.
#[derive(Debug)]
pub enum Seat {
    /// It is; it says what came of it.
    First(Flight),
    /// It is not; it waits.
    Behind(Landing),
    /// The key belongs to another request.
    Other,
}

impl Flights {
    /// Takes a seat.
    pub fn board(&self, key: &Key) -> Seat {
        let mut known = self.known();
        let name = (key.user.clone(), key.text.clone());
        match known.get(&name) {
            Some(flight) if flight.hash == key.hash => Seat::Behind(flight.landing.clone()),
            Some(_) => Seat::Other,
            None => {
                let (landed, landing) = watch::channel(None);
                known.insert(name.clone(), Known { hash: key.hash.clone(), landing: Landing(landing) });
                Seat::First(Flight { flights: self.clone(), name, landed })
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Name, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first request of a key; forgotten when it is dropped.
#[derive(Debug)]
pub struct Flight {
    flights: Flights,
    name: Name,
    landed: watch::Sender<Option<Reply>>,
}

impl Flight {
    /// Tells those behind what came of it.
    pub fn land(self, reply: Reply) {
        self.landed.send_replace(Some(reply));
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.flights.known().remove(&self.name);
    }
}

/// Where those behind wait.
#[derive(Debug, Clone)]
pub struct Landing(watch::Receiver<Option<Reply>>);

impl Landing {
    /// What came of the first one.
    pub async fn wait(mut self) -> Result<Reply, Problem> {
        let again = || Problem::of("idempotency-running").retry_after(1);
        let landed = self.0.wait_for(Option::is_some).await.map_err(|_| again())?;
        landed.clone().ok_or_else(again)
    }
}
