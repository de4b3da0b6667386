//! Uniform resource identifiers of SIP, RFC 3261 §19.1, RFC 3966 (tel) and any other scheme.
//!
//! A URI is kept as the text it came as and is printed as that same text: `*21%23` stays `*21%23`, since the far end
//! may not treat `%23` and `#` alike. The parts are ranges of that text.

mod equal;
mod escape;

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::Range;

use bytes::Bytes;

use crate::lex;
use equal::same_text;
use escape::escapes_are_whole;
pub use escape::{escape_user, unescape};

/// A URI longer than this is refused; the header limit is far below it.
const LONGEST: usize = 128 * 1024;

/// A parsed URI. `==` compares the text; [`Uri::equivalent`] compares by RFC 3261 §19.1.4.
#[derive(Debug, Clone)]
pub struct Uri {
    text: Bytes,
    scheme: Range<usize>,
    user: Option<Range<usize>>,
    password: Option<Range<usize>>,
    host: Option<Range<usize>>,
    port: Option<u16>,
    params: Range<usize>,
    headers: Range<usize>,
}

/// A host: a name or an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host<'a> {
    /// A domain name.
    Name(&'a str),
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// An IPv6 address, written in brackets.
    V6(Ipv6Addr),
}

impl<'a> Host<'a> {
    /// Reads a host; `None` when it is neither a name nor an address.
    pub fn parse(text: &'a str) -> Option<Self> {
        if let Some(inside) = text.strip_prefix('[') {
            return ipv6(inside.strip_suffix(']')?).map(Self::V6);
        }
        if let Ok(address) = text.parse() {
            return Some(Self::V4(address));
        }
        let name = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b) || !b.is_ascii();
        (!text.is_empty() && text.bytes().all(name)).then_some(Self::Name(text))
    }

    /// The address, when it is one.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Name(_) => None,
            Self::V4(ip) => Some(IpAddr::V4(*ip)),
            Self::V6(ip) => Some(IpAddr::V6(*ip)),
        }
    }
}

/// An IPv6 address. The grammar of RFC 3261 allowed three colons before an embedded IPv4 address; they are read as two
/// (RFC 5118 §4.10).
fn ipv6(text: &str) -> Option<Ipv6Addr> {
    text.parse().ok().or_else(|| text.contains(":::").then(|| text.replacen(":::", "::", 1).parse().ok())?)
}

impl Uri {
    /// Reads a URI; `None` when it is malformed.
    pub fn parse(text: impl AsRef<[u8]>) -> Option<Self> {
        Self::parse_shared(&Bytes::copy_from_slice(text.as_ref()))
    }

    /// Reads a URI that is the whole of a shared slice.
    pub(crate) fn parse_shared(text: &Bytes) -> Option<Self> {
        let words = std::str::from_utf8(text).ok().filter(|t| t.len() <= LONGEST)?;
        if words.bytes().any(|b| b <= b' ' || b == 0x7f || b"<>\"\\".contains(&b)) {
            return None;
        }
        let colon = words.find(':')?;
        let scheme = words.get(..colon)?;
        let mut letters = scheme.bytes();
        let good =
            letters.next()?.is_ascii_alphabetic() && letters.all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        if !good || colon + 1 == words.len() {
            return None;
        }
        let empty = Self::bare(text.clone(), colon);
        match scheme {
            s if s.eq_ignore_ascii_case("sip") || s.eq_ignore_ascii_case("sips") => empty.split_sip(colon + 1),
            s if s.eq_ignore_ascii_case("tel") => empty.split_tel(colon + 1),
            _ => Some(empty),
        }
    }

    /// `sip:<user>@<address>`, the user escaped where it must be; no user when it is empty.
    pub fn at(user: &str, address: SocketAddr) -> Self {
        let host = match address.ip() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        Self::assemble(user, &host, Some(address.port()))
    }

    /// `sip:<user>@<host>`, the user escaped where it must be; `None` when `host` is no host.
    pub fn sip(user: &str, host: &str, port: Option<u16>) -> Option<Self> {
        Host::parse(host)?;
        Some(Self::assemble(user, host, port))
    }

    fn assemble(user: &str, host: &str, port: Option<u16>) -> Self {
        let mut text = String::from("sip:");
        let mut user_range = None;
        if !user.is_empty() {
            text.push_str(&escape_user(user));
            user_range = Some(4..text.len());
            text.push('@');
        }
        let start = text.len();
        text.push_str(host);
        let host = start..text.len();
        if let Some(port) = port {
            text.push_str(&format!(":{port}"));
        }
        Self { user: user_range, host: Some(host), port, ..Self::bare(text.into(), 3) }
    }

    fn bare(text: Bytes, colon: usize) -> Self {
        let end = text.len();
        let nothing = end..end;
        let (params, headers) = (nothing.clone(), nothing);
        Self { text, scheme: 0..colon, user: None, password: None, host: None, port: None, params, headers }
    }

    /// `[user[:password]@]host[:port]*(;param)[?headers]`. Everything before the first `@` is userinfo, so a user may
    /// hold `;` and `?`.
    fn split_sip(mut self, start: usize) -> Option<Self> {
        let text = std::str::from_utf8(&self.text).ok()?;
        let at = text.find('@');
        let host_start = at.map_or(start, |at| at + 1);
        if let Some(at) = at {
            let info = text.get(start..at)?;
            let user_end = info.find(':').map_or(at, |colon| start + colon);
            self.user = Some(start..user_end);
            self.password = (user_end < at).then_some(user_end + 1..at);
            if user_end == start || !escapes_are_whole(info) {
                return None;
            }
        }
        let rest = text.get(host_start..)?;
        let hostport_end = host_start + rest.find([';', '?']).unwrap_or(rest.len());
        let (host, port) = host_port(text.get(host_start..hostport_end)?)?;
        self.host = Some(host_start..host_start + host.len());
        self.port = port;
        let tail = text.get(hostport_end..)?;
        let params_end = hostport_end + tail.find('?').unwrap_or(tail.len());
        self.params = hostport_end..params_end;
        self.headers = (params_end + 1).min(text.len())..text.len();
        let params = text.get(self.params.clone())?;
        let named = |p: &str| !p.is_empty() && !p.starts_with('=') && !p.contains('@');
        let params_good = params.is_empty() || params.split(';').skip(1).all(named);
        (params_good && escapes_are_whole(tail)).then_some(self)
    }

    fn split_tel(mut self, start: usize) -> Option<Self> {
        let text = std::str::from_utf8(&self.text).ok()?;
        let rest = text.get(start..)?;
        let number_end = start + rest.find(';').unwrap_or(rest.len());
        self.params = number_end..text.len();
        self.user = Some(start..number_end);
        (number_end > start).then_some(self)
    }

    /// The whole text, as it came.
    pub fn as_str(&self) -> &str {
        self.slice(&(0..self.text.len()))
    }

    fn slice(&self, range: &Range<usize>) -> &str {
        // The whole was checked to be UTF-8 and every range ends at an ASCII mark.
        self.text.get(range.clone()).and_then(|t| std::str::from_utf8(t).ok()).unwrap_or_default()
    }

    /// The scheme as written: `sip`, `sips`, `tel`, …
    pub fn scheme(&self) -> &str {
        self.slice(&self.scheme)
    }

    /// Whether the scheme is sip or sips.
    pub fn is_sip(&self) -> bool {
        self.scheme().eq_ignore_ascii_case("sip") || self.is_sips()
    }

    /// Whether the scheme is sips.
    pub fn is_sips(&self) -> bool {
        self.scheme().eq_ignore_ascii_case("sips")
    }

    /// What follows the scheme's colon.
    pub fn opaque(&self) -> &str {
        self.slice(&(self.scheme.end + 1..self.text.len()))
    }

    /// The user part as written, escapes kept; the number of a tel URI.
    pub fn user(&self) -> Option<&str> {
        self.user.as_ref().map(|r| self.slice(r))
    }

    /// The user part with its escapes resolved.
    pub fn user_decoded(&self) -> Option<Cow<'_, str>> {
        self.user().map(unescape)
    }

    /// The password as written. Never show it.
    pub fn password(&self) -> Option<&str> {
        self.password.as_ref().map(|r| self.slice(r))
    }

    /// The host; `None` for schemes that have none.
    pub fn host(&self) -> Option<Host<'_>> {
        Host::parse(self.host_text())
    }

    /// The host as written; empty for schemes that have none.
    pub fn host_text(&self) -> &str {
        self.host.as_ref().map(|r| self.slice(r)).unwrap_or_default()
    }

    /// The port, when one is written.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The parameters as written, names and values still escaped.
    pub fn params(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        pairs(self.slice(&self.params), ';')
    }

    /// The value of a parameter: empty when it has none, `None` when it is absent.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params().find(|(n, _)| same_text(n, name)).map(|(_, v)| v.unwrap_or_default())
    }

    /// The transport parameter.
    pub fn transport(&self) -> Option<&str> {
        self.param("transport")
    }

    /// Whether `lr` is there: a loose router, RFC 3261 §16.12.
    pub fn is_loose_router(&self) -> bool {
        self.param("lr").is_some()
    }

    /// The headers behind the question mark as written, names and values still escaped.
    pub fn headers(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        pairs(self.slice(&self.headers), '&')
    }

    /// Whether there are headers behind a question mark; not allowed in a Request-URI (RFC 3261 §19.1.1).
    pub fn has_headers(&self) -> bool {
        !self.headers.is_empty()
    }

    /// The same URI with a parameter set. `value` is written as given. A URI without a host is given back unchanged.
    #[must_use]
    pub fn with_param(&self, name: &str, value: Option<&str>) -> Self {
        let param = value.map_or_else(|| format!(";{name}"), |value| format!(";{name}={value}"));
        self.rebuilt(name, &param)
    }

    /// The same URI without that parameter.
    #[must_use]
    pub fn without_param(&self, name: &str) -> Self {
        if self.param(name).is_none() { self.clone() } else { self.rebuilt(name, "") }
    }

    /// The same URI without headers behind a question mark.
    #[must_use]
    pub fn without_headers(&self) -> Self {
        let text = self.slice(&(0..self.params.end));
        if self.has_headers() { Self::parse(text).unwrap_or_else(|| self.clone()) } else { self.clone() }
    }

    fn rebuilt(&self, without: &str, plus: &str) -> Self {
        let mut text = self.slice(&(0..self.params.start)).to_owned();
        for one in self.slice(&self.params).split(';').filter(|p| !p.is_empty()) {
            if !same_text(one.split('=').next().unwrap_or_default(), without) {
                text.push(';');
                text.push_str(one);
            }
        }
        text.push_str(plus);
        text.push_str(self.slice(&(self.params.end..self.text.len())));
        Self::parse(text).unwrap_or_else(|| self.clone())
    }
}

impl PartialEq for Uri {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Uri {}

impl std::hash::Hash for Uri {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// host [":" port]
fn host_port(text: &str) -> Option<(&str, Option<u16>)> {
    let host_end = if text.starts_with('[') { text.find(']')? + 1 } else { text.find(':').unwrap_or(text.len()) };
    let (host, rest) = text.split_at_checked(host_end)?;
    Host::parse(host)?;
    let port = match rest {
        "" => None,
        rest => Some(u16::try_from(lex::number(rest.strip_prefix(':')?.as_bytes())?).ok()?),
    };
    Some((host, port))
}

fn pairs(text: &str, separator: char) -> impl Iterator<Item = (&str, Option<&str>)> {
    text.split(separator).filter(|p| !p.is_empty()).map(|p| match p.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (p, None),
    })
}
