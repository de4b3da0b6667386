//! What requests carry: JSON bodies, query values, path ids and `If-Match`, each refused as a problem.

use std::time::Duration;

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::problem::{FieldError, Problem};

/// Largest body, bytes.
pub const LARGEST_BODY: usize = 256 * 1024;

/// How long a body may take to arrive.
const SLOWEST_BODY: Duration = Duration::from_secs(10);

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let reading = tokio::time::timeout(SLOWEST_BODY, axum::Json::<T>::from_request(request, state));
        let Ok(read) = reading.await else { return Err(Problem::of("too-slow")) };
        match read {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(JsonRejection::JsonDataError(_)) => Err(Problem::field("", "type")),
            Err(JsonRejection::JsonSyntaxError(_)) => Err(Problem::of("bad-json")),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(Problem::of("json-expected")),
            Err(other) if other.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE => Err(Problem::of("too-large")),
            Err(_) => Err(Problem::of("bad-json")),
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
        let Some(value) = parts.headers.get(header::IF_MATCH) else { return Ok(Self(None)) };
        let text = value.to_str().unwrap_or("");
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
        let trimmed = text.trim();
        if trimmed.chars().count() > longest {
            self.fault(pointer, "too-long");
        }
        // NUL cannot be stored by every database and means nothing in a text.
        trimmed.chars().filter(|letter| *letter != '\0').collect()
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
    fn an_id_is_never_a_path() {
        assert!(Id::new("c_019aa1b2-33c4-7d5e-8f60-112233445566").is_some());
        for text in ["", "..", "../x", "a/b", "a\\b", "a\0", "a.wav", "a%2e", &"x".repeat(65)] {
            assert!(Id::new(text).is_none(), "{text}");
        }
    }
}
