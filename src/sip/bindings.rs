//! The registrar's memory: which addresses of record are reachable where, RFC 3261 §10.3.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::dialog::DEFAULT_PORT;
use crate::user_agent::{Destination, Source, StreamId, Transport};
use crate::{Address, HeaderError, Request, Uri};

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
    /// Where requests are sent. The Contact's own address if it was seen to be true, else where the REGISTER came from
    /// (a NAT stands between); on TCP with its connection while that is open.
    pub destination: Destination,
    /// When it ends.
    pub expires_at: Instant,
    /// Call-ID of the REGISTER.
    pub call_id: Bytes,
    /// CSeq number of the REGISTER.
    pub cseq: u32,
    /// Preference in thousandths, 1000 the highest (§20.10).
    pub q: u16,
    /// User-Agent of the phone, as it says.
    pub user_agent: Option<String>,
    /// The Contact is true and can be connected to anew.
    direct: bool,
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

/// What one REGISTER says, read before anything is changed.
struct Said<'a> {
    call_id: Bytes,
    cseq: u32,
    user_agent: Option<String>,
    source: &'a Source,
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
        let headers = &request.headers;
        let user_agent = headers.text("User-Agent").map(|text| text.into_owned());
        let (call_id, cseq) = (headers.call_id()?.clone(), headers.cseq()?.number);
        let said = Said { call_id, cseq, user_agent, source };
        let before = self.contacts(now, aor);
        let after = if headers.contact_is_star() {
            said.clear(request, &before)?
        } else {
            said.change(now, request, before, &self.lifetimes)?
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

    /// A connection is gone. A phone whose Contact is true is reached by a new one; one behind a NAT is not reachable any
    /// more. Gives the addresses of record that lost a place.
    pub fn stream_closed(&mut self, stream: StreamId) -> Vec<String> {
        let over = |binding: &Binding| binding.destination.stream == Some(stream);
        let hit: Vec<String> =
            self.places.iter().filter(|(_, all)| all.iter().any(over)).map(|(aor, _)| aor.clone()).collect();
        let mut lost = Vec::new();
        for aor in hit {
            let mut left = self.places.get(&aor).cloned().unwrap_or_default();
            let count = left.len();
            left.retain(|binding| binding.direct || !over(binding));
            for binding in left.iter_mut().filter(|binding| over(binding)) {
                binding.destination.stream = None;
            }
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

impl Said<'_> {
    /// `Contact: *` with Expires 0: all bindings go (§10.3 item 6).
    fn clear(&self, request: &Request, before: &[Binding]) -> Result<Vec<Binding>, BindingError> {
        if request.headers.expires() != Some(0) {
            return Err(BindingError::new(400, "Contact * Without Expires 0"));
        }
        before.iter().try_for_each(|binding| self.in_order(binding))?;
        Ok(Vec::new())
    }

    /// Adds, refreshes and removes (§10.3 item 7). No Contact changes nothing: a question what there is.
    fn change(
        &self,
        now: Instant,
        request: &Request,
        before: Vec<Binding>,
        lifetimes: &Lifetimes,
    ) -> Result<Vec<Binding>, BindingError> {
        let contacts = request.headers.contacts()?;
        if contacts.len() > MOST_CONTACTS {
            return Err(BindingError::new(403, "Too Many Contacts"));
        }
        let common = request.headers.expires();
        let mut after = before;
        for contact in &contacts {
            let seconds = lifetime(contact, common, lifetimes)?;
            if let Some(known) = after.iter().find(|known| known.uri.equivalent(&contact.uri)) {
                self.in_order(known)?;
            }
            after.retain(|known| !known.uri.equivalent(&contact.uri));
            if seconds > 0 {
                after.push(self.binding(now, contact, seconds)?);
            }
        }
        after.sort_by_key(|binding| binding.expires_at);
        let surplus = after.len().saturating_sub(MOST_CONTACTS);
        Ok(after.split_off(surplus))
    }

    /// A REGISTER that was overtaken by a newer one of the same Call-ID changes nothing.
    fn in_order(&self, known: &Binding) -> Result<(), BindingError> {
        if known.call_id == self.call_id && self.cseq <= known.cseq {
            return Err(BindingError::new(500, "Out Of Order"));
        }
        Ok(())
    }

    fn binding(&self, now: Instant, contact: &Address, seconds: u32) -> Result<Binding, BindingError> {
        if !contact.uri.is_sip() {
            return Err(BindingError::new(400, "Contact Is No SIP URI"));
        }
        let (destination, direct) = self.destination(&contact.uri);
        Ok(Binding {
            uri: contact.uri.clone(),
            destination,
            expires_at: now + Duration::from_secs(u64::from(seconds)),
            call_id: self.call_id.clone(),
            cseq: self.cseq,
            q: preference(contact),
            user_agent: self.user_agent.clone(),
            direct,
        })
    }

    /// A Contact that names the very address the REGISTER came from is true, and its port is where the phone listens; any
    /// other is private to the network behind a NAT, and the way back is the way it came.
    fn destination(&self, uri: &Uri) -> (Destination, bool) {
        let origin = self.source.origin();
        let same = uri.host().and_then(|host| host.ip()) == Some(origin.remote.ip());
        if !same {
            return (origin, false);
        }
        let transport = match uri.transport() {
            Some(text) if text.eq_ignore_ascii_case("tcp") => Transport::Tcp,
            Some(text) if text.eq_ignore_ascii_case("udp") => Transport::Udp,
            _ => origin.transport,
        };
        let remote = SocketAddr::new(origin.remote.ip(), uri.port().unwrap_or(DEFAULT_PORT));
        let stream = origin.stream.filter(|_| transport == Transport::Tcp);
        (Destination { transport, remote, stream }, true)
    }
}

/// Seconds a Contact asks for: its own expires, else the request's, else the usual.
fn lifetime(contact: &Address, common: Option<u32>, lifetimes: &Lifetimes) -> Result<u32, BindingError> {
    let own = contact.params.text("expires").map(|text| text.parse().unwrap_or(lifetimes.usual));
    let asked = own.or(common).unwrap_or(lifetimes.usual);
    if asked > 0 && asked < lifetimes.shortest {
        let error = BindingError::new(423, "Interval Too Brief");
        return Err(BindingError { min_expires: Some(lifetimes.shortest), ..error });
    }
    Ok(asked.min(lifetimes.longest))
}

/// `q=0.7` in thousandths; 1000 when absent or malformed.
fn preference(contact: &Address) -> u16 {
    let q = contact.params.text("q").and_then(|text| text.parse::<f32>().ok()).filter(|q| (0.0..=1.0).contains(q));
    q.map_or(1000, |q| (q * 1000.0) as u16)
}
