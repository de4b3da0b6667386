//! Orders.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use store::{LineAsk, NewOrder, Order, OrderFilter, OrderPatch};
use utoipa::{IntoParams, ToSchema};

use crate::guard::SignedIn;
use crate::input::{Body, Checks, Id, IfMatch, Path, Query, Undo, maybe_objects, objects};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::view::work::{self, OrderView};
use crate::view::{PageView, page_ask};
use crate::{announce, calls};

/// Which orders.
#[derive(Debug, Default, Deserialize, IntoParams)]
pub struct OrderQuery {
    /// Part of the customer's name, or a number.
    q: Option<String>,
    /// `draft`, `open`, `shipped`, `delivered`, `cancelled`.
    status: Option<String>,
    /// `cus_…`
    customer: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// How many, 1–100.
    limit: Option<u32>,
}

/// A new order.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewOrderWish {
    customer: Option<String>,
    /// When given without `customer`, the call's customer is taken.
    call: Option<String>,
    #[serde(deserialize_with = "objects")]
    lines: Vec<LineWish>,
    #[serde(default)]
    note: String,
}

/// One line: a product, or a name with a price.
#[derive(Debug, Deserialize, ToSchema)]
pub struct LineWish {
    product: Option<String>,
    name: Option<String>,
    quantity: i64,
    /// Kuruş, KDV included; the product's unless said.
    unit_price: Option<i64>,
    /// Per cent; the product's unless said.
    vat_rate: Option<i64>,
}

/// What changes of an order.
#[derive(Debug, Deserialize, ToSchema)]
pub struct OrderPatchWish {
    status: Option<String>,
    note: Option<String>,
    #[serde(default, deserialize_with = "maybe_objects")]
    lines: Option<Vec<LineWish>>,
}

/// `GET /orders`
pub async fn list(
    State(state): State<Arc<ApiState>>,
    _by: SignedIn,
    Query(query): Query<OrderQuery>,
) -> Result<Json<PageView<OrderView>>, Problem> {
    let mut checks = Checks::default();
    let status = query.status.as_deref().filter(|word| !word.is_empty()).and_then(|word| checks.word("/status", word));
    checks.done()?;
    let filter = OrderFilter { q: query.q, status, customer: query.customer, unfinished: false };
    let page = state.store.orders_list(&filter, &page_ask(query.cursor, query.limit)).await?;
    Ok(Json(PageView::of(page, |row| work::order(&state, row))))
}

/// `POST /orders`
pub async fn create(
    State(state): State<Arc<ApiState>>,
    by: SignedIn,
    Body(wish): Body<NewOrderWish>,
) -> Result<(StatusCode, Json<OrderView>), Problem> {
    let new = NewOrder {
        customer: wish.customer,
        call: calls::own(&state, &by, wish.call.as_deref()).await?,
        lines: wish.lines.into_iter().map(line).collect(),
        note: wish.note,
        status: None,
    };
    let stored = state.store.order_insert(&new, &by.user.id, state.now()).await?;
    Ok((StatusCode::CREATED, Json(told(&state, "order.created", stored).await)))
}

/// `GET /orders/{id}`
pub async fn show(
    State(state): State<Arc<ApiState>>,
    _by: SignedIn,
    Path(id): Path<Id>,
) -> Result<Json<OrderView>, Problem> {
    Ok(Json(work::order(&state, state.store.order_get(id.as_str()).await?)))
}

/// `PATCH /orders/{id}`
pub async fn change(
    State(state): State<Arc<ApiState>>,
    _by: SignedIn,
    Path(id): Path<Id>,
    IfMatch(rev): IfMatch,
    Body(wish): Body<OrderPatchWish>,
) -> Result<Json<OrderView>, Problem> {
    let mut checks = Checks::default();
    let patch = OrderPatch {
        status: wish.status.as_deref().and_then(|word| checks.word("/status", word)),
        note: wish.note,
        lines: wish.lines.map(|lines| lines.into_iter().map(line).collect()),
    };
    checks.done()?;
    let stored = state.store.order_patch(id.as_str(), rev, &patch, state.now()).await?;
    Ok(Json(told(&state, "order.updated", stored).await))
}

/// `DELETE /orders/{id}?undo=true`
pub async fn undo(
    State(state): State<Arc<ApiState>>,
    by: SignedIn,
    Path(id): Path<Id>,
    _: Undo,
) -> Result<StatusCode, Problem> {
    let rev = state.store.order_get(id.as_str()).await?.rev;
    state.store.order_undo(id.as_str(), &by.user.id, state.now()).await?;
    announce::removed(&state, "order", id.as_str(), rev).await;
    Ok(StatusCode::NO_CONTENT)
}

fn line(wish: LineWish) -> LineAsk {
    LineAsk {
        product: wish.product,
        name: wish.name,
        quantity: wish.quantity,
        unit_price: wish.unit_price,
        vat_rate: wish.vat_rate,
    }
}

async fn told(state: &ApiState, kind: &str, stored: Order) -> OrderView {
    let (subject, rev) = (format!("order/{}", stored.id), stored.rev);
    let view = work::order(state, stored);
    announce::changed(state, kind, subject, rev, &view).await;
    view
}
