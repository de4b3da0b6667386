//! Appointments.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use store::{Appointment, AppointmentFilter, AppointmentPatch, NewAppointment};
use utoipa::{IntoParams, ToSchema};

use crate::guard::SignedIn;
use crate::input::{Body, Checks, Id, IfMatch, Path, Query, Undo, given};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::view::work::{self, AppointmentView};
use crate::view::{PageView, page_ask};
use crate::{announce, calls, time};

/// Which appointments.
#[derive(Debug, Default, Deserialize, IntoParams)]
pub struct AppointmentQuery {
    /// From this moment or day on.
    from: Option<String>,
    /// Before this moment, or up to the end of this day.
    to: Option<String>,
    /// `cus_…`
    customer: Option<String>,
    /// `usr_…`
    with: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// How many, 1–100.
    limit: Option<u32>,
    /// Adds how many there are in all (1000 means so many or more).
    total: Option<bool>,
}

/// A new appointment.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewAppointmentWish {
    customer: Option<String>,
    /// When given without `customer`, the call's customer is taken.
    call: Option<String>,
    title: String,
    /// RFC 3339.
    starts_at: String,
    minutes: i64,
    /// `usr_…`
    with: Option<String>,
    #[serde(default)]
    note: String,
}

/// What changes of an appointment.
#[derive(Debug, Deserialize, ToSchema)]
pub struct AppointmentPatchWish {
    title: Option<String>,
    starts_at: Option<String>,
    minutes: Option<i64>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    with: Option<Option<String>>,
    status: Option<String>,
    note: Option<String>,
}

/// `GET /appointments`
pub async fn list(
    State(state): State<Arc<ApiState>>,
    _by: SignedIn,
    Query(query): Query<AppointmentQuery>,
) -> Result<Json<PageView<AppointmentView>>, Problem> {
    let zone = &state.business.zone;
    let from =
        query.from.as_deref().map(|text| time::parse_from(zone, text).ok_or(Problem::field("/from", "not-a-time")));
    let to = query.to.as_deref().map(|text| time::parse_to(zone, text).ok_or(Problem::field("/to", "not-a-time")));
    let filter =
        AppointmentFilter { from: from.transpose()?, to: to.transpose()?, customer: query.customer, with: query.with };
    let page = state.store.appointments_list(&filter, &page_ask(query.cursor, query.limit)).await?;
    let total = match query.total {
        Some(true) => Some(state.store.appointments_count(&filter).await?),
        _ => None,
    };
    Ok(Json(PageView::of(page, |row| work::appointment(&state, row)).of_total(total)))
}

/// `POST /appointments`
pub async fn create(
    State(state): State<Arc<ApiState>>,
    by: SignedIn,
    Body(wish): Body<NewAppointmentWish>,
) -> Result<(StatusCode, Json<AppointmentView>), Problem> {
    let mut checks = Checks::default();
    let starts_at = checks.time("/starts_at", &wish.starts_at);
    checks.done()?;
    let new = NewAppointment {
        customer: wish.customer,
        call: calls::own(&state, &by, wish.call.as_deref()).await?,
        title: wish.title,
        starts_at,
        minutes: wish.minutes,
        with: wish.with,
        note: wish.note,
    };
    let stored = state.store.appointment_insert(&new, &by.user.id, state.now()).await?;
    Ok((StatusCode::CREATED, Json(told(&state, "appointment.created", stored).await)))
}

/// `GET /appointments/{id}`
pub async fn show(
    State(state): State<Arc<ApiState>>,
    _by: SignedIn,
    Path(id): Path<Id>,
) -> Result<Json<AppointmentView>, Problem> {
    Ok(Json(work::appointment(&state, state.store.appointment_get(id.as_str()).await?)))
}

/// `PATCH /appointments/{id}`
pub async fn change(
    State(state): State<Arc<ApiState>>,
    _by: SignedIn,
    Path(id): Path<Id>,
    IfMatch(rev): IfMatch,
    Body(wish): Body<AppointmentPatchWish>,
) -> Result<Json<AppointmentView>, Problem> {
    let mut checks = Checks::default();
    let patch = AppointmentPatch {
        title: wish.title,
        starts_at: wish.starts_at.as_deref().map(|text| checks.time("/starts_at", text)),
        minutes: wish.minutes,
        with: wish.with,
        status: wish.status.as_deref().and_then(|word| checks.word("/status", word)),
        note: wish.note,
    };
    checks.done()?;
    let stored = state.store.appointment_patch(id.as_str(), rev, &patch, state.now()).await?;
    Ok(Json(told(&state, "appointment.updated", stored).await))
}

/// `DELETE /appointments/{id}?undo=true`
pub async fn undo(
    State(state): State<Arc<ApiState>>,
    by: SignedIn,
    Path(id): Path<Id>,
    _: Undo,
) -> Result<StatusCode, Problem> {
    let rev = state.store.appointment_get(id.as_str()).await?.rev;
    state.store.appointment_undo(id.as_str(), &by.user.id, state.now()).await?;
    announce::removed(&state, "appointment", id.as_str(), rev).await;
    Ok(StatusCode::NO_CONTENT)
}

async fn told(state: &ApiState, kind: &str, stored: Appointment) -> AppointmentView {
    let (subject, rev) = (format!("appointment/{}", stored.id), stored.rev);
    let view = work::appointment(state, stored);
    announce::changed(state, kind, subject, rev, &view).await;
    view
}
