//! Digest authentication (RFC 7616, RFC 8760) with MD5 and SHA-256: what is hashed, and the side that answers a
//! challenge. The side that makes one is [`Challenger`].

mod challenger;
mod fields;

use std::fmt;

use sha2::Digest as _;

use crate::header::Headers;
use crate::method::Method;
use crate::uri::Uri;
pub use challenger::{Challenger, Known, Verdict, network};
use fields::Fields;

/// What is hashed and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// The default when none is named.
    Md5,
    /// MD5 with the nonces mixed into the secret's hash.
    Md5Sess,
    /// RFC 8760.
    Sha256,
    /// SHA-256 with the nonces mixed into the secret's hash.
    Sha256Sess,
}

impl Algorithm {
    /// Reads the token; `None` for one we do not have.
    pub fn parse(token: &str) -> Option<Self> {
        let all = [Self::Md5, Self::Md5Sess, Self::Sha256, Self::Sha256Sess];
        all.into_iter().find(|a| a.name().eq_ignore_ascii_case(token))
    }

    /// The token.
    pub fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Md5Sess => "MD5-sess",
            Self::Sha256 => "SHA-256",
            Self::Sha256Sess => "SHA-256-sess",
        }
    }

    fn without_session(self) -> Self {
        match self {
            Self::Md5 | Self::Md5Sess => Self::Md5,
            Self::Sha256 | Self::Sha256Sess => Self::Sha256,
        }
    }

    fn is_session(self) -> bool {
        matches!(self, Self::Md5Sess | Self::Sha256Sess)
    }

    /// The hash of the parts joined by colons, in lower-case hexadecimal.
    fn hash(self, parts: &[&str]) -> String {
        let text = parts.join(":");
        match self {
            Self::Md5 | Self::Md5Sess => hex(&md5::Md5::digest(text.as_bytes())),
            Self::Sha256 | Self::Sha256Sess => hex(&sha2::Sha256::digest(text.as_bytes())),
        }
    }
}

/// Which algorithms a challenge offers, and which answers are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Offer {
    /// MD5 alone, for phones that give up over anything else.
    Md5,
    /// SHA-256 alone.
    Sha256,
    /// Both, MD5 in front, for phones that look at nothing but the first.
    #[default]
    Md5First,
    /// Both, SHA-256 in front: a phone takes the first it knows (RFC 8760 §2.4).
    Sha256First,
}

impl Offer {
    /// In the order they are offered.
    pub fn algorithms(self) -> &'static [Algorithm] {
        match self {
            Self::Md5 => &[Algorithm::Md5],
            Self::Sha256 => &[Algorithm::Sha256],
            Self::Md5First => &[Algorithm::Md5, Algorithm::Sha256],
            Self::Sha256First => &[Algorithm::Sha256, Algorithm::Md5],
        }
    }

    /// Whether more than one is offered.
    pub fn is_choice(self) -> bool {
        self.algorithms().len() > 1
    }

    fn takes(self, algorithm: Algorithm) -> bool {
        self.algorithms().contains(&algorithm.without_session())
    }
}

/// Bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// A user's name and secret. Neither is shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user name of the account.
    pub user: String,
    /// The secret in clear text: both algorithms must be answerable.
    pub secret: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// The parts of one digest computation (RFC 7616 §3.4.1).
struct Computation<'a> {
    algorithm: Algorithm,
    realm: &'a str,
    nonce: &'a str,
    method: &'a str,
    uri: &'a str,
    /// nc, cnonce and qop as they stand in the header; `None` is the way of RFC 2069.
    counted: Option<(&'a str, &'a str, &'a str)>,
    /// cnonce of a session algorithm.
    cnonce: &'a str,
}

impl Computation<'_> {
    fn response(&self, user: &str, secret: &str) -> String {
        let hash = |parts: &[&str]| self.algorithm.hash(parts);
        let mut a1 = hash(&[user, self.realm, secret]);
        if self.algorithm.is_session() {
            a1 = hash(&[&a1, self.nonce, self.cnonce]);
        }
        let a2 = hash(&[self.method, self.uri]);
        match self.counted {
            Some((nc, cnonce, qop)) => hash(&[&a1, self.nonce, nc, cnonce, qop, &a2]),
            None => hash(&[&a1, self.nonce, &a2]),
        }
    }
}

/// A challenge as a client reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Whose users are asked for.
    pub realm: String,
    /// To be hashed with the secret.
    pub nonce: String,
    /// To be sent back as it is.
    pub opaque: Option<String>,
    /// How to hash.
    pub algorithm: Algorithm,
    /// Whether qop=auth is offered; a challenge with only auth-int is not read.
    pub qop: bool,
    /// The secret was right, only the nonce is old: answer again without asking anybody.
    pub stale: bool,
}

impl Challenge {
    /// Reads a WWW-Authenticate or Proxy-Authenticate value; `None` when it is no digest we can answer.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let fields = Fields::parse(value)?;
        let qop = fields.get("qop");
        if qop.is_some_and(|q| !q.split(',').any(|one| one.trim().eq_ignore_ascii_case("auth"))) {
            return None;
        }
        Some(Self {
            realm: fields.get("realm")?.to_owned(),
            nonce: fields.get("nonce")?.to_owned(),
            opaque: fields.get("opaque").map(str::to_owned),
            algorithm: fields.get("algorithm").map_or(Some(Algorithm::Md5), Algorithm::parse)?,
            qop: qop.is_some(),
            stale: fields.get("stale").is_some_and(|s| s.eq_ignore_ascii_case("true")),
        })
    }

    /// The challenges of a 401 or 407 that we can answer, the server's favourite first (RFC 8760 §2.4).
    pub fn all(headers: &Headers, proxy: bool) -> Vec<Self> {
        let name = if proxy { "Proxy-Authenticate" } else { "WWW-Authenticate" };
        headers.all(name).filter_map(Self::parse).collect()
    }
}

/// The Authorization (or Proxy-Authorization) value that answers a challenge. `nc` counts the requests sent with this
/// nonce from 1; `cnonce` is ours and hard to guess.
pub fn authorization(
    challenge: &Challenge,
    credentials: &Credentials,
    method: &Method,
    uri: &Uri,
    nc: u32,
    cnonce: &str,
) -> String {
    let Challenge { realm, nonce, algorithm, .. } = challenge;
    let nc = format!("{nc:08x}");
    let counted = challenge.qop.then_some((nc.as_str(), cnonce, "auth"));
    let (method, uri) = (method.as_str(), uri.as_str());
    let computation = Computation { algorithm: *algorithm, realm, nonce, method, uri, counted, cnonce };
    let response = computation.response(&credentials.user, &credentials.secret);
    let mut out = format!(
        "Digest username={}, realm={}, nonce={}, uri={}, response=\"{response}\", algorithm={}",
        quoted(&credentials.user),
        quoted(realm),
        quoted(nonce),
        quoted(uri),
        algorithm.name()
    );
    if challenge.qop {
        out.push_str(&format!(", cnonce={}, nc={nc}, qop=auth", quoted(cnonce)));
    } else if algorithm.is_session() {
        out.push_str(&format!(", cnonce={}", quoted(cnonce)));
    }
    if let Some(opaque) = &challenge.opaque {
        out.push_str(&format!(", opaque={}", quoted(opaque)));
    }
    out
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::{Algorithm, Computation};

    #[test]
    fn the_example_of_rfc_7616_gives_its_results() {
        let response = |algorithm| {
            let counted = Some(("00000001", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "auth"));
            let nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
            let realm = "http-auth@example.org";
            let uri = "/dir/index.html";
            let computation = Computation { algorithm, realm, nonce, method: "GET", uri, counted, cnonce: "" };
            computation.response("Mufasa", "Circle of Life")
        };
        assert_eq!(response(Algorithm::Md5), "8ca523f5e9506fed4657c9700eebdbec");
        assert_eq!(response(Algorithm::Sha256), "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
    }
}
