//! The session cookie.

use axum::http::{HeaderMap, HeaderValue, header};

/// How long a session lasts, seconds: a long shift.
pub const LASTS: i64 = 14 * 3600;

/// Its name; `__Host-` over HTTPS, so that no other host can set it.
pub fn name(https: bool) -> &'static str {
    if https { "__Host-santral_session" } else { "santral_session" }
}

/// The token of the request's cookie.
pub fn read(headers: &HeaderMap, https: bool) -> Option<&str> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut found = pairs.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    found.find(|(key, _)| *key == name(https)).map(|(_, token)| token)
}

/// `Set-Cookie` that gives a token. Tokens are hex, so the value is always a valid header.
pub fn give(token: &str, https: bool) -> HeaderValue {
    value(&format!("{}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={LASTS}{}", name(https), secure(https)))
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
