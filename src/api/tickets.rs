//! Tickets.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use store::{NewTicket, Ticket, TicketFilter, TicketPatch};
use utoipa::{IntoParams, ToSchema};

use crate::guard::SignedIn;
use crate::input::{Body, Checks, Id, IfMatch, Path, Query, Undo, given};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::view::work::{self, TicketView};
use crate::view::{PageView, page_ask};
use crate::{announce, calls};

/// Which tickets.
#[derive(Debug, Default, Deserialize, IntoParams)]
pub struct TicketQuery {
    /// Part of the subject or of the customer's name, or a number.
    q: Option<String>,
    /// `open`, `waiting`, `solved`, `closed`.
    status: Option<String>,
    /// Only mine.
    mine: Option<bool>,
    /// `cus_…`
    customer: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// How many, 1–100.
    limit: Option<u32>,
    /// Adds how many there are in all (1000 means so many or more).
    total: Option<bool>,
}

/// A new ticket.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewTicketWish {
    subject: String,
    #[serde(default)]
    body: String,
    /// `low`, `normal`, `high`, `urgent`.
    priority: Option<String>,
    /// `request`, `complaint`, `question`.
    kind: Option<String>,
    customer: Option<String>,
    /// When given without `customer`, the call's customer is taken.
    call: Option<String>,
}

/// What changes of a ticket.
#[derive(Debug, Deserialize, ToSchema)]
pub struct TicketPatchWish {
    status: Option<String>,
    priority: Option<String>,
    subject: Option<String>,
    body: Option<String>,
    /// Added to the comments.
    comment: Option<String>,
    /// `usr_…`, or `null` for nobody.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    owner: Option<Option<String>>,
}

/// `GET /tickets`
pub async fn list(
    State(state): State<Arc<ApiState>>,
    by: SignedIn,
    Query(query): Query<TicketQuery>,
) -> Result<Json<PageView<TicketView>>, Problem> {
    let mut checks = Checks::default();
    let status = query.status.as_deref().filter(|word| !word.is_empty()).and_then(|word| checks.word("/status", word));
    checks.done()?;
    let owner = query.mine.unwrap_or(false).then(|| by.user.id.clone());
    let filter = TicketFilter { q: query.q, status, kind: None, owner, customer: query.customer };
    let page = state.store.tickets_list(&filter, &page_ask(query.cursor, query.limit)).await?;
    let total = match query.total {
        Some(true) => Some(state.store.tickets_count(&filter).await?),
        _ => None,
    };
    Ok(Json(PageView::of(page, |row| work::ticket(&state, row)).of_total(total)))
}

/// `POST /tickets`
pub async fn create(
    State(state): State<Arc<ApiState>>,
    by: SignedIn,
    Body(wish): Body<NewTicketWish>,
) -> Result<(StatusCode, Json<TicketView>), Problem> {
    let mut checks = Checks::default();
    let priority = wish.priority.as_deref().and_then(|word| checks.word("/priority", word));
    let kind = wish.kind.as_deref().and_then(|word| checks.word("/kind", word));
    checks.done()?;
    let new = NewTicket {
        subject: wish.subject,
        body: wish.body,
        priority,
        kind,
        customer: wish.customer,
        call: calls::own(&state, &by, wish.call.as_deref()).await?,
        owner: None,
    };
    let stored = state.store.ticket_insert(&new, &by.user.id, state.now()).await?;
    Ok((StatusCode::CREATED, Json(told(&state, "ticket.created", stored).await)))
}

/// `GET /tickets/{id}`
pub async fn show(
    State(state): State<Arc<ApiState>>,
    _by: SignedIn,
    Path(id): Path<Id>,
) -> Result<Json<TicketView>, Problem> {
    Ok(Json(work::ticket(&state, state.store.ticket_get(id.as_str()).await?)))
}

/// `PATCH /tickets/{id}`
pub async fn change(
    State(state): State<Arc<ApiState>>,
    by: SignedIn,
    Path(id): Path<Id>,
    IfMatch(rev): IfMatch,
    Body(wish): Body<TicketPatchWish>,
) -> Result<Json<TicketView>, Problem> {
    let mut checks = Checks::default();
    let patch = TicketPatch {
        status: wish.status.as_deref().and_then(|word| checks.word("/status", word)),
        priority: wish.priority.as_deref().and_then(|word| checks.word("/priority", word)),
        subject: wish.subject,
        body: wish.body,
        comment: wish.comment,
        owner: wish.owner,
        ..TicketPatch::default()
    };
    checks.done()?;
    let stored = state.store.ticket_patch(id.as_str(), rev, &patch, &by.user.id, state.now()).await?;
    Ok(Json(told(&state, "ticket.updated", stored).await))
}

/// `DELETE /tickets/{id}?undo=true`
pub async fn undo(
    State(state): State<Arc<ApiState>>,
    by: SignedIn,
    Path(id): Path<Id>,
    _: Undo,
) -> Result<StatusCode, Problem> {
    let rev = state.store.ticket_get(id.as_str()).await?.rev;
    state.store.ticket_undo(id.as_str(), &by.user.id, state.now()).await?;
    announce::removed(&state, "ticket", id.as_str(), rev).await;
    Ok(StatusCode::NO_CONTENT)
}

async fn told(state: &ApiState, kind: &str, stored: Ticket) -> TicketView {
    let (subject, rev) = (format!("ticket/{}", stored.id), stored.rev);
    let view = work::ticket(state, stored);
    announce::changed(state, kind, subject, rev, &view).await;
    view
}
