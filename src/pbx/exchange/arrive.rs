//! A call begins: it is told, given a media port, and its caller is looked up, all at once.

use crm::card::Caller;
use sip::Request;
use sip::user_agent::DialogId;

use media::order::StreamKey;

use super::admit::direction;
use super::identity::Identity;
use super::{Exchange, Party};
use crate::call::{ASK_TIME, Call, CallerSide, Recording, Session, Stage};
use crate::contract::{Asked, Now, Output};
use crate::ending::{Fate, Reason};
use crate::event::What;
use crate::id::{CallId, CallNo, Extension};
use crate::press::Presses;
use crate::route::{self, Destination, Peer};

impl Exchange {
    /// A caller who may call us. From here on there is a call, and it will have its one ending.
    pub(super) fn arrive(&mut self, now: Now, dialog: DialogId, request: &Request, peer: Peer, dialled: &str) {
        let identity = self.identity(request, &peer);
        let destination = route::destination(&self.plan, &peer, dialled);
        let full = self.is_full(&peer);
        let body = request.sdp();
        let no = self.begin(now, dialog, peer, &identity, dialled, destination.clone().ok());
        if let Err(reason) = destination {
            return self.end(now, no, reason);
        }
        if full {
            return self.end(now, no, Reason::Overload);
        }
        if let Some(Err(why)) = body.as_ref().map(|sdp| self.can_talk(sdp)) {
            return self.end(now, no, why.into());
        }
        let Some(call) = self.call(no) else { return };
        call.caller.session.offer = body;
        let leg = call.caller.leg;
        if !self.open_leg(now, no, leg) {
            return self.end(now, no, Reason::NoPorts);
        }
        self.engage_caller(now, no);
        self.ask(no, &identity);
    }

    /// The look-up's answer. A late one still replaces the card, but no longer changes the way.
    pub(super) fn found(&mut self, now: Now, id: &CallId, caller: Caller) {
        let Some(no) = self.by_id.get(id).copied() else { return };
        let Some(call) = self.call(no) else { return };
        let asking = matches!(call.stage, Stage::Asking { .. });
        if asking && let Some(language) = caller.language.as_ref() {
            call.language.clone_from(language);
        }
        call.found = Some(caller.clone());
        self.emit(now, What::MatchResolved { call: id.clone(), caller: Box::new(caller) });
        if asking {
            self.find_way(now, no);
        }
    }

    fn is_full(&self, peer: &Peer) -> bool {
        let trunk_full = match peer {
            Peer::Trunk(id) => self.plan.trunks.get(id).is_some_and(|trunk| self.trunk_load(id) >= trunk.max_calls),
            _ => false,
        };
        trunk_full || self.calls.len() >= self.plan.max_calls
    }

    fn begin(
        &mut self,
        now: Now,
        dialog: DialogId,
        peer: Peer,
        identity: &Identity,
        dialled: &str,
        destination: Option<Destination>,
    ) -> CallNo {
        let no = CallNo(self.number());
        let id = self.ids.call(now.wall);
        let to = crate::text::display(dialled).unwrap_or_default();
        let call = Call {
            no,
            id: id.clone(),
            plan: self.plan.clone(),
            direction: direction(&peer),
            destination: destination.unwrap_or_else(|| Destination::Number(to.clone())),
            number: identity.number.clone(),
            display: identity.display.clone(),
            found: None,
            language: self.plan.languages.first().cloned().unwrap_or_else(|| "tr".to_owned()),
            priority: 0,
            notice_due: true,
            hops: 0,
            stage: Stage::Asking { until: now.instant + ASK_TIME },
            caller: self.caller_side(dialog),
            offers: Vec::new(),
            talker: None,
            back: None,
            referrer: None,
            referrer_told: None,
            recording: Recording::None,
            recorded: Vec::new(),
            agents: Vec::new(),
            caller_agent: None,
            fate: Fate::default(),
            rev: 0,
            began: now,
            wake: None,
            peer,
        };
        let what = started(&call, to);
        self.dialogs.insert(dialog, Party::Caller(no));
        self.by_id.insert(id, no);
        self.calls.insert(no, call);
        self.touched.push(no);
        self.emit(now, what);
        no
    }

    fn caller_side(&mut self, dialog: DialogId) -> CallerSide {
        CallerSide {
            dialog,
            alive: true,
            answered: false,
            leg: StreamKey(self.number()),
            open: false,
            session: Session::default(),
            playing: None,
            presses: Presses::default(),
        }
    }

    fn ask(&mut self, no: CallNo, identity: &Identity) {
        let Some(call) = self.calls.get(&no) else { return };
        let asked = Asked {
            number: identity.number.clone(),
            display: identity.display.clone(),
            internal: calling_extension(&call.peer),
        };
        let id = call.id.clone();
        self.out.push_back(Output::Ask(id, asked));
    }

    /// An agent who dials a colleague is busy meanwhile; a phone that rings for them is let go.
    fn engage_caller(&mut self, now: Now, no: CallNo) {
        let Some(extension) = self.calls.get(&no).and_then(|call| calling_extension(&call.peer)) else { return };
        let (user, has_agent) = self.owner(&extension);
        if !has_agent {
            return;
        }
        self.withdraw_offers_to(now, &user);
        let Some(id) = self.calls.get(&no).map(|call| call.id.clone()) else { return };
        let Some(agent) = self.agents.get_mut(&user).filter(|agent| !agent.is_engaged()) else { return };
        agent.answered(id);
        if let Some(call) = self.call(no) {
            call.caller_agent = Some(user.clone());
        }
        self.tell_agent(now, &user);
    }
}

fn started(call: &Call, to: String) -> What {
    What::CallStarted {
        call: call.id.clone(),
        direction: call.direction,
        from: call.number.clone(),
        display: call.display.clone(),
        to,
        trunk: match &call.peer {
            Peer::Trunk(id) => Some(id.clone()),
            _ => None,
        },
    }
}

fn calling_extension(peer: &Peer) -> Option<Extension> {
    match peer {
        Peer::Extension(extension) => Some(extension.clone()),
        _ => None,
    }
}
