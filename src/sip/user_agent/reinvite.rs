//! Changing the session of a call: re-INVITE and UPDATE, ours and the far end's, and both at once. RFC 3261 §14, RFC 3311.

use std::time::Instant;

use bytes::Bytes;

use super::client_side::Purpose;
use super::server_side::ServerPurpose;
use super::{DialogId, Event, LostWhy, Source, Timeout, UserAgent};
use crate::dialog::offer::{Offer, OfferState};
use crate::dialog::session::{Asked, Phase, Session};
use crate::dialog::{Dialog, remote_tag};
use crate::transaction::Key;
use crate::{Method, Request, Response};

impl UserAgent {
    /// Changes the session. If a re-INVITE of either side is open, ours waits; if both cross, it is tried again by the
    /// timers of §14.1. `ReinviteAnswered` follows; a newer `reinvite` before ours is under way replaces it silently.
    pub fn reinvite(&mut self, now: Instant, dialog: DialogId, sdp: Bytes) {
        let Some(session) = self.sessions.get_mut(&dialog).filter(|session| session.is_confirmed()) else { return };
        match &mut session.offer {
            Some(offer) => offer.replace(sdp),
            None => session.offer = Some(Offer::new(sdp)),
        }
        self.advance_offer(now, dialog);
    }

    /// Sends our re-INVITE if it is time and nothing else is open in the dialog.
    pub(super) fn advance_offer(&mut self, now: Instant, id: DialogId) {
        let Some(session) = self.sessions.get_mut(&id).filter(|session| session.is_confirmed()) else { return };
        let owes_ack = matches!(session.phase, Phase::Confirmed { owes_ack: Some(_) });
        let busy = session.asked.is_some() || session.unacknowledged.is_some() || owes_ack;
        let Some(offer) = &session.offer else { return };
        let due = match offer.state {
            OfferState::Waiting => true,
            OfferState::Collided(at) => now >= at,
            OfferState::Sent(_) => false,
        };
        if due && !busy {
            self.send_reinvite(now, id);
        } else if due {
            // Whatever is in the way comes back here when it is done.
            self.set_offer_state(id, OfferState::Waiting);
        }
        self.schedule_session(id);
    }

    fn send_reinvite(&mut self, now: Instant, id: DialogId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(sdp) = session.offer.as_ref().map(|offer| offer.sdp.clone()) else { return };
        let transport = session.dialog.next_hop().transport;
        let mut request = session.dialog.next_request(Method::Invite);
        request.headers.set("Contact", self.contact(transport));
        self.put_abilities(&mut request.headers);
        request.set_body("application/sdp", sdp);
        if let Some(key) = self.depart_within(now, id, request, Purpose::Reinvite(id)) {
            self.set_offer_state(id, OfferState::Sent(key));
        }
    }

    fn set_offer_state(&mut self, id: DialogId, state: OfferState) {
        if let Some(offer) = self.sessions.get_mut(&id).and_then(|session| session.offer.as_mut()) {
            offer.state = state;
        }
    }

    /// A response to our re-INVITE.
    pub(super) fn reinvite_answered(&mut self, now: Instant, key: Key, id: DialogId, response: &Response) {
        if response.is_provisional() {
            return;
        }
        if response.is_success() {
            return self.reinvite_accepted(now, key, id, response);
        }
        if !self.sessions.get(&id).is_some_and(Session::is_confirmed) {
            return;
        }
        if let Some(again) = self.answer_challenge(now, key, response) {
            return self.set_offer_state(id, OfferState::Sent(again));
        }
        match response.status {
            491 if self.collided(now, id) => {}
            408 | 481 => self.lose(now, id),
            status => self.finish_offer(now, id, status, None),
        }
    }

    fn reinvite_accepted(&mut self, now: Instant, key: Key, id: DialogId, response: &Response) {
        if self.acknowledge_again(key, response) {
            return;
        }
        let cseq = response.headers.cseq().map(|cseq| cseq.number).unwrap_or_default();
        let alive = self.sessions.get_mut(&id);
        let Some(session) = alive.filter(|session| session.dialog.remote_tag == remote_tag(response)) else {
            return self.acknowledge_orphan(key, response, cseq);
        };
        session.dialog.refresh_from(&response.headers.contacts().unwrap_or_default());
        session.note_packages(&response.headers);
        let (ack, destination) = (session.dialog.request(Method::Ack, cseq), session.dialog.next_hop());
        let confirmed = session.is_confirmed();
        self.send_ack(key, ack, remote_tag(response), destination);
        if confirmed {
            self.finish_offer(now, id, response.status, response.sdp());
        }
    }

    /// The call has ended meanwhile, but every 2xx to an INVITE is acknowledged.
    fn acknowledge_orphan(&mut self, key: Key, response: &Response, cseq: u32) {
        let Some(side) = self.clients.get(&key) else { return };
        let Some(dialog) = Dialog::of_branch(&side.request, response, side.destination) else { return };
        self.send_ack(key, dialog.request(Method::Ack, cseq), remote_tag(response), dialog.next_hop());
    }

    fn collided(&mut self, now: Instant, id: DialogId) -> bool {
        let Some(session) = self.sessions.get_mut(&id) else { return false };
        let we_chose_call_id = session.dialog.we_chose_call_id;
        let Some(offer) = &mut session.offer else { return false };
        let again = offer.collided(now, &mut self.rng, we_chose_call_id);
        self.schedule_session(id);
        again
    }

    /// Our re-INVITE is done; a newer wish follows.
    fn finish_offer(&mut self, now: Instant, id: DialogId, status: u16, sdp: Option<Bytes>) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.offer = session.offer.take().and_then(|offer| offer.then).map(Offer::new);
        self.tell(Event::ReinviteAnswered { dialog: id, status, sdp });
        self.advance_offer(now, id);
        self.schedule_session(id);
    }

    /// No final response to our re-INVITE: silence ends the dialog (§12.2.1.2).
    pub(super) fn reinvite_unanswered(&mut self, now: Instant, id: DialogId, why: Timeout) {
        if !self.sessions.get(&id).is_some_and(Session::is_confirmed) {
            return;
        }
        match why {
            Timeout::Silence => self.lose(now, id),
            Timeout::Unreachable => self.finish_offer(now, id, 503, None),
        }
    }

    fn lose(&mut self, now: Instant, id: DialogId) {
        self.send_bye(now, id);
        self.tell(Event::Lost { dialog: id, why: LostWhy::Gone });
    }

    /// A re-INVITE, or an UPDATE with an offer, of the far end.
    pub(super) fn reinvite_arrived(&mut self, now: Instant, id: DialogId, source: Source, request: Request) {
        self.assume_acknowledged(id);
        let update = request.method == Method::Update;
        let purpose = if update { ServerPurpose::Own } else { ServerPurpose::Reinvite(id) };
        let Some(key) = self.start_server(now, &source, &request, "", purpose) else { return };
        if !update {
            self.respond_plain(now, key, 100, &[]);
        }
        if let Some(status) = self.obstacle(id) {
            let retry = (status == 500).then(|| ("Retry-After", self.rng.below(11).to_string()));
            return self.respond_plain(now, key, status, retry.as_slice());
        }
        let target = request.headers.contacts().unwrap_or_default();
        let offerless = request.sdp().is_none();
        if let Some(session) = self.sessions.get_mut(&id) {
            session.asked = Some(Asked { transaction: key, update, offerless, target });
        }
        self.tell(Event::Reinvite { dialog: id, request: Box::new(request) });
    }

    /// Why the far end may not change the session now: 491 when ours is under way, 500 when another is undecided (§14.2,
    /// RFC 3311 §5.2), 481 when the call is being ended.
    fn obstacle(&self, id: DialogId) -> Option<u16> {
        let session = self.sessions.get(&id)?;
        match &session.phase {
            Phase::Closing { .. } => Some(481),
            Phase::Outgoing(_) => Some(491),
            Phase::Incoming(_) | Phase::Confirmed { owes_ack: Some(_) } => Some(500),
            Phase::Confirmed { owes_ack: None } => {
                let ours = session.offer.as_ref().is_some_and(|offer| matches!(offer.state, OfferState::Sent(_)));
                let undecided = session.asked.is_some() || session.unacknowledged.is_some();
                if ours { Some(491) } else { undecided.then_some(500) }
            }
        }
    }

    /// Who sends a new request in the dialog has had our 2xx, so an ACK that was lost or overtaken is taken as come –
    /// unless it must bring an answer to our offer.
    fn assume_acknowledged(&mut self, id: DialogId) {
        let Some(session) = self.sessions.get_mut(&id).filter(|session| session.is_confirmed()) else { return };
        if let Some(accepted) = session.unacknowledged.take_if(|accepted| !accepted.offers) {
            self.schedule_session(id);
            if accepted.first {
                self.tell(Event::Confirmed { dialog: id, sdp: None });
            }
        }
    }

    /// 200 to `Reinvite`, with our answer, or our offer when it brought none.
    pub fn accept_reinvite(&mut self, now: Instant, dialog: DialogId, sdp: Bytes) {
        let Some(session) = self.sessions.get_mut(&dialog).filter(|session| session.is_confirmed()) else { return };
        let Some(asked) = session.asked.take() else { return };
        session.dialog.refresh_from(&asked.target);
        if asked.update {
            self.accept_update(now, asked.transaction, sdp);
        } else {
            self.accept(now, dialog, asked.transaction, sdp, false, asked.offerless);
        }
        self.schedule_session(dialog);
        self.advance_offer(now, dialog);
    }

    fn accept_update(&mut self, now: Instant, key: Key, sdp: Bytes) {
        let Some(mut response) = self.dialog_response_to(key, 200) else { return };
        response.set_body("application/sdp", sdp);
        self.respond(now, key, response);
    }

    /// 300–699 to `Reinvite`, with more headers such as Warning; the session stays as it was.
    pub fn refuse_reinvite(&mut self, now: Instant, dialog: DialogId, status: u16, extra: &[(&str, String)]) {
        let Some(asked) = self.sessions.get_mut(&dialog).and_then(|session| session.asked.take()) else { return };
        let status = if (300..700).contains(&status) { status } else { 488 };
        self.respond_plain(now, asked.transaction, status, extra);
        self.advance_offer(now, dialog);
    }
}
