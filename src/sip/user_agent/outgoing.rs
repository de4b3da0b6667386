//! Calls we make: INVITE, its provisional and final responses, CANCEL, and branches nobody wants. RFC 3261 §13.2 and §9.1.

use std::time::Instant;

use bytes::Bytes;

use super::challenge::Account;
use super::client_side::{AcceptedBy, Departure, Purpose, hop_request};
use super::respond::{put_all, reason_text};
use super::{Action, Destination, DialogId, Event, Outgoing, Timeout, UserAgent};
use crate::dialog::session::{Outgoing as Ringing, Phase, Session, Wanted};
use crate::dialog::{Dialog, remote_tag};
use crate::transaction::Key;
use crate::{Method, Request, Response, status};

/// Of one INVITE at most so many far ends are acknowledged; whoever invents more 2xx responses gets no answer.
const MOST_BRANCHES: usize = 16;

/// More requests than anybody sends in an early dialog.
const EARLY_REQUESTS: u32 = 256;

impl UserAgent {
    /// Makes a call. Its end is told by `Failed`, or `Answered` and later `Bye` or `Lost`.
    pub fn invite(&mut self, now: Instant, outgoing: Outgoing) -> DialogId {
        let id = DialogId(self.next_serial());
        let Outgoing { destination, route, uri, from, to, extra, sdp, credentials } = outgoing;
        let from = from.with_tag(&self.rng.tag());
        let call_id = self.rng.token();
        let mut dialog = Dialog::outgoing(call_id, (&from, &to), uri, route, destination);
        dialog.local_cseq = self.rng.below(1 << 16) as u32;
        let mut request = dialog.next_request(Method::Invite);
        request.headers.set("Contact", self.contact(destination.transport));
        self.put_abilities(&mut request.headers);
        put_all(&mut request.headers, extra.iter().map(|(name, value)| (name.as_str(), value.clone())));
        if let Some(sdp) = sdp {
            request.set_body("application/sdp", sdp);
        }
        let account = credentials.map(|credentials| Account::new(credentials, destination));
        self.tags.insert(dialog.local_tag.clone(), id);
        let purpose = Purpose::Invite(id);
        let transaction = self.depart(now, Departure { request, destination, purpose, account: account.clone() });
        let phase = Ringing { transaction, wanted: Wanted::Answer, heard: false, cancelled: false, until: None };
        self.sessions.insert(id, Session::new(dialog, Phase::Outgoing(phase), account));
        id
    }

    /// Gives up a call before its answer: CANCEL as soon as a provisional response allows it, and if a 2xx crosses it, ACK
    /// and BYE. Exactly one `Failed` follows. If the answer is there already, and `Answered` just not read yet, the call is
    /// ended by BYE and no `Failed` follows.
    pub fn cancel(&mut self, now: Instant, dialog: DialogId) {
        match self.sessions.get(&dialog).map(|session| &session.phase) {
            Some(Phase::Outgoing(_)) => self.give_up(now, dialog, Some(487)),
            Some(Phase::Confirmed { .. }) => self.bye(now, dialog),
            _ => {}
        }
    }

    /// The answer to the offer in a 2xx, when our INVITE had none.
    pub fn acknowledge(&mut self, now: Instant, dialog: DialogId, sdp: Bytes) {
        let Some(session) = self.sessions.get_mut(&dialog) else { return };
        let Phase::Confirmed { owes_ack } = &mut session.phase else { return };
        let Some((key, cseq)) = owes_ack.take() else { return };
        let mut ack = session.dialog.request(Method::Ack, cseq);
        ack.set_body("application/sdp", sdp);
        let (destination, tag) = (session.dialog.next_hop(), session.dialog.remote_tag.clone());
        self.send_ack(key, ack, tag, destination);
        self.advance_offer(now, dialog);
    }

    /// Ends an INVITE that has no final response. `tell` is the status the owner hears if the far end says none.
    pub(super) fn give_up(&mut self, now: Instant, id: DialogId, tell: Option<u16>) {
        let Some(ringing) = self.sessions.get_mut(&id).and_then(Session::outgoing) else { return };
        if ringing.wanted != Wanted::Answer {
            // A hang-up after a cancel: the owner wants to hear nothing any more.
            if tell.is_none() {
                ringing.wanted = Wanted::End(None);
            }
            return;
        }
        ringing.wanted = Wanted::End(tell);
        if ringing.heard {
            self.send_cancel(now, id);
        }
        self.schedule_session(id);
    }

    fn send_cancel(&mut self, now: Instant, id: DialogId) {
        let patience = self.timers.patience();
        let Some(ringing) = self.sessions.get_mut(&id).and_then(Session::outgoing) else { return };
        if ringing.cancelled {
            return;
        }
        ringing.cancelled = true;
        // Nobody is obliged to send the 487 (§9.1): after this time the call is over without it.
        ringing.until = Some(now + patience);
        let key = ringing.transaction;
        let Some((side, branch)) = self.open_invite(key) else { return };
        let (branch, destination) = (branch.to_owned(), side.destination);
        let mut request = hop_request(&side.request, Method::Cancel);
        request.headers.remove("Via");
        self.depart_on(now, branch, Departure { request, destination, purpose: Purpose::Quiet, account: None });
    }

    /// Timer C, or the wait for the 487.
    pub(super) fn ringing_time(&mut self, now: Instant, id: DialogId) {
        let Some(ringing) = self.sessions.get_mut(&id).and_then(Session::outgoing) else { return };
        if ringing.until.is_none_or(|until| now < until) {
            return;
        }
        ringing.until = None;
        match (ringing.cancelled, ringing.wanted) {
            (true, wanted) => {
                let key = ringing.transaction;
                self.abandon(now, key);
                let status = if let Wanted::End(tell) = wanted { tell } else { Some(408) };
                self.fail_call(id, status, None);
            }
            (false, _) => self.give_up(now, id, Some(408)),
        }
    }

    /// A response to our INVITE.
    pub(super) fn invite_answered(&mut self, now: Instant, key: Key, id: DialogId, response: Response) {
        match response.status {
            ..200 => self.invite_progress(now, key, id, &response),
            200..300 => self.invite_accepted(now, key, id, response),
            _ => self.invite_refused(now, key, id, &response),
        }
    }

    /// The session of this INVITE, if it still waits for it.
    fn ringing(&mut self, id: DialogId, key: Key) -> Option<&mut Session> {
        self.sessions.get_mut(&id).filter(|s| matches!(&s.phase, Phase::Outgoing(r) if r.transaction == key))
    }

    fn invite_progress(&mut self, now: Instant, key: Key, id: DialogId, response: &Response) {
        let timer_c = now + self.timers.c();
        let Some(session) = self.ringing(id, key) else { return };
        session.note_packages(&response.headers);
        let tag = remote_tag(response);
        if response.status > 100 && tag.is_some() && session.dialog.remote_tag.is_none() {
            // The first early dialog is the one requests may be sent in before the answer (§12.1.2).
            session.dialog.establish(response);
        }
        session.note_branch(tag);
        let Some(ringing) = session.outgoing() else { return };
        ringing.heard = true;
        if !ringing.cancelled {
            ringing.until = Some(timer_c);
        }
        match ringing.wanted {
            Wanted::End(_) => self.send_cancel(now, id),
            Wanted::Answer if response.status > 100 => {
                self.tell(Event::Progress { dialog: id, status: response.status, sdp: response.sdp() });
            }
            Wanted::Answer => {}
        }
        self.schedule_session(id);
    }

    fn invite_accepted(&mut self, now: Instant, key: Key, id: DialogId, response: Response) {
        if self.acknowledge_again(key, &response) {
            return;
        }
        let offerless = self.clients.get(&key).is_some_and(|side| side.request.body.is_empty());
        let tag = remote_tag(&response);
        let Some(session) = self.ringing(id, key) else {
            let owed = |s: &Session| matches!(s.phase, Phase::Confirmed { owes_ack: Some(_) });
            let repeated = self.sessions.get(&id).is_some_and(|s| owed(s) && s.dialog.remote_tag == tag);
            if !repeated {
                self.end_branch(now, key, &response);
            }
            return;
        };
        if session.outgoing().is_some_and(|ringing| ringing.wanted != Wanted::Answer) {
            self.end_branch(now, key, &response);
            return self.end_of_wanted(id);
        }
        session.note_packages(&response.headers);
        session.dialog.establish(&response);
        // Not the dialog's newest number: requests of the early dialog may have come after the INVITE.
        let cseq = response.headers.cseq().map(|cseq| cseq.number).unwrap_or_default();
        let (ack, destination) = (session.dialog.request(Method::Ack, cseq), session.dialog.next_hop());
        session.phase = Phase::Confirmed { owes_ack: offerless.then_some((key, cseq)) };
        if !offerless {
            self.send_ack(key, ack, tag, destination);
        }
        self.tell(Event::Answered { dialog: id, response: Box::new(response) });
        self.schedule_session(id);
    }

    /// A 2xx that was acknowledged before gets the same ACK again.
    pub(super) fn acknowledge_again(&mut self, key: Key, response: &Response) -> bool {
        let tag = remote_tag(response);
        let Some(side) = self.clients.get(&key) else { return false };
        let Some(known) = side.accepted.iter().find(|by| by.tag == tag) else { return false };
        self.actions.push_back(Action::Send(known.destination, known.ack.clone()));
        self.tally.received.repeated += 1;
        self.tally.sent.repeated += 1;
        true
    }

    /// Acknowledges a 2xx, with the credentials of the INVITE (§22.1), and keeps the ACK for its repetitions.
    pub(super) fn send_ack(&mut self, key: Key, mut ack: Request, tag: Option<String>, destination: Destination) {
        if let Some(side) = self.clients.get(&key).filter(|side| side.destination.remote == destination.remote) {
            for name in ["Authorization", "Proxy-Authorization"] {
                for value in side.request.headers.iter().filter(|header| header.name.is(name)) {
                    ack.headers.push(name, value.value.clone());
                }
            }
        }
        let ack = self.print_ack(ack, destination);
        self.actions.push_back(Action::Send(destination, ack.clone()));
        if let Some(side) = self.clients.get_mut(&key) {
            side.accepted.push(AcceptedBy { tag, destination, ack });
        }
    }

    /// A 2xx nobody wants: another branch of a forked INVITE, or a call given up. It is acknowledged and ended (§13.2.2.4).
    pub(super) fn end_branch(&mut self, now: Instant, key: Key, response: &Response) {
        let Some(side) = self.clients.get(&key).filter(|side| side.accepted.len() < MOST_BRANCHES) else { return };
        let account = side.account.as_ref().map(Account::fresh);
        let Some(mut dialog) = Dialog::of_branch(&side.request, response, side.destination) else { return };
        let (ack, destination) = (dialog.request(Method::Ack, dialog.local_cseq), dialog.next_hop());
        self.send_ack(key, ack, remote_tag(response), destination);
        // Requests of the early dialog (a NOTIFY) may have used the numbers right after the INVITE's, and the call that
        // counted them may be gone. Numbers must rise, not follow on (§12.2.1.1).
        dialog.local_cseq = dialog.local_cseq.saturating_add(EARLY_REQUESTS);
        let request = dialog.next_request(Method::Bye);
        self.depart(now, Departure { request, destination, purpose: Purpose::Quiet, account });
    }

    fn invite_refused(&mut self, now: Instant, key: Key, id: DialogId, response: &Response) {
        let Some(session) = self.ringing(id, key) else { return };
        let wanted = session.outgoing().map(|ringing| ringing.wanted);
        if wanted == Some(Wanted::Answer)
            && let Some(transaction) = self.answer_challenge(now, key, response)
        {
            let Some(session) = self.sessions.get_mut(&id) else { return };
            // The new INVITE makes early dialogs of its own.
            session.dialog.remote_tag = None;
            let Some(ringing) = session.outgoing() else { return };
            (ringing.transaction, ringing.heard, ringing.until) = (transaction, false, None);
            return self.schedule_session(id);
        }
        let silent = wanted == Some(Wanted::End(None));
        self.fail_call(id, (!silent).then_some(response.status), Some(reason_text(response)));
    }

    /// No final response to our INVITE.
    pub(super) fn invite_unanswered(&mut self, now: Instant, key: Key, id: DialogId, why: Timeout) {
        let (status, late_answer_possible) = match why {
            Timeout::Silence => (408, true),
            Timeout::Unreachable => (503, false),
        };
        if late_answer_possible {
            self.abandon(now, key);
        }
        let Some(ringing) = self.ringing(id, key).and_then(Session::outgoing) else { return };
        let status = if let Wanted::End(tell) = ringing.wanted { tell } else { Some(status) };
        self.fail_call(id, status, None);
    }

    fn end_of_wanted(&mut self, id: DialogId) {
        let wanted = self.sessions.get_mut(&id).and_then(Session::outgoing).map(|ringing| ringing.wanted);
        if let Some(Wanted::End(tell)) = wanted {
            self.fail_call(id, tell, None);
        }
    }

    /// The call came to nothing; `None` tells nobody.
    pub(super) fn fail_call(&mut self, id: DialogId, tell: Option<u16>, reason: Option<String>) {
        self.forget(id);
        if let Some(status) = tell {
            let said = reason.is_some();
            let reason = reason.unwrap_or_else(|| status::reason(status).to_owned());
            self.tell(Event::Failed { dialog: id, status, reason, said });
        }
    }
}
