//! Who did what, for admins.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::guard::SignedIn;
use crate::input::Query;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::view::work::{self, AuditView};
use crate::view::{PageQuery, PageView, page_ask};

/// `GET /audit`
pub async fn list(
    State(state): State<Arc<ApiState>>,
    _by: SignedIn,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageView<AuditView>>, Problem> {
    let page = state.store.audit_list(&page_ask(query.cursor, query.limit)).await?;
    Ok(Json(PageView::of(page, |entry| work::audit(&state, entry))))
}
