//! The end of a call, once: phones stop ringing, BYEs go out, then media is closed, then the world is told.

use media::order::Order;

use super::{Ended, Exchange, Party, REMEMBERED};
use crate::call::{Call, Recording, Stage};
use crate::contract::Now;
use crate::ending::Reason;
use crate::event::{OfferEnd, What};
use crate::id::CallNo;

impl Exchange {
    /// Ends a call. The second and every further attempt does nothing.
    pub(super) fn end(&mut self, now: Now, no: CallNo, reason: Reason) {
        let Some(ending) = self.calls.get_mut(&no).and_then(|call| call.fate.end(reason)) else { return };
        self.leave_menu(now, no);
        self.leave_queue(now, no);
        let why = if reason == Reason::CallerHungUp { OfferEnd::CallerGone } else { OfferEnd::Withdrawn };
        self.end_all_offers(now, no, why, None);
        self.tell_referrer(now, no, 487);
        self.hang_up_caller(now, no, reason);
        self.let_talker_go(now, no);
        self.close_caller_leg(now, no);
        self.release_caller_agent(now, no);
        let Some(id) = self.calls.get(&no).map(|call| call.id.clone()) else { return };
        self.emit(now, What::CallEnded { call: id, ending });
        self.archive(no);
        self.dirty = true;
    }

    /// The drain time is over.
    pub(super) fn hang_up_all(&mut self, now: Now) {
        self.draining = true;
        let all: Vec<_> = self.calls.keys().copied().collect();
        for no in all {
            self.end(now, no, Reason::Shutdown);
        }
    }

    /// The agent's side is over (hang-up or transfer): BYE, media, wrap-up. The call itself may go on.
    pub(super) fn let_talker_go(&mut self, now: Now, no: CallNo) {
        let Some(talker) = self.calls.get_mut(&no).and_then(|call| call.talker.take()) else { return };
        if self.dialogs.get(&talker.dialog) == Some(&Party::Talker(no)) {
            self.dialogs.remove(&talker.dialog);
            self.ua.bye(now.instant, talker.dialog);
            self.drain_sip();
        }
        if self.calls.get(&no).is_some_and(|call| call.recording == Recording::Running) {
            self.order(no, talker.leg, Order::StopRecord);
        }
        self.close_leg(now, talker.leg);
        if !talker.has_agent {
            return;
        }
        let wrap_up = self.wrap_up_after(no, talker.queue.as_ref());
        let Some(id) = self.calls.get(&no).map(|call| call.id.clone()) else { return };
        if let Some(agent) = self.agents.get_mut(&talker.agent) {
            agent.talk_ended(now.instant, &id, wrap_up);
        }
        self.tell_agent(now, &talker.agent);
    }

    fn hang_up_caller(&mut self, now: Now, no: CallNo, reason: Reason) {
        let Some(call) = self.calls.get_mut(&no) else { return };
        let (dialog, answered) = (call.caller.dialog, call.caller.answered);
        let alive = std::mem::replace(&mut call.caller.alive, false);
        self.dialogs.remove(&dialog);
        if !alive {
            return;
        }
        if answered {
            self.ua.bye(now.instant, dialog);
        } else {
            self.reject_for(now, dialog, reason);
        }
        self.drain_sip();
    }

    fn close_caller_leg(&mut self, now: Now, no: CallNo) {
        let Some(call) = self.calls.get_mut(&no) else { return };
        let leg = call.caller.leg;
        if call.recording == Recording::Running {
            call.recording = Recording::Closed;
            self.order(no, leg, Order::StopRecord);
        }
        self.close_leg(now, leg);
    }

    fn release_caller_agent(&mut self, now: Now, no: CallNo) {
        let Some(call) = self.calls.get_mut(&no) else { return };
        let id = call.id.clone();
        let Some(user) = call.caller_agent.take() else { return };
        if let Some(agent) = self.agents.get_mut(&user) {
            agent.talk_ended(now.instant, &id, std::time::Duration::ZERO);
        }
        self.tell_agent(now, &user);
    }

    fn archive(&mut self, no: CallNo) {
        let Some(call) = self.calls.remove(&no) else { return };
        if let Some(wake) = call.wake {
            self.wakes.remove(&(wake, no));
        }
        let Call { id, began, rev, agents, recorded, .. } = call;
        self.ended.insert(no, Ended { id, began, rev, agents, recorded });
        while self.ended.len() > REMEMBERED {
            let Some((_, old)) = self.ended.pop_first() else { break };
            self.by_id.remove(&old.id);
            old.recorded.iter().for_each(|leg| {
                self.recorded.remove(leg);
            });
        }
    }

    /// The busy tone to a caller who was answered, a final response to one who was not.
    pub(super) fn sorry(&mut self, now: Now, no: CallNo, reason: Reason) {
        let Some(call) = self.call(no) else { return };
        if !call.caller.answered {
            return self.end(now, no, reason);
        }
        call.stage = Stage::Sorry { until: now.instant + crate::call::BUSY_TIME, reason };
        call.caller.playing = None;
        let leg = call.caller.leg;
        self.order(no, leg, Order::Tone(media::order::Tone::Busy));
    }
}
