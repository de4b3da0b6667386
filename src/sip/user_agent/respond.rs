//! Responses: the headers they copy, the way back (RFC 3261 §18.2, RFC 3581), and answers of which nothing is kept.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;

use super::{Action, Destination, Source, Transport, UserAgent};
use crate::dialog::{DEFAULT_PORT, with_tag};
use crate::header::Name;
use crate::validate::Refusal;
use crate::{Headers, Method, Request, Response, Via, status};

/// The way back for a response: where the request came from, with the port of its Via when it did not ask for rport
/// (RFC 3261 §18.2.2, RFC 3581 §4). A maddr is not followed: it would let anybody aim our responses at a third party.
pub(super) fn way_back(via: &Via, source: &Source) -> Destination {
    let written = || via.port.unwrap_or(DEFAULT_PORT);
    let port = match source.transport {
        Transport::Udp if via.rport().is_some() => source.remote.port(),
        Transport::Udp | Transport::Tcp => written(),
    };
    let remote = SocketAddr::new(source.remote.ip(), port);
    Destination { transport: source.transport, remote, stream: source.stream }
}

/// Writes into the topmost Via what we saw of its sender: received and rport (RFC 3261 §18.2.1, RFC 3581 §4).
pub(super) fn stamp(headers: &mut Headers, source: &Source) {
    let Ok(mut via) = headers.via() else { return };
    let asked = via.rport().is_some();
    if asked {
        via.params.set("rport", Some(&source.remote.port().to_string()));
    }
    if asked || via.sent_host().ip() != Some(source.remote.ip()) {
        via.params.set("received", Some(&source.remote.ip().to_string()));
    }
    headers.replace_first("Via", via.to_string().as_bytes());
}

/// The headers every response to a request copies, the Via stamped, the To given `tag` if it has none, and Record-Route
/// behind them for those that need it.
pub(super) fn copied(request: &Headers, source: &Source, tag: &str) -> Headers {
    let mut headers = Response::answering(request, 100).headers;
    for value in request.iter().filter(|header| header.name.is("Record-Route")) {
        headers.push("Record-Route", value.value.clone());
    }
    stamp(&mut headers, source);
    let untagged = headers.to().is_ok_and(|to| to.tag().is_none());
    if let Some(to) = headers.shared("To").filter(|_| untagged).cloned() {
        headers.set("To", with_tag(&to, tag));
    }
    headers
}

/// A response out of [`copied`] headers.
pub(super) fn response(copied: &Headers, status: u16) -> Response {
    Response::answering(copied, status)
}

/// Puts the owner's headers in place: all values it gives of one name stand instead of what we wrote of that name, in the
/// order they are given. What makes the transaction and the frame is not the owner's to write.
pub(super) fn put_all<'a, V: Into<Bytes>>(headers: &mut Headers, owners: impl IntoIterator<Item = (&'a str, V)>) {
    const OURS: [&str; 6] = ["Via", "From", "To", "Call-ID", "CSeq", "Content-Length"];
    let mut given: Vec<Name> = Vec::new();
    for (name, value) in owners {
        let key = Name::new(name);
        if OURS.iter().any(|known| key.is(known)) {
            continue;
        }
        if !given.contains(&key) {
            headers.remove(name);
            given.push(key);
        }
        headers.push(name, value);
    }
}

/// The same of a list that is only lent.
pub(super) fn lent<'a>(owners: &'a [(&'a str, String)]) -> impl Iterator<Item = (&'a str, String)> {
    owners.iter().map(|(name, value)| (*name, value.clone()))
}

impl UserAgent {
    /// Our Contact on this transport, in angle brackets.
    pub(super) fn contact(&self, transport: Transport) -> String {
        let uri = crate::Uri::at(&self.settings.contact_user, self.settings.sip);
        match transport {
            Transport::Udp => format!("<{uri}>"),
            Transport::Tcp => format!("<{uri};transport=tcp>"),
        }
    }

    /// Allow, and the event packages if there are any: what a peer in a dialog must know of us.
    pub(super) fn put_abilities(&self, headers: &mut Headers) {
        headers.set("Allow", self.allow.clone());
        if !self.settings.allow_events.is_empty() {
            headers.set("Allow-Events", self.settings.allow_events.join(", "));
        }
    }

    /// Answers a request without keeping anything of it (RFC 3261 §8.2.7): its retransmission gets the same answer.
    pub(super) fn answer_stateless(&mut self, source: &Source, request: &Headers, answer: Answer<'_>) {
        let back = request.via().map_or_else(|_| source.origin(), |via| way_back(&via, source));
        let tag = self.stateless_tag(request);
        let mut response = response(&copied(request, source, &tag), answer.status);
        if !answer.reason.is_empty() {
            response.reason = Bytes::copy_from_slice(answer.reason.as_bytes());
        }
        put_all(&mut response.headers, lent(answer.extra));
        self.put_server(&mut response.headers);
        self.actions.push_back(Action::Send(back, response.to_bytes()));
    }

    /// Refuses a request without keeping anything of it; an ACK is never answered.
    pub(super) fn refuse(&mut self, source: &Source, request: &Request, status: u16, extra: &[(&str, String)]) {
        if request.method != Method::Ack {
            self.answer_stateless(source, &request.headers, Answer { status, reason: "", extra });
        }
    }

    /// The same with a verdict of the checks.
    pub(super) fn refuse_by(&mut self, source: &Source, request: &Request, refusal: &Refusal) {
        if request.method != Method::Ack {
            let answer = Answer { status: refusal.status, reason: &refusal.reason, extra: &refusal.extra };
            self.answer_stateless(source, &request.headers, answer);
        }
    }

    /// 503 with Retry-After: too much in hand.
    pub(super) fn refuse_load(&mut self, source: &Source, request: &Request) {
        let seconds = self.settings.retry_after.to_string();
        self.refuse(source, request, 503, &[("Retry-After", seconds)]);
    }

    /// `Server`, if we tell.
    pub(super) fn put_server(&self, headers: &mut Headers) {
        if let Some(name) = self.settings.user_agent.as_ref().filter(|_| !headers.has("Server")) {
            headers.push("Server", name.clone());
        }
    }

    /// A tag that follows from the request and a secret: the same for a retransmission, and not to be guessed.
    fn stateless_tag(&self, request: &Headers) -> String {
        let mut hasher = DefaultHasher::new();
        self.secret.hash(&mut hasher);
        for name in ["Via", "Call-ID", "CSeq", "From"] {
            request.get(name).hash(&mut hasher);
        }
        format!("{:016x}", hasher.finish())
    }

    /// Sends a session description or whatever the response holds through its transaction. `None` when the transaction
    /// took no response any more.
    pub(super) fn respond(&mut self, now: Instant, key: super::Key, mut response: Response) -> Option<Bytes> {
        self.put_server(&mut response.headers);
        let bytes = response.to_bytes();
        self.respond_bytes(now, key, response.status, bytes.clone()).then_some(bytes)
    }

    /// An OK (or whatever `status` is) with nothing but the copied headers.
    pub(super) fn respond_plain(&mut self, now: Instant, key: super::Key, status: u16, extra: &[(&str, String)]) {
        let Some(mut response) = self.response_to(key, status) else { return };
        put_all(&mut response.headers, lent(extra));
        self.respond(now, key, response);
    }
}

/// An answer of which nothing is kept.
#[derive(Clone, Copy)]
pub(super) struct Answer<'a> {
    /// 200–699.
    pub(super) status: u16,
    /// The reason phrase; empty for the usual one.
    pub(super) reason: &'a str,
    /// More headers.
    pub(super) extra: &'a [(&'a str, String)],
}

/// The reason phrase of a response as text, the usual one where it is empty.
pub(super) fn reason_text(response: &Response) -> String {
    if response.reason.is_empty() {
        return status::reason(response.status).to_owned();
    }
    String::from_utf8_lossy(&response.reason).into_owned()
}
