//! What a customer said to an offer.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use store::OfferAnswer;
use utoipa::ToSchema;

use crate::calls;
use crate::guard::SignedIn;
use crate::input::{Body, Id, Path};
use crate::problem::Problem;
use crate::state::ApiState;

/// The answer.
#[derive(Debug, Deserialize, ToSchema)]
pub struct AnswerWish {
    /// `accepted`, `later`, `declined`.
    answer: String,
    call: Option<String>,
}

/// `POST /offers/{id}/answer`
pub async fn answer(
    State(state): State<Arc<ApiState>>,
    by: SignedIn,
    Path(id): Path<Id>,
    Body(wish): Body<AnswerWish>,
) -> Result<StatusCode, Problem> {
    let answer = match wish.answer.as_str() {
        "accepted" => OfferAnswer::Accepted,
        "later" => OfferAnswer::Later,
        "declined" => OfferAnswer::Declined,
        _ => return Err(Problem::field("/answer", "unknown")),
    };
    let call = calls::own(&state, &by, wish.call.as_deref()).await?;
    state.store.offer_answer(id.as_str(), answer, call.as_deref(), &by.user.id, state.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
