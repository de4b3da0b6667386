//! Bodies of several parts (RFC 2046 §5.1, RFC 5621): finding the session description among them.

use bytes::Bytes;

use crate::header::{Headers, MediaType};
use crate::lex;

/// Parts looked at; a body with more is read up to here.
const MOST_PARTS: usize = 32;

/// One part of a multipart body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its Content-Type; `text/plain` of RFC 2046 §5.1 is given as `None`.
    pub content_type: Option<MediaType>,
    /// Its content.
    pub content: Bytes,
}

/// The session description a message carries: the whole body of `application/sdp`, or the first such part of a
/// multipart body. `None` when there is none.
pub fn sdp(headers: &Headers, body: &Bytes) -> Option<Bytes> {
    let kind = headers.content_type().ok().flatten()?;
    if kind.is("application", "sdp") {
        return (!body.is_empty()).then(|| body.clone());
    }
    let is_sdp = |part: &Part| part.content_type.as_ref().is_some_and(|t| t.is("application", "sdp"));
    parts(&kind, body)?.into_iter().find(is_sdp).map(|part| part.content)
}

/// The parts of a multipart body; `None` when the type is not multipart or has no boundary.
pub fn parts(kind: &MediaType, body: &Bytes) -> Option<Vec<Part>> {
    let boundary = kind.params.text("boundary").filter(|b| kind.kind == "multipart" && !b.is_empty())?;
    let mut found = Vec::new();
    // `open` is where the part being read begins.
    let (mut open, mut at) = (None, 0);
    while found.len() < MOST_PARTS {
        let Some(text) = body.get(at..).filter(|t| !t.is_empty()) else { break };
        let length = text.iter().position(|b| *b == b'\n').map_or(text.len(), |i| i + 1);
        let line = text.get(..length).unwrap_or_default();
        if let Some(last) = delimiter(line, boundary.as_bytes()) {
            if let Some(start) = open {
                found.push(part(&body.slice(start..before_line(body, start, at))));
            }
            open = (!last).then_some(at + length);
            if last {
                break;
            }
        }
        at += length;
    }
    Some(found)
}

/// Whether a line is the delimiter, and if so whether it is the closing one.
fn delimiter(line: &[u8], boundary: &[u8]) -> Option<bool> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary)?;
    let (last, rest) = rest.strip_prefix(b"--").map_or((false, rest), |rest| (true, rest));
    lex::trim_lines(rest).is_empty().then_some(last)
}

/// The line end in front of a delimiter belongs to the delimiter.
fn before_line(body: &[u8], start: usize, at: usize) -> usize {
    let text = body.get(start..at).unwrap_or_default();
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    start + text.strip_suffix(b"\r").unwrap_or(text).len()
}

/// Headers of the part up to its empty line, then its content.
fn part(text: &Bytes) -> Part {
    let mut content_type = None;
    let mut rest: &[u8] = text;
    while let Some(end) = rest.iter().position(|b| *b == b'\n') {
        let line = lex::trim_lines(rest.get(..end).unwrap_or_default());
        rest = rest.get(end + 1..).unwrap_or_default();
        if line.is_empty() {
            return Part { content_type, content: lex::share(text, rest) };
        }
        let colon = line.iter().position(|b| *b == b':').unwrap_or(line.len());
        let (name, value) = line.split_at(colon);
        if lex::trim(name).eq_ignore_ascii_case(b"Content-Type") {
            content_type = MediaType::parse(lex::trim(value.get(1..).unwrap_or_default()));
        }
    }
    Part { content_type, content: Bytes::new() }
}
