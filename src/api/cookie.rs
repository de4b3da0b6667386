//! The cookies: the session, and the browser in which somebody has signed in.

use axum::http::{HeaderMap, HeaderValue, header};

/// How long a session lasts, seconds: a long shift.
pub const LASTS: i64 = 14 * 3600;

/// How long a browser is remembered, seconds: a year.
pub const DEVICE_LASTS: i64 = 365 * 24 * 3600;

/// The session's name; `__Host-` over HTTPS, so that no other host can set it.
pub fn name(https: bool) -> &'static str {
    if https { "__Host-santral_session" } else { "santral_session" }
}

/// The browser's, in the same way.
fn device_name(https: bool) -> &'static str {
    if https { "__Host-santral_device" } else { "santral_device" }
}

/// The token of the request's session.
pub fn read(headers: &HeaderMap, https: bool) -> Option<&str> {
    find(headers, name(https))
}

/// The token of the request's browser.
pub fn read_device(headers: &HeaderMap, https: bool) -> Option<&str> {
    find(headers, device_name(https))
}

fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut found = pairs.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    found.find(|(key, _)| *key == name).map(|(_, token)| token)
}

/// `Set-Cookie` that gives a token. Tokens are hex, so the value is always a valid header.
pub fn give(token: &str, https: bool) -> HeaderValue {
    value(&format!("{}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={LASTS}{}", name(https), secure(https)))
}

/// `Set-Cookie` that makes a browser known.
pub fn give_device(token: &str, https: bool) -> HeaderValue {
    let (name, secure) = (device_name(https), secure(https));
    value(&format!("{name}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={DEVICE_LASTS}{secure}"))
}

/// `Set-Cookie` that takes it away.
pub fn take_away(https: bool) -> HeaderValue {
    value(&format!("{}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0{}", name(https), secure(https)))
}

fn secure(https: bool) -> &'static str {
    if https { "; Secure" } else { "" }
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("theme=dark; xsantral_session=no"));
        headers.append(header::COOKIE, HeaderValue::from_static("santral_session=abc123; b=c"));
        assert_eq!(read(&headers, false), Some("abc123"));
        assert_eq!(read(&headers, true), None, "over HTTPS only the __Host- name counts");
    }

    #[test]
    fn over_https_the_cookie_is_bound_to_the_host() {
        let given = give("ab", true);
        let text = given.to_str().unwrap();
        assert!(text.starts_with("__Host-santral_session=ab; Path=/;") && text.ends_with("; Secure"));
        assert!(!text.contains("Domain"));
    }
}
