//! Hold and resume, from the page or from the phone, and every other change of a session by re-INVITE.

use media::order::{Order, StreamKey};
use sip::Request;
use sip::sdp::Incompatible;
use sip::user_agent::DialogId;

use super::sdp::warning;
use super::{Exchange, Party};
use crate::call::{Call, Session};
use crate::contract::{Now, Refusal};
use crate::event::What;
use crate::id::CallNo;

impl Exchange {
    /// Hold (or not) from the page.
    ///
    /// # Errors
    /// [`Refusal::WrongState`] when it is so already, or when the phone itself holds.
    pub(super) fn page_holds(&mut self, now: Now, no: CallNo, hold: bool) -> Result<(), Refusal> {
        let talker = self.call(no).and_then(|call| call.talker.as_mut()).ok_or(Refusal::WrongState)?;
        if talker.held_by_page == hold {
            return Err(Refusal::WrongState);
        }
        let before = talker.holds();
        talker.held_by_page = hold;
        self.hold_changed(now, no, before);
        Ok(())
    }

    /// The far end changes its session.
    pub(super) fn reinvited(&mut self, now: Now, dialog: DialogId, request: &Request) {
        let Some(party) = self.dialogs.get(&dialog).copied() else {
            return self.ua.refuse_reinvite(now.instant, dialog, 481, &[]);
        };
        let (no, leg) = match (party, self.leg_of(party)) {
            (Party::Caller(no) | Party::Talker(no) | Party::Fork(no, _), Some(leg)) => (no, leg),
            _ => return self.ua.refuse_reinvite(now.instant, dialog, 488, &[]),
        };
        let answered = match request.sdp() {
            None => self.offer_again(no, leg).ok_or(Incompatible::Codec),
            Some(offer) => self.answer_again(no, leg, &offer),
        };
        match answered {
            Ok(sdp) => {
                self.ua.accept_reinvite(now.instant, dialog, sdp);
                self.session_settled(now, no, leg);
            }
            Err(why) => self.ua.refuse_reinvite(now.instant, dialog, 488, &[warning(why)]),
        }
    }

    /// The ACK brought the answer to an offer of ours.
    pub(super) fn late_answer(&mut self, now: Now, dialog: DialogId, body: &[u8]) {
        let Some(party) = self.dialogs.get(&dialog).copied() else { return };
        let (Party::Caller(no) | Party::Talker(no) | Party::Referrer(no) | Party::Fork(no, _)) = party;
        let Some(leg) = self.leg_of(party) else { return };
        let due = self.session(no, leg).is_some_and(|session| std::mem::take(&mut session.answer_due));
        if !due {
            return;
        }
        match self.settle_answer(no, leg, body) {
            Ok(()) => self.session_settled(now, no, leg),
            Err(why) => self.end(now, no, why.into()),
        }
    }

    /// The session of one side of a call.
    pub(super) fn session(&mut self, no: CallNo, leg: StreamKey) -> Option<&mut Session> {
        let call = self.call(no)?;
        if call.caller.leg == leg {
            return Some(&mut call.caller.session);
        }
        call.talker.as_mut().filter(|talker| talker.leg == leg).map(|talker| &mut talker.session)
    }

    /// The leg of a side.
    pub(super) fn leg_of(&self, party: Party) -> Option<StreamKey> {
        let side = |no: CallNo| self.calls.get(&no);
        match party {
            Party::Caller(no) => side(no).map(|call| call.caller.leg),
            Party::Talker(no) => side(no).and_then(|call| call.talker.as_ref()).map(|talker| talker.leg),
            Party::Fork(..) | Party::Referrer(_) => None,
        }
    }

    /// After an exchange of descriptions: does it hold, and who watches for silence how long.
    fn session_settled(&mut self, now: Now, no: CallNo, leg: StreamKey) {
        let Some(call) = self.call(no) else { return };
        if let Some(talker) = call.talker.as_mut().filter(|talker| talker.leg == leg) {
            let before = talker.holds();
            talker.held_by_phone = talker.session.on_hold;
            self.hold_changed(now, no, before);
        }
        self.watch_silence(no);
    }

    /// Music to the caller, or the bridge again, where the sum of both holds changed.
    fn hold_changed(&mut self, now: Now, no: CallNo, before: bool) {
        let Some(call) = self.calls.get(&no) else { return };
        let Some(talker) = call.talker.as_ref() else { return };
        let (call_id, agent, caller, with) = (call.id.clone(), talker.agent.clone(), call.caller.leg, talker.leg);
        match (before, talker.holds()) {
            (false, true) => {
                self.order(no, caller, Order::Unbridge);
                self.play_music(now, no);
                self.agents.get_mut(&agent).into_iter().for_each(|a| a.held(&call_id));
                self.emit(now, What::CallHeld { call: call_id, agent: agent.clone() });
            }
            (true, false) => {
                self.call(no).into_iter().for_each(stop_noting_play);
                self.order(no, caller, Order::Bridge { with });
                self.agents.get_mut(&agent).into_iter().for_each(|a| a.resumed(&call_id));
                self.emit(now, What::CallResumed { call: call_id, agent: agent.clone() });
            }
            _ => return,
        }
        self.tell_agent(now, &agent);
        self.watch_silence(no);
    }
}

/// The bridge silences what plays by itself.
fn stop_noting_play(call: &mut Call) {
    call.caller.playing = None;
}
