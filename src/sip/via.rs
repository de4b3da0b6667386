//! The Via header field, RFC 3261 §20.42 and RFC 3581.

use std::fmt;
use std::net::IpAddr;

use bytes::Bytes;

use crate::lex;
use crate::params::Params;
use crate::uri::Host;

/// The beginning of a branch made by RFC 3261; with nothing after it, it says nothing.
pub const MAGIC_COOKIE: &str = "z9hG4bK";

/// One Via value: the hop a request came over and its response goes back over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Via {
    /// `UDP`, `TCP`, `TLS`, … as written; any token.
    pub transport: String,
    /// Host of sent-by, as written (IPv6 in brackets).
    pub host: String,
    /// Port of sent-by.
    pub port: Option<u16>,
    /// branch, received, rport, maddr, ttl and whatever else came.
    pub params: Params,
}

impl Via {
    /// A Via of our own: `SIP/2.0/<transport> <address>;branch=<branch>`.
    pub fn new(transport: &str, address: std::net::SocketAddr, branch: &str) -> Self {
        let mut params = Params::default();
        params.set("branch", Some(branch));
        let host = match address.ip() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        Self { transport: transport.into(), host, port: Some(address.port()), params }
    }

    /// Reads one value; `None` when it is malformed.
    pub fn parse(value: &[u8]) -> Option<Self> {
        Self::parse_shared(&Bytes::copy_from_slice(value), None)
    }

    /// Reads one value that is `part` (or all) of a shared buffer.
    pub(crate) fn parse_shared(whole: &Bytes, part: Option<&[u8]>) -> Option<Self> {
        let text = lex::trim(part.unwrap_or(whole));
        let (protocol, text) = slash_part(text)?;
        let (version, text) = slash_part(text)?;
        if !protocol.eq_ignore_ascii_case(b"SIP") || version != b"2.0" {
            return None;
        }
        let end = text.iter().position(|b| !lex::is_token_byte(*b))?;
        let (transport, text) = text.split_at(end);
        let semicolon = text.iter().position(|b| *b == b';').unwrap_or(text.len());
        let (sent_by, params) = text.split_at(semicolon);
        // White space must stand between the transport and sent-by.
        if transport.is_empty() || !sent_by.first().is_some_and(|b| lex::is_space(*b)) {
            return None;
        }
        let (host, port) = sent_by_parts(lex::trim(sent_by))?;
        Some(Self {
            transport: String::from_utf8(transport.to_vec()).ok()?,
            host: String::from_utf8(host.to_vec()).ok()?,
            port,
            params: Params::parse(whole, params)?,
        })
    }

    /// The branch parameter.
    pub fn branch(&self) -> Option<&str> {
        std::str::from_utf8(self.params.get("branch")?).ok().filter(|b| !b.is_empty())
    }

    /// Whether the branch was made by RFC 3261 rules and says something: the cookie and at least one more byte
    /// (RFC 4475 §3.2.1). Otherwise transactions are matched by RFC 2543's way (RFC 3261 §17.2.3).
    pub fn has_magic_branch(&self) -> bool {
        let prefix = |b: &str| b.get(..MAGIC_COOKIE.len()).is_some_and(|p| p.eq_ignore_ascii_case(MAGIC_COOKIE));
        self.branch().is_some_and(|b| b.len() > MAGIC_COOKIE.len() && prefix(b))
    }

    /// The received parameter; IPv6 with or without brackets (RFC 5118 §4.5).
    pub fn received(&self) -> Option<IpAddr> {
        let text = self.params.text("received")?;
        text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(&text).parse().ok()
    }

    /// rport, RFC 3581: `None` absent, `Some(None)` asked for, `Some(Some(port))` filled in.
    pub fn rport(&self) -> Option<Option<u16>> {
        let raw = self.params.get("rport")?;
        Some(std::str::from_utf8(raw).ok().and_then(|t| t.parse().ok()))
    }

    /// The value as bytes for a header.
    pub fn to_bytes(&self) -> Bytes {
        let mut out = format!("SIP/2.0/{} {}", self.transport, self.host).into_bytes();
        if let Some(port) = self.port {
            out.extend_from_slice(format!(":{port}").as_bytes());
        }
        self.params.print(&mut out);
        out.into()
    }

    /// The host of sent-by as an address or a name.
    pub fn sent_host(&self) -> Host<'_> {
        Host::parse(&self.host).unwrap_or(Host::Name(&self.host))
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.to_bytes()))
    }
}

/// Whether a Via value names a version of SIP other than 2.0.
pub(crate) fn is_of_another_version(value: &[u8]) -> bool {
    let version = |text| {
        let (protocol, rest) = slash_part(lex::trim(text))?;
        let (version, _) = slash_part(rest)?;
        let number = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
        let dot = version.iter().position(|b| *b == b'.')?;
        let whole = number(version.get(..dot)?) && number(version.get(dot + 1..)?);
        (whole && protocol.eq_ignore_ascii_case(b"SIP")).then_some(version)
    };
    version(value).is_some_and(|version| version != b"2.0")
}

/// A word, its slash, and what follows, all without space around them.
fn slash_part(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|b| *b == b'/')?;
    Some((lex::trim(text.get(..at)?), lex::trim(text.get(at + 1..)?)))
}

/// host [":" port], with space allowed around the colon.
fn sent_by_parts(text: &[u8]) -> Option<(&[u8], Option<u16>)> {
    let host_end = match text.first()? {
        b'[' => text.iter().position(|b| *b == b']')? + 1,
        _ => text.iter().position(|b| *b == b':').unwrap_or(text.len()),
    };
    let (host, rest) = text.split_at(host_end);
    let host = lex::trim(host);
    Host::parse(std::str::from_utf8(host).ok()?)?;
    let port = match lex::trim(rest) {
        b"" => None,
        rest => Some(u16::try_from(lex::number(lex::trim(rest.strip_prefix(b":")?))?).ok()?),
    };
    Some((host, port))
}
