//! Signing in and out: `/session`, `/session/login-link`, `/me`.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde::{Deserialize, Serialize};
use store::{NewSession, User, UserPatch};
use utoipa::ToSchema;

use crate::board::Role;
use crate::guard::{Peer, SignedIn};
use crate::input::{Body, Checks};
use crate::problem::Problem;
use crate::sign_in::{Asker, Attempt, LONGEST_NAME, LONGEST_PASSWORD, TooMany};
use crate::state::ApiState;
use crate::{cookie, number, token};

/// Results an agent may give a call.
pub const DISPOSITIONS: [&str; 7] = ["resolved", "callback", "no_answer", "wrong_number", "complaint", "sale", "other"];

/// What a person types to sign in.
#[derive(Default, Deserialize, ToSchema)]
pub struct Credentials {
    /// Sign-in name.
    name: String,
    /// Password.
    password: String,
}

/// A one-use link's token.
#[derive(Deserialize, ToSchema)]
pub struct LoginLink {
    /// The token.
    token: String,
}

/// A signed-in person and what the page needs to know of the business.
#[derive(Serialize, ToSchema)]
pub struct SessionView {
    me: Me,
    /// For the header `X-Santral-CSRF`.
    csrf: String,
    business: BusinessView,
    queues: Vec<IdName>,
    menus: Vec<IdName>,
    extensions: Vec<NumberName>,
    dispositions: Vec<&'static str>,
    products: Option<Vec<String>>,
}

/// The signed-in person.
#[derive(Serialize, ToSchema)]
pub struct Me {
    id: String,
    name: String,
    display_name: String,
    role: Role,
    extension: Option<String>,
    language: String,
    theme: String,
}

/// The business.
#[derive(Serialize, ToSchema)]
struct BusinessView {
    name: String,
    timezone: String,
    demo: bool,
}

/// A thing and its name.
#[derive(Serialize, ToSchema)]
struct IdName {
    id: String,
    name: String,
}

/// An extension.
#[derive(Serialize, ToSchema)]
struct NumberName {
    number: String,
    name: String,
}

/// What a person may change of themselves.
#[derive(Deserialize, ToSchema)]
pub struct MePatch {
    language: Option<String>,
    theme: Option<String>,
}

/// `POST /session`
pub async fn sign_in(
    State(state): State<Arc<ApiState>>,
    Peer(address): Peer,
    headers: HeaderMap,
    Body(credentials): Body<Credentials>,
) -> Result<Response, Problem> {
    let fits = credentials.name.len() <= LONGEST_NAME && credentials.password.len() <= LONGEST_PASSWORD;
    // What is too long is nobody's; it costs the same work and is kept nowhere.
    let Credentials { name, password } = if fits { credentials } else { Credentials::default() };
    let name = name.trim();
    let device = known_device(&state, &headers, name).await?;
    let asker = Asker { name: Some(name), address, device: device.as_deref() };
    let attempt = begin_attempt(&state, asker).await?;
    tokio::time::sleep(attempt.pause).await;
    let stranger_at = device.is_none().then_some(address);
    let verified = match verified(&state, fits.then_some(name), password, stranger_at).await {
        Ok(verified) => verified,
        Err(problem) => {
            attempt.untried();
            return Err(problem);
        }
    };
    let Some(user) = verified else {
        attempt.failed(state.now());
        let name = number::masked_name(name);
        tracing::warn!(target: "security", event = "sign-in-failed", %name, %address);
        return Err(Problem::of("bad-credentials"));
    };
    attempt.succeeded();
    begin_session(&state, &headers, user).await
}

/// The person of this name, when it is their password.
async fn verified(
    state: &ApiState,
    name: Option<&str>,
    password: String,
    stranger_at: Option<IpAddr>,
) -> Result<Option<User>, Problem> {
    let user = match name {
        Some(name) => state.store.user_by_name(name).await?,
        None => None,
    };
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    let right = state.sign_in.hashing.verify(password, hash, stranger_at).await;
    let right = right.map_err(|_crowded| Problem::of("crowded").retry_after(1))?;
    Ok(user.filter(|_| right))
}

/// `POST /session/login-link`
pub async fn by_link(
    State(state): State<Arc<ApiState>>,
    Peer(address): Peer,
    headers: HeaderMap,
    Body(link): Body<LoginLink>,
) -> Result<Response, Problem> {
    let (now, asker) = (state.now(), Asker { name: None, address, device: None });
    let attempt = begin_attempt(&state, asker).await?;
    let taken = match state.store.login_link_take(&token::hash(&link.token), now).await {
        Ok(taken) => taken,
        Err(error) => {
            attempt.untried();
            return Err(error.into());
        }
    };
    let Some(user) = taken else {
        attempt.failed(now);
        tracing::warn!(target: "security", event = "bad-login-link", %address);
        return Err(Problem::of("bad-link"));
    };
    attempt.succeeded();
    begin_session(&state, &headers, user).await
}

/// `GET /session`
pub async fn show(State(state): State<Arc<ApiState>>, signed_in: SignedIn) -> Json<SessionView> {
    Json(view(&state, &signed_in.user, signed_in.csrf.clone()))
}

/// `DELETE /session`
pub async fn sign_out(State(state): State<Arc<ApiState>>, signed_in: SignedIn) -> Result<Response, Problem> {
    state.store.session_delete(signed_in.session()).await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie::take_away(state.https))]).into_response())
}

/// `PATCH /me`
pub async fn change_me(
    State(state): State<Arc<ApiState>>,
    signed_in: SignedIn,
    Body(patch): Body<MePatch>,
) -> Result<Json<Me>, Problem> {
    let mut checks = Checks::default();
    if patch.language.as_deref().is_some_and(|language| !matches!(language, "tr" | "en")) {
        checks.fault("/language", "unknown");
    }
    if patch.theme.as_deref().is_some_and(|theme| !matches!(theme, "system" | "light" | "dark")) {
        checks.fault("/theme", "unknown");
    }
    checks.done()?;
    let patch = UserPatch { language: patch.language, theme: patch.theme, ..UserPatch::default() };
    Ok(Json(me(&state.store.user_patch(&signed_in.user.id, &patch).await?)))
}

async fn begin_attempt<'a>(state: &'a ApiState, asker: Asker<'_>) -> Result<Attempt<'a>, Problem> {
    state.sign_in.attempts.begin(asker, state.now()).await.map_err(|TooMany(seconds)| {
        let (name, address) = (number::masked_name(asker.name.unwrap_or("")), asker.address);
        tracing::warn!(target: "security", event = "too-many-attempts", %name, %address);
        Problem::of("too-many-attempts").retry_after(seconds)
    })
}

/// Hash of the browser's token, when this person has signed in there before.
async fn known_device(state: &ApiState, headers: &HeaderMap, name: &str) -> Result<Option<String>, Problem> {
    let Some(token) = cookie::read_device(headers, state.https) else { return Ok(None) };
    let hash = token::hash(token);
    let known = state.store.device_known(&hash, name, state.now()).await?;
    Ok(known.then_some(hash))
}

/// Remembers that this person has signed in in this browser. A token that we did not give is replaced, so that nobody
/// can plant one.
async fn remember_device(state: &ApiState, headers: &HeaderMap, user: &User) -> Result<String, Problem> {
    let brought = match cookie::read_device(headers, state.https) {
        Some(token) if state.store.device_exists(&token::hash(token), state.now()).await? => Some(token.to_owned()),
        _ => None,
    };
    let token = brought.map_or_else(token::fresh, Ok)?;
    state.store.device_keep(&token::hash(&token), &user.id, state.now()).await?;
    Ok(token)
}

/// A new session with a new token: whatever cookie the browser had before is worth nothing afterwards.
async fn begin_session(state: &ApiState, headers: &HeaderMap, user: User) -> Result<Response, Problem> {
    if let Some(old) = cookie::read(headers, state.https) {
        state.store.session_delete(&token::hash(old)).await?;
    }
    let (token, csrf) = (token::fresh()?, token::fresh()?);
    let now = state.now();
    let session = NewSession {
        token_hash: token::hash(&token),
        user: user.id.clone(),
        csrf: csrf.clone(),
        created_at: now,
        expires_at: now + cookie::LASTS * 1_000_000,
    };
    state.store.session_insert(&session).await?;
    let device = remember_device(state, headers, &user).await?;
    tracing::info!(target: "security", event = "signed-in", user = %user.id);
    let cookies = [cookie::give(&token, state.https), cookie::give_device(&device, state.https)];
    let cookies = AppendHeaders(cookies.map(|cookie| (header::SET_COOKIE, cookie)));
    Ok((cookies, Json(view(state, &user, csrf))).into_response())
}

fn view(state: &ApiState, user: &User, csrf: String) -> SessionView {
    let plan = state.plan();
    let queues = plan.queues.iter();
    let (extensions, menus) = (plan.extensions.iter(), plan.menus.iter());
    SessionView {
        me: me(user),
        csrf,
        business: BusinessView {
            name: state.business.name.clone(),
            timezone: state.business.timezone.clone(),
            demo: state.business.demo,
        },
        queues: queues
            .map(|queue| IdName { id: queue.id.as_str().to_owned(), name: plan.queue_name(queue, &user.language) })
            .collect(),
        menus: menus
            .map(|menu| IdName {
                id: menu.id.as_str().to_owned(),
                name: plan.name_in(&menu.name, menu.id.as_str(), &user.language),
            })
            .collect(),
        extensions: extensions
            .map(|view| NumberName { number: view.number.as_str().to_owned(), name: view.name.clone() })
            .collect(),
        dispositions: DISPOSITIONS.to_vec(),
        products: None,
    }
}

fn me(user: &User) -> Me {
    Me {
        id: user.id.clone(),
        name: user.name.clone(),
        display_name: user.display_name.clone(),
        role: user.role.into(),
        extension: user.extension.clone(),
        language: user.language.clone(),
        theme: user.theme.clone(),
    }
}
