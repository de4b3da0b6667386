//! What one REGISTER says, read before anything is changed.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{Binding, BindingError, Instance, Lifetimes, MOST_CONTACTS};
use crate::dialog::DEFAULT_PORT;
use crate::user_agent::{Destination, Source, Transport};
use crate::{Address, Request, Uri};

/// More proxies than this between a phone and us are not believed in.
const MOST_HOPS: usize = 8;
/// More event packages than this are not remembered.
const MOST_EVENTS: usize = 16;
/// Of names that phones give themselves so many bytes are kept.
const LONGEST_NAME: usize = 255;

/// One REGISTER. What is kept of it is copied: a slice would hold the whole message.
pub(super) struct Said<'a> {
    request: &'a Request,
    source: &'a Source,
    call_id: Bytes,
    cseq: u32,
    path: Vec<Address>,
    user_agent: Option<String>,
    events: Vec<String>,
}

impl<'a> Said<'a> {
    pub(super) fn of(request: &'a Request, source: &'a Source) -> Result<Self, BindingError> {
        let headers = &request.headers;
        let path = headers.paths()?.iter().filter_map(|hop| Address::parse(&hop.to_bytes())).collect::<Vec<_>>();
        if path.len() > MOST_HOPS {
            return Err(BindingError::new(403, "Too Many Hops"));
        }
        let name = |text: &str| text.chars().take(LONGEST_NAME).collect::<String>();
        Ok(Self {
            request,
            source,
            call_id: Bytes::copy_from_slice(headers.call_id()?),
            cseq: headers.cseq()?.number,
            path,
            user_agent: headers.text("User-Agent").map(|text| name(&text)),
            events: headers.allow_events().iter().take(MOST_EVENTS).map(|event| name(event)).collect(),
        })
    }

    /// `Contact: *` with Expires 0: all bindings go (§10.3 item 6).
    pub(super) fn clear(&self, before: &[Binding]) -> Result<Vec<Binding>, BindingError> {
        if self.request.headers.expires() != Some(0) {
            return Err(BindingError::new(400, "Contact * Without Expires 0"));
        }
        before.iter().try_for_each(|binding| self.in_order(binding))?;
        Ok(Vec::new())
    }

    /// Adds, refreshes and removes (§10.3 item 7). No Contact changes nothing: a question what there is. A Contact said
    /// twice is one; the last word counts.
    pub(super) fn change(
        &self,
        now: Instant,
        mut before: Vec<Binding>,
        lifetimes: &Lifetimes,
    ) -> Result<Vec<Binding>, BindingError> {
        let contacts = self.request.headers.contacts()?;
        if contacts.len() > MOST_CONTACTS {
            return Err(BindingError::new(403, "Too Many Contacts"));
        }
        let common = self.request.headers.expires();
        let mut fresh: Vec<Binding> = Vec::new();
        for contact in &contacts {
            let seconds = lifetime(contact, common, lifetimes)?;
            let binding = self.binding(now, contact, seconds)?;
            let concerns = if seconds > 0 { takes_place } else { is_left };
            before.iter().filter(|known| concerns(&binding, known)).try_for_each(|known| self.in_order(known))?;
            before.retain(|known| !concerns(&binding, known));
            fresh.retain(|known| !known.uri.equivalent(&binding.uri));
            if seconds > 0 {
                fresh.push(binding);
            }
        }
        let mut after = [before, fresh].concat();
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
        let uri = Uri::parse(contact.uri.as_str()).filter(Uri::is_sip);
        let Some(uri) = uri else { return Err(BindingError::new(400, "Contact Is No SIP URI")) };
        let (destination, reconnects) = self.way(&uri);
        Ok(Binding {
            uri,
            path: self.path.clone(),
            destination,
            reconnects,
            expires_at: now + Duration::from_secs(u64::from(seconds)),
            call_id: self.call_id.clone(),
            cseq: self.cseq,
            q: preference(contact),
            instance: instance(contact),
            user_agent: self.user_agent.clone(),
            events: self.events.clone(),
        })
    }

    /// Where requests to a Contact are sent, and whether a connection there can be made anew. Who is written to stand at
    /// the very address the REGISTER came from is found at the port that is written with it: the nearest hop of the Path,
    /// else the Contact. Any other address is private to somebody's network, and the way back is the way it came; a proxy
    /// that came over a stream listens at the port of its Via.
    fn way(&self, contact: &Uri) -> (Destination, bool) {
        let origin = self.source.origin();
        let nearest = self.path.first().map_or(contact, |hop| &hop.uri);
        if nearest.host().and_then(|host| host.ip()) == Some(origin.remote.ip()) {
            return (written(nearest, origin), true);
        }
        let via = self.request.headers.vias().ok().filter(|vias| vias.len() > 1 || !self.path.is_empty());
        match via.as_ref().and_then(|vias| vias.first()) {
            Some(proxy) if origin.transport == Transport::Tcp => {
                let port = self.path.first().map_or(proxy.port, |hop| hop.uri.port()).unwrap_or(DEFAULT_PORT);
                (Destination { remote: SocketAddr::new(origin.remote.ip(), port), ..origin }, true)
            }
            _ => (origin, false),
        }
    }
}

/// A place at the address of `origin`, with the port and the transport that are written.
fn written(uri: &Uri, origin: Destination) -> Destination {
    let transport = match uri.transport() {
        Some(text) if text.eq_ignore_ascii_case("tcp") => Transport::Tcp,
        Some(text) if text.eq_ignore_ascii_case("udp") => Transport::Udp,
        _ => origin.transport,
    };
    let remote = SocketAddr::new(origin.remote.ip(), uri.port().unwrap_or(DEFAULT_PORT));
    Destination { transport, remote, stream: origin.stream.filter(|_| transport == Transport::Tcp) }
}

/// The same Contact, or the same device from another address (RFC 5626 §6).
fn takes_place(new: &Binding, known: &Binding) -> bool {
    let same_device = matches!((&new.instance, &known.instance), (Some(new), Some(known)) if new.replaces(known));
    same_device || known.uri.equivalent(&new.uri)
}

/// The same Contact, or the same way of the same device (RFC 5626 §6). A device that moved and now takes leave of its old
/// address means that one, not the one it has since.
fn is_left(leaving: &Binding, known: &Binding) -> bool {
    let names_its_way = leaving.instance.as_ref().is_some_and(|instance| instance.flow.is_some());
    known.uri.equivalent(&leaving.uri) || names_its_way && takes_place(leaving, known)
}

/// The device a Contact names: `+sip.instance="<urn:uuid:…>";reg-id=1`.
fn instance(contact: &Address) -> Option<Instance> {
    let urn = contact.params.text("+sip.instance")?;
    let urn = urn.trim().trim_start_matches('<').trim_end_matches('>').to_ascii_lowercase();
    let flow = contact.params.text("reg-id").and_then(|text| text.parse().ok());
    (1..=LONGEST_NAME).contains(&urn.len()).then_some(Instance { urn, flow })
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
