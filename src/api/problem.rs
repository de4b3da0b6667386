//! Errors as the page reads them: `application/problem+json` (RFC 9457) with a stable code and words in two languages.

use std::collections::HashMap;
use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{StoreError, Trouble};

/// Every code and its status. The words are in `problems.tr.json` and `problems.en.json`.
pub const CODES: &[(&str, u16)] = &[
    ("bad-credentials", 401),
    ("bad-link", 401),
    ("bad-json", 400),
    ("bad-query", 400),
    ("bad-request", 400),
    ("busy", 503),
    ("changed-meanwhile", 412),
    ("conflict", 409),
    ("crowded", 503),
    ("csrf", 403),
    ("database-away", 503),
    ("database-refuses", 503),
    ("duplicate-number", 409),
    ("forbidden", 403),
    ("foreign-origin", 403),
    ("idempotency-mismatch", 422),
    ("idempotency-running", 409),
    ("internal", 500),
    ("invalid", 422),
    ("json-expected", 415),
    ("lift-handset", 409),
    ("method-not-allowed", 405),
    ("no-extension", 409),
    ("no-phone", 409),
    ("no-such-call", 409),
    ("no-such-target", 409),
    ("nobody-yet", 401),
    ("not-found", 404),
    ("not-signed-in", 401),
    ("not-yours", 409),
    ("range-not-satisfiable", 416),
    ("search-too-broad", 503),
    ("switch-busy", 503),
    ("taken", 409),
    ("target-busy", 409),
    ("target-unreachable", 409),
    ("too-large", 413),
    ("too-many-attempts", 429),
    ("too-slow", 408),
    ("undo-too-late", 409),
    ("unknown-host", 421),
    ("unknown-subprotocol", 400),
    ("websocket-expected", 426),
    ("wrong-state", 409),
];

/// One thing wrong with a request's field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// JSON pointer, `/subject`.
    pub pointer: String,
    /// `required`, `too-long`, …
    pub code: &'static str,
}

/// An error on its way to the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    code: &'static str,
    errors: Vec<FieldError>,
    retry_after: Option<i64>,
    /// Members of its own (RFC 9457, section 3.2).
    members: Vec<(&'static str, Value)>,
}

impl Problem {
    /// The problem of this code; an unknown code is an `internal` error.
    pub fn of(code: &'static str) -> Self {
        Self { code, errors: Vec::new(), retry_after: None, members: Vec::new() }
    }

    /// Fields that are wrong.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::of("invalid") }
    }

    /// One field that is wrong.
    pub fn field(pointer: impl Into<String>, code: &'static str) -> Self {
        Self::invalid(vec![FieldError { pointer: pointer.into(), code }])
    }

    /// Adds a member.
    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        self.members.push((name, value));
        self
    }

    /// Adds `Retry-After`, seconds.
    pub fn retry_after(mut self, seconds: i64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The status of its code.
    pub fn status(&self) -> StatusCode {
        let known = CODES.iter().find(|(code, _)| *code == self.code).map(|(_, status)| *status);
        known.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn body(&self, language: Language) -> String {
        let catalogue = language.catalogue();
        let words = catalogue.problems.get(self.code).or_else(|| catalogue.problems.get("internal"));
        let errors: Vec<_> = self
            .errors
            .iter()
            .map(|error| {
                let detail = catalogue.fields.get(error.code).map_or("", String::as_str);
                json!({"pointer": error.pointer, "code": error.code, "detail": detail})
            })
            .collect();
        let mut body = json!({
            "type": format!("/problems/{}", self.code),
            "code": self.code,
            "title": words.map_or("", |words| words.title.as_str()),
            "status": self.status().as_u16(),
            "detail": words.map_or("", |words| words.detail.as_str()),
            "errors": errors,
        });
        for (name, value) in &self.members {
            body[*name] = value.clone();
        }
        body.to_string()
    }

    fn response(&self, language: Language) -> Response {
        let mut response = Response::new(Body::from(self.body(language)));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl IntoResponse for Problem {
    /// In English; [`speak`] puts it into the caller's language on the way out.
    fn into_response(self) -> Response {
        let mut response = self.response(Language::English);
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::of("not-found"),
            StoreError::Changed => Self::of("changed-meanwhile"),
            StoreError::Conflict(what) => Self::of(conflict(what)),
            StoreError::Invalid { field, code } => Self::field(format!("/{field}"), code),
            StoreError::TakenNumber { field, display, customer } => Self {
                errors: vec![FieldError { pointer: format!("/{field}"), code: "in-use" }],
                ..Self::of("duplicate-number").with("number", json!(display)).with("customer", json!(customer))
            },
            StoreError::Busy => Self::of("busy").retry_after(1),
            StoreError::TooBroad => Self::of("search-too-broad"),
            StoreError::Away(Trouble::Unreachable | Trouble::Denied | Trouble::Missing) => {
                Self::of("database-away").retry_after(5)
            }
            StoreError::Away(_) => Self::of("database-refuses").retry_after(5),
            other => {
                tracing::error!(error = %other, "the store failed");
                Self::of("internal")
            }
        }
    }
}

impl From<crate::token::NoRandomness> for Problem {
    fn from(error: crate::token::NoRandomness) -> Self {
        tracing::error!(%error, "no token can be made");
        Self::of("internal")
    }
}

fn conflict(what: &str) -> &'static str {
    match what {
        "taken" => "taken",
        "too-late" | "not-yours" => "undo-too-late",
        "status" => "wrong-state",
        _ => "conflict",
    }
}

/// The two languages we speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Türkçe.
    Turkish,
    /// English.
    English,
}

impl Language {
    /// From `tr` or `en` (or `tr-TR`).
    pub fn from_tag(tag: &str) -> Option<Self> {
        match tag.trim().get(..2)?.to_ascii_lowercase().as_str() {
            "tr" => Some(Self::Turkish),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// `tr` or `en`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Turkish => "tr",
            Self::English => "en",
        }
    }

    /// The first of `Accept-Language` that we speak, else Turkish.
    pub fn accepted(headers: &HeaderMap) -> Self {
        let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or("");
        wanted.split(',').find_map(Self::from_tag).unwrap_or(Self::Turkish)
    }

    fn catalogue(self) -> &'static Catalogue {
        static TURKISH: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::read(include_str!("problems.tr.json")));
        static ENGLISH: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::read(include_str!("problems.en.json")));
        match self {
            Self::Turkish => &TURKISH,
            Self::English => &ENGLISH,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
struct Catalogue {
    problems: HashMap<String, Words>,
    fields: HashMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Words {
    title: String,
    detail: String,
}

impl Catalogue {
    fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }
}

/// What a status asks for beside its words (RFC 9110, sections 15.5.6, 15.5.17 and 15.5.22).
const CARRIED: [HeaderName; 3] = [header::ALLOW, header::CONTENT_RANGE, header::UPGRADE];

/// Middleware: writes a problem again in the caller's language. A signed-in person's own choice (left in the
/// response's extensions by the guard) goes before `Accept-Language`.
pub async fn speak(request: Request, next: Next) -> Response {
    let accepted = Language::accepted(request.headers());
    let response = next.run(request).await;
    let Some(problem) = response.extensions().get::<Problem>() else { return response };
    let language = response.extensions().get::<Language>().copied().unwrap_or(accepted);
    let mut spoken = problem.response(language);
    for name in CARRIED {
        if let Some(value) = response.headers().get(&name) {
            spoken.headers_mut().insert(name, value.clone());
        }
    }
    spoken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_catalogues_have_words_for_every_code_and_nothing_else() {
        for language in [Language::Turkish, Language::English] {
            let catalogue = language.catalogue();
            for (code, _) in CODES {
                let words = catalogue.problems.get(*code);
                assert!(words.is_some_and(|words| !words.title.is_empty() && !words.detail.is_empty()), "{code}");
            }
            assert_eq!(catalogue.problems.len(), CODES.len());
        }
        let fields = |language: Language| {
            let mut names: Vec<_> = language.catalogue().fields.keys().cloned().collect();
            names.sort();
            names
        };
        assert_eq!(fields(Language::Turkish), fields(Language::English));
        assert!(!fields(Language::Turkish).is_empty());
    }

    #[test]
    fn the_first_language_we_speak_is_taken() {
        let accepted = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_str(text).unwrap());
            Language::accepted(&headers)
        };
        assert_eq!(accepted("de-DE,de;q=0.9,en;q=0.8,tr;q=0.7"), Language::English);
        assert_eq!(accepted("TR-tr"), Language::Turkish);
        assert_eq!(accepted("ş"), Language::Turkish);
    }
}
