//! A recording's file: found by its call, never by a path from outside, and served in parts.

use std::io::SeekFrom;
use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use jiff::tz::TimeZone;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use crate::input::Id;
use crate::problem::Problem;
use crate::range::{self, Asked, Part};

/// The file of a call that began at `started_at` (µs UTC). A file that leads out of the directory (a symbolic link) is
/// not found.
pub async fn find(root: &Path, zone: &TimeZone, call: &Id, started_at: i64) -> Option<PathBuf> {
    let path = root.join(crate::time::day_path(zone, started_at)).join(format!("{}.wav", call.as_str()));
    let (root, path) = (tokio::fs::canonicalize(root).await.ok()?, tokio::fs::canonicalize(path).await.ok()?);
    path.starts_with(&root).then_some(path)
}

/// Answers with the file or the part asked for.
pub async fn answer(path: &Path, range: Option<&str>) -> Result<Response, Problem> {
    let mut file = File::open(path).await.map_err(|_| Problem::of("not-found"))?;
    let length = file.metadata().await.map_err(|error| failed(&error))?.len();
    let (status, part) = match range::read(range, length) {
        Asked::Outside => return Ok(outside(length)),
        Asked::Whole => (StatusCode::OK, Part { first: 0, last: length.saturating_sub(1) }),
        Asked::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
    };
    file.seek(SeekFrom::Start(part.first)).await.map_err(|error| failed(&error))?;
    let sent = if length == 0 { 0 } else { part.length() };
    let mut response = Response::new(Body::from_stream(ReaderStream::with_capacity(file.take(sent), 64 * 1024)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("audio/wav"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(sent));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    if status == StatusCode::PARTIAL_CONTENT {
        insert_range(&mut response, &format!("bytes {}-{}/{length}", part.first, part.last));
    }
    Ok(response)
}

fn outside(length: u64) -> Response {
    let mut response = axum::response::IntoResponse::into_response(Problem::of("range-not-satisfiable"));
    insert_range(&mut response, &format!("bytes */{length}"));
    response
}

fn insert_range(response: &mut Response, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        response.headers_mut().insert(header::CONTENT_RANGE, value);
    }
}

fn failed(error: &std::io::Error) -> Problem {
    tracing::error!(%error, "a recording cannot be read");
    Problem::of("internal")
}
