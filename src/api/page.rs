//! The page: `web/dist` inside the binary. What is not a file is the page's own address and gets `index.html`.

use std::collections::HashMap;
use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use crate::fixed::{Fixed, cache};
use crate::problem::Problem;

/// One file of the page, as `build.rs` lists it.
struct File {
    path: &'static str,
    tag: &'static str,
    plain: &'static [u8],
    gzip: Option<&'static [u8]>,
    brotli: Option<&'static [u8]>,
}

const FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/page.rs"));

static DIST: LazyLock<HashMap<&'static str, Fixed>> =
    LazyLock::new(|| FILES.iter().map(|file| (file.path, file.fixed())).collect());

impl File {
    fn fixed(&self) -> Fixed {
        // The build names what lies in `assets` after its content.
        let keep = if self.path.starts_with("assets/") { cache::FOR_EVER } else { cache::ASK };
        Fixed::built(content_type(self.path), keep, self.tag, [Some(self.plain), self.gzip, self.brotli])
    }
}

/// What the page may load and do: its own files, nothing inline, nothing from elsewhere, in nobody's frame.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; \
     img-src 'self' data:; media-src 'self' blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; \
     form-action 'self'";

/// Headers of every response, page or not.
pub const SECURITY_HEADERS: [(HeaderName, HeaderValue); 6] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// Everything that is not the API.
pub async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        return Problem::of("not-found").into_response();
    }
    if !matches!(method, Method::GET | Method::HEAD) {
        return ([(header::ALLOW, "GET, HEAD")], Problem::of("method-not-allowed")).into_response();
    }
    // A name with a dot in its last part is a file; everything else is an address inside the page.
    let is_file = path.rsplit('/').next().is_some_and(|last| last.contains('.'));
    match (DIST.get(path), is_file) {
        (Some(file), _) => file.answer(&headers),
        (None, true) => Problem::of("not-found").into_response(),
        (None, false) => DIST.get("index.html").map_or_else(no_page, |index| index.answer(&headers)),
    }
}

fn no_page() -> Response {
    (StatusCode::NOT_FOUND, "web/dist was empty when this binary was built").into_response()
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or("") {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "webmanifest" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wav" => "audio/wav",
        "mp3" => "audio/mpeg",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
