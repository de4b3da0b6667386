//! name-addr and addr-spec: the values of From, To, Contact, Route, Record-Route and Refer-To, RFC 3261 §20.10.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

use crate::lex;
use crate::params::Params;
use crate::uri::Uri;

/// A URI, perhaps with a display name, and the header parameters behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The display name with quotes and backslashes resolved; bytes, since peers send other charsets too.
    pub display: Option<Bytes>,
    /// Where it points.
    pub uri: Uri,
    /// Parameters outside the angle brackets: tag, expires, q, …
    pub params: Params,
}

impl Address {
    /// An address with neither display name nor parameters.
    pub fn new(uri: Uri) -> Self {
        Self { display: None, uri, params: Params::default() }
    }

    /// The same address with this display name.
    #[must_use]
    pub fn with_display(mut self, display: &str) -> Self {
        self.display = Some(Bytes::copy_from_slice(display.as_bytes()));
        self
    }

    /// The same address with this tag.
    #[must_use]
    pub fn with_tag(mut self, tag: &str) -> Self {
        self.params.set("tag", Some(tag));
        self
    }

    /// Reads one value; `None` when it is malformed.
    pub fn parse(value: &[u8]) -> Option<Self> {
        Self::parse_shared(&Bytes::copy_from_slice(value), None)
    }

    /// Reads one value that is `part` (or all) of a shared buffer.
    pub(crate) fn parse_shared(whole: &Bytes, part: Option<&[u8]>) -> Option<Self> {
        let text = lex::trim(part.unwrap_or(whole));
        let (display, rest) = display_part(whole, text)?;
        if let Some(inside) = rest.strip_prefix(b"<") {
            let end = inside.iter().position(|b| *b == b'>')?;
            let uri = Uri::parse_shared(&lex::share(whole, inside.get(..end)?))?;
            let params = Params::parse(whole, inside.get(end + 1..)?)?;
            return Some(Self { display, uri, params });
        }
        bare(whole, rest)
    }

    /// The tag parameter.
    pub fn tag(&self) -> Option<&str> {
        std::str::from_utf8(self.params.get("tag")?).ok().filter(|t| !t.is_empty())
    }

    /// The display name as text, bytes that are not UTF-8 replaced.
    pub fn display_text(&self) -> Option<Cow<'_, str>> {
        self.display.as_deref().map(String::from_utf8_lossy)
    }

    /// The value as bytes for a header.
    pub fn to_bytes(&self) -> Bytes {
        let mut out = Vec::with_capacity(64);
        if let Some(display) = &self.display {
            lex::quote_into(&mut out, display);
            out.push(b' ');
        }
        out.push(b'<');
        out.extend_from_slice(self.uri.as_str().as_bytes());
        out.push(b'>');
        self.params.print(&mut out);
        out.into()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.to_bytes()))
    }
}

/// The display name, if there is one, and the text from `<` (or the bare URI) on.
fn display_part<'a>(whole: &Bytes, text: &'a [u8]) -> Option<(Option<Bytes>, &'a [u8])> {
    if let Some(len) = lex::quoted_len(text) {
        let (quoted, rest) = text.split_at(len);
        let rest = lex::trim(rest);
        let display = match lex::unquote(quoted) {
            Cow::Borrowed(inside) => lex::share(whole, inside),
            Cow::Owned(inside) => inside.into(),
        };
        return rest.starts_with(b"<").then_some((Some(display), rest));
    }
    let Some(angle) = text.iter().position(|b| *b == b'<') else {
        return Some((None, text));
    };
    let (words, rest) = text.split_at(angle);
    // A bare URI cannot hold `<`; words in front of it are a display name, whatever follows.
    let words = lex::trim(words);
    let good = words.iter().all(|b| lex::is_token_byte(*b) || lex::is_space(*b) || !b.is_ascii());
    let display = (!words.is_empty()).then(|| lex::share(whole, words));
    good.then_some((display, rest))
}

/// addr-spec without brackets: what follows a semicolon belongs to the header, and `?` or `,` may not stand there
/// (RFC 3261 §20).
fn bare(whole: &Bytes, text: &[u8]) -> Option<Address> {
    let semicolon = text.iter().position(|b| *b == b';').unwrap_or(text.len());
    let (uri, params) = text.split_at(semicolon);
    let uri = lex::trim(uri);
    if uri.iter().any(|b| b"?,".contains(b)) {
        return None;
    }
    let uri = Uri::parse_shared(&lex::share(whole, uri))?;
    Some(Address { display: None, uri, params: Params::parse(whole, params)? })
}
