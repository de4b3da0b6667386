//! The side that challenges: nonces that need no memory until they are used well, and a count per nonce so that nothing
//! is accepted twice.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use sha2::Digest as _;

use super::{Algorithm, Computation, Fields, Offer, hex};
use crate::message::Request;
use crate::uri::Uri;

/// How long a nonce waits for its first use.
const FRESH: Duration = Duration::from_secs(60);
/// How long a nonce lives once it is in use, counted from its making.
const LIFE: Duration = Duration::from_secs(3600);
/// Nonces in use that are remembered. When one more comes, the oldest is forgotten and is stale from then on.
const MOST_NONCES: usize = 4096;
/// Wrong answers in one name to nonces given to one network and brought by another, of which no more than so many are
/// looked at in each span.
const MOST_STRAYS: u32 = 10;
const STRAY_SPAN: Duration = Duration::from_secs(60);
/// Networks and names of which strays are counted at once; whoever forges more begins them all anew.
const MOST_STRAYERS: usize = 4096;
/// The count of a nonce that takes no other.
const USED_UP: u32 = u32::MAX;

/// What a request's credentials are worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// They are right and new.
    Accepted {
        /// The user they are of.
        user: String,
        /// How they were hashed.
        algorithm: Algorithm,
    },
    /// There are none for our realm, or their nonce cannot be used: challenge.
    Challenge {
        /// It is the nonce: too old, used so before, or not of ours. The far end tries again by itself (RFC 7616 §3.3). An
        /// old nonce says nothing of the secret, or it could be used to try secrets with.
        stale: bool,
    },
    /// They are wrong, or nobody of that name is known.
    Refused {
        /// The user they claim to be of; `None` where they cannot be read, which is no guess.
        user: Option<String>,
    },
    /// They are wrong and answer a nonce that was given to another network: nobody knows whether this one sent them.
    Stray {
        /// The user they claim to be of.
        user: String,
        /// How many such there were within a minute.
        failures: u32,
    },
}

/// What is known of a user.
#[derive(Clone, PartialEq, Eq)]
pub struct Known {
    /// The secret in clear text.
    pub secret: String,
    /// What may be answered with.
    pub offer: Offer,
}

/// Makes challenges and checks answers for one realm.
///
/// A nonce holds its own number and time, and the network it was given to, under a keyed hash, so challenging costs no
/// memory, and whoever forges an address has no nonce for it. Once used with the right secret, its highest nonce count is
/// kept; a wrong one uses it up, so that each guess costs a challenge. A house with two lines and a phone behind a pool of
/// addresses answer from another network than they asked from: the right secret is taken from there too. A wrong one says
/// nothing about that network, so it counts against the name at the network that asked, and uses up what that may try.
pub struct Challenger {
    realm: String,
    key: [u8; 32],
    epoch: Option<Instant>,
    issued: u64,
    /// Highest count seen, by nonce number.
    counts: BTreeMap<u64, u32>,
    /// Nonces up to this number are stale unless they are in `counts`.
    forgotten: u64,
    /// Wrong answers from elsewhere, by the network that had asked and the name, and since when.
    strays: HashMap<String, u32>,
    strays_since: Option<Instant>,
}

/// What a nonce says of itself.
struct Nonce {
    number: u64,
    millis: u64,
    /// Where it comes back from another network than it was given to: that one and the name, sealed.
    stray: Option<String>,
}

impl Challenger {
    /// A challenger for a realm. The seed must be unguessable and new at every start.
    pub fn new(realm: &str, seed: u64) -> Self {
        let key = sha2::Sha256::digest([b"santral digest".as_slice(), &seed.to_be_bytes()].concat()).into();
        Self {
            realm: realm.into(),
            key,
            epoch: None,
            issued: 0,
            counts: BTreeMap::new(),
            forgotten: 0,
            strays: HashMap::new(),
            strays_since: None,
        }
    }

    /// The realm.
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// How many nonces are remembered, for tests and metrics.
    pub fn remembered(&self) -> usize {
        self.counts.len()
    }

    /// The headers of a 401 (or, with `proxy`, a 407) to that address, the preferred algorithm first (RFC 8760 §2.4).
    pub fn challenge(
        &mut self,
        now: Instant,
        to: IpAddr,
        offer: Offer,
        proxy: bool,
        stale: bool,
    ) -> Vec<(&'static str, String)> {
        let nonce = self.make_nonce(now, to);
        let name = if proxy { "Proxy-Authenticate" } else { "WWW-Authenticate" };
        let realm = super::quoted(&self.realm);
        let stale = if stale { ", stale=true" } else { "" };
        let value = |algorithm: Algorithm| {
            let algorithm = algorithm.name();
            format!("Digest realm={realm}, nonce=\"{nonce}\", algorithm={algorithm}, qop=\"auth\"{stale}")
        };
        offer.algorithms().iter().map(|algorithm| (name, value(*algorithm))).collect()
    }

    /// Judges the credentials a request from that address carries for our realm. `lookup` gives what is known of a user.
    pub fn check(
        &mut self,
        now: Instant,
        from: IpAddr,
        request: &Request,
        lookup: impl FnOnce(&str) -> Option<Known>,
    ) -> Verdict {
        let headers = &request.headers;
        let values = headers.all("Authorization").chain(headers.all("Proxy-Authorization"));
        let ours = |fields: &Fields| fields.get("realm") == Some(&self.realm);
        let Some(fields) = values.filter_map(Fields::parse).find(ours) else {
            return Verdict::Challenge { stale: false };
        };
        let Some(answer) = Answer::read(&fields) else {
            return Verdict::Refused { user: None };
        };
        let Some(nonce) = self.usable(now, from, &answer) else {
            return Verdict::Challenge { stale: true };
        };
        if nonce.stray.as_ref().is_some_and(|stray| self.strays_of(now, stray) >= MOST_STRAYS) {
            // Not `stale`: a phone with a wrong secret would go on by itself without end.
            return Verdict::Challenge { stale: false };
        }
        let user = answer.right_user(request, lookup);
        self.counts.insert(nonce.number, if user.is_some() { answer.count } else { USED_UP });
        self.forget_oldest();
        match (user, nonce.stray) {
            (Some(user), _) => Verdict::Accepted { user, algorithm: answer.algorithm },
            (None, None) => Verdict::Refused { user: Some(answer.user.to_owned()) },
            (None, Some(stray)) => {
                let count = self.strays.entry(stray).or_insert(0);
                *count = count.saturating_add(1);
                Verdict::Stray { user: answer.user.to_owned(), failures: *count }
            }
        }
    }

    /// A nonce of ours that takes this count now.
    fn usable(&mut self, now: Instant, from: IpAddr, answer: &Answer<'_>) -> Option<Nonce> {
        let (nonce, count) = (self.read_nonce(answer, from)?, answer.count);
        let age = Duration::from_millis(self.millis(now).saturating_sub(nonce.millis));
        let new = match self.counts.get(&nonce.number) {
            Some(highest) => count > *highest && age <= LIFE,
            None => count > 0 && age <= FRESH && nonce.number > self.forgotten,
        };
        new.then_some(nonce)
    }

    /// How many wrong answers there were in this span.
    fn strays_of(&mut self, now: Instant, stray: &str) -> u32 {
        if self.strays.len() >= MOST_STRAYERS || self.strays_since.is_none_or(|since| now >= since + STRAY_SPAN) {
            self.strays.clear();
            self.strays_since = Some(now);
        }
        self.strays.get(stray).copied().unwrap_or(0)
    }

    fn forget_oldest(&mut self) {
        while self.counts.len() > MOST_NONCES
            && let Some((number, _)) = self.counts.pop_first()
        {
            self.forgotten = self.forgotten.max(number);
        }
    }

    fn make_nonce(&mut self, now: Instant, to: IpAddr) -> String {
        self.issued += 1;
        let millis = self.millis(now);
        let text = format!("{:012x}{millis:012x}", self.issued);
        let text = text + &self.place(to);
        let seal = self.seal(&["nonce", &text]);
        text + &seal
    }

    /// The nonce that is answered, when it is of our own making, every letter of it.
    fn read_nonce(&self, answer: &Answer<'_>, from: IpAddr) -> Option<Nonce> {
        let (text, seal) = answer.nonce.split_at_checked(40)?;
        if !same(seal, &self.seal(&["nonce", text])) {
            return None;
        }
        let (said, place) = text.split_at_checked(24)?;
        let stray = (place != self.place(from)).then(|| self.seal(&["stray", place, answer.user]));
        let (number, millis) = said.split_at_checked(12)?;
        let read = |part| u64::from_str_radix(part, 16).ok();
        Some(Nonce { number: read(number)?, millis: read(millis)?, stray })
    }

    /// A network, so that nobody else can read which.
    fn place(&self, address: IpAddr) -> String {
        self.seal(&["network", &network(address).to_string()])
    }

    /// HMAC-SHA-256 (RFC 2104) of the realm and the parts, its first eight bytes.
    fn seal(&self, parts: &[&str]) -> String {
        let text = parts.join(":");
        let pad = |byte: u8| -> Vec<u8> { (0..64).map(|i| self.key.get(i).copied().unwrap_or(0) ^ byte).collect() };
        let inner = sha2::Sha256::digest([&pad(0x36), self.realm.as_bytes(), b":", text.as_bytes()].concat());
        let outer = sha2::Sha256::digest([pad(0x5c).as_slice(), inner.as_slice()].concat());
        hex(outer.get(..8).unwrap_or_default())
    }

    fn millis(&mut self, now: Instant) -> u64 {
        let epoch = *self.epoch.get_or_insert(now);
        u64::try_from(now.saturating_duration_since(epoch).as_millis()).unwrap_or(u64::MAX)
    }
}

/// The credentials of one header.
struct Answer<'a> {
    fields: &'a Fields,
    algorithm: Algorithm,
    user: &'a str,
    nonce: &'a str,
    uri: &'a str,
    /// nc as a number; 1 when the far end does not count, so that its nonce is good once.
    count: u32,
    counted: Option<(&'a str, &'a str, &'a str)>,
}

impl<'a> Answer<'a> {
    fn read(fields: &'a Fields) -> Option<Self> {
        let algorithm = fields.get("algorithm").map_or(Some(Algorithm::Md5), Algorithm::parse)?;
        let (user, nonce, uri) = (fields.get("username")?, fields.get("nonce")?, fields.get("uri")?);
        let Some(qop) = fields.get("qop") else {
            return Some(Self { fields, algorithm, user, nonce, uri, count: 1, counted: None });
        };
        let (nc, cnonce) = (fields.get("nc")?, fields.get("cnonce")?);
        let hexadecimal = (1..=8).contains(&nc.len()) && nc.bytes().all(|b| b.is_ascii_hexdigit());
        let count = u32::from_str_radix(nc, 16).ok().filter(|_| hexadecimal)?;
        let auth = qop.eq_ignore_ascii_case("auth");
        auth.then_some(Self { fields, algorithm, user, nonce, uri, count, counted: Some((nc, cnonce, qop)) })
    }

    /// The user, when the response is right for this request.
    fn right_user(&self, request: &Request, lookup: impl FnOnce(&str) -> Option<Known>) -> Option<String> {
        if !means(self.uri, request) {
            return None;
        }
        let Known { secret, .. } = lookup(self.user).filter(|known| known.offer.takes(self.algorithm))?;
        let computation = Computation {
            algorithm: self.algorithm,
            realm: self.fields.get("realm")?,
            nonce: self.nonce,
            method: request.method.as_str(),
            uri: self.uri,
            counted: self.counted,
            cnonce: self.fields.get("cnonce").unwrap_or_default(),
        };
        let expected = computation.response(self.user, &secret);
        let said = self.fields.get("response")?.to_ascii_lowercase();
        same(&said, &expected).then(|| self.user.to_owned())
    }
}

/// Whether the URI that was hashed is the Request-URI. Parameters and port may have been changed on the way or left out by
/// the phone; who is asked and where may not, unless a proxy that stands between may have written the Request-URI anew
/// (RFC 3261 §22.4 item 6): the phone has hashed what it asked the proxy.
fn means(said: &str, request: &Request) -> bool {
    let asked = &request.uri;
    if said == asked.as_str() {
        return true;
    }
    let Some(said) = Uri::parse(said) else { return false };
    let forwarded = request.headers.vias().is_ok_and(|vias| vias.len() > 1);
    forwarded
        || said.equivalent(asked)
        || asked.host().is_some()
            && said.user_decoded() == asked.user_decoded()
            && said.host_text().eq_ignore_ascii_case(asked.host_text())
}

/// The network of an address, in which it may change without news: whoever holds one IPv6 address holds its /64.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

/// Comparison in a time that does not depend on where the texts differ.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}
