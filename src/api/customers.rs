//! Customers: search, create, change, card, past, notes, tags.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use store::{CustomerPatch, NewCustomer};
use utoipa::{IntoParams, ToSchema};

use crate::guard::SignedIn;
use crate::input::{Body, Id, IfMatch, Path, Query, given};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::view::customer::{self, CustomerRowView, CustomerView, NoteView, TimelineView};
use crate::view::{PageQuery, PageView, page_ask};
use crate::{announce, board, calls};

/// Which customers.
#[derive(Debug, Default, Deserialize, IntoParams)]
pub struct CustomerQuery {
    /// A name, a part of one, or digits of a number.
    q: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// How many, 1–100.
    limit: Option<u32>,
}

/// A new customer.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewCustomerWish {
    name: String,
    company: Option<String>,
    role: Option<String>,
    email: Option<String>,
    /// In any spelling.
    #[serde(default)]
    phones: Vec<String>,
    language: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    /// The call they are on: it and its number become theirs.
    call: Option<String>,
    /// A number may also be another customer's.
    #[serde(default)]
    allow_duplicate: bool,
}

/// What changes of a customer; `null` empties a field.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CustomerPatchWish {
    name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    company: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    role: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    email: Option<Option<String>>,
    /// `YYYY-MM-DD`
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    birth_date: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    language: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    segment: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    address_as: Option<Option<String>>,
    sms_consent: Option<bool>,
    note: Option<String>,
    phones: Option<Vec<String>>,
    /// A new number may also be another customer's.
    #[serde(default)]
    allow_duplicate: bool,
}

/// Whose number.
#[derive(Debug, Deserialize, IntoParams)]
pub struct LookupQuery {
    /// In any spelling.
    phone: String,
}

/// Which tab of the second screen.
#[derive(Debug, Deserialize, IntoParams)]
pub struct SecondQuery {
    /// `orders`, `contacts`, `complaints`, `products`, `appointments`.
    pub tab: String,
}

/// A note.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NoteWish {
    text: String,
    call: Option<String>,
}

/// A tag.
#[derive(Debug, Deserialize, ToSchema)]
pub struct TagWish {
    tag: String,
}

/// `GET /customers`
pub async fn list(
    State(state): State<Arc<ApiState>>,
    _by: SignedIn,
    Query(query): Query<CustomerQuery>,
) -> Result<Json<PageView<CustomerRowView>>, Problem> {
    let ask = page_ask(query.cursor, query.limit);
    let page = state.store.customers_list(query.q.as_deref(), &ask).await?;
    Ok(Json(PageView::of(page, |row| customer::row(&state, row))))
}

/// `POST /customers`
pub async fn create(
    State(state): State<Arc<ApiState>>,
    by: SignedIn,
    Body(wish): Body<NewCustomerWish>,
) -> Result<(StatusCode, Json<CustomerView>), Problem> {
    let call = calls::own_call(&state, &by, wish.call.as_deref()).await?;
    let new = NewCustomer {
        name: wish.name,
        company: wish.company,
        role: wish.role,
        email: wish.email,
        phones: wish.phones,
        language: wish.language,
        tags: wish.tags,
        call: call.as_ref().map(|call| call.id.clone()),
        from: call.as_ref().and_then(|call| call.unwritten()).map(str::to_owned),
        shares_numbers: wish.allow_duplicate,
    };
    let stored = state.store.customer_insert(&new, state.now()).await?;
    let (id, rev) = (stored.row.id.clone(), stored.rev);
    let view = customer::customer(&state, stored);
    announce::changed(&state, "customer.created", format!("customer/{id}"), rev, &view).await;
    if let Some(call) = call {
        calls::linked(&state, &call, &id).await?;
    }
    Ok((StatusCode::CREATED, Json(view)))
}

/// `GET /customers/lookup`
pub async fn lookup(
    State(state): State<Arc<ApiState>>,
    _by: SignedIn,
    Query(query): Query<LookupQuery>,
) -> Result<Json<Value>, Problem> {
    let caller = state.store.caller_for(Some(&query.phone), state.now()).await?;
    Ok(Json(board::wire::caller_json(&state.business.zone, &caller)))
}

/// `GET /customers/{id}`
pub async fn show(
    State(state): State<Arc<ApiState>>,
    _by: SignedIn,
    Path(id): Path<Id>,
) -> Result<Json<CustomerView>, Problem> {
    Ok(Json(customer::customer(&state, state.store.customer_get(id.as_str()).await?)))
}

/// `PATCH /customers/{id}`
pub async fn change(
    State(state): State<Arc<ApiState>>,
    _by: SignedIn,
    Path(id): Path<Id>,
    IfMatch(rev): IfMatch,
    Body(wish): Body<CustomerPatchWish>,
) -> Result<Json<CustomerView>, Problem> {
    let patch = CustomerPatch {
        name: wish.name,
        company: wish.company,
        role: wish.role,
        email: wish.email,
        birth_date: wish.birth_date,
        language: wish.language,
        segment: wish.segment,
        address_as: wish.address_as,
        sms_consent: wish.sms_consent,
        note: wish.note,
        phones: wish.phones,
        shares_numbers: wish.allow_duplicate,
    };
    let stored = state.store.customer_patch(id.as_str(), rev, &patch, state.now()).await?;
    Ok(Json(updated(&state, stored).await))
}

/// `GET /customers/{id}/card`
pub async fn card(
    State(state): State<Arc<ApiState>>,
    _by: SignedIn,
    Path(id): Path<Id>,
) -> Result<Json<Value>, Problem> {
    let card = state.store.customer_card(id.as_str(), state.now()).await?;
    Ok(Json(board::wire::card_json(&state.business.zone, &card)))
}

/// `GET /customers/{id}/timeline`
pub async fn timeline(
    State(state): State<Arc<ApiState>>,
    _by: SignedIn,
    Path(id): Path<Id>,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageView<TimelineView>>, Problem> {
    let page = state.store.timeline(id.as_str(), &page_ask(query.cursor, query.limit)).await?;
    Ok(Json(PageView::of(page, |item| customer::timeline_item(&state, item))))
}

/// `POST /customers/{id}/notes`
pub async fn add_note(
    State(state): State<Arc<ApiState>>,
    by: SignedIn,
    Path(id): Path<Id>,
    Body(wish): Body<NoteWish>,
) -> Result<(StatusCode, Json<NoteView>), Problem> {
    let call = calls::own(&state, &by, wish.call.as_deref()).await?;
    let (customer, now) = (id.as_str(), state.now());
    let note = state.store.customer_note_add(customer, &wish.text, call.as_deref(), &by.user.id, now).await?;
    touched(&state, &id).await?;
    Ok((StatusCode::CREATED, Json(customer::note(&state, note))))
}

/// `POST /customers/{id}/tags`
pub async fn add_tag(
    State(state): State<Arc<ApiState>>,
    _by: SignedIn,
    Path(id): Path<Id>,
    Body(wish): Body<TagWish>,
) -> Result<StatusCode, Problem> {
    state.store.customer_tag_add(id.as_str(), &wish.tag, state.now()).await?;
    touched(&state, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /customers/{id}/tags/{tag}`
pub async fn remove_tag(
    State(state): State<Arc<ApiState>>,
    _by: SignedIn,
    Path((id, tag)): Path<(Id, String)>,
) -> Result<StatusCode, Problem> {
    state.store.customer_tag_remove(id.as_str(), &tag, state.now()).await?;
    touched(&state, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn touched(state: &ApiState, id: &Id) -> Result<(), Problem> {
    let stored = state.store.customer_get(id.as_str()).await?;
    updated(state, stored).await;
    Ok(())
}

async fn updated(state: &ApiState, stored: store::Customer) -> CustomerView {
    let (subject, rev) = (format!("customer/{}", stored.row.id), stored.rev);
    let view = customer::customer(state, stored);
    announce::changed(state, "customer.updated", subject, rev, &view).await;
    view
}
