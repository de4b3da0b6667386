//! What the SIP layer reports, handed to the place it belongs to.

use sip::user_agent::{DialogId, Event, LostWhy};

use super::{Exchange, Party};
use crate::contract::Now;
use crate::ending::Reason;
use crate::event::PhoneSaid;
use crate::id::CallNo;
use crate::text;

impl Exchange {
    pub(super) fn sip_event(&mut self, now: Now, event: Event) {
        match event {
            Event::Invite { dialog, request, source } => self.invited(now, dialog, &request, &source),
            Event::Reinvite { dialog, request } => self.reinvited(now, dialog, &request),
            Event::Request { id, dialog, request, source } => self.requested(now, id, dialog, &request, &source),
            Event::Cancelled { dialog } => self.gone(now, dialog, Reason::CallerHungUp),
            Event::Bye { dialog } => self.gone(now, dialog, Reason::CallerHungUp),
            Event::Lost { dialog, why } => self.lost(now, dialog, why),
            Event::Confirmed { dialog, sdp } => self.confirmed(now, dialog, sdp.as_deref()),
            Event::Progress { dialog, .. } => {
                if let Some(Party::Fork(no, leg)) = self.dialogs.get(&dialog).copied() {
                    self.phone_rings(now, no, leg, dialog);
                }
            }
            Event::Answered { dialog, response } => match self.dialogs.get(&dialog).copied() {
                Some(Party::Fork(no, leg)) => self.phone_answered(now, no, leg, dialog, &response),
                _ => self.ua.bye(now.instant, dialog),
            },
            Event::Failed { dialog, status, reason, said } => {
                let Some(Party::Fork(no, leg)) = self.dialogs.remove(&dialog) else { return };
                let way_is_gone = !said || matches!(status, 408 | 430);
                if !(way_is_gone && self.ring_by_another_way(now, no, leg, dialog)) {
                    let said = PhoneSaid { status, reason: text::display(&reason) };
                    self.phone_failed(now, no, leg, dialog, said);
                }
            }
            Event::Response { id, dialog, response } => {
                let taken = response.is_ok_and(|response| response.status < 300);
                if let Some(Party::Fork(no, leg)) = dialog.and_then(|dialog| self.dialogs.get(&dialog).copied()) {
                    self.talk_answered(now, no, leg, id, taken);
                }
            }
            Event::ReinviteAnswered { .. } => {}
        }
    }

    fn confirmed(&mut self, now: Now, dialog: DialogId, sdp: Option<&[u8]>) {
        if let Some(sdp) = sdp {
            return self.late_answer(now, dialog, sdp);
        }
        let Some(Party::Caller(no)) = self.dialogs.get(&dialog).copied() else { return };
        let due = self.call(no).is_some_and(|call| call.caller.session.answer_due);
        if due {
            self.end(now, no, Reason::NoCodec);
        }
    }

    fn lost(&mut self, now: Now, dialog: DialogId, why: LostWhy) {
        let reason = match why {
            LostWhy::NoAck => Reason::NoAck,
            LostWhy::Gone => Reason::Other,
        };
        self.gone(now, dialog, reason);
    }

    /// A dialog is over by the far end's doing or fault.
    fn gone(&mut self, now: Now, dialog: DialogId, reason: Reason) {
        match self.dialogs.remove(&dialog) {
            Some(Party::Caller(no)) => {
                if let Some(call) = self.call(no) {
                    call.caller.alive = false;
                }
                self.end(now, no, reason);
            }
            Some(Party::Talker(no)) => {
                let reason = if reason == Reason::CallerHungUp { Reason::AgentHungUp } else { reason };
                self.end(now, no, reason);
            }
            Some(Party::Fork(no, leg)) => {
                self.phone_failed(now, no, leg, dialog, PhoneSaid { status: 480, reason: None });
            }
            Some(Party::Referrer(no)) => {
                if let Some(call) = self.call(no) {
                    call.referrer = None;
                }
            }
            None => {}
        }
    }

    /// Calls that came by that trunk.
    pub(super) fn trunk_load(&self, trunk: &crate::id::TrunkId) -> usize {
        let by_it = |call: &&crate::call::Call| call.peer == crate::route::Peer::Trunk(trunk.clone());
        self.calls.values().filter(by_it).count()
    }

    /// The call a dialog belongs to, for those who need no more than that.
    pub(super) fn call_of(&self, dialog: DialogId) -> Option<(CallNo, bool)> {
        match self.dialogs.get(&dialog)? {
            Party::Caller(no) => Some((*no, false)),
            Party::Talker(no) => Some((*no, true)),
            Party::Fork(..) | Party::Referrer(_) => None,
        }
    }
}
