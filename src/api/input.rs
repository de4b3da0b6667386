//! What requests carry: JSON bodies, query values, path ids and `If-Match`, each refused as a problem.

use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::guard::SignedIn;
use crate::problem::{FieldError, Problem};

/// Largest body of somebody who has signed in, bytes.
const LARGEST_BODY: usize = 256 * 1024;

/// Largest body of a stranger, who has nothing to say but a name and a password. Two thousand of them may come at once.
const STRANGERS_BODY: usize = 8 * 1024;

/// How long a body may take to arrive.
const SLOWEST_BODY: Duration = Duration::from_secs(10);

/// The whole body of a request, however it is read afterwards: in time, and not too large.
///
/// # Errors
/// `too-slow`, `too-large`.
pub async fn whole(parts: &Parts, body: axum::body::Body) -> Result<Bytes, Problem> {
    let largest = if parts.extensions.get::<SignedIn>().is_some() { LARGEST_BODY } else { STRANGERS_BODY };
    let reading = tokio::time::timeout(SLOWEST_BODY, to_bytes(body, largest));
    reading.await.map_err(|_late| Problem::of("too-slow"))?.map_err(|_| Problem::of("too-large"))
}

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        if !is_json(&parts.headers) {
            return Err(Problem::of("json-expected"));
        }
        read(&whole(&parts, body).await?).map(Self)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let kind = kind.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// One JSON object. An array would be read as an object without names, and NUL is refused by PostgreSQL: both end here.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let value: Value = serde_json::from_slice(bytes).map_err(|_| Problem::of("bad-json"))?;
    if !value.is_object() {
        return Err(Problem::field("", "type"));
    }
    if let Some(pointer) = nul(&value) {
        return Err(Problem::field(pointer, "invalid"));
    }
    T::deserialize(value).map_err(|_| Problem::field("", "type"))
}

/// Where a text holds NUL, as a JSON pointer.
fn nul(value: &Value) -> Option<String> {
    let below = |name: String, value| nul(value).map(|pointer| format!("/{name}{pointer}"));
    match value {
        Value::String(text) if text.contains('\0') => Some(String::new()),
        Value::Array(items) => items.iter().enumerate().find_map(|(at, item)| below(at.to_string(), item)),
        Value::Object(fields) => fields.iter().find_map(|(name, field)| {
            if name.contains('\0') {
                Some(String::new())
            } else {
                below(name.replace('~', "~0").replace('/', "~1"), field)
            }
        }),
        _ => None,
    }
}

/// For lists of objects, which no array may stand for: `#[serde(deserialize_with = "objects")]`.
pub fn objects<'de, T: DeserializeOwned, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let found = Vec::<Map<String, Value>>::deserialize(deserializer)?;
    let read = |fields| T::deserialize(Value::Object(fields)).map_err(serde::de::Error::custom);
    found.into_iter().map(read).collect()
}

/// The same where the list may be left out.
pub fn maybe_objects<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    let found = Option::<Vec<Map<String, Value>>>::deserialize(deserializer)?;
    let read = |fields| T::deserialize(Value::Object(fields)).map_err(serde::de::Error::custom);
    found.map(|found| found.into_iter().map(read).collect()).transpose()
}

/// Middleware: no control character stands in a path or a query, written out or escaped. None of our ids, words or
/// searched texts has one, and NUL would be refused by PostgreSQL only.
pub async fn plain_address(request: Request, next: Next) -> Response {
    let uri = request.uri();
    if has_control(uri.path()) || uri.query().is_some_and(has_control) {
        return Problem::of("bad-query").into_response();
    }
    next.run(request).await
}

/// C0, DEL and C1 (which are two bytes in UTF-8).
fn has_control(escaped: &str) -> bool {
    let hex = |digit: u8| char::from(digit).to_digit(16);
    let bytes = escaped.as_bytes();
    let escape = |at: usize| match bytes.get(at..at + 3) {
        Some([b'%', high, low]) => Some(hex(*high)? * 16 + hex(*low)?),
        _ => None,
    };
    (0..bytes.len()).any(|at| match escape(at) {
        Some(byte) if byte < 0x20 || byte == 0x7f => true,
        Some(0xc2) => escape(at + 3).is_some_and(|next| (0x80..0xa0).contains(&next)),
        _ => bytes[at].is_ascii_control(),
    })
}

/// `?undo=true`: taking back is asked for in so many words, so that a stray DELETE removes nothing.
#[derive(Debug, Clone, Copy)]
pub struct Undo;

/// What [`Undo`] reads, for the description of the API.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
pub struct UndoQuery {
    /// Must be `true`.
    undo: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Undo {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::<UndoQuery>::from_request_parts(parts, state).await {
            Ok(Query(UndoQuery { undo: true })) => Ok(Self),
            _ => Err(Problem::field("/undo", "required")),
        }
    }
}

/// Query values.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read: Result<axum::extract::Query<T>, QueryRejection> =
            axum::extract::Query::from_request_parts(parts, state).await;
        read.map(|axum::extract::Query(value)| Self(value)).map_err(|_| Problem::of("bad-query"))
    }
}

/// Ids out of the path. A text that cannot be one of our ids finds nothing.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read: Result<axum::extract::Path<T>, PathRejection> =
            axum::extract::Path::from_request_parts(parts, state).await;
        read.map(|axum::extract::Path(value)| Self(value)).map_err(|_| Problem::of("not-found"))
    }
}

/// One of our ids: short, and made of letters, digits, `_` and `-` only. Nothing else comes near a query or a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Id(String);

impl Id {
    /// The text, when it can be an id.
    pub fn new(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        ((1..=64).contains(&text.len()) && text.bytes().all(plain)).then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).ok_or_else(|| serde::de::Error::custom("not an id"))
    }
}

/// The revision of `If-Match`, when the caller sent one: `3`, `"3"` or `W/"3"`.
#[derive(Debug, Clone, Copy)]
pub struct IfMatch(pub Option<i64>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(header::IF_MATCH).iter();
        let Some(value) = values.next() else { return Ok(Self(None)) };
        // Of several revisions at most one is the present one; who means it names it.
        if values.next().is_some() {
            return Err(Problem::of("changed-meanwhile"));
        }
        let text = value.to_str().unwrap_or("").trim();
        if text == "*" {
            return Ok(Self(None));
        }
        let rev = text.trim_start_matches("W/").trim_matches('"').parse();
        // A revision we never gave out matches nothing.
        rev.map(|rev| Self(Some(rev))).map_err(|_| Problem::of("changed-meanwhile"))
    }
}

/// For fields where "left out" and `null` differ: `#[serde(default, deserialize_with = "given")]`.
pub fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

/// Gathers what is wrong with a request, so that the page can mark all fields at once.
#[derive(Debug, Default)]
pub struct Checks(Vec<FieldError>);

impl Checks {
    /// Notes a fault.
    pub fn fault(&mut self, pointer: impl Into<String>, code: &'static str) {
        self.0.push(FieldError { pointer: pointer.into(), code });
    }

    /// A text that may be empty.
    pub fn free_text(&mut self, pointer: &str, text: &str, longest: usize) -> String {
        let clean = crm::text::harmless_lines(text);
        let clean = clean.trim();
        if clean.chars().count() > longest {
            self.fault(pointer, "too-long");
        }
        if crm::text::shows(clean) { clean.to_owned() } else { String::new() }
    }

    /// A word of a closed list.
    pub fn word<T: std::str::FromStr>(&mut self, pointer: &str, word: &str) -> Option<T> {
        let read = word.parse().ok();
        if read.is_none() {
            self.fault(pointer, "unknown");
        }
        read
    }

    /// A moment.
    pub fn time(&mut self, pointer: &str, text: &str) -> i64 {
        crate::time::parse(text).unwrap_or_else(|| {
            self.fault(pointer, "not-a-time");
            0
        })
    }

    /// `Ok` when nothing was wrong.
    pub fn done(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::invalid(self.0)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_character_is_found_however_it_is_written() {
        for text in ["a%00", "%0a", "%7F", "q=%C2%85", "q=%c2%9f", "a\u{1}b", "%1b%5b"] {
            assert!(has_control(text), "{text:?}");
        }
        for text in ["", "%", "%0", "q=%C4%B1%C5%9F", "q=%C2%A0", "100%25", "%20", "%2500", "%e2%80%8b"] {
            assert!(!has_control(text), "{text:?}");
        }
    }

    #[test]
    fn an_array_is_no_object_and_nul_is_no_text() {
        #[derive(Debug, Deserialize, PartialEq)]
        struct Line {
            quantity: i64,
        }
        #[derive(Debug, Deserialize, PartialEq)]
        struct Order {
            note: String,
            #[serde(deserialize_with = "objects")]
            lines: Vec<Line>,
        }
        let order = |text: &str| read::<Order>(text.as_bytes());
        assert!(order(r#"{"note": "a", "lines": [{"quantity": 1}]}"#).is_ok());
        let wrong_type = Problem::field("", "type");
        for text in [r#"["a", []]"#, r#"{"note": "a", "lines": [[1]]}"#, r#"{"note": "a"}"#, "7", "null", "[]"] {
            assert_eq!(order(text), Err(wrong_type.clone()), "{text}");
        }
        assert_eq!(order(r#"{"note": "a\u0000", "lines": []}"#), Err(Problem::field("/note", "invalid")));
        assert_eq!(nul(&serde_json::json!({"a/b": [1, {"c": "\0"}]})), Some("/a~1b/1/c".to_owned()));
        assert_eq!(order("{"), Err(Problem::of("bad-json")));
    }

    #[test]
    fn an_id_is_never_a_path() {
        assert!(Id::new("c_019aa1b2-33c4-7d5e-8f60-112233445566").is_some());
        for text in ["", "..", "../x", "a/b", "a\\b", "a\0", "a.wav", "a%2e", &"x".repeat(65)] {
            assert!(Id::new(text).is_none(), "{text}");
        }
    }
}
