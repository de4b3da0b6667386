//! Recordings: the list, the sound in parts, the outline for drawing.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::{HeaderMap, Method, header};
use axum::response::Response;
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;

use crate::audio;
use crate::calls::{self, CallQuery};
use crate::guard::SignedIn;
use crate::input::{Id, Path, Query};
use crate::peaks::{self, Peaks};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::turns::Turn;
use crate::view::call::{self, CallView};
use crate::view::{PageView, page_ask};

/// Most columns of an outline.
const MOST_BUCKETS: usize = 10_000;
/// A player fetches a recording in parts; within this time it is one listening, µs.
const ONE_LISTENING: i64 = 5 * 60 * 1_000_000;
/// Listenings remembered.
const REMEMBERED: usize = 1000;

/// How finely to draw.
#[derive(Debug, Default, Deserialize, IntoParams)]
pub struct PeaksQuery {
    /// Columns, 1–10000; 1200 unless said.
    buckets: Option<usize>,
}

/// Who listened to what a moment ago, so that the parts of one listening are one line of the audit log.
#[derive(Debug, Default)]
pub struct Listenings(Mutex<HashMap<(String, String), i64>>);

impl Listenings {
    /// Whether this is a new listening; remembers it.
    fn begins(&self, user: &str, call: &str, now: i64) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.retain(|_, last| *last + ONE_LISTENING > now);
        }
        if known.len() >= REMEMBERED {
            known.clear();
        }
        let before = known.insert((user.to_owned(), call.to_owned()), now);
        before.is_none_or(|last| last + ONE_LISTENING <= now)
    }

    /// It was not written down: the next part tries again.
    fn forget(&self, user: &str, call: &str) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(&(user.to_owned(), call.to_owned()));
    }
}

/// `GET /recordings`
pub async fn list(
    State(state): State<Arc<ApiState>>,
    by: SignedIn,
    Query(query): Query<CallQuery>,
) -> Result<Json<PageView<CallView>>, Problem> {
    let ask = page_ask(query.cursor.clone(), query.limit);
    let page = state.store.recordings_list(&calls::filter(&state, &by, query)?, &ask).await?;
    Ok(Json(PageView::of(page, |row| call::call(&state, row))))
}

/// `GET /recordings/{call}/audio`: nobody hears a call without a line in the audit log.
pub async fn audio(
    State(state): State<Arc<ApiState>>,
    by: SignedIn,
    method: Method,
    Path(id): Path<Id>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let file = file(&state, &by, &id).await?;
    if method == Method::GET && state.listenings.begins(&by.user.id, id.as_str(), state.now()) {
        let subject = format!("call/{}", id.as_str());
        let user = Some(by.user.id.as_str());
        let written = state.store.audit_write(user, "recording.listen", &subject, &Value::Null, state.now()).await;
        if let Err(error) = written {
            state.listenings.forget(&by.user.id, id.as_str());
            return Err(error.into());
        }
    }
    // Only a GET has parts (RFC 9110, section 14.2).
    let range = headers.get(header::RANGE).filter(|_| method == Method::GET);
    let range = range.and_then(|value| value.to_str().ok());
    audio::answer(&file, range).await
}

/// `GET /recordings/{call}/peaks`
pub async fn peaks(
    State(state): State<Arc<ApiState>>,
    by: SignedIn,
    Extension(turn): Extension<Turn>,
    Path(id): Path<Id>,
    Query(query): Query<PeaksQuery>,
) -> Result<Json<Peaks>, Problem> {
    let file = file(&state, &by, &id).await?;
    let buckets = query.buckets.unwrap_or(1200).clamp(1, MOST_BUCKETS);
    let read = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        peaks::read(&file, buckets)
    })
    .await;
    match read {
        Ok(Ok(peaks)) => Ok(Json(peaks)),
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => Err(Problem::of("not-found")),
        Ok(Err(error)) => {
            tracing::warn!(%error, call = id.as_str(), "a recording cannot be drawn");
            Err(Problem::of("not-found"))
        }
        Err(_) => Err(Problem::of("internal")),
    }
}

/// The file of a call this person may hear.
async fn file(state: &ApiState, by: &SignedIn, id: &Id) -> Result<PathBuf, Problem> {
    let call = state.store.call_get(id.as_str()).await?;
    let Some(recording) = call.recording.as_ref() else { return Err(Problem::of("not-found")) };
    if !calls::took_part(state, by, &call).await? {
        return Err(Problem::of("not-found"));
    }
    // The folder is the day the call began; a call over midnight is the one case where the recording's day differs.
    let (root, zone) = (&state.recordings, &state.business.zone);
    let found = match audio::find(root, zone, id, call.started_at).await {
        None => audio::find(root, zone, id, recording.started_at).await,
        found => found,
    };
    found.ok_or(Problem::of("not-found"))
}
