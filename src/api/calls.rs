//! Stored calls: lists, one call, tying a caller to a customer.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use crm::card::{Caller, Match};
use serde::Deserialize;
use store::{Call, CallEvent, CallFilter};
use utoipa::{IntoParams, ToSchema};

use crate::announce;
use crate::board::Role;
use crate::guard::SignedIn;
use crate::input::{Body, Id, Path, Query};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::time;
use crate::view::call::{self, CallView, CallWithEvents};
use crate::view::{PageView, customer, page_ask};

/// Which calls.
#[derive(Debug, Default, Deserialize, IntoParams)]
pub struct CallQuery {
    /// Part of a name, or digits.
    pub q: Option<String>,
    /// `cus_…`
    pub customer: Option<String>,
    /// `usr_…`; an agent may only ask for themselves.
    pub agent: Option<String>,
    /// `destek`
    pub queue: Option<String>,
    /// Only callers who reached nobody (with `agent`: those whose call rang at them). They are everybody's to see.
    pub missed: Option<bool>,
    /// Only calls that were talked, are over and have no result (with `agent`: where this agent talked last).
    pub unfinished: Option<bool>,
    /// From this moment or day on.
    pub from: Option<String>,
    /// Before this moment, or up to the end of this day.
    pub to: Option<String>,
    /// The `next` of the page before.
    pub cursor: Option<String>,
    /// How many, 1–100.
    pub limit: Option<u32>,
    /// Adds how many there are in all (1000 means so many or more).
    pub total: Option<bool>,
}

/// Whose call it is.
#[derive(Debug, Deserialize, ToSchema)]
pub struct LinkWish {
    /// `cus_…`
    customer: String,
    /// The caller's number may also be another customer's.
    #[serde(default)]
    allow_duplicate: bool,
}

/// `GET /calls`
pub async fn list(
    State(state): State<Arc<ApiState>>,
    by: SignedIn,
    Query(query): Query<CallQuery>,
) -> Result<Json<PageView<CallView>>, Problem> {
    let ask = page_ask(query.cursor.clone(), query.limit);
    let counted = query.total.unwrap_or(false);
    let filter = filter(&state, &by, query)?;
    let page = state.store.calls_list(&filter, &ask).await?;
    let total = if counted { Some(state.store.calls_count(&filter).await?) } else { None };
    Ok(Json(PageView::of(page, |row| call::call(&state, row)).of_total(total)))
}

/// `GET /calls/{id}`
pub async fn show(
    State(state): State<Arc<ApiState>>,
    by: SignedIn,
    Path(id): Path<Id>,
) -> Result<Json<CallWithEvents>, Problem> {
    let stored = state.store.call_get(id.as_str()).await?;
    let events = state.store.call_events(id.as_str()).await?;
    if !may_see(&state, &by, &stored, &events).await? {
        return Err(Problem::of("not-found"));
    }
    let users = state.store.users_list().await?;
    let id_of = |name: &str| {
        users.iter().find(|user| user.name == name).map_or_else(|| name.to_owned(), |user| user.id.clone())
    };
    Ok(Json(call::with_events(&state, stored, events, id_of)))
}

/// `POST /calls/{id}/link`
pub async fn link(
    State(state): State<Arc<ApiState>>,
    by: SignedIn,
    Path(id): Path<Id>,
    Body(wish): Body<LinkWish>,
) -> Result<StatusCode, Problem> {
    let own = seen(&state, &by, id).await?.ok_or(Problem::of("not-found"))?;
    let customer_id = Id::new(&wish.customer).ok_or(Problem::field("/customer", "unknown"))?;
    let (customer, shares) = (customer_id.as_str(), wish.allow_duplicate);
    state.store.call_link_customer(own.id.as_str(), customer, shares, own.unwritten()).await?;
    linked(&state, &own, customer).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells the desks who the caller of a call turned out to be: the card in front of the agent is replaced.
pub async fn linked(state: &ApiState, call: &Own, customer_id: &str) -> Result<(), Problem> {
    let customer = state.store.customer_get(customer_id).await?;
    let rev = customer.rev;
    announce::changed(
        state,
        "customer.updated",
        format!("customer/{customer_id}"),
        rev,
        &customer::customer(state, customer),
    )
    .await;
    state.board.linked(&call.id, caller_of(state, call, customer_id).await?, state.now()).await;
    Ok(())
}

/// The caller of a call, now that somebody said who it is: also where several share the number.
async fn caller_of(state: &ApiState, call: &Own, customer_id: &str) -> Result<Caller, Problem> {
    let found = state.store.caller_for(call.from.as_deref(), state.now()).await?;
    let customer = state.store.customer_get(customer_id).await?;
    let card = state.store.customer_card(customer_id, state.now()).await?;
    let matched = Match::One { customer: customer.row.id, name: customer.row.name };
    Ok(Caller { matched, language: customer.language, segment: customer.segment, card: Some(card), ..found })
}

/// A call that its person may see.
#[derive(Debug, Clone)]
pub struct Own {
    /// `c_…`
    pub id: String,
    /// The caller's number.
    pub from: Option<String>,
    /// Whether the journal has written its row.
    is_written: bool,
}

impl Own {
    /// The caller's number, while the row that will have it is not written.
    pub fn unwritten(&self) -> Option<&str> {
        self.from.as_deref().filter(|_| !self.is_written)
    }
}

/// The call a new row is made from: it must be one the person may see, else it is unknown to them.
pub async fn own(state: &ApiState, by: &SignedIn, call: Option<&str>) -> Result<Option<String>, Problem> {
    Ok(own_call(state, by, call).await?.map(|own| own.id))
}

/// As [`own`], with what is known of it.
pub async fn own_call(state: &ApiState, by: &SignedIn, call: Option<&str>) -> Result<Option<Own>, Problem> {
    let Some(call) = call.filter(|call| !call.is_empty()) else { return Ok(None) };
    let unknown = || Problem::field("/call", "unknown");
    let id = Id::new(call).ok_or_else(unknown)?;
    seen(state, by, id).await?.ok_or_else(unknown).map(Some)
}

/// A call by its row or, as the journal writes that a moment after the call began, by the floor; `None` for one that is
/// not this person's to see.
async fn seen(state: &ApiState, by: &SignedIn, id: Id) -> Result<Option<Own>, Problem> {
    let id = id.as_str();
    let stored = match state.store.call_get(id).await {
        Err(store::StoreError::NotFound) => {
            let live = state.board.look(id, by.person()).await;
            return Ok(live.map(|live| Own { id: id.to_owned(), from: live.from, is_written: false }));
        }
        found => found?,
    };
    let events = state.store.call_events(id).await?;
    let may = may_see(state, by, &stored, &events).await?;
    Ok(may.then_some(Own { id: stored.id, from: stored.from, is_written: true }))
}

/// Whether this person may know of the call. Agents: those they talked in or missed, and those nobody answered, which
/// are everybody's to call back.
pub async fn may_see(state: &ApiState, by: &SignedIn, call: &Call, events: &[CallEvent]) -> Result<bool, Problem> {
    let named = |event: &CallEvent| event.data.get("agent").and_then(|name| name.as_str()) == Some(&by.user.name);
    Ok(call.missed || took_part(state, by, call).await? || events.iter().any(named))
}

/// Whether this person may hear the call: supervisors, and whoever talked in it.
pub async fn took_part(state: &ApiState, by: &SignedIn, call: &Call) -> Result<bool, Problem> {
    let is_agent = call.agent.as_ref().is_some_and(|agent| agent.id == by.user.id);
    Ok(by.role.sees_every_call() || is_agent || state.store.call_had_agent(&call.id, &by.user.id).await?)
}

/// The filter of a query, narrowed to what the person may see.
pub fn filter(state: &ApiState, by: &SignedIn, query: CallQuery) -> Result<CallFilter, Problem> {
    let zone = &state.business.zone;
    let from =
        query.from.as_deref().map(|text| time::parse_from(zone, text).ok_or(Problem::field("/from", "not-a-time")));
    let to = query.to.as_deref().map(|text| time::parse_to(zone, text).ok_or(Problem::field("/to", "not-a-time")));
    let agent = match (by.role, query.agent) {
        (Role::Agent, Some(other)) if other != by.user.id => return Err(Problem::of("forbidden")),
        (Role::Agent, None) if query.missed == Some(true) => None,
        (Role::Agent, _) => Some(by.user.id.clone()),
        (_, agent) => agent,
    };
    Ok(CallFilter {
        q: query.q,
        customer: query.customer,
        agent,
        queue: query.queue,
        missed: query.missed.unwrap_or(false),
        unfinished: query.unfinished.unwrap_or(false),
        from: from.transpose()?,
        to: to.transpose()?,
        recorded: false,
    })
}
