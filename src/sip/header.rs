//! Header fields: names, order, and the typed reading of those a user agent acts on. RFC 3261 §7.3 and §20.

mod name;
mod value;

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

use crate::address::Address;
use crate::lex;
use crate::method::Method;
use crate::uri::Uri;
use crate::via::Via;
pub use name::Name;
pub use value::{CSeq, MediaType};

/// One header field: unfolded, without white space around the value, the value's bytes as they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The name.
    pub name: Name,
    /// The value.
    pub value: Bytes,
}

/// Why a typed reading failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderError {
    /// The header is not there and must be.
    Missing(&'static str),
    /// It is there and cannot be read.
    Malformed(&'static str),
    /// It is there more than once and may not be.
    Repeated(&'static str),
}

impl HeaderError {
    /// The header's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Missing(name) | Self::Malformed(name) | Self::Repeated(name) => name,
        }
    }
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => write!(f, "Missing {name}"),
            Self::Malformed(name) => write!(f, "Malformed {name}"),
            Self::Repeated(name) => write!(f, "Repeated {name}"),
        }
    }
}

impl std::error::Error for HeaderError {}

/// Header fields in the order they came. Names may be given to the functions in any case and in their compact form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<Header>);

impl Headers {
    /// No headers.
    pub fn new() -> Self {
        Self::default()
    }

    /// The first value of that name.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.shared(name).map(AsRef::as_ref)
    }

    /// The first value of that name as a slice of the message's buffer: cloning it copies nothing.
    pub fn shared(&self, name: &str) -> Option<&Bytes> {
        self.fields(name).next()
    }

    /// The first value of that name as text, bytes that are not UTF-8 replaced.
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.get(name).map(String::from_utf8_lossy)
    }

    /// Whether the name is there.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Every field's value of that name, unsplit.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.fields(name).map(AsRef::as_ref)
    }

    /// Every element of that name, comma-separated lists split, empty elements left out.
    pub fn elements(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.fields(name).flat_map(|v| lex::split(v, b',')).filter(|e| !e.is_empty())
    }

    /// Every field in order.
    pub fn iter(&self) -> impl Iterator<Item = &Header> {
        self.0.iter()
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Appends a field.
    pub fn push(&mut self, name: &str, value: impl Into<Bytes>) {
        self.0.push(Header { name: Name::new(name), value: clean(value.into()) });
    }

    pub(crate) fn push_parsed(&mut self, header: Header) {
        self.0.push(header);
    }

    /// Puts a field in place of the first of that name and takes the others away; appends it if there was none.
    pub fn set(&mut self, name: &str, value: impl Into<Bytes>) {
        let Some(at) = self.0.iter().position(|h| h.name.is(name)) else {
            return self.push(name, value);
        };
        let mut index = 0;
        self.0.retain(|h| {
            index += 1;
            index - 1 <= at || !h.name.is(name)
        });
        if let Some(first) = self.0.get_mut(at) {
            first.value = clean(value.into());
        }
    }

    /// Takes every field of that name away.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|h| !h.name.is(name));
    }

    /// Puts a field in front of all others, as a Via is put.
    pub fn insert_top(&mut self, name: &str, value: impl Into<Bytes>) {
        self.0.insert(0, Header { name: Name::new(name), value: clean(value.into()) });
    }

    /// Puts `value` in place of the first element of that name, keeping the rest of its list: how received and rport
    /// are written into the topmost Via (RFC 3261 §18.2.1).
    pub fn replace_first(&mut self, name: &str, value: &[u8]) {
        let Some(field) = self.0.iter_mut().find(|h| h.name.is(name)) else {
            return;
        };
        let mut fresh = value.to_vec();
        if let Some(rest) = lex::find_outside(&field.value, b',').and_then(|at| field.value.get(at..)) {
            fresh.extend_from_slice(rest);
        }
        field.value = clean(fresh.into());
    }

    fn fields(&self, name: &str) -> impl Iterator<Item = &Bytes> {
        self.0.iter().filter(move |h| h.name.is(name)).map(|h| &h.value)
    }

    /// The one field of that name.
    fn single(&self, name: &'static str) -> Result<&Bytes, HeaderError> {
        self.single_or_none(name)?.ok_or(HeaderError::Missing(name))
    }

    fn single_or_none(&self, name: &'static str) -> Result<Option<&Bytes>, HeaderError> {
        let mut fields = self.fields(name);
        let first = fields.next();
        if fields.next().is_some() { Err(HeaderError::Repeated(name)) } else { Ok(first) }
    }

    /// The topmost Via.
    pub fn via(&self) -> Result<Via, HeaderError> {
        let field = self.shared("Via").ok_or(HeaderError::Missing("Via"))?;
        let first = lex::split(field, b',').next().unwrap_or_default();
        Via::parse_shared(field, Some(first)).ok_or(HeaderError::Malformed("Via"))
    }

    /// Every Via, topmost first.
    pub fn vias(&self) -> Result<Vec<Via>, HeaderError> {
        let vias = self.list("Via", Via::parse_shared)?;
        if vias.is_empty() { Err(HeaderError::Missing("Via")) } else { Ok(vias) }
    }

    /// Who asks.
    pub fn from(&self) -> Result<Address, HeaderError> {
        Address::parse_shared(self.single("From")?, None).ok_or(HeaderError::Malformed("From"))
    }

    /// Who is meant.
    pub fn to(&self) -> Result<Address, HeaderError> {
        Address::parse_shared(self.single("To")?, None).ok_or(HeaderError::Malformed("To"))
    }

    /// Call-ID, compared byte for byte.
    pub fn call_id(&self) -> Result<&Bytes, HeaderError> {
        let value = self.single("Call-ID")?;
        let good = !value.is_empty() && !value.iter().any(|b| lex::is_space(*b));
        if good { Ok(value) } else { Err(HeaderError::Malformed("Call-ID")) }
    }

    /// CSeq.
    pub fn cseq(&self) -> Result<CSeq, HeaderError> {
        CSeq::parse(self.single("CSeq")?).ok_or(HeaderError::Malformed("CSeq"))
    }

    /// Every Contact. `*` is malformed here: ask [`Headers::contact_is_star`] first where it is allowed.
    pub fn contacts(&self) -> Result<Vec<Address>, HeaderError> {
        self.list("Contact", Address::parse_shared)
    }

    /// Whether the one Contact is `*`, RFC 3261 §10.2.2.
    pub fn contact_is_star(&self) -> bool {
        let mut contacts = self.elements("Contact");
        contacts.next() == Some(b"*") && contacts.next().is_none()
    }

    /// Hops left. A number too large is read as 255, the largest there is (RFC 4475 §3.1.2.4).
    pub fn max_forwards(&self) -> Result<Option<u8>, HeaderError> {
        let Some(value) = self.single_or_none("Max-Forwards")? else { return Ok(None) };
        let hops = lex::saturating(value, 255).ok_or(HeaderError::Malformed("Max-Forwards"))?;
        Ok(u8::try_from(hops).ok())
    }

    /// Length of the body in bytes; more than `u32::MAX` is read as `u32::MAX`.
    pub fn content_length(&self) -> Result<Option<usize>, HeaderError> {
        let Some(value) = self.single_or_none("Content-Length")? else { return Ok(None) };
        let length = lex::saturating(value, u32::MAX).ok_or(HeaderError::Malformed("Content-Length"))?;
        Ok(usize::try_from(length).ok())
    }

    /// Type of the body.
    pub fn content_type(&self) -> Result<Option<MediaType>, HeaderError> {
        let Some(value) = self.single_or_none("Content-Type")? else { return Ok(None) };
        MediaType::parse(value).map(Some).ok_or(HeaderError::Malformed("Content-Type"))
    }

    /// Every Route, in order.
    pub fn routes(&self) -> Result<Vec<Address>, HeaderError> {
        self.list("Route", Address::parse_shared)
    }

    /// Every Record-Route, in order.
    pub fn record_routes(&self) -> Result<Vec<Address>, HeaderError> {
        self.list("Record-Route", Address::parse_shared)
    }

    /// Every Path, nearest to the registrar first (RFC 3327).
    pub fn paths(&self) -> Result<Vec<Address>, HeaderError> {
        self.list("Path", Address::parse_shared)
    }

    /// Seconds of Expires. A value that cannot be read or is beyond 32 bits counts as 3600 (RFC 3261 §20.19, RFC 4475
    /// §3.1.2.4).
    pub fn expires(&self) -> Option<u32> {
        self.get("Expires").map(|v| lex::number(v).filter(|_| !v.is_empty()).unwrap_or(3600))
    }

    /// Option tags of Supported.
    pub fn supported(&self) -> Vec<Cow<'_, str>> {
        self.tokens("Supported")
    }

    /// Option tags of Require.
    pub fn require(&self) -> Vec<Cow<'_, str>> {
        self.tokens("Require")
    }

    /// Option tags of Proxy-Require.
    pub fn proxy_require(&self) -> Vec<Cow<'_, str>> {
        self.tokens("Proxy-Require")
    }

    /// Methods of Allow.
    pub fn allow(&self) -> Vec<Method> {
        self.elements("Allow").filter_map(Method::parse).collect()
    }

    /// Event packages of Allow-Events.
    pub fn allow_events(&self) -> Vec<Cow<'_, str>> {
        self.tokens("Allow-Events")
    }

    /// Where a REFER points, RFC 3515 §2.1.
    pub fn refer_to(&self) -> Result<Address, HeaderError> {
        Address::parse_shared(self.single("Refer-To")?, None).ok_or(HeaderError::Malformed("Refer-To"))
    }

    /// Whether the option tag is in Supported or Require.
    pub fn supports(&self, tag: &str) -> bool {
        self.elements("Supported").chain(self.elements("Require")).any(|t| t.eq_ignore_ascii_case(tag.as_bytes()))
    }

    /// The elements of a list as text.
    pub fn tokens(&self, name: &str) -> Vec<Cow<'_, str>> {
        self.elements(name).map(String::from_utf8_lossy).collect()
    }

    fn list<T>(
        &self,
        name: &'static str,
        parse: impl Fn(&Bytes, Option<&[u8]>) -> Option<T>,
    ) -> Result<Vec<T>, HeaderError> {
        let parse = &parse;
        self.fields(name)
            .flat_map(|field| lex::split(field, b',').map(move |one| parse(field, Some(one))))
            .collect::<Option<Vec<_>>>()
            .ok_or(HeaderError::Malformed(name))
    }
}

/// The URI of a header value we keep as an address, when it can be read: for display and routing of P-Asserted-Identity
/// and Diversion.
pub fn uri_of(value: &[u8]) -> Option<Uri> {
    Address::parse(value).map(|a| a.uri)
}

/// A value we are about to print may hold no line end, or it could begin a header of its own.
fn clean(value: Bytes) -> Bytes {
    if !value.iter().any(|b| b"\r\n".contains(b)) {
        return value;
    }
    value.iter().map(|b| if b"\r\n".contains(b) { b' ' } else { *b }).collect::<Vec<_>>().into()
}
