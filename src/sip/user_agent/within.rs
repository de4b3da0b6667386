//! Requests within a dialog, the far end's and ours, and hanging up. RFC 3261 §12.2 and §15.

use std::time::Instant;

use bytes::Bytes;

use super::challenge::Account;
use super::client_side::{Departure, Purpose};
use super::respond::{lent, put_all};
use super::server_side::ServerPurpose;
use super::{DialogId, Event, RequestId, Source, Timeout, UserAgent};
use crate::dialog::session::{Phase, Session};
use crate::transaction::Key;
use crate::{Headers, Method, Request};

impl UserAgent {
    /// The call a request of the far end belongs to: our tag names it, Call-ID and the far end's tag must agree.
    pub(super) fn dialog_of(&self, request: &Request) -> Option<DialogId> {
        let headers = &request.headers;
        let (to, from) = (headers.to().ok()?, headers.from().ok()?);
        let id = *self.tags.get(to.tag()?)?;
        let session = self.sessions.get(&id)?;
        session.is(headers.call_id().ok()?, from.tag()).then_some(id)
    }

    /// A request with a To tag.
    pub(super) fn within(&mut self, now: Instant, source: Source, request: Request) {
        let Some(id) = self.dialog_of(&request) else {
            return self.refuse(&source, &request, 481, &[]);
        };
        let Ok(cseq) = request.headers.cseq() else { return };
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if !session.dialog.takes(cseq.number) {
            return self.refuse(&source, &request, 500, &[]);
        }
        session.dialog.see(&request, &source);
        session.note_packages(&request.headers);
        match request.method {
            Method::Invite => self.reinvite_arrived(now, id, source, request),
            Method::Update if !request.body.is_empty() => self.reinvite_arrived(now, id, source, request),
            Method::Bye | Method::Update | Method::Prack | Method::Options => self.own(now, id, &source, &request),
            _ if session.is_closing() => self.refuse(&source, &request, 481, &[]),
            _ => self.ask_owner(now, source, request, Some(id)),
        }
    }

    /// What we answer ourselves.
    fn own(&mut self, now: Instant, id: DialogId, source: &Source, request: &Request) {
        let Some(key) = self.start_server(now, source, request, "", ServerPurpose::Own) else { return };
        match request.method {
            Method::Bye => {
                self.respond_plain(now, key, 200, &[]);
                self.far_end_left(now, id);
            }
            Method::Update => self.refreshed(now, id, key, request),
            Method::Prack => self.prack_arrived(now, id, key, request),
            _ => {
                let extra = self.options_headers();
                self.respond_plain(now, key, 200, &extra);
            }
        }
    }

    /// An UPDATE without offer: only the target is new (RFC 3311 §5.2).
    fn refreshed(&mut self, now: Instant, id: DialogId, key: Key, request: &Request) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.dialog.refresh_from(&request.headers.contacts().unwrap_or_default());
        }
        let Some(response) = self.dialog_response_to(key, 200) else { return };
        self.respond(now, key, response);
    }

    /// The far end's BYE is answered; whatever else it asked is over too (§15.1.2).
    fn far_end_left(&mut self, now: Instant, id: DialogId) {
        self.drop_asked(now, id);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        match &mut session.phase {
            Phase::Incoming(incoming) => {
                let key = incoming.transaction;
                self.respond_plain(now, key, 487, &[]);
                self.forget(id);
                self.tell(Event::Cancelled { dialog: id });
            }
            Phase::Outgoing(ringing) => {
                // A BYE overtook the 2xx; if the 2xx still comes, it is acknowledged and ended as nobody's.
                let silent = ringing.wanted == crate::dialog::session::Wanted::End(None);
                self.fail_call(id, (!silent).then_some(480), None);
            }
            Phase::Confirmed { .. } => {
                self.forget(id);
                self.tell(Event::Bye { dialog: id });
            }
            Phase::Closing { .. } => self.forget(id),
        }
    }

    /// 487 to a re-INVITE or UPDATE nobody will decide on any more.
    fn drop_asked(&mut self, now: Instant, id: DialogId) {
        let asked = self.sessions.get_mut(&id).and_then(|session| session.asked.take());
        if let Some(asked) = asked {
            self.respond_plain(now, asked.transaction, 487, &[]);
        }
    }

    /// Hangs up, whatever the state of the call; no event follows. Before the answer of a call of ours it is a cancel, of a
    /// peer's call 480; between our 2xx and its ACK the BYE waits for the ACK or its timeout (§15).
    pub fn bye(&mut self, now: Instant, dialog: DialogId) {
        self.bye_with(now, dialog, &[]);
    }

    /// [`UserAgent::bye`] with more headers in the BYE, such as Reason.
    pub fn bye_with(&mut self, now: Instant, dialog: DialogId, extra: &[(&str, String)]) {
        let Some(session) = self.sessions.get_mut(&dialog) else { return };
        match &session.phase {
            Phase::Incoming(_) => self.reject(now, dialog, 480, extra),
            Phase::Outgoing(_) => self.give_up(now, dialog, None),
            Phase::Closing { .. } => {}
            Phase::Confirmed { .. } => {
                self.close(now, dialog, extra);
            }
        }
    }

    fn close(&mut self, now: Instant, id: DialogId, extra: &[(&str, String)]) {
        self.drop_asked(now, id);
        self.pay_ack(id);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.offer = None;
        let extra = extra.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        session.phase = Phase::Closing { extra };
        if session.unacknowledged.is_none() {
            self.send_bye(now, id);
        }
        self.schedule_session(id);
    }

    /// A 2xx whose offer the owner never answered is acknowledged all the same before the BYE.
    fn pay_ack(&mut self, id: DialogId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Phase::Confirmed { owes_ack } = &mut session.phase else { return };
        let Some((key, cseq)) = owes_ack.take() else { return };
        let ack = session.dialog.request(Method::Ack, cseq);
        let (tag, destination) = (session.dialog.remote_tag.clone(), session.dialog.next_hop());
        self.send_ack(key, ack, tag, destination);
    }

    /// Sends the BYE. The call is dead for the owner; it stays here until the far end has answered.
    pub(super) fn send_bye(&mut self, now: Instant, id: DialogId) {
        self.drop_asked(now, id);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.offer = None;
        let old = std::mem::replace(&mut session.phase, Phase::Closing { extra: Vec::new() });
        let extra = if let Phase::Closing { extra } = old { extra } else { Vec::new() };
        let mut request = session.dialog.next_request(Method::Bye);
        put_all(&mut request.headers, extra.iter().map(|(name, value)| (name.as_str(), value.clone())));
        self.depart_within(now, id, request, Purpose::Bye(id));
        self.schedule_session(id);
    }

    /// Sends a request of a dialog to its next hop, signed if the dialog's challenges are known.
    pub(super) fn depart_within(
        &mut self,
        now: Instant,
        id: DialogId,
        mut request: Request,
        purpose: Purpose,
    ) -> Option<Key> {
        let session = self.sessions.get_mut(&id)?;
        let destination = session.dialog.next_hop();
        let mut account = session.account.as_ref().map(Account::fresh);
        if let Some(account) = &mut account {
            account.sign(&mut request, &destination, &mut self.rng);
            session.account = Some(account.clone());
        }
        Some(self.depart(now, Departure { request, destination, purpose, account }))
    }

    /// A request of ours within a dialog: INFO, NOTIFY, REFER, MESSAGE … Its Content-Type is in `extra`. INVITE, ACK, BYE
    /// and CANCEL have methods of their own. The answer, or its absence, is told as `Response`; for a dead dialog at once.
    pub fn request_in_dialog(
        &mut self,
        now: Instant,
        dialog: DialogId,
        method: Method,
        extra: &[(&str, String)],
        body: Bytes,
    ) -> RequestId {
        let id = RequestId(self.next_serial());
        let own = matches!(method, Method::Invite | Method::Ack | Method::Bye | Method::Cancel);
        let alive = |session: &&mut Session| !session.is_closing() && session.dialog.remote_tag.is_some();
        let Some(session) = self.sessions.get_mut(&dialog).filter(alive).filter(|_| !own) else {
            self.tell(Event::Response { id, dialog: Some(dialog), response: Err(Timeout::Unreachable) });
            return id;
        };
        let mut request = session.dialog.next_request(method);
        let transport = session.dialog.next_hop().transport;
        if makes_or_refreshes(&request.method) {
            request.headers.set("Contact", self.contact(transport));
        }
        put_all(&mut request.headers, lent(extra));
        request.body = body;
        self.depart_within(now, dialog, request, Purpose::Within(dialog, id));
        id
    }

    /// Remembers what event packages the far end takes.
    pub(super) fn note_packages(&mut self, id: DialogId, headers: &Headers) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.note_packages(headers);
        }
    }
}

/// Methods whose request carries a Contact within a dialog.
fn makes_or_refreshes(method: &Method) -> bool {
    matches!(method, Method::Update | Method::Refer | Method::Notify | Method::Subscribe)
}
