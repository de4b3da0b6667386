//! `/health` and `/metrics`, for machines that watch.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::guard::Peer;
use crate::problem::Problem;
use crate::state::{ApiState, HealthStatus};

/// `GET /health`: 200 while calls are taken, 503 while draining.
pub async fn health(State(state): State<Arc<ApiState>>) -> Response {
    let health = (state.health)();
    let status = if health.status == HealthStatus::Draining { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    (status, [(header::CACHE_CONTROL, "no-store")], Json(health)).into_response()
}

/// `GET /metrics`, to loopback unless configured otherwise.
pub async fn metrics(State(state): State<Arc<ApiState>>, Peer(address): Peer) -> Result<Response, Problem> {
    if !state.metrics_public && !address.to_canonical().is_loopback() {
        return Err(Problem::of("forbidden"));
    }
    let text = (state.metrics)();
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}
