//! The registrar's memory: which addresses of record are reachable where, RFC 3261 §10.3.

mod said;

use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

use bytes::Bytes;

use crate::user_agent::{Destination, Source, StreamId, Transport};
use crate::{Address, HeaderError, Request, Uri};
use said::Said;

/// Seconds a binding may live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// Less is answered 423 with Min-Expires (RFC 3261 §10.3 item 7).
    pub shortest: u32,
    /// More is cut to this.
    pub longest: u32,
    /// When the request names none.
    pub usual: u32,
}

impl Default for Lifetimes {
    /// A minute at least, an hour at most and otherwise.
    fn default() -> Self {
        Self { shortest: 60, longest: 3600, usual: 3600 }
    }
}

/// Contacts of one address of record; when there would be more, the one that expires first makes room.
const MOST_CONTACTS: usize = 10;

/// One place an address of record is reachable at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The Contact URI: the Request-URI of requests to this place.
    pub uri: Uri,
    /// The proxies to lead requests over, nearest first (RFC 3327).
    pub path: Vec<Address>,
    /// Where requests are sent: the nearest proxy; without one the Contact's own address if it was seen to be true, else
    /// where the REGISTER came from (a NAT stands between). On TCP with its connection while that is open.
    pub destination: Destination,
    /// A connection to there can be made anew when the present one is gone.
    pub reconnects: bool,
    /// When it ends.
    pub expires_at: Instant,
    /// Call-ID of the REGISTER.
    pub call_id: Bytes,
    /// CSeq number of the REGISTER.
    pub cseq: u32,
    /// Preference in thousandths, 1000 the highest (§20.10).
    pub q: u16,
    /// Which device it is, by its own word.
    pub instance: Option<Instance>,
    /// User-Agent of the phone, as it says.
    pub user_agent: Option<String>,
    /// Event packages it takes (Allow-Events).
    pub events: Vec<String>,
}

/// The device behind a Contact (RFC 5626 §4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// `+sip.instance` without its quotes and brackets, in lower case.
    pub urn: String,
    /// `reg-id`: which of the device's ways to us.
    pub flow: Option<u32>,
}

impl Instance {
    /// Whether a binding of the one takes the place of a binding of the other: the same device and not another of its ways
    /// (RFC 5626 §6).
    fn replaces(&self, other: &Self) -> bool {
        let another_way = matches!((self.flow, other.flow), (Some(a), Some(b)) if a != b);
        self.urn == other.urn && !another_way
    }
}

impl Binding {
    /// Whole seconds left at `now`.
    pub fn seconds_left(&self, now: Instant) -> u64 {
        self.expires_at.saturating_duration_since(now).as_secs()
    }

    /// The Contact value of the 200 to the REGISTER.
    pub fn contact(&self, now: Instant) -> String {
        format!("<{}>;expires={}", self.uri, self.seconds_left(now))
    }

    /// Whether the phone said that it takes this event package.
    pub fn allows_event(&self, package: &str) -> bool {
        self.events.iter().any(|known| known.eq_ignore_ascii_case(package))
    }

    /// Nothing sent there can arrive: its connection is gone, and no other can be made.
    fn is_cut_off(&self) -> bool {
        self.destination.transport == Transport::Tcp && self.destination.stream.is_none() && !self.reconnects
    }
}

/// Why a REGISTER is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BindingError {
    /// The status to answer with.
    pub status: u16,
    /// The reason phrase.
    pub reason: &'static str,
    /// For Min-Expires of a 423.
    pub min_expires: Option<u32>,
}

impl BindingError {
    fn new(status: u16, reason: &'static str) -> Self {
        Self { status, reason, min_expires: None }
    }
}

impl From<HeaderError> for BindingError {
    fn from(_: HeaderError) -> Self {
        Self::new(400, "Bad Header")
    }
}

/// All bindings.
#[derive(Debug, Default)]
pub struct Bindings {
    lifetimes: Lifetimes,
    places: HashMap<String, Vec<Binding>>,
    /// The first end of each address of record, earliest first.
    ends: BTreeSet<(Instant, String)>,
}

impl Bindings {
    /// None yet.
    pub fn new(lifetimes: Lifetimes) -> Self {
        Self { lifetimes, ..Self::default() }
    }

    /// Takes a REGISTER, already authenticated, for `aor`; all of it or nothing. Gives the bindings there are now.
    pub fn register(
        &mut self,
        now: Instant,
        aor: &str,
        request: &Request,
        source: &Source,
    ) -> Result<Vec<Binding>, BindingError> {
        let said = Said::of(request, source)?;
        let before = self.contacts(now, aor);
        let after = if request.headers.contact_is_star() {
            said.clear(&before)?
        } else {
            said.change(now, before, &self.lifetimes)?
        };
        self.replace(aor, after);
        Ok(self.contacts(now, aor))
    }

    /// The places an address of record is reachable at, the preferred and then the newest first.
    pub fn contacts(&self, now: Instant, aor: &str) -> Vec<Binding> {
        let all = self.places.get(aor).map(Vec::as_slice).unwrap_or_default();
        let mut alive: Vec<Binding> = all.iter().filter(|binding| binding.expires_at > now).cloned().collect();
        alive.sort_by(|a, b| b.q.cmp(&a.q).then(b.expires_at.cmp(&a.expires_at)));
        alive
    }

    /// The devices to ring, each with the ways to it, the preferred first: the next is for when that one is gone
    /// (RFC 5626 §6).
    pub fn targets(&self, now: Instant, aor: &str) -> Vec<Vec<Binding>> {
        let mut targets: Vec<Vec<Binding>> = Vec::new();
        for binding in self.contacts(now, aor) {
            let urn = |binding: &Binding| binding.instance.as_ref().map(|instance| instance.urn.clone());
            let device = urn(&binding).and_then(|own| {
                targets.iter_mut().find(|ways| ways.first().and_then(urn).is_some_and(|known| known == own))
            });
            match device {
                Some(ways) => ways.push(binding),
                None => targets.push(vec![binding]),
            }
        }
        targets
    }

    /// Puts back what was known before a restart. A connection of that time is gone, and with it whoever is reached by
    /// nothing else.
    pub fn restore(&mut self, now: Instant, aor: &str, mut binding: Binding) {
        binding.destination.stream = None;
        if binding.expires_at > now && !binding.is_cut_off() {
            let mut all = self.contacts(now, aor);
            all.retain(|known| !known.uri.equivalent(&binding.uri));
            all.push(binding);
            self.replace(aor, all);
        }
    }

    /// Takes out what has ended; gives the addresses of record that lost a place.
    pub fn expire(&mut self, now: Instant) -> Vec<String> {
        let mut lost = Vec::new();
        while let Some((at, aor)) = self.ends.first().cloned().filter(|(at, _)| *at <= now) {
            self.ends.remove(&(at, aor.clone()));
            let left = self.contacts(now, &aor);
            self.replace(&aor, left);
            lost.push(aor);
        }
        lost
    }

    /// When to call `expire`.
    pub fn deadline(&self) -> Option<Instant> {
        self.ends.first().map(|(at, _)| *at)
    }

    /// A connection is gone. A phone whose Contact is true, and one behind a proxy, is reached by a new one; one behind a NAT
    /// is not reachable any more. Gives the addresses of record that lost a place.
    pub fn stream_closed(&mut self, stream: StreamId) -> Vec<String> {
        let over = |binding: &Binding| binding.destination.stream == Some(stream);
        let hit: Vec<String> =
            self.places.iter().filter(|(_, all)| all.iter().any(over)).map(|(aor, _)| aor.clone()).collect();
        let mut lost = Vec::new();
        for aor in hit {
            let mut left = self.places.get(&aor).cloned().unwrap_or_default();
            let count = left.len();
            left.iter_mut().filter(|binding| over(binding)).for_each(|binding| binding.destination.stream = None);
            left.retain(|binding| !binding.is_cut_off());
            let fewer = left.len() < count;
            self.replace(&aor, left);
            if fewer {
                lost.push(aor);
            }
        }
        lost
    }

    /// How many addresses of record are reachable (those that ended since the last `expire` counted).
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether nobody is registered.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    fn replace(&mut self, aor: &str, bindings: Vec<Binding>) {
        let end = |all: &[Binding]| all.iter().map(|binding| binding.expires_at).min();
        if let Some(at) = self.places.get(aor).and_then(|all| end(all)) {
            self.ends.remove(&(at, aor.to_owned()));
        }
        match end(&bindings) {
            Some(at) => {
                self.ends.insert((at, aor.to_owned()));
                self.places.insert(aor.to_owned(), bindings);
            }
            None => {
                self.places.remove(aor);
            }
        }
    }
}
