//! Escapes of URIs, RFC 3261 §19.1.2 and RFC 3986 §2.1.

use std::borrow::Cow;

/// Whether every `%` is followed by two hexadecimal digits.
pub(super) fn escapes_are_whole(text: &str) -> bool {
    let bytes = text.as_bytes();
    let whole = |i: usize| bytes.get(i + 1..i + 3).is_some_and(|d| d.iter().all(u8::is_ascii_hexdigit));
    bytes.iter().enumerate().all(|(i, b)| *b != b'%' || whole(i))
}

/// `%41` → `A`; text that does not become UTF-8 has its bad bytes replaced.
pub fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while let Some(&byte) = bytes.get(index) {
        match escaped_byte(bytes, index) {
            Some(value) => {
                out.push(value);
                index += 3;
            }
            None => {
                out.push(byte);
                index += 1;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

/// The byte that `%HH` at `index` stands for.
fn escaped_byte(bytes: &[u8], index: usize) -> Option<u8> {
    let digits = bytes.get(index..index + 3).filter(|d| d.first() == Some(&b'%'))?;
    let digits = std::str::from_utf8(digits.get(1..)?).ok().filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u8::from_str_radix(digits, 16).ok()
}

/// Escapes what may not stand in the user part of a SIP URI (RFC 3261 §25.1 user).
pub fn escape_user(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&b);
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if plain(byte) { out.push(char::from(byte)) } else { out.push_str(&format!("%{byte:02X}")) }
    }
    out
}

/// Escapes resolved, except of reserved characters, which are not equivalent to their escaped form (§19.1.4).
pub(super) fn normal(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while let Some(&byte) = bytes.get(index) {
        match escaped_byte(bytes, index) {
            Some(value) if value.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&value) => out.push(value),
            Some(value) => out.extend_from_slice(format!("%{value:02X}").as_bytes()),
            None => {
                out.push(byte);
                index += 1;
                continue;
            }
        }
        index += 3;
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}
