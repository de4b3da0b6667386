//! Signing in and out: `/session`, `/session/login-link`, `/me`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use store::{NewSession, User, UserPatch};
use utoipa::ToSchema;

use crate::board::Role;
use crate::guard::{Peer, SignedIn};
use crate::input::{Body, Checks};
use crate::problem::Problem;
use crate::sign_in::{Key, LONGEST_PASSWORD};
use crate::state::ApiState;
use crate::{cookie, number, token};

/// Results an agent may give a call.
pub const DISPOSITIONS: [&str; 7] = ["resolved", "callback", "no_answer", "wrong_number", "complaint", "sale", "other"];

/// What a person types to sign in.
#[derive(Deserialize, ToSchema)]
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
    menus: Vec<MenuRef>,
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

/// A menu.
#[derive(Serialize, ToSchema)]
struct MenuRef {
    id: String,
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
    let now = state.now();
    let keys = [Key::name(&credentials.name), Key::address(address)];
    begin_attempt(&state, &keys, &credentials.name, now)?;
    let fits = credentials.name.len() <= 200 && credentials.password.len() <= LONGEST_PASSWORD;
    let user = if fits { state.store.user_by_name(credentials.name.trim()).await? } else { None };
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    let password = if fits { credentials.password } else { String::new() };
    if !state.sign_in.verify(password, hash).await {
        let name = number::masked_name(&credentials.name);
        tracing::warn!(target: "security", event = "sign-in-failed", %name, %address);
        return Err(Problem::of("bad-credentials"));
    }
    let user = user.ok_or(Problem::of("bad-credentials"))?;
    state.sign_in.attempts.succeeded(&keys, now);
    begin_session(&state, &headers, user).await
}

/// `POST /session/login-link`
pub async fn by_link(
    State(state): State<Arc<ApiState>>,
    Peer(address): Peer,
    headers: HeaderMap,
    Body(link): Body<LoginLink>,
) -> Result<Response, Problem> {
    let now = state.now();
    let keys = [Key::address(address)];
    begin_attempt(&state, &keys, "", now)?;
    let taken = state.store.login_link_take(&token::hash(&link.token), now).await?;
    let Some(user) = taken else {
        tracing::warn!(target: "security", event = "bad-login-link", %address);
        return Err(Problem::of("bad-link"));
    };
    state.sign_in.attempts.succeeded(&keys, now);
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

fn begin_attempt(state: &ApiState, keys: &[Key], name: &str, now: i64) -> Result<(), Problem> {
    state.sign_in.attempts.begin(keys, now).map_err(|seconds| {
        let name = number::masked_name(name);
        let address = keys.iter().find_map(Key::address_text).unwrap_or_default();
        tracing::warn!(target: "security", event = "too-many-attempts", %name, %address);
        Problem::of("too-many-attempts").retry_after(seconds)
    })
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
    tracing::info!(target: "security", event = "signed-in", user = %user.id);
    Ok(([(header::SET_COOKIE, cookie::give(&token, state.https))], Json(view(state, &user, csrf))).into_response())
}

fn view(state: &ApiState, user: &User, csrf: String) -> SessionView {
    let plan = state.plan();
    let queues = plan.queues.iter();
    let extensions = plan.extensions.iter();
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
        menus: plan.menus.iter().map(|id| MenuRef { id: id.clone() }).collect(),
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
