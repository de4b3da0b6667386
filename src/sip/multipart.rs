//! Bodies of several parts (RFC 2046 §5.1, RFC 5621): finding the session description among them, and whether the rest may
//! be passed over.

use bytes::Bytes;

use crate::header::{Headers, MediaType};
use crate::lex;
use crate::params::Params;

/// Parts looked at; a body with more is read up to here.
const MOST_PARTS: usize = 32;

/// Multiparts within multiparts are looked into so deep.
const MOST_LEVELS: usize = 4;

/// What becomes of a message with a body whose type is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handling {
    /// It is refused.
    Required,
    /// The body is passed over.
    Optional,
}

/// One part of a multipart body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its Content-Type; `text/plain` of RFC 2046 §5.1 is given as `None`.
    pub content_type: Option<MediaType>,
    /// What its Content-Disposition says about those who do not know its type (RFC 3261 §20.11); `None` without a word.
    pub handling: Option<Handling>,
    /// Its Content-ID, as written.
    pub id: Option<String>,
    /// Its content.
    pub content: Bytes,
}

/// The session description a message carries: the whole body of `application/sdp`, or the first such part of a
/// multipart body. `None` when there is none.
pub fn sdp(headers: &Headers, body: &Bytes) -> Option<Bytes> {
    let kind = headers.content_type().ok().flatten()?;
    sdp_of(&kind, body, MOST_LEVELS)
}

fn sdp_of(kind: &MediaType, body: &Bytes, levels: usize) -> Option<Bytes> {
    if kind.is("application", "sdp") {
        return (!body.is_empty()).then(|| body.clone());
    }
    let inside = |part: &Part| sdp_of(part.content_type.as_ref()?, &part.content, levels.checked_sub(1)?);
    parts(kind, body)?.iter().find_map(inside)
}

/// Whether a user agent that knows session descriptions and nothing else understands as much of this body as it must
/// (RFC 3261 §8.2.3): of alternatives one (RFC 5621 §3.1), of related parts the root (RFC 2387 §3.2), else something, and
/// every part that says it is required. A part beside the session description that says nothing (a location, RFC 6442) is
/// passed over: strictly it is required, and those who send it do not mean that.
pub fn is_understood(kind: &MediaType, body: &Bytes) -> bool {
    understood(kind, body, MOST_LEVELS)
}

fn understood(kind: &MediaType, body: &Bytes, levels: usize) -> bool {
    if kind.is("application", "sdp") {
        return true;
    }
    let (Some(parts), Some(levels)) = (parts(kind, body), levels.checked_sub(1)) else { return false };
    let known = |part: &Part| part.content_type.as_ref().is_some_and(|kind| understood(kind, &part.content, levels));
    if parts.len() >= MOST_PARTS {
        return false;
    }
    match kind.subtype.as_str() {
        "alternative" => parts.iter().any(known),
        "related" => root(kind, &parts).is_some_and(known),
        _ => {
            let missed = |part: &Part| part.handling == Some(Handling::Required) && !known(part);
            let optional = |part: &Part| part.handling == Some(Handling::Optional);
            !parts.iter().any(missed) && (parts.iter().any(known) || parts.iter().all(optional))
        }
    }
}

/// The part that related ones are about: the one that `start` names, else the first.
fn root<'a>(kind: &MediaType, parts: &'a [Part]) -> Option<&'a Part> {
    let start = kind.params.text("start");
    let named = parts.iter().find(|part| start.is_some() && part.id.as_deref() == start.as_deref());
    named.or_else(|| parts.first())
}

/// Whether a Content-Disposition lets pass over a body of unknown type; without a word it does not (RFC 3261 §20.11).
pub fn is_optional(disposition: &[u8]) -> bool {
    handling(disposition) == Some(Handling::Optional)
}

fn handling(disposition: &[u8]) -> Option<Handling> {
    let whole = Bytes::copy_from_slice(disposition);
    let start = lex::find_outside(&whole, b';').unwrap_or(whole.len());
    let params = Params::parse(&whole, whole.get(start..).unwrap_or_default()).unwrap_or_default();
    match params.text("handling")?.to_ascii_lowercase().as_str() {
        "optional" => Some(Handling::Optional),
        "required" => Some(Handling::Required),
        _ => None,
    }
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
    let mut part = Part { content_type: None, handling: None, id: None, content: Bytes::new() };
    let mut rest: &[u8] = text;
    while let Some(end) = rest.iter().position(|b| *b == b'\n') {
        let line = lex::trim_lines(rest.get(..end).unwrap_or_default());
        rest = rest.get(end + 1..).unwrap_or_default();
        if line.is_empty() {
            part.content = lex::share(text, rest);
            break;
        }
        let colon = line.iter().position(|b| *b == b':').unwrap_or(line.len());
        let (name, value) = line.split_at(colon);
        let (name, value) = (lex::trim(name), lex::trim(value.get(1..).unwrap_or_default()));
        if name.eq_ignore_ascii_case(b"Content-Type") {
            part.content_type = MediaType::parse(value);
        } else if name.eq_ignore_ascii_case(b"Content-Disposition") {
            part.handling = handling(value);
        } else if name.eq_ignore_ascii_case(b"Content-ID") {
            part.id = Some(String::from_utf8_lossy(value).into_owned());
        }
    }
    part
}
