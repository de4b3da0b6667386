//! Callbacks: callers who are owed a call.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use pbx::id::Extension;
use serde::Deserialize;
use store::{Callback, CallbackFilter, CallbackPatch, NewCallback};
use tokio::sync::mpsc::Receiver;
use utoipa::{IntoParams, ToSchema};

use crate::guard::SignedIn;
use crate::input::{Body, Checks, Id, IfMatch, Path, Query, Undo, given};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::view::work::{self, CallbackView};
use crate::view::{PageView, page_ask};
use crate::{announce, calls};

/// Which callbacks.
#[derive(Debug, Default, Deserialize, IntoParams)]
pub struct CallbackQuery {
    /// Part of the customer's name, or digits of the number.
    q: Option<String>,
    /// `mine`: taken by me; `team`: of my queues or of none; everybody's unless said.
    whose: Option<String>,
    /// Ended ones instead of open ones.
    done: Option<bool>,
    /// `cus_…`
    customer: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// How many, 1–100.
    limit: Option<u32>,
    /// Adds how many there are in all (1000 means so many or more).
    total: Option<bool>,
}

/// A promised call.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewCallbackWish {
    /// In any spelling; the call's, else the customer's first, unless given.
    number: Option<String>,
    customer: Option<String>,
    /// The call in which it was promised.
    call: Option<String>,
    /// `usr_…`; the maker unless given.
    owner: Option<String>,
    /// When; after an hour of working time unless given.
    due_at: Option<String>,
    #[serde(default)]
    note: String,
}

/// What changes of a callback.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CallbackPatchWish {
    /// `usr_…`, or `null` for nobody.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    owner: Option<Option<String>>,
    due_at: Option<String>,
    note: Option<String>,
    /// `reached`, `unreachable`, `not_needed`; `null` opens it again.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    outcome: Option<Option<String>>,
}

/// `GET /callbacks`
pub async fn list(
    State(state): State<Arc<ApiState>>,
    by: SignedIn,
    Query(query): Query<CallbackQuery>,
) -> Result<Json<PageView<CallbackView>>, Problem> {
    let mut filter = CallbackFilter {
        q: query.q,
        done: query.done.unwrap_or(false),
        customer: query.customer,
        ..CallbackFilter::default()
    };
    match query.whose.as_deref().unwrap_or("") {
        "" | "all" => {}
        "mine" => filter.owner = Some(by.user.id.clone()),
        "team" => filter.queues = queues_of(&state, &by),
        _ => return Err(Problem::field("/whose", "unknown")),
    }
    let page = state.store.callbacks_list(&filter, &page_ask(query.cursor, query.limit)).await?;
    let total = match query.total {
        Some(true) => Some(state.store.callbacks_count(&filter).await?),
        _ => None,
    };
    Ok(Json(PageView::of(page, |row| work::callback(&state, row)).of_total(total)))
}

/// The queues a person works for; `None`, which means all, for who works for none.
fn queues_of(state: &ApiState, by: &SignedIn) -> Option<Vec<String>> {
    let plan = state.plan();
    let extension = Extension::new(by.user.extension.as_deref()?);
    let mine = plan.queues.iter().filter(|queue| queue.members.contains(&extension));
    Some(mine.map(|queue| queue.id.as_str().to_owned()).collect()).filter(|queues: &Vec<String>| !queues.is_empty())
}

/// `POST /callbacks`
pub async fn create(
    State(state): State<Arc<ApiState>>,
    by: SignedIn,
    Body(wish): Body<NewCallbackWish>,
) -> Result<(StatusCode, Json<CallbackView>), Problem> {
    let mut checks = Checks::default();
    let due_at = wish.due_at.as_deref().map(|text| checks.time("/due_at", text));
    checks.done()?;
    let new = NewCallback {
        number: wish.number.filter(|number| !number.trim().is_empty()),
        customer: wish.customer,
        call: calls::own(&state, &by, wish.call.as_deref()).await?,
        owner: wish.owner,
        due_at,
        note: wish.note,
    };
    let stored = state.store.callback_insert(&new, &by.user.id, state.now()).await?;
    Ok((StatusCode::CREATED, Json(told(&state, stored).await)))
}

/// `GET /callbacks/{id}`
pub async fn show(
    State(state): State<Arc<ApiState>>,
    _by: SignedIn,
    Path(id): Path<Id>,
) -> Result<Json<CallbackView>, Problem> {
    Ok(Json(work::callback(&state, state.store.callback_get(id.as_str()).await?)))
}

/// `PATCH /callbacks/{id}`
pub async fn change(
    State(state): State<Arc<ApiState>>,
    by: SignedIn,
    Path(id): Path<Id>,
    IfMatch(rev): IfMatch,
    Body(wish): Body<CallbackPatchWish>,
) -> Result<Json<CallbackView>, Problem> {
    let mut checks = Checks::default();
    let outcome = match wish.outcome {
        Some(Some(word)) => checks.word("/outcome", &word).map(Some),
        Some(None) => Some(None),
        None => None,
    };
    let due_at = wish.due_at.as_deref().map(|text| checks.time("/due_at", text));
    checks.done()?;
    let patch = CallbackPatch { owner: wish.owner, due_at, note: wish.note, outcome };
    let stored = state.store.callback_patch(id.as_str(), rev, &patch, &by.user.id, state.now()).await?;
    Ok(Json(told(&state, stored).await))
}

/// `DELETE /callbacks/{id}?undo=true`
pub async fn undo(
    State(state): State<Arc<ApiState>>,
    by: SignedIn,
    Path(id): Path<Id>,
    _: Undo,
) -> Result<StatusCode, Problem> {
    let rev = state.store.callback_get(id.as_str()).await?.rev;
    state.store.callback_undo(id.as_str(), &by.user.id, state.now()).await?;
    announce::removed(&state, "callback", id.as_str(), rev).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells the desks of callbacks that calls made or ended by themselves, until the sender is gone.
pub async fn follow(state: Arc<ApiState>, mut changed: Receiver<String>) {
    while let Some(id) = changed.recv().await {
        announce_stored(&state, &id).await;
    }
}

/// Tells the desks how a callback stands now.
pub async fn announce_stored(state: &ApiState, id: &str) {
    match state.store.callback_get(id).await {
        Ok(stored) => {
            told(state, stored).await;
        }
        Err(error) => tracing::debug!(%error, id, "a callback changed and cannot be read; lists fetch it again"),
    }
}

async fn told(state: &ApiState, stored: Callback) -> CallbackView {
    let kind = if stored.rev == 1 { "callback.created" } else { "callback.updated" };
    let (subject, rev) = (format!("callback/{}", stored.id), stored.rev);
    let view = work::callback(state, stored);
    announce::changed(state, kind, subject, rev, &view).await;
    view
}
