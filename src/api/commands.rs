//! A live call's commands and an agent's own: each becomes one command to the switch, and 204 or 409.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use pbx::contract::{Command, Refusal, Status, Target};
use pbx::id::{CallId, Extension, MenuId, QueueId};
use serde::Deserialize;
use store::StoreError;
use utoipa::ToSchema;

use crate::guard::SignedIn;
use crate::input::{Body, Checks, Id, Path};
use crate::problem::Problem;
use crate::session::DISPOSITIONS;
use crate::state::ApiState;
use crate::{callbacks, calls};

/// The status a person chooses.
#[derive(Debug, Deserialize, ToSchema)]
pub struct StatusWish {
    /// `available`, `off`, `break`.
    status: String,
    /// Of a break.
    reason: Option<String>,
}

/// Where to.
#[derive(Debug, Deserialize, ToSchema)]
pub struct TransferWish {
    /// `ivr:ana-menu`, `queue:satis`, `ext:102`.
    to: String,
}

/// The result of a call.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CallResult {
    /// One of the session's dispositions.
    disposition: String,
    /// Free text.
    note: Option<String>,
}

type Done = Result<StatusCode, Problem>;

/// `POST /agents/me/status`
pub async fn status(State(state): State<Arc<ApiState>>, by: SignedIn, Body(wish): Body<StatusWish>) -> Done {
    let mut checks = Checks::default();
    let reason = checks.free_text("/reason", wish.reason.as_deref().unwrap_or(""), 80);
    let status = match wish.status.as_str() {
        "available" => Some(Status::Available),
        "off" => Some(Status::Off),
        "break" => Some(Status::Break(reason)),
        _ => None,
    };
    let Some(status) = status else { return Err(Problem::field("/status", "unknown")) };
    checks.done()?;
    ask(&state, &by, Command::SetStatus(status)).await
}

/// `POST /agents/me/wrap-up/extend`
pub async fn extend_wrap_up(State(state): State<Arc<ApiState>>, by: SignedIn) -> Done {
    ask(&state, &by, Command::ExtendWrapUp).await
}

/// `POST /agents/me/wrap-up/end`
pub async fn end_wrap_up(State(state): State<Arc<ApiState>>, by: SignedIn) -> Done {
    ask(&state, &by, Command::EndWrapUp).await
}

/// `POST /calls/{id}/answer`
pub async fn answer(State(state): State<Arc<ApiState>>, by: SignedIn, Path(id): Path<Id>) -> Done {
    ask(&state, &by, Command::Answer(call(&id))).await
}

/// `POST /calls/{id}/decline`
pub async fn decline(State(state): State<Arc<ApiState>>, by: SignedIn, Path(id): Path<Id>) -> Done {
    ask(&state, &by, Command::Decline(call(&id))).await
}

/// `POST /calls/{id}/hangup`
pub async fn hang_up(State(state): State<Arc<ApiState>>, by: SignedIn, Path(id): Path<Id>) -> Done {
    ask(&state, &by, Command::HangUp(call(&id))).await
}

/// `POST /calls/{id}/hold`
pub async fn hold(State(state): State<Arc<ApiState>>, by: SignedIn, Path(id): Path<Id>) -> Done {
    ask(&state, &by, Command::Hold(call(&id))).await
}

/// `POST /calls/{id}/resume`
pub async fn resume(State(state): State<Arc<ApiState>>, by: SignedIn, Path(id): Path<Id>) -> Done {
    ask(&state, &by, Command::Resume(call(&id))).await
}

/// `POST /calls/{id}/transfer`
pub async fn transfer(
    State(state): State<Arc<ApiState>>,
    by: SignedIn,
    Path(id): Path<Id>,
    Body(wish): Body<TransferWish>,
) -> Done {
    let target = target(&wish.to).ok_or(Problem::field("/to", "unknown"))?;
    ask(&state, &by, Command::Transfer(call(&id), target)).await
}

/// `POST /calls/{id}/complete`
pub async fn complete(
    State(state): State<Arc<ApiState>>,
    by: SignedIn,
    Path(id): Path<Id>,
    Body(result): Body<CallResult>,
) -> Done {
    let mut checks = Checks::default();
    if !DISPOSITIONS.contains(&result.disposition.as_str()) {
        checks.fault("/disposition", "unknown");
    }
    let note = checks.free_text("/note", result.note.as_deref().unwrap_or(""), 4000);
    checks.done()?;
    let disposition = result.disposition;
    let command = Command::Complete { call: call(&id), disposition: disposition.clone(), note: note.clone() };
    match outcome(&state, &by, command).await? {
        Err(Refusal::NoSuchCall) => complete_stored(&state, &by, &id, &disposition, &note).await,
        outcome => done(outcome),
    }
}

/// The result of a call the switch no longer remembers (it was restarted since): by the rules of the switch, from what
/// is stored.
async fn complete_stored(state: &ApiState, by: &SignedIn, id: &Id, disposition: &str, note: &str) -> Done {
    let stored = match state.store.call_get(id.as_str()).await {
        Err(StoreError::NotFound) => return done(Err(Refusal::NoSuchCall)),
        found => found?,
    };
    if !calls::took_part(state, by, &stored).await? {
        return done(Err(Refusal::NotYours));
    }
    match state.store.call_complete(id.as_str(), &by.user.name, disposition, note, state.now()).await {
        Err(StoreError::NotFound) => done(Err(Refusal::NoSuchCall)),
        kept => {
            for id in kept? {
                callbacks::announce_stored(state, &id).await;
            }
            Ok(StatusCode::NO_CONTENT)
        }
    }
}

async fn ask(state: &ApiState, by: &SignedIn, command: Command) -> Done {
    done(outcome(state, by, command).await?)
}

async fn outcome(state: &ApiState, by: &SignedIn, command: Command) -> Result<Result<(), Refusal>, Problem> {
    let outcome = state.switch.ask(by.actor(), command).await;
    outcome.map_err(|_busy| Problem::of("switch-busy").retry_after(1))
}

fn done(outcome: Result<(), Refusal>) -> Done {
    match outcome {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(refusal) => Err(Problem::of(code(refusal))),
    }
}

fn call(id: &Id) -> CallId {
    CallId::new(id.as_str())
}

fn code(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NoSuchCall => "no-such-call",
        Refusal::NotYours => "not-yours",
        Refusal::WrongState => "wrong-state",
        Refusal::LiftHandset => "lift-handset",
        Refusal::NoSuchTarget => "no-such-target",
        Refusal::NoExtension => "no-extension",
        Refusal::NoPhone => "no-phone",
        Refusal::TargetUnreachable => "target-unreachable",
        Refusal::TargetBusy => "target-busy",
    }
}

/// The address grammar, as far as a person may send a caller there. The name after the colon is one of ours, so a
/// dialled string with an outside number or a header in it is none.
fn target(text: &str) -> Option<Target> {
    let (kind, name) = text.split_once(':')?;
    let name = Id::new(name)?;
    match kind {
        "queue" => Some(Target::Queue(QueueId::new(name.as_str()))),
        "ivr" => Some(Target::Menu(MenuId::new(name.as_str()))),
        "ext" => Some(Target::Extension(Extension::new(name.as_str()))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_one_of_ours_or_nothing() {
        assert_eq!(target("queue:satis"), Some(Target::Queue(QueueId::new("satis"))));
        assert_eq!(target("ext:102"), Some(Target::Extension(Extension::new("102"))));
        for text in ["", "queue:", "ext:+905321112233", "ext:102@evil.example", "hangup", "ext:1 02", "sip:a@b"] {
            assert_eq!(target(text), None, "{text}");
        }
    }
}
