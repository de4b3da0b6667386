//! Phones that ring: a port, an INVITE to every registered phone of the extension, and the end of it for whatever reason.

use std::time::Duration;

use bytes::Bytes;
use media::order::StreamKey;
use sip::bindings::Binding;
use sip::user_agent::{DialogId, Outgoing, RequestId};
use sip::{Address, Uri};

use super::{Exchange, Party};
use crate::call::{Call, Fork, Offer, Stage};
use crate::contract::{Now, Target};
use crate::ending::Reason;
use crate::event::{OfferEnd, PhoneSaid, What};
use crate::id::{CallNo, Extension, QueueId, UserId};
use crate::route;

/// What the page and the phone agree upon to know that they ring for the same call.
const CALL_HEADER: &str = "X-Santral-Call";

impl Exchange {
    /// A caller goes to a colleague directly.
    pub(super) fn dial(&mut self, now: Now, no: CallNo, extension: &Extension) {
        let Some(call) = self.call(no) else { return };
        call.stage = Stage::Calling { since: call.waited_from(now.instant) };
        if !route::exists(&call.plan, &Target::Extension(extension.clone())) {
            return self.nobody_there(now, no, Reason::NotFound);
        }
        let itself = call.peer == route::Peer::Extension(extension.clone());
        let ring = call.plan.extensions.get(extension).map_or(Duration::ZERO, |plan| plan.ring);
        if itself || self.is_engaged(extension) {
            return self.nobody_there(now, no, Reason::Busy);
        }
        if !self.registered.contains(extension) || !self.make_offer(now, no, extension, None, ring) {
            return self.nobody_there(now, no, Reason::NoAnswer);
        }
        self.say_ringing(now, no);
    }

    /// A queue's choice becomes an offer; one that cannot be made is given back to the queue.
    pub(super) fn offer_from_queue(&mut self, now: Now, no: CallNo, id: &QueueId, extension: &Extension) {
        let rules = self.calls.get(&no).and_then(|call| call.plan.queues.get(id));
        let Some(ring) = rules.map(|rules| rules.ring) else { return };
        if !self.make_offer(now, no, extension, Some(id), ring)
            && let Some(queue) = self.queues.get_mut(id)
        {
            queue.offer_ended(now.instant, no, extension, true);
        }
    }

    /// Reserves the agent and opens the leg. The phones are called when the leg is open.
    fn make_offer(
        &mut self,
        now: Now,
        no: CallNo,
        extension: &Extension,
        queue: Option<&QueueId>,
        ring: Duration,
    ) -> bool {
        let (agent, has_agent) = self.owner(extension);
        let leg = StreamKey(self.number());
        if !self.open_leg(now, no, leg) {
            return false;
        }
        let Some(call) = self.call(no) else { return false };
        let waited = now.instant.saturating_duration_since(call.waiting_since());
        let id = call.id.clone();
        call.offers.push(Offer {
            extension: extension.clone(),
            agent: agent.clone(),
            has_agent,
            queue: queue.cloned(),
            leg,
            forks: Vec::new(),
            ring: ring.clamp(Duration::from_secs(3), Duration::from_secs(300)),
            until: None,
            until_wall: 0,
            waited_ms: u64::try_from(waited.as_millis()).unwrap_or(u64::MAX),
            remote_answer: false,
            said: None,
            refused: false,
        });
        if let Some(member) = self.agents.get_mut(&agent).filter(|_| has_agent) {
            member.offered(id);
        }
        self.tell_agent(now, &agent);
        true
    }

    /// The owner of an extension, and whether it is an agent of ours.
    pub(super) fn owner(&self, extension: &Extension) -> (UserId, bool) {
        let owner = self.agents.values().find(|agent| agent.extension() == Some(extension));
        match owner {
            Some(agent) => (agent.user().clone(), true),
            None => (UserId::new(format!("ext:{extension}")), false),
        }
    }

    pub(super) fn is_engaged(&self, extension: &Extension) -> bool {
        self.agents.values().any(|agent| agent.extension() == Some(extension) && agent.is_engaged())
    }

    /// The leg is open: every phone of the extension rings, and the desk is told at the same moment.
    pub(super) fn ring(&mut self, now: Now, no: CallNo, leg: StreamKey) {
        let Some(offer) = self.calls.get(&no).and_then(|call| call.offers.iter().find(|o| o.leg == leg)) else {
            return;
        };
        let extension = offer.extension.clone();
        let Some(sdp) = self.fresh_offer(no, leg) else { return self.offer_fell_through(now, no, leg) };
        let mut forks = Vec::new();
        for ways in self.bindings.targets(now.instant, extension.as_str()) {
            forks.extend(self.ring_device(now, (no, leg), &extension, ways, &sdp));
        }
        if forks.is_empty() {
            return self.offer_fell_through(now, no, leg);
        }
        let Some(call) = self.call(no) else { return };
        let began = call.began;
        let Some(offer) = call.offer_mut(leg) else { return };
        let until = now.instant + offer.ring;
        offer.remote_answer = forks.iter().any(|fork| fork.talks);
        offer.forks = forks;
        (offer.until, offer.until_wall) = (Some(until), began.wall_at(until));
        self.tell_offer(now, no, leg);
    }

    /// Rings one device, by the first of these ways that can be written to.
    fn ring_device(
        &mut self,
        now: Now,
        (no, leg): (CallNo, StreamKey),
        extension: &Extension,
        ways: Vec<Binding>,
        sdp: &Bytes,
    ) -> Option<Fork> {
        let mut ways = ways.into_iter();
        let (talks, outgoing) = ways.by_ref().find_map(|place| {
            let talks = place.allows_event("talk");
            Some((talks, self.invitation(no, extension, place, sdp)?))
        })?;
        let dialog = self.ua.invite(now.instant, outgoing);
        self.dialogs.insert(dialog, Party::Fork(no, leg));
        Some(Fork { dialog, talks, refuses: false, asked: None, rings: false, ways: ways.collect() })
    }

    /// The way a device was called by is gone, before it rang: it is called by the next one it still has (RFC 5626 §6).
    /// Whether there was one.
    pub(super) fn ring_by_another_way(&mut self, now: Now, no: CallNo, leg: StreamKey, dialog: DialogId) -> bool {
        let Some(offer) = self.call(no).and_then(|call| call.offer_mut(leg)) else { return false };
        let extension = offer.extension.clone();
        let gone = offer.forks.iter_mut().find(|fork| fork.dialog == dialog && !fork.rings);
        let ways = gone.map(|fork| std::mem::take(&mut fork.ways)).unwrap_or_default();
        // Meanwhile some may have ended or moved to another connection.
        let mut known = self.bindings.contacts(now.instant, extension.as_str());
        known.retain(|known| ways.iter().any(|way| way.uri == known.uri && way.instance == known.instance));
        let ways = known;
        let Some(sdp) = self.fresh_offer(no, leg).filter(|_| !ways.is_empty()) else { return false };
        let Some(fork) = self.ring_device(now, (no, leg), &extension, ways, &sdp) else { return false };
        if let Some(offer) = self.call(no).and_then(|call| call.offer_mut(leg)) {
            offer.forks.iter_mut().filter(|known| known.dialog == dialog).for_each(|known| *known = fork.clone());
        }
        self.talk_changed(now, no, leg);
        true
    }

    fn invitation(&self, no: CallNo, extension: &Extension, place: Binding, sdp: &Bytes) -> Option<Outgoing> {
        let call = self.calls.get(&no)?;
        let host = self.plan.advertised.sip;
        let to = Address::new(Uri::at(extension.as_str(), host));
        let extra = vec![(CALL_HEADER.to_owned(), Bytes::from(call.id.as_str().to_owned()))];
        Some(Outgoing {
            destination: place.destination,
            route: place.path,
            uri: place.uri,
            from: from_line(call, host),
            to,
            extra,
            sdp: Some(sdp.clone()),
            credentials: None,
        })
    }

    fn tell_offer(&mut self, now: Now, no: CallNo, leg: StreamKey) {
        let Some(call) = self.calls.get(&no) else { return };
        let Some(offer) = call.offers.iter().find(|offer| offer.leg == leg) else { return };
        let what = What::CallOffered {
            call: call.id.clone(),
            agent: offer.agent.clone(),
            extension: offer.extension.clone(),
            queue: offer.queue.clone(),
            waited_ms: offer.waited_ms,
            expires_at: offer.until_wall,
            remote_answer: offer.remote_answer,
        };
        self.emit(now, what);
    }

    /// A phone reports progress: it may show only now that the page can answer it.
    pub(super) fn phone_rings(&mut self, now: Now, no: CallNo, leg: StreamKey, dialog: DialogId) {
        let allows = self.ua.remote_allows_event(dialog, "talk");
        let Some(offer) = self.call(no).and_then(|call| call.offer_mut(leg)) else { return };
        if let Some(fork) = offer.forks.iter_mut().find(|fork| fork.dialog == dialog) {
            fork.rings = true;
            fork.talks = !fork.refuses && (fork.talks || allows);
        }
        self.tell_referrer(now, no, 180);
        self.talk_changed(now, no, leg);
    }

    /// The answer to a request in the dialog of a phone that rings. If it was the NOTIFY that asked the phone to lift and
    /// the phone refuses, it must be lifted by hand, and the page has to say so.
    pub(super) fn talk_answered(&mut self, now: Now, no: CallNo, leg: StreamKey, request: RequestId, taken: bool) {
        let Some(offer) = self.call(no).and_then(|call| call.offer_mut(leg)) else { return };
        let Some(fork) = offer.forks.iter_mut().find(|fork| fork.asked == Some(request)).filter(|_| !taken) else {
            return;
        };
        (fork.refuses, fork.talks) = (true, false);
        self.talk_changed(now, no, leg);
    }

    /// Tells the desk anew where it changed whether the page can answer.
    fn talk_changed(&mut self, now: Now, no: CallNo, leg: StreamKey) {
        let Some(offer) = self.call(no).and_then(|call| call.offer_mut(leg)) else { return };
        let talks = offer.forks.iter().any(|fork| fork.talks);
        if std::mem::replace(&mut offer.remote_answer, talks) != talks {
            self.tell_offer(now, no, leg);
        }
    }

    /// A phone refused or could not be reached. The offer ends when it was the last one.
    /// A phone that is broken or forwards is told apart from one that is busy: neither is a miss.
    pub(super) fn phone_failed(&mut self, now: Now, no: CallNo, leg: StreamKey, dialog: DialogId, said: PhoneSaid) {
        let Some(offer) = self.call(no).and_then(|call| call.offer_mut(leg)) else { return };
        offer.forks.retain(|fork| fork.dialog != dialog);
        let everywhere = said.status >= 600;
        let declined = matches!(said.status, 480 | 486 | 600 | 603);
        offer.said = Some(said);
        if !offer.forks.is_empty() && !everywhere {
            return;
        }
        offer.refused = true;
        self.offer_over(now, no, leg, if declined { OfferEnd::Declined } else { OfferEnd::Failed });
    }

    /// An offer whose leg never opened, or for which no phone is left: nobody was told of it, nobody missed it.
    pub(super) fn offer_fell_through(&mut self, now: Now, no: CallNo, leg: StreamKey) {
        self.offer_over(now, no, leg, OfferEnd::Withdrawn);
    }

    /// Ends one offer and sends the caller on where that was the only hope.
    pub(super) fn offer_over(&mut self, now: Now, no: CallNo, leg: StreamKey, why: OfferEnd) {
        self.end_offer(now, no, leg, why);
        let Some(call) = self.calls.get(&no) else { return };
        if call.offers.is_empty() && matches!(call.stage, Stage::Calling { .. }) {
            let reason = if why == OfferEnd::Declined { Reason::Busy } else { Reason::NoAnswer };
            self.nobody_there(now, no, reason);
        }
    }

    /// Ends every offer of a call but one.
    pub(super) fn end_all_offers(&mut self, now: Now, no: CallNo, why: OfferEnd, except: Option<StreamKey>) {
        let Some(call) = self.calls.get(&no) else { return };
        let legs: Vec<_> = call.offers.iter().map(|offer| offer.leg).filter(|leg| Some(*leg) != except).collect();
        for leg in legs {
            self.end_offer(now, no, leg, why);
        }
    }

    /// Ends one offer: phones are cancelled, the leg closed, desk, agent and queue told.
    pub(super) fn end_offer(&mut self, now: Now, no: CallNo, leg: StreamKey, why: OfferEnd) {
        let Some(call) = self.call(no) else { return };
        let id = call.id.clone();
        let Some(offer) = call.take_offer(leg) else { return };
        for fork in &offer.forks {
            self.dialogs.remove(&fork.dialog);
            self.ua.cancel(now.instant, fork.dialog);
        }
        self.drain_sip();
        self.close_leg(now, leg);
        self.tell_offer_end(now, &id, &offer, why);
        if let Some(member) = self.agents.get_mut(&offer.agent).filter(|_| offer.has_agent) {
            match &offer.said {
                Some(said) if offer.refused => member.phone_refused(now.instant, &id, said.clone()),
                _ => member.offer_ended(now.instant, &id, why == OfferEnd::Timeout),
            }
        }
        self.tell_agent(now, &offer.agent);
        let given_back = matches!(why, OfferEnd::Declined | OfferEnd::Failed) || offer.until.is_none();
        if let Some(queue) = offer.queue.as_ref().and_then(|id| self.queues.get_mut(id)) {
            queue.offer_ended(now.instant, no, &offer.extension, given_back);
        }
        self.dirty = true;
    }

    /// Only an offer the desk was told of has an end to be told.
    fn tell_offer_end(&mut self, now: Now, call: &crate::id::CallId, offer: &Offer, why: OfferEnd) {
        if offer.until.is_none() {
            return;
        }
        let (agent, said) = (offer.agent.clone(), offer.said.clone());
        self.emit(now, What::CallOfferEnded { call: call.clone(), agent: agent.clone(), reason: why, said });
        if why == OfferEnd::Timeout {
            self.emit(now, What::CallMissed { call: call.clone(), agent });
        }
    }
}

/// From as the agent's phone shows it: the customer's name and number where they are known.
fn from_line(call: &Call, host: std::net::SocketAddr) -> Address {
    let found = call.found.as_ref();
    let named = found.and_then(|caller| match &caller.matched {
        crm::card::Match::One { name, .. } | crm::card::Match::Internal { name } => Some(name.as_str()),
        _ => None,
    });
    let number = found.and_then(|caller| caller.number.as_deref()).or(call.number.as_deref());
    let name = named.or(call.display.as_deref()).and_then(crate::text::display);
    let address = Address::new(Uri::at(number.unwrap_or("anonymous"), host));
    match name.or_else(|| number.map(str::to_owned)) {
        Some(name) => address.with_display(&name),
        None => address,
    }
}
