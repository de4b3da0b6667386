//! The name=value list behind the word `Digest`, RFC 7616 §3.3 and §3.4.

use crate::lex;

/// Fields of one header value, quotes resolved.
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads a value; `None` when the scheme is not Digest or a field is malformed.
    pub(super) fn parse(value: &[u8]) -> Option<Self> {
        let value = lex::trim(value);
        let (scheme, list) = value.split_at_checked(6)?;
        if !scheme.eq_ignore_ascii_case(b"Digest") || !list.first().is_some_and(|b| lex::is_space(*b)) {
            return None;
        }
        let fields = split_commas(list).filter(|f| !f.is_empty());
        fields.map(field).collect::<Option<Vec<_>>>().map(Self)
    }

    /// The first field of that name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}

/// Unlike lists of addresses, angle brackets mean nothing here; only quotes hide a comma.
fn split_commas(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    list.split(move |&byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => return true,
            _ => {}
        }
        false
    })
    .map(lex::trim)
}

fn field(text: &[u8]) -> Option<(String, String)> {
    let equals = text.iter().position(|b| *b == b'=')?;
    let name = lex::trim(text.get(..equals)?);
    let value = lex::trim(text.get(equals + 1..)?);
    let whole = value.first() != Some(&b'"') || lex::quoted_len(value) == Some(value.len());
    let value = String::from_utf8(lex::unquote(value).into_owned()).ok()?;
    (lex::is_token(name) && whole).then(|| (String::from_utf8_lossy(name).into_owned(), value))
}
