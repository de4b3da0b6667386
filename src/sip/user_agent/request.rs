//! Requests that make no call: those of the owner, and the owner's answers to those of the peers.

use std::time::Instant;

use bytes::Bytes;

use super::challenge::Account;
use super::client_side::{Departure, Purpose};
use super::respond::{lent, put_all};
use super::{Event, OutgoingRequest, RequestId, Timeout, UserAgent};
use crate::{Method, Request};

impl UserAgent {
    /// Sends a request outside any dialog; `Response` follows, with the final response or its absence. A challenge is
    /// answered before that, at most twice.
    pub fn request(&mut self, now: Instant, out: OutgoingRequest) -> RequestId {
        let id = RequestId(self.next_serial());
        let OutgoingRequest { destination, method, uri, from, to, identity, extra, body, credentials } = out;
        if matches!(method, Method::Invite | Method::Ack | Method::Cancel) {
            self.tell(Event::Response { id, dialog: None, response: Err(Timeout::Unreachable) });
            return id;
        }
        let (call_id, cseq) = identity.unwrap_or_else(|| (self.rng.token(), 1 + self.rng.below(1 << 16) as u32));
        let from = from.with_tag(&self.rng.tag());
        let mut request = Request::new(method, uri);
        let contact = self.contact(destination.transport);
        let headers = &mut request.headers;
        headers.push("Max-Forwards", "70");
        headers.push("From", from.to_bytes());
        headers.push("To", to.to_bytes());
        headers.push("Call-ID", call_id);
        headers.push("CSeq", format!("{cseq} {}", request.method));
        if matches!(request.method, Method::Register | Method::Subscribe | Method::Refer | Method::Options) {
            headers.push("Contact", contact);
        }
        put_all(headers, extra.iter().map(|(name, value)| (name.as_str(), value.clone())));
        request.body = body;
        let account = credentials.map(|credentials| Account::new(credentials, destination));
        self.depart(now, Departure { request, destination, purpose: Purpose::Alone(id), account });
        id
    }

    /// The answer to `Request`, 200–699 (or a 1xx before it). Content-Type is in `extra`.
    pub fn reply(&mut self, now: Instant, request: RequestId, status: u16, extra: &[(&str, String)], body: Bytes) {
        let Some(&key) = self.owed.get(&request) else { return };
        let Some(mut response) = self.response_to(key, status) else { return };
        put_all(&mut response.headers, lent(extra));
        response.body = body;
        if status >= 200 {
            self.owed.remove(&request);
        }
        self.respond(now, key, response);
    }
}
