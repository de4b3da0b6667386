//! Our 200 to the caller, and what a colleague's ringing sounds like until then.

use media::order::{Order, Tone};

use super::Exchange;
use super::sdp::warning;
use crate::contract::Now;
use crate::ending::Reason;
use crate::id::CallNo;
use sip::sdp::Incompatible;
use sip::user_agent::DialogId;

impl Exchange {
    /// Answers the caller unless that is done. `false` when the call ended over it.
    pub(super) fn answer_caller(&mut self, now: Now, no: CallNo) -> bool {
        let Some(call) = self.call(no) else { return false };
        if call.caller.answered {
            return true;
        }
        let (leg, dialog) = (call.caller.leg, call.caller.dialog);
        let Some(sdp) = self.first_description(no, leg) else {
            self.end(now, no, Reason::NoCodec);
            return false;
        };
        self.ua.answer(now.instant, dialog, sdp);
        let Some(call) = self.call(no) else { return false };
        call.caller.answered = true;
        self.watch_silence(no);
        true
    }

    /// A colleague's phone rings: 180 to a caller not yet answered, the ringing tone to one who is.
    pub(super) fn say_ringing(&mut self, now: Now, no: CallNo) {
        let Some(call) = self.call(no) else { return };
        let (answered, leg, dialog) = (call.caller.answered, call.caller.leg, call.caller.dialog);
        if answered {
            call.caller.playing = None;
            self.order(no, leg, Order::Tone(Tone::Ringback));
        } else {
            self.ua.provisional(now.instant, dialog, 180, None);
        }
    }

    /// A final refusal; one for lack of room says when to try again.
    pub(super) fn reject(&mut self, now: Now, dialog: DialogId, status: u16) {
        if status == 503 {
            return self.ua.reject(now.instant, dialog, status, &[("Retry-After", "5".to_owned())]);
        }
        self.ua.reject(now.instant, dialog, status, &[]);
    }

    /// The final refusal a call ends with.
    pub(super) fn reject_for(&mut self, now: Now, dialog: DialogId, reason: Reason) {
        let why = match reason {
            Reason::NoCodec => Incompatible::Codec,
            Reason::AddressFamily => Incompatible::AddressFamily,
            _ => return self.reject(now, dialog, reason.status()),
        };
        self.ua.reject(now.instant, dialog, reason.status(), &[warning(why)]);
    }
}
