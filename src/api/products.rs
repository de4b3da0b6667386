//! Products.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use store::PageAsk;
use utoipa::IntoParams;

use crate::guard::SignedIn;
use crate::input::Query;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::view::work::ProductView;

/// Which products.
#[derive(Debug, Default, Deserialize, IntoParams)]
pub struct ProductQuery {
    /// Part of the name or of the number.
    q: Option<String>,
}

/// `GET /products`
pub async fn list(
    State(state): State<Arc<ApiState>>,
    _by: SignedIn,
    Query(query): Query<ProductQuery>,
) -> Result<Json<Vec<ProductView>>, Problem> {
    let found = state.store.products_list(query.q.as_deref(), &PageAsk::first(100)).await?;
    Ok(Json(found.items.into_iter().map(Into::into).collect()))
}
