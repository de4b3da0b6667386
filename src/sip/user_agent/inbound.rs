//! The way in: bytes to messages, and each message to whom it concerns. RFC 3261 §8.2, §17.2.3 and §18.2.1.

use std::time::Instant;

use super::respond::Answer;
use super::server_side::{merge_name, wire_name};
use super::{RequestId, Source, Transport, UserAgent};
use crate::parse::{self, Framing, Limits, ParseError};
use crate::transaction::ServerInput;
use crate::validate::{self, Verdict};
use crate::{Message, Method, Request};

impl UserAgent {
    /// One whole message has arrived: a datagram, or a frame cut out of a stream.
    pub fn receive(&mut self, now: Instant, source: Source, bytes: &[u8]) {
        let framing = match source.transport {
            Transport::Udp => Framing::Datagram,
            Transport::Tcp => Framing::Stream,
        };
        match parse::message(bytes, framing, &Limits::default()) {
            Ok(Message::Request(request)) => {
                self.tally.received.request(request.method.as_str().as_bytes());
                self.request_arrived(now, source, request);
            }
            Ok(Message::Response(response)) => {
                self.tally.received.response(response.status);
                self.response_arrived(now, response);
            }
            Err(ParseError::Empty) => {}
            Err(ParseError::Request(refused)) if refused.is_answerable() => {
                self.tally.malformed += 1;
                let answer = Answer { status: refused.status, reason: refused.reason, extra: &[] };
                self.answer_stateless(&source, &refused.headers, answer);
            }
            Err(_) => self.tally.malformed += 1,
        }
    }

    fn request_arrived(&mut self, now: Instant, source: Source, request: Request) {
        let Ok(via) = request.headers.via() else { return self.refuse_via(&source, &request) };
        let wire = wire_name(&request.headers, &via, &request.method);
        let known = self.server_names.get(&wire).copied();
        match (&request.method, known) {
            (Method::Ack, _) => self.ack_arrived(now, known, &request),
            (Method::Cancel, _) => self.cancel_arrived(now, source, known, &request),
            (_, Some(key)) => {
                self.tally.received.repeated += 1;
                self.drive_server(now, key, ServerInput::Request);
            }
            (_, None) => self.new_request(now, source, request),
        }
    }

    /// A topmost Via that cannot be read names no transaction and no way back: the answer goes where the request was seen
    /// to come from. Without any Via nobody waits for one.
    fn refuse_via(&mut self, source: &Source, request: &Request) {
        self.tally.malformed += 1;
        if let (true, Verdict::Refuse(refusal)) = (request.headers.has("Via"), validate::request(request, &self.rules))
        {
            self.refuse_by(source, request, &refusal);
        }
    }

    fn new_request(&mut self, now: Instant, source: Source, request: Request) {
        if let Verdict::Refuse(refusal) = validate::request(&request, &self.rules) {
            self.tally.malformed += u64::from(refusal.status == 400);
            return self.refuse_by(&source, &request, &refusal);
        }
        let Ok(to) = request.headers.to() else { return };
        if to.tag().is_some() { self.within(now, source, request) } else { self.outside(now, source, request) }
    }

    /// A request that belongs to no dialog.
    fn outside(&mut self, now: Instant, source: Source, request: Request) {
        // The same request over another way, while the first is still in hand (§8.2.2.2).
        if merge_name(&request).is_some_and(|name| self.merge_names.contains_key(&name)) {
            return self.refuse(&source, &request, 482, &[]);
        }
        match request.method {
            Method::Options => self.options_arrived(&source, &request),
            Method::Bye | Method::Update | Method::Prack => self.refuse(&source, &request, 481, &[]),
            _ if self.servers.len() >= self.settings.max_transactions => self.refuse_load(&source, &request),
            Method::Invite => self.call_arrived(now, source, request),
            _ => self.ask_owner(now, source, request, None),
        }
    }

    /// What we can do (§11.2). Nothing is kept of it.
    fn options_arrived(&mut self, source: &Source, request: &Request) {
        let extra = self.options_headers();
        self.answer_stateless(source, &request.headers, Answer { status: 200, reason: "", extra: &extra });
    }

    /// The headers of a 200 to OPTIONS.
    pub(super) fn options_headers(&self) -> [(&'static str, String); 4] {
        [
            ("Allow", self.allow.clone()),
            ("Accept", "application/sdp".into()),
            ("Accept-Encoding", "identity".into()),
            ("Supported", super::SUPPORTED.join(", ")),
        ]
    }

    /// A request whose answer is not ours to know.
    pub(super) fn ask_owner(
        &mut self,
        now: Instant,
        source: Source,
        request: Request,
        dialog: Option<super::DialogId>,
    ) {
        let id = RequestId(self.next_serial());
        let tag = self.rng.tag();
        let purpose = super::server_side::ServerPurpose::Owner(id);
        let Some(key) = self.start_server(now, &source, &request, &tag, purpose) else { return };
        self.owed.insert(id, key);
        self.tell(super::Event::Request { id, dialog, request: Box::new(request), source });
    }
}
