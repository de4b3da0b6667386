//! Calls of the peers: INVITE, the answers it may get, ACK and CANCEL. RFC 3261 §13.3 and §9.2, RFC 3262 §3.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::server_side::ServerPurpose;
use super::{DialogId, Event, LostWhy, Source, UserAgent};
use crate::dialog::Dialog;
use crate::dialog::reliable::Reliable;
use crate::dialog::session::{Incoming, Phase, Session};
use crate::dialog::unacknowledged::{Answers, Passed, Unacknowledged};
use crate::transaction::{Key, ServerInput};
use crate::validate::{self, Verdict};
use crate::{Method, Request, Response};

/// A provisional response is repeated this often, or proxies take the call for dead (§13.3.1.1).
const PROVISIONAL_AGAIN: Duration = Duration::from_secs(60);

/// The 100 of an INVITE that nothing was said to yet; §17.2.1 asks for one within 200 ms.
const TRYING_AFTER: Duration = Duration::from_millis(20);

impl UserAgent {
    /// A new INVITE.
    pub(super) fn call_arrived(&mut self, now: Instant, source: Source, request: Request) {
        if self.sessions.len() >= self.settings.max_dialogs {
            return self.refuse_load(&source, &request);
        }
        let tag = self.rng.tag();
        let dialog = match Dialog::incoming(&request, &source, &tag) {
            Ok(dialog) => dialog,
            Err(error) => return self.refuse_by(&source, &request, &error.into()),
        };
        let id = DialogId(self.next_serial());
        let purpose = ServerPurpose::Invite(id);
        let Some(transaction) = self.start_server(now, &source, &request, &tag, purpose) else { return };
        let Some(trying) = self.trying(transaction) else { return };
        let offerless = request.sdp().is_none();
        let wants_reliable = request.headers.require().iter().any(|tag| tag.eq_ignore_ascii_case("100rel"));
        let repeat = Some((100, trying, now + TRYING_AFTER));
        let phase = Phase::Incoming(Incoming { transaction, offerless, wants_reliable, repeat });
        let mut session = Session::new(dialog, phase, None);
        session.note_packages(&request.headers);
        self.tags.insert(tag, id);
        self.sessions.insert(id, session);
        self.schedule_session(id);
        self.tell(Event::Invite { dialog: id, request: Box::new(request), source });
    }

    /// The 100 of an INVITE. It goes out when the owner has said nothing for a moment: a stranger who is turned away gets one
    /// answer and no more.
    fn trying(&self, transaction: Key) -> Option<Bytes> {
        let mut response = self.response_to(transaction, 100)?;
        self.put_server(&mut response.headers);
        Some(response.to_bytes())
    }

    /// 101–199 to a call, with early media or without; 100 is automatic. Sent reliably where the caller requires it.
    pub fn provisional(&mut self, now: Instant, dialog: DialogId, status: u16, sdp: Option<Bytes>) {
        let Some(session) = self.sessions.get_mut(&dialog) else { return };
        let Phase::Incoming(incoming) = &session.phase else { return };
        let (transaction, reliable) = (incoming.transaction, incoming.wants_reliable);
        if !(101..200).contains(&status) {
            return;
        }
        let Some(mut response) = self.dialog_response_to(transaction, status) else { return };
        if let Some(sdp) = sdp {
            response.set_body("application/sdp", sdp);
        }
        if reliable { self.provide_reliably(now, dialog, response) } else { self.provide(now, dialog, response) }
    }

    fn provide(&mut self, now: Instant, id: DialogId, response: Response) {
        let Some(incoming) = self.sessions.get_mut(&id).and_then(Session::incoming) else { return };
        let (key, status) = (incoming.transaction, response.status);
        let Some(bytes) = self.respond(now, key, response) else { return };
        if let Some(incoming) = self.sessions.get_mut(&id).and_then(Session::incoming) {
            incoming.repeat = Some((status, bytes, now + PROVISIONAL_AGAIN));
        }
        self.schedule_session(id);
    }

    fn provide_reliably(&mut self, now: Instant, id: DialogId, response: Response) {
        let first = 1 + self.rng.below(1 << 30) as u32;
        let timers = self.timers;
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.incoming().into_iter().for_each(|incoming| incoming.repeat = None);
        let reliable = session.reliable.get_or_insert_with(|| Reliable::new(first));
        if let Some(response) = reliable.send(now, timers, response) {
            self.send_reliable(now, id, response);
        }
        self.schedule_session(id);
    }

    /// Puts a numbered provisional response on its way.
    pub(super) fn send_reliable(&mut self, now: Instant, id: DialogId, response: Response) {
        if let Some(key) = self.sessions.get_mut(&id).and_then(Session::incoming).map(|i| i.transaction) {
            self.respond(now, key, response);
        }
    }

    /// 200 with our answer, or our offer when the INVITE had none. Repeated until the ACK comes; after 64 × T1 without it
    /// the call is ended by BYE and told as `Lost`.
    pub fn answer(&mut self, now: Instant, dialog: DialogId, sdp: Bytes) {
        let Some(incoming) = self.sessions.get_mut(&dialog).and_then(Session::incoming) else { return };
        let (key, offers) = (incoming.transaction, incoming.offerless);
        if !self.accept(now, dialog, key, sdp, true, offers) {
            return;
        }
        if let Some(session) = self.sessions.get_mut(&dialog) {
            session.phase = Phase::Confirmed { owes_ack: None };
        }
        self.schedule_session(dialog);
    }

    /// Sends the 2xx to an INVITE or re-INVITE and keeps it for repetition.
    pub(super) fn accept(
        &mut self,
        now: Instant,
        id: DialogId,
        key: Key,
        sdp: Bytes,
        first: bool,
        offers: bool,
    ) -> bool {
        let Some(mut response) = self.dialog_response_to(key, 200) else { return false };
        self.put_abilities(&mut response.headers);
        response.headers.set("Supported", super::SUPPORTED.join(", "));
        response.set_body("application/sdp", sdp);
        let cseq = response.headers.cseq().map(|cseq| cseq.number).unwrap_or_default();
        let Some(destination) = self.response_destination(key) else { return false };
        let Some(bytes) = self.respond(now, key, response) else { return false };
        if let Some(session) = self.sessions.get_mut(&id) {
            let answers = Answers { cseq, first, offers };
            session.unacknowledged = Some(Unacknowledged::new(now, self.timers, answers, destination, bytes));
        }
        true
    }

    /// 300–699 to a call. The dialog is dead.
    pub fn reject(&mut self, now: Instant, dialog: DialogId, status: u16, extra: &[(&str, String)]) {
        let Some(incoming) = self.sessions.get_mut(&dialog).and_then(Session::incoming) else { return };
        let key = incoming.transaction;
        let status = if (300..700).contains(&status) { status } else { 500 };
        self.respond_plain(now, key, status, extra);
        self.forget(dialog);
    }

    /// An ACK: of a refusal it belongs to the INVITE's transaction, of a 2xx to the dialog.
    pub(super) fn ack_arrived(&mut self, now: Instant, known: Option<Key>, request: &Request) {
        if let Some(key) = known {
            self.drive_server(now, key, ServerInput::Ack);
        }
        let Ok(cseq) = request.headers.cseq() else { return };
        let Some(id) = self.dialog_of(request) else { return };
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(accepted) = session.unacknowledged.take_if(|accepted| accepted.cseq == cseq.number) else { return };
        self.schedule_session(id);
        self.acknowledged(now, id, accepted.first, request.sdp());
    }

    /// Our 2xx was acknowledged.
    pub(super) fn acknowledged(&mut self, now: Instant, id: DialogId, first: bool, sdp: Option<Bytes>) {
        if self.sessions.get(&id).is_some_and(Session::is_closing) {
            return self.send_bye(now, id);
        }
        if first || sdp.is_some() {
            self.tell(Event::Confirmed { dialog: id, sdp });
        }
        self.advance_offer(now, id);
    }

    /// A CANCEL (§9.2): 200 if its INVITE is known, and 487 to the INVITE if that is not answered yet.
    pub(super) fn cancel_arrived(&mut self, now: Instant, source: Source, known: Option<Key>, request: &Request) {
        if let Verdict::Refuse(refusal) = validate::request(request, &self.rules) {
            return self.refuse_by(&source, request, &refusal);
        }
        let Some((key, side)) = known.and_then(|key| Some((key, self.servers.get(&key)?))) else {
            return self.refuse(&source, request, 481, &[]);
        };
        let purpose = side.purpose;
        // The 200 has the To tag of the INVITE's own responses.
        let tag = self.response_to(key, 100).and_then(|r| r.headers.to().ok()?.tag().map(str::to_owned));
        self.answer_cancel(&source, request, &tag.unwrap_or_default());
        if !self.is_open_invite(key) {
            return;
        }
        self.respond_plain(now, key, 487, &[]);
        match purpose {
            ServerPurpose::Invite(id) => {
                self.forget(id);
                self.tell(Event::Cancelled { dialog: id });
            }
            ServerPurpose::Reinvite(id) => {
                if let Some(session) = self.sessions.get_mut(&id) {
                    session.asked.take_if(|asked| asked.transaction == key);
                }
                self.advance_offer(now, id);
            }
            ServerPurpose::Owner(_) | ServerPurpose::Own => {}
        }
    }

    fn answer_cancel(&mut self, source: &Source, request: &Request, tag: &str) {
        let Ok(via) = request.headers.via() else { return };
        let mut response = super::respond::response(&super::respond::copied(&request.headers, source, tag), 200);
        self.put_server(&mut response.headers);
        let destination = super::respond::way_back(&via, source);
        self.actions.push_back(super::Action::Send(destination, response.to_bytes()));
    }

    /// The instant of a 2xx without ACK, of a provisional response to be repeated, or of one without PRACK.
    pub(super) fn answer_time(&mut self, now: Instant, id: DialogId) {
        self.unacknowledged_time(now, id);
        self.reliable_time(now, id);
        let Some(incoming) = self.sessions.get_mut(&id).and_then(Session::incoming) else { return };
        let key = incoming.transaction;
        let Some((status, bytes, _)) = incoming.repeat.take_if(|(_, _, at)| now >= *at) else { return };
        // The transaction repeats a 100 itself, on every retransmission.
        incoming.repeat = (status > 100).then(|| (status, bytes.clone(), now + PROVISIONAL_AGAIN));
        self.respond_bytes(now, key, status, bytes);
    }

    fn unacknowledged_time(&mut self, now: Instant, id: DialogId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(accepted) = &mut session.unacknowledged else { return };
        match accepted.time_passed(now) {
            Passed::Nothing => {}
            Passed::Repeat => {
                let action = super::Action::Send(accepted.destination, accepted.bytes.clone());
                self.actions.push_back(action);
                self.tally.sent.repeated += 1;
            }
            Passed::GiveUp => {
                session.unacknowledged = None;
                let told = session.is_closing();
                self.send_bye(now, id);
                if !told {
                    self.tell(Event::Lost { dialog: id, why: LostWhy::NoAck });
                }
            }
        }
    }

    fn reliable_time(&mut self, now: Instant, id: DialogId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if !matches!(session.phase, Phase::Incoming(_)) {
            return;
        }
        let Some(reliable) = &mut session.reliable else { return };
        match reliable.time_passed(now) {
            (Passed::Repeat, Some(response)) => {
                let response = response.clone();
                self.send_reliable(now, id, response);
            }
            (Passed::GiveUp, _) => {
                // The caller required what it does not do (RFC 3262 §3: reject with a 5xx).
                self.reject(now, id, 504, &[]);
                self.tell(Event::Cancelled { dialog: id });
            }
            _ => {}
        }
    }

    /// A PRACK: 481 if it acknowledges nothing that waits for it (RFC 3262 §3).
    pub(super) fn prack_arrived(&mut self, now: Instant, id: DialogId, key: Key, request: &Request) {
        let timers = self.timers;
        let wanted = rack(request);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let found = wanted.and_then(|rseq| session.reliable.as_mut()?.acknowledge(now, timers, rseq));
        match found {
            None => self.respond_plain(now, key, 481, &[]),
            Some(next) => {
                self.respond_plain(now, key, 200, &[]);
                if let Some(response) = next {
                    self.send_reliable(now, id, response);
                }
            }
        }
        self.schedule_session(id);
    }
}

/// The RSeq a PRACK acknowledges: `RAck: 776656 1 INVITE` (RFC 3262 §7.2).
fn rack(request: &Request) -> Option<u32> {
    let value = request.headers.text("RAck")?;
    let mut words = value.split_ascii_whitespace();
    let rseq = words.next()?.parse().ok()?;
    let _invite_cseq: u32 = words.next()?.parse().ok()?;
    (words.next()? == Method::Invite.as_str()).then_some(rseq)
}
