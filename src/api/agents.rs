//! `GET /agents` and `GET /queues`: the floor as it is now.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::board::AgentRow;
use crate::guard::SignedIn;
use crate::state::ApiState;

/// One queue and its figures.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueueRow {
    /// `destek`
    id: String,
    /// Name in the reader's language.
    name: String,
    /// Callers waiting.
    waiting: u32,
    /// Longest wait now, ms.
    longest_ms: u64,
    /// Since when the one who waits longest waits, RFC 3339; `null` when nobody does.
    waiting_since: Option<String>,
    /// Members available and idle.
    free: u32,
    /// Members available at all.
    available: u32,
}

/// `GET /agents`
pub async fn agents(State(state): State<Arc<ApiState>>, _by: SignedIn) -> Json<Vec<AgentRow>> {
    Json(state.board.agents().await)
}

/// `GET /queues`
pub async fn queues(State(state): State<Arc<ApiState>>, by: SignedIn) -> Json<Vec<QueueRow>> {
    let (plan, now) = (state.plan(), state.board.queues().await);
    let rows = plan.queues.iter().map(|queue| {
        let figures = now.iter().find(|figures| figures.queue == queue.id.as_str());
        QueueRow {
            id: queue.id.as_str().to_owned(),
            name: plan.queue_name(queue, &by.user.language),
            waiting: figures.map_or(0, |figures| figures.waiting),
            longest_ms: figures.map_or(0, |figures| figures.longest_ms),
            waiting_since: figures.and_then(|figures| figures.waiting_since.clone()),
            free: figures.map_or(0, |figures| figures.free),
            available: figures.map_or(0, |figures| figures.available),
        }
    });
    Json(rows.collect())
}
