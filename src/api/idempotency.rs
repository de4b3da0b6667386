//! `Idempotency-Key`: a POST that is sent twice happens once, and both get the same answer.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use store::Begun;

use crate::guard::SignedIn;
use crate::input::whole;
use crate::problem::Problem;
use crate::state::ApiState;
use crate::token;

/// Longest key.
const LONGEST_KEY: usize = 200;
/// Largest answer that is kept, bytes.
const LARGEST_ANSWER: usize = 1024 * 1024;

/// Middleware of every POST route; requests without a key, or of nobody, pass through.
pub async fn once(State(state): State<Arc<ApiState>>, request: Request, next: Next) -> Response {
    let key = request.headers().get("idempotency-key").cloned();
    let by = request.extensions().get::<SignedIn>().map(|by| by.user.id.clone());
    let (Some(key), Some(by)) = (key, by) else { return next.run(request).await };
    let Some(key) = key.to_str().ok().filter(|key| (1..=LONGEST_KEY).contains(&key.len())) else {
        return Problem::field("/Idempotency-Key", "invalid").into_response();
    };
    keyed(&state, &by, key, request, next).await.unwrap_or_else(IntoResponse::into_response)
}

async fn keyed(state: &ApiState, by: &str, key: &str, request: Request, next: Next) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let body = whole(&parts, body).await?;
    let hash = token::hash_parts(&[parts.method.as_str().as_bytes(), parts.uri.path().as_bytes(), &body]);
    match state.store.idempotency_begin(by, key, &hash, state.now()).await? {
        Begun::Fresh => {}
        Begun::Stored { status, answer } => return Ok(stored(status, answer)),
        Begun::Mismatch => return Err(Problem::of("idempotency-mismatch")),
        Begun::Running => return Err(Problem::of("idempotency-running").retry_after(1)),
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    finish(state, by, key, response).await
}

/// Keeps an answer that is final. A refusal is not: the same request may succeed later (the handset is lifted, the
/// field is corrected under a new key), and a failure of ours must be tried again.
async fn finish(state: &ApiState, by: &str, key: &str, response: Response) -> Result<Response, Problem> {
    if !response.status().is_success() {
        state.store.idempotency_abandon(by, key).await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let bytes: Bytes = to_bytes(body, LARGEST_ANSWER).await.map_err(|_| Problem::of("internal"))?;
    let answer = std::str::from_utf8(&bytes).map_err(|_| Problem::of("internal"))?;
    if let Err(error) = state.store.idempotency_finish(by, key, parts.status.as_u16(), answer).await {
        // The work is done; only a repetition within the lease would be told "still running".
        tracing::error!(%error, "an answer could not be kept for its idempotency key");
    }
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

fn stored(status: u16, answer: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let json = !answer.is_empty();
    let mut response = (status, answer).into_response();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    if json {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    headers.insert("idempotent-replayed", HeaderValue::from_static("true"));
    response
}
