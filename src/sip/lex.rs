//! The small words of the grammar (RFC 3261 §25.1): tokens, linear white space, quoted strings, lists.

use std::borrow::Cow;

use bytes::Bytes;

/// A byte that may stand in a token.
pub(crate) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte)
}

/// One or more token bytes.
pub(crate) fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().copied().all(is_token_byte)
}

/// Linear white space once the lines are unfolded.
pub(crate) fn is_space(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// What keep-alives are made of; in front of a message it means nothing (RFC 3261 §7.5, RFC 5626 §4.4.1, and the NUL of
/// many phones).
pub(crate) fn is_filler(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n' | 0)
}

/// `text` without linear white space around it.
pub(crate) fn trim(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|b| !is_space(*b)).unwrap_or(text.len());
    let end = text.iter().rposition(|b| !is_space(*b)).map_or(start, |i| i + 1);
    text.get(start..end).unwrap_or_default()
}

/// The same bytes as a slice of the shared buffer they were cut from.
pub(crate) fn share(whole: &Bytes, part: &[u8]) -> Bytes {
    if part.is_empty() { Bytes::new() } else { whole.slice_ref(part) }
}

/// Length of the quoted string `text` begins with, both quotes counted; `None` when it does not end.
pub(crate) fn quoted_len(text: &[u8]) -> Option<usize> {
    if text.first() != Some(&b'"') {
        return None;
    }
    let mut escaped = false;
    for (index, byte) in text.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(index + 1),
            _ => {}
        }
    }
    None
}

/// The inside of a quoted string with its backslashes resolved; other text is given back as it is.
pub(crate) fn unquote(text: &[u8]) -> Cow<'_, [u8]> {
    let Some(inside) = text.strip_prefix(b"\"").and_then(|t| t.strip_suffix(b"\"")) else {
        return Cow::Borrowed(text);
    };
    if !inside.contains(&b'\\') {
        return Cow::Borrowed(inside);
    }
    let mut out = Vec::with_capacity(inside.len());
    let mut escaped = false;
    for &byte in inside {
        if byte == b'\\' && !escaped {
            escaped = true;
        } else {
            escaped = false;
            out.push(byte);
        }
    }
    Cow::Owned(out)
}

/// Appends `text` as a quoted string, escaping what must be.
pub(crate) fn quote_into(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for &byte in text {
        if byte == b'"' || byte == b'\\' {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// Where the first `stop` outside quotes and angle brackets stands. An unbalanced quote hides all that follows it.
pub(crate) fn find_outside(text: &[u8], stop: u8) -> Option<usize> {
    let (mut quoted, mut escaped, mut angle) = (false, false, false);
    for (index, &byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            // A quote inside angle brackets belongs to the URI, which has none of its own: the URI parser refuses it.
            b'"' if !angle => quoted = !quoted,
            _ if quoted => {}
            b'<' => angle = true,
            b'>' => angle = false,
            _ if byte == stop && !angle => return Some(index),
            _ => {}
        }
    }
    None
}

/// The elements of a list, split at `separator` outside quotes and angle brackets, each without space around it.
pub(crate) fn split(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let current = rest.take()?;
        let Some(at) = find_outside(current, separator) else {
            return Some(trim(current));
        };
        let (element, tail) = current.split_at(at);
        rest = tail.get(1..);
        Some(trim(element))
    })
}

/// A decimal number; `None` when `text` is not all digits, `max` when it does not fit.
pub(crate) fn saturating(text: &[u8], max: u32) -> Option<u32> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let add = |value: u32, digit: &u8| value.saturating_mul(10).saturating_add(u32::from(digit - b'0'));
    Some(text.iter().fold(0, add).min(max))
}

/// A decimal number that fits `u32`; `None` otherwise.
pub(crate) fn number(text: &[u8]) -> Option<u32> {
    if !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// `text` without linear white space and line ends around it: a value whose first line may be empty.
pub(crate) fn trim_lines(text: &[u8]) -> &[u8] {
    let blank = |b: &u8| is_space(*b) || b"\r\n".contains(b);
    let start = text.iter().position(|b| !blank(b)).unwrap_or(text.len());
    let end = text.iter().rposition(|b| !blank(b)).map_or(start, |i| i + 1);
    text.get(start..end).unwrap_or_default()
}
