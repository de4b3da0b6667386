//! The second screen: one tab, the rows of the list it comes from.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::{Value, json};
use store::{AppointmentFilter, OrderFilter, PageAsk, TicketFilter};

use crate::customers::SecondQuery;
use crate::guard::SignedIn;
use crate::input::{Id, Path, Query};
use crate::problem::Problem;
use crate::state::ApiState;
use crate::view::work::ProductView;
use crate::view::{PageView, customer, work};

/// Rows of a tab.
const ROWS: u32 = 50;

/// `GET /customers/{id}/second?tab=`
pub async fn show(
    State(state): State<Arc<ApiState>>,
    _by: SignedIn,
    Path(id): Path<Id>,
    Query(query): Query<SecondQuery>,
) -> Result<Json<Value>, Problem> {
    let (store, customer, first) = (&state.store, Some(id.as_str().to_owned()), PageAsk::first(ROWS));
    let rows = match query.tab.as_str() {
        "orders" => {
            let filter = OrderFilter { customer, unfinished: true, ..OrderFilter::default() };
            rows(&PageView::of(store.orders_list(&filter, &first).await?, |row| work::order(&state, row)))
        }
        "contacts" => {
            let page = store.timeline(id.as_str(), &first).await?;
            rows(&PageView::of(page, |item| customer::timeline_item(&state, item)))
        }
        "complaints" => {
            let kind = Some(crm::ticket::Kind::Complaint);
            let filter = TicketFilter { customer, kind, ..TicketFilter::default() };
            rows(&PageView::of(store.tickets_list(&filter, &first).await?, |row| work::ticket(&state, row)))
        }
        "products" => {
            let bought = store.products_of(id.as_str()).await?;
            json!(bought.into_iter().map(ProductView::from).collect::<Vec<_>>())
        }
        "appointments" => {
            let filter = AppointmentFilter { customer, ..AppointmentFilter::default() };
            rows(&PageView::of(store.appointments_list(&filter, &first).await?, |row| work::appointment(&state, row)))
        }
        _ => return Err(Problem::field("/tab", "unknown")),
    };
    Ok(Json(rows))
}

fn rows<T: Serialize>(page: &PageView<T>) -> Value {
    json!(page.items)
}
