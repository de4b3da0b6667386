//! Parameters behind a semicolon: `;name=value` of Via, From, To, Contact, Route and others, RFC 3261 §7.3.1.

use std::borrow::Cow;

use bytes::Bytes;

use crate::lex;

/// One parameter. The value stands as it came, quotes included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// Name as written; compared without regard to case.
    pub name: Bytes,
    /// What follows the equals sign; `None` without one.
    pub value: Option<Bytes>,
}

/// Parameters in the order they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<Param>);

impl Params {
    /// Reads `;a=b;c`. Empty text has no parameters; an empty parameter, a name that is no token, or a value that is
    /// neither a word nor a whole quoted string gives `None`.
    pub(crate) fn parse(whole: &Bytes, text: &[u8]) -> Option<Self> {
        let text = lex::trim(text);
        if text.is_empty() {
            return Some(Self::default());
        }
        let text = text.strip_prefix(b";")?;
        lex::split(text, b';').map(|one| Param::parse(whole, one)).collect::<Option<Vec<_>>>().map(Self)
    }

    /// The raw value of the first parameter of that name: empty when it has none, `None` when it is absent.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.find(name).map(|p| p.value.as_deref().unwrap_or_default())
    }

    /// The value as text, quotes resolved and bytes that are not UTF-8 replaced.
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        let raw = self.get(name)?;
        Some(match lex::unquote(raw) {
            Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        })
    }

    /// Whether a parameter of that name is there, with or without a value.
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Sets a parameter, in its old place if it was there. `value` is written as given: quote it first if it needs it.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        let value = value.map(|v| Bytes::copy_from_slice(v.as_bytes()));
        match self.0.iter_mut().find(|p| p.is(name)) {
            Some(param) => param.value = value,
            None => self.0.push(Param { name: Bytes::copy_from_slice(name.as_bytes()), value }),
        }
    }

    /// Takes every parameter of that name away.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|p| !p.is(name));
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Param> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn print(&self, out: &mut Vec<u8>) {
        for param in &self.0 {
            out.push(b';');
            out.extend_from_slice(&param.name);
            if let Some(value) = &param.value {
                out.push(b'=');
                out.extend_from_slice(value);
            }
        }
    }

    fn find(&self, name: &str) -> Option<&Param> {
        self.0.iter().find(|p| p.is(name))
    }
}

impl Param {
    fn parse(whole: &Bytes, text: &[u8]) -> Option<Self> {
        let (name, value) = match lex::find_outside(text, b'=') {
            Some(at) => (lex::trim(text.get(..at)?), Some(lex::trim(text.get(at + 1..)?))),
            None => (text, None),
        };
        let good = lex::is_token(name) && value.is_none_or(is_value);
        good.then(|| Self { name: lex::share(whole, name), value: value.map(|v| lex::share(whole, v)) })
    }

    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// gen-value of RFC 3261 §25.1: a token, a host or a quoted string. Marks that cannot end a value (`:` of an unbracketed
/// IPv6 address, `=` of base64) are let through.
fn is_value(text: &[u8]) -> bool {
    if text.first() == Some(&b'"') {
        return lex::quoted_len(text) == Some(text.len());
    }
    !text.is_empty() && !text.iter().any(|b| b.is_ascii_control() || b" \"<>,;?".contains(b))
}
