//! A dialog: what two sides remember of each other between requests, RFC 3261 §12.

pub(crate) mod offer;
mod reach;
pub(crate) mod reliable;
pub(crate) mod session;
pub(crate) mod unacknowledged;

use std::net::SocketAddr;

use bytes::Bytes;

use crate::header::HeaderError;
use crate::user_agent::{Destination, Source, Transport};
use crate::{Address, Method, Request, Response, Uri};

/// The port of SIP where none is written (RFC 3261 §19.1.2).
pub(crate) const DEFAULT_PORT: u16 = 5060;

/// The state of §12.1, seen from our side.
#[derive(Debug, Clone)]
pub(crate) struct Dialog {
    /// Names the call on both sides.
    pub(crate) call_id: Bytes,
    /// We made the Call-ID (decides who waits longer after a collision, §14.1).
    pub(crate) we_chose_call_id: bool,
    /// Our From value, tag included.
    pub(crate) local: Bytes,
    /// Our tag.
    pub(crate) local_tag: String,
    /// Our To value: the far end's, as it wrote it.
    pub(crate) remote: Bytes,
    /// The far end's tag, once it has said one.
    pub(crate) remote_tag: Option<String>,
    /// CSeq number of our newest request.
    pub(crate) local_cseq: u32,
    /// CSeq number of the far end's newest request.
    remote_cseq: Option<u32>,
    /// Where requests are aimed: the far end's Contact.
    target: Uri,
    /// Proxies on the way, nearest first.
    route: Vec<Address>,
    /// Where the far end's newest request was seen to come from, or where our first one went.
    seen: Destination,
    /// The far end does not know its own address as we see it, so what it writes about itself cannot be sent to.
    behind_nat: bool,
}

impl Dialog {
    /// The answering side, from the INVITE (§12.1.1).
    pub(crate) fn incoming(request: &Request, source: &Source, local_tag: &str) -> Result<Self, HeaderError> {
        let headers = &request.headers;
        // An INVITE by the rules of RFC 2543 may have no Contact; its From is the next best target.
        let from = headers.from()?;
        let contact = headers.contacts()?.into_iter().next().map_or_else(|| from.uri.clone(), |contact| contact.uri);
        let via = headers.via()?;
        let to = headers.shared("To").cloned().unwrap_or_default();
        Ok(Self {
            call_id: headers.call_id()?.clone(),
            we_chose_call_id: false,
            local: with_tag(&to, local_tag),
            local_tag: local_tag.to_owned(),
            remote: headers.shared("From").cloned().unwrap_or_default(),
            remote_tag: from.tag().map(str::to_owned),
            local_cseq: 0,
            remote_cseq: Some(headers.cseq()?.number),
            target: contact,
            route: headers.record_routes()?,
            seen: source.origin(),
            behind_nat: !is_seen_where_it_says(&via, source),
        })
    }

    /// The calling side, before anything was answered. `route` are the proxies the INVITE is led over.
    pub(crate) fn outgoing(
        call_id: String,
        (from, to): (&Address, &Address),
        uri: Uri,
        route: Vec<Address>,
        destination: Destination,
    ) -> Self {
        // A Request-URI with another address than the one we send to is the private address of a phone behind a NAT
        // (or of whatever stands behind an outbound proxy): its Contact will be just as unreachable.
        let aimed_at = uri.host().and_then(|host| host.ip());
        Self {
            call_id: call_id.into(),
            we_chose_call_id: true,
            local: from.to_bytes(),
            local_tag: from.tag().unwrap_or_default().to_owned(),
            remote: to.to_bytes(),
            remote_tag: None,
            local_cseq: 0,
            remote_cseq: None,
            behind_nat: aimed_at.is_some_and(|ip| ip != destination.remote.ip()),
            target: uri,
            route,
            seen: destination,
        }
    }

    /// The calling side once a response has come that makes the dialog (§12.1.2).
    pub(crate) fn establish(&mut self, response: &Response) {
        let headers = &response.headers;
        if let Some(to) = headers.shared("To") {
            self.remote = to.clone();
        }
        self.remote_tag = remote_tag(response);
        if let Ok(mut route) = headers.record_routes() {
            route.reverse();
            self.route = route;
        }
        self.refresh_from(&headers.contacts().unwrap_or_default());
    }

    /// The dialog another branch of a forked INVITE has made, or the late one of a call already given up.
    pub(crate) fn of_branch(request: &Request, response: &Response, destination: Destination) -> Option<Self> {
        let headers = &request.headers;
        let from = headers.from().ok()?;
        let call_id = String::from_utf8_lossy(headers.call_id().ok()?).into_owned();
        let to = headers.to().ok()?;
        let within = to.tag().is_some();
        let mut dialog = Self::outgoing(call_id, (&from, &to), request.uri.clone(), Vec::new(), destination);
        dialog.call_id = headers.call_id().ok()?.clone();
        dialog.local = headers.shared("From").cloned()?;
        dialog.local_cseq = headers.cseq().ok()?.number;
        dialog.establish(response);
        if within {
            // The route set of a dialog is made once; a re-INVITE repeats it in its Route (§12.2.1.1).
            dialog.route = headers.routes().ok()?;
        }
        Some(dialog)
    }

    /// Whether a request or response with these belongs to this dialog.
    pub(crate) fn is(&self, call_id: &[u8], remote_tag: Option<&str>) -> bool {
        self.call_id == call_id && self.remote_tag.as_deref() == remote_tag
    }

    /// Takes the CSeq number of a request of the far end; false when it is not above the one before (§12.2.2).
    pub(crate) fn takes(&mut self, cseq: u32) -> bool {
        let newer = self.remote_cseq.is_none_or(|last| cseq > last);
        if newer {
            self.remote_cseq = Some(cseq);
        }
        newer
    }

    /// Where a request of the far end came from. A phone that changed its connection or its place behind a NAT is reached
    /// there from now on.
    pub(crate) fn see(&mut self, request: &Request, source: &Source) {
        if let Ok(via) = request.headers.via() {
            self.behind_nat = !is_seen_where_it_says(&via, source);
            self.seen = source.origin();
        }
    }

    /// A target refresh (§12.2.2): the far end's Contact replaces the target.
    pub(crate) fn refresh_from(&mut self, contacts: &[Address]) {
        if let Some(contact) = contacts.first().filter(|contact| contact.uri.is_sip()) {
            self.target = contact.uri.clone();
        }
    }

    /// The next request of ours: Request-URI, Route, From, To, Call-ID, CSeq and Max-Forwards (§12.2.1.1). Via and
    /// whatever else belongs to the method is the sender's.
    pub(crate) fn next_request(&mut self, method: Method) -> Request {
        self.local_cseq += 1;
        self.request(method, self.local_cseq)
    }

    /// A request with this CSeq number: an ACK repeats the one of its INVITE.
    pub(crate) fn request(&self, method: Method, cseq: u32) -> Request {
        let (uri, routes) = self.path();
        let mut request = Request::new(method, uri);
        let headers = &mut request.headers;
        for route in routes {
            headers.push("Route", route.to_bytes());
        }
        headers.push("Max-Forwards", "70");
        headers.push("From", self.local.clone());
        headers.push("To", self.remote.clone());
        headers.push("Call-ID", self.call_id.clone());
        headers.push("CSeq", format!("{cseq} {}", request.method));
        request
    }

    /// Request-URI and Route: the target behind loose routers; a strict router stands in the Request-URI itself and the
    /// target at the end (§12.2.1.1).
    fn path(&self) -> (Uri, Vec<Address>) {
        let target = self.target.without_headers();
        match self.route.split_first() {
            Some((first, rest)) if !first.uri.is_loose_router() => {
                let routes = rest.iter().cloned().chain([Address::new(target)]).collect();
                (first.uri.without_headers(), routes)
            }
            _ => (target, self.route.clone()),
        }
    }

    /// Where the next request is sent: the first proxy, or the target where there is none, if that is an address which can
    /// be reached from where the far end is seen ([`reach::is_reachable`]); else where it was seen. Names are not looked up
    /// within a call: who was reachable stays reachable.
    pub(crate) fn next_hop(&self) -> Destination {
        let first = self.route.first().map_or(&self.target, |route| &route.uri);
        let written = first.host().and_then(|host| host.ip());
        let Some(ip) = written.filter(|ip| !self.behind_nat && reach::is_reachable(*ip, self.seen.remote.ip())) else {
            return self.seen;
        };
        let transport = match first.transport() {
            Some(t) if t.eq_ignore_ascii_case("tcp") => Transport::Tcp,
            Some(t) if t.eq_ignore_ascii_case("udp") => Transport::Udp,
            _ => self.seen.transport,
        };
        let same_peer = transport == self.seen.transport && ip == self.seen.remote.ip();
        let remote = SocketAddr::new(ip, first.port().unwrap_or(DEFAULT_PORT));
        Destination { transport, remote, stream: self.seen.stream.filter(|_| same_peer) }
    }
}

impl Source {
    /// The way back to where this came from.
    pub fn origin(&self) -> Destination {
        Destination { transport: self.transport, remote: self.remote, stream: self.stream }
    }
}

/// The far end's tag in a response.
pub(crate) fn remote_tag(response: &Response) -> Option<String> {
    response.headers.to().ok()?.tag().map(str::to_owned)
}

/// A From or To value with a tag behind it.
pub(crate) fn with_tag(value: &Bytes, tag: &str) -> Bytes {
    [value.as_ref(), b";tag=", tag.as_bytes()].concat().into()
}

/// Whether the sender's Via names the address its message was seen to come from. The port counts only where the sender asks
/// about it (`rport`, RFC 3581): on TCP the port of a connection says nothing, and a phone without rport may send from any
/// port and listens at the one it writes.
fn is_seen_where_it_says(via: &crate::Via, source: &Source) -> bool {
    let same_port = || via.rport().is_none() || via.port.unwrap_or(DEFAULT_PORT) == source.remote.port();
    via.sent_host().ip() == Some(source.remote.ip()) && (source.transport == Transport::Tcp || same_port())
}
