//! Who asks, and may they: one middleware per route, told by the route table. No route exists without it.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use pbx::contract::Actor;
use pbx::id::UserId;
use store::User;

use crate::board::{Person, Role};
use crate::problem::{Language, Problem};
use crate::serve::Visitor;
use crate::state::ApiState;
use crate::{cookie, origin, token};

/// Header with the session's CSRF token.
pub const CSRF_HEADER: &str = "x-santral-csrf";

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Anybody who signed in.
    SignedIn,
    /// Supervisors and admins.
    Supervisor,
    /// Admins.
    Admin,
}

impl Access {
    fn admits(self, role: Role) -> bool {
        match self {
            Self::Public | Self::SignedIn => true,
            Self::Supervisor => role >= Role::Supervisor,
            Self::Admin => role >= Role::Admin,
        }
    }
}

/// The person behind a request. Only the guard makes one.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The person.
    pub user: User,
    /// What they may do.
    pub role: Role,
    /// Token of the session for `X-Santral-CSRF`.
    pub csrf: String,
    session: String,
}

impl SignedIn {
    /// As the switch knows them.
    pub fn actor(&self) -> Actor {
        Actor { user: UserId::new(&self.user.name), any_call: self.role.sees_every_call() }
    }

    /// As the board knows them.
    pub fn person(&self) -> Person {
        Person::from(&self.user)
    }

    /// Hash of the session's token, its key in the store.
    pub fn session(&self) -> &str {
        &self.session
    }

    /// Whether the session is still there and the person may do what they could when it was looked up.
    pub async fn still_stands(&self, state: &ApiState) -> bool {
        match find(state, &self.session).await {
            Ok(now) => now.role == self.role && now.user.extension == self.user.extension,
            // A database that is busy for a moment signs nobody out.
            Err(problem) => problem.code() != "not-signed-in",
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or(Problem::of("not-signed-in"))
    }
}

/// Middleware of one route.
pub async fn admit(
    State((state, access)): State<(Arc<ApiState>, Access)>,
    mut request: Request,
    next: Next,
) -> Response {
    if access == Access::Public {
        return next.run(request).await;
    }
    let signed_in = match who(&state, request.headers()).await {
        Ok(signed_in) => signed_in,
        Err(problem) if problem.code() == "not-signed-in" && !state.has_people().await => {
            return Problem::of("nobody-yet").into_response();
        }
        Err(problem) => return problem.into_response(),
    };
    if let Some(visitor) = request.extensions().get::<Visitor>() {
        visitor.is_known();
    }
    let language = Language::from_tag(&signed_in.user.language);
    let mut response = match permit(&signed_in, access, &request) {
        Ok(()) => {
            request.extensions_mut().insert(signed_in);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    };
    if let Some(language) = language {
        response.extensions_mut().insert(language);
    }
    response
}

fn permit(signed_in: &SignedIn, access: Access, request: &Request) -> Result<(), Problem> {
    if !access.admits(signed_in.role) {
        return Err(Problem::of("forbidden"));
    }
    let sent = request.headers().get(CSRF_HEADER).and_then(|value| value.to_str().ok()).unwrap_or("");
    if !origin::is_safe(request.method()) && !token::same(sent, &signed_in.csrf) {
        return Err(Problem::of("csrf"));
    }
    Ok(())
}

async fn who(state: &ApiState, headers: &HeaderMap) -> Result<SignedIn, Problem> {
    let token = cookie::read(headers, state.https).ok_or(Problem::of("not-signed-in"))?;
    find(state, &token::hash(token)).await
}

/// The person of a session.
pub async fn find(state: &ApiState, session: &str) -> Result<SignedIn, Problem> {
    let found = state.store.session_by_token_hash(session, state.now()).await?;
    let found = found.ok_or(Problem::of("not-signed-in"))?;
    let role = Role::from(found.user.role);
    Ok(SignedIn { user: found.user, role, csrf: found.csrf, session: session.to_owned() })
}

/// Where the request came from; unknown without a socket, which is never loopback.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self(address_in(&parts.extensions)))
    }
}

/// Where a request came from, for a middleware.
pub fn peer(request: &Request) -> IpAddr {
    address_in(request.extensions())
}

fn address_in(extensions: &Extensions) -> IpAddr {
    let address = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}
