//! Is this request meant for us, and does it come from our own page? Host against DNS rebinding, Origin against forgery.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::guard::peer;
use crate::problem::Problem;
use crate::state::ApiState;

/// Middleware: refuses hosts that are not ours, and requests of other sites that would change something or open the
/// websocket.
pub async fn check(State(state): State<Arc<ApiState>>, request: Request, next: Next) -> Response {
    // HTTP/2 carries the host in the target, HTTP/1.1 in the header.
    let authority = request.uri().authority().map(|authority| authority.as_str().to_owned());
    // Two hosts are two meanings, RFC 9112 §3.2.
    if request.headers().get_all(header::HOST).iter().count() > 1 {
        return Problem::of("bad-request").into_response();
    }
    let Some(host) = authority.or_else(|| text(request.headers(), header::HOST)) else {
        return Problem::of("unknown-host").into_response();
    };
    if !is_ours(&host, &state.hosts) {
        return Problem::of("unknown-host").into_response();
    }
    let upgrade = request.headers().contains_key(header::UPGRADE);
    if (upgrade || !is_safe(request.method())) && !is_own_page(request.headers(), &host) {
        let address = peer(&request);
        tracing::warn!(target: "security", event = "foreign-origin", %address, path = request.uri().path());
        return Problem::of("foreign-origin").into_response();
    }
    next.run(request).await
}

/// Methods that change nothing.
pub fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Loopback names, IP literals and configured names. An attacker's name that resolves to our address is none of these.
fn is_ours(host: &str, configured: &[String]) -> bool {
    let Some(name) = without_port(host) else { return false };
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    let known = |ours: &String| ours.eq_ignore_ascii_case(name) || ours.eq_ignore_ascii_case(host);
    let literal =
        if bare.len() == name.len() { name.parse::<Ipv4Addr>().is_ok() } else { bare.parse::<Ipv6Addr>().is_ok() };
    literal
        || name.eq_ignore_ascii_case("localhost")
        || name.to_ascii_lowercase().ends_with(".localhost")
        || configured.iter().any(known)
}

/// A browser sends `Origin` with everything that changes something; programs that are no browser send none and cannot
/// be made to act by a foreign page.
fn is_own_page(headers: &HeaderMap, host: &str) -> bool {
    let site = text(headers, header::HeaderName::from_static("sec-fetch-site"));
    if site.is_some_and(|site| site != "same-origin" && site != "none") {
        return false;
    }
    if !headers.contains_key(header::ORIGIN) {
        return true;
    }
    let Some(origin) = text(headers, header::ORIGIN) else { return false };
    let from = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    from.is_some_and(|from| from.eq_ignore_ascii_case(host))
}

/// The name before an optional port; `None` for what is no `host[:port]`.
fn without_port(host: &str) -> Option<&str> {
    let end = if host.starts_with('[') { host.find(']')? + 1 } else { host.find(':').unwrap_or(host.len()) };
    let (name, port) = host.split_at(end);
    let is_port = |port: &str| port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit());
    (port.is_empty() || port.strip_prefix(':').is_some_and(is_port)).then_some(name)
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_names_that_cannot_be_rebound_are_ours() {
        let configured = vec!["santral.example".to_owned()];
        for host in
            ["localhost:8080", "127.0.0.1", "[::1]:8080", "192.168.1.5:80", "Santral.Example:443", "a.localhost"]
        {
            assert!(is_ours(host, &configured), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.nip.io",
            "",
            "[::1",
            "[::1]evil",
            "[::1]evil:80",
            "[::1]:80:80",
            "[127.0.0.1]",
            "::1",
            "localhost:80@evil.example",
            "localhost:evil",
            "localhost:123456",
            "santral.example.evil",
        ] {
            assert!(!is_ours(host, &configured), "{host}");
        }
    }

    #[test]
    fn another_origin_is_foreign_and_so_is_null() {
        let from = |origin: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            is_own_page(&headers, "localhost:8080")
        };
        assert!(from("http://localhost:8080") && from("https://LOCALHOST:8080"));
        for origin in ["null", "http://evil.example", "http://localhost:8081", "http://localhost:8080.evil.example", ""]
        {
            assert!(!from(origin), "{origin}");
        }
        assert!(is_own_page(&HeaderMap::new(), "localhost:8080"));
    }

    #[test]
    fn a_browser_that_says_cross_site_is_believed() {
        let mut headers = HeaderMap::new();
        headers.insert("sec-fetch-site", HeaderValue::from_static("cross-site"));
        assert!(!is_own_page(&headers, "localhost"));
    }
}
