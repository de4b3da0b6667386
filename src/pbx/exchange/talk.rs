//! Two people are connected: the first phone that answers wins, the sound is bridged, the recording begins.

use std::time::Duration;

use media::order::{Channel, Order, StreamKey};
use sip::Response;
use sip::sdp::Incompatible;
use sip::user_agent::DialogId;

use super::{Exchange, Party};
use crate::call::{Recording, Stage, TALK_TIME, Talker};
use crate::contract::Now;
use crate::event::{Direction, OfferEnd, PhoneSaid, What};
use crate::id::{CallNo, QueueId};
use crate::press::Presses;

/// Wrap-up after a call from outside that came by no queue.
const DIRECT_WRAP_UP: Duration = Duration::from_secs(30);

impl Exchange {
    /// A phone answered.
    pub(super) fn phone_answered(
        &mut self,
        now: Now,
        no: CallNo,
        leg: StreamKey,
        dialog: DialogId,
        response: &Response,
    ) {
        let described = response.sdp().ok_or(Incompatible::Codec);
        let session = match described.and_then(|sdp| self.phone_session(no, leg, &sdp)) {
            Ok(session) => session,
            Err(why) => return self.unusable_answer(now, no, leg, dialog, why),
        };
        let Some(offer) = self.call(no).and_then(|call| call.take_offer(leg)) else { return };
        for fork in offer.forks.iter().filter(|fork| fork.dialog != dialog) {
            self.dialogs.remove(&fork.dialog);
            self.ua.cancel(now.instant, fork.dialog);
        }
        self.dialogs.insert(dialog, Party::Talker(no));
        self.tell_referrer(now, no, 200);
        let Some(call) = self.call(no) else { return };
        call.back = None;
        let (id, since) = (call.id.clone(), call.waiting_since());
        let agent = offer.agent.clone();
        let extension = offer.extension.clone();
        let queue = offer.queue.clone();
        call.talker = Some(Talker {
            extension: offer.extension,
            agent: offer.agent,
            has_agent: offer.has_agent,
            queue: offer.queue,
            dialog,
            leg,
            session,
            held_by_page: false,
            held_by_phone: false,
            presses: Presses::default(),
        });
        let (call, reason, said) = (id.clone(), OfferEnd::Answered, None);
        self.emit(now, What::CallOfferEnded { call, agent: agent.clone(), reason, said });
        self.end_all_offers(now, no, OfferEnd::AnsweredElsewhere, None);
        self.leave_queue(now, no);
        if !self.answer_caller(now, no) {
            return;
        }
        let waited = now.instant.saturating_duration_since(since);
        let waited_ms = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
        self.connect(now, no);
        if let Some(member) = self.agents.get_mut(&agent).filter(|_| offer.has_agent) {
            member.answered(id.clone());
        }
        self.emit(now, What::CallAnswered { call: id, agent: agent.clone(), extension, waited_ms });
        self.tell_agent(now, &agent);
        self.record(now, no, queue.as_ref());
    }

    /// The phone's answer describes nothing we can talk to: it is let go like one that failed.
    fn unusable_answer(&mut self, now: Now, no: CallNo, leg: StreamKey, dialog: DialogId, why: Incompatible) {
        self.dialogs.remove(&dialog);
        self.ua.bye(now.instant, dialog);
        self.phone_failed(now, no, leg, dialog, PhoneSaid { status: 488, reason: Some(why.to_string()) });
    }

    /// Bridges caller and talker.
    fn connect(&mut self, now: Now, no: CallNo) {
        let Some(call) = self.call(no) else { return };
        let Some(talker) = call.talker.as_ref() else { return };
        let (caller, with, agent) = (call.caller.leg, talker.leg, talker.agent.clone());
        call.stage = Stage::Talking { until: now.instant + TALK_TIME };
        call.caller.playing = None;
        call.hops = 0;
        call.fate.talked();
        if !call.agents.contains(&agent) {
            call.agents.push(agent);
        }
        self.order(no, caller, Order::Bridge { with });
        self.watch_silence(no);
        self.dirty = true;
    }

    /// Begins the recording, or takes a further agent into it. A queue that does not record ends it; with a colleague
    /// who was dialled directly it goes on.
    fn record(&mut self, now: Now, no: CallNo, queue: Option<&QueueId>) {
        let Some(call) = self.call(no) else { return };
        let Some(agent_leg) = call.talker.as_ref().map(|talker| talker.leg) else { return };
        let rule = queue.and_then(|id| call.plan.queues.get(id)).map(|rules| rules.record);
        let wanted = rule.unwrap_or(call.recording == Recording::Running);
        let (caller_leg, id, group, before) = (call.caller.leg, call.id.clone(), call.group(), call.recording);
        match (wanted, before) {
            (false, Recording::Running) => {
                call.recording = Recording::Closed;
                return self.order(no, caller_leg, Order::StopRecord);
            }
            (false, _) | (true, Recording::Closed) => return,
            (true, _) => call.recording = Recording::Running,
        }
        let first = before == Recording::None;
        call.recorded.push(agent_leg);
        self.recorded.insert(agent_leg, no);
        if first {
            if let Some(call) = self.call(no) {
                call.recorded.push(caller_leg);
            }
            self.recorded.insert(caller_leg, no);
            self.drain_sip();
            self.out.push_back(crate::contract::Output::NameRecording(group, id.clone()));
            self.order(no, caller_leg, Order::Record { channel: Channel::Left });
        }
        self.order(no, agent_leg, Order::Record { channel: Channel::Right });
        if first {
            self.emit(now, What::RecordingStarted { call: id });
        }
    }

    /// How long the agent finishes after this call.
    pub(super) fn wrap_up_after(&self, no: CallNo, queue: Option<&QueueId>) -> Duration {
        let Some(call) = self.calls.get(&no) else { return Duration::ZERO };
        match queue.and_then(|id| call.plan.queues.get(id)) {
            Some(rules) => rules.wrap_up,
            None if call.direction == Direction::In => DIRECT_WRAP_UP,
            None => Duration::ZERO,
        }
    }

    /// Watches both legs for silence: longer while somebody is on hold.
    pub(super) fn watch_silence(&mut self, no: CallNo) {
        let Some(call) = self.calls.get(&no) else { return };
        let (talk, hold) = (call.plan.rtp_timeout, call.plan.hold_timeout);
        let caller_time = if call.caller.session.on_hold { hold } else { talk };
        let talker = call.talker.as_ref().map(|t| (t.leg, if t.holds() || t.session.on_hold { hold } else { talk }));
        let caller = call.caller.leg;
        self.order(no, caller, Order::WatchSilence(Some(caller_time)));
        if let Some((leg, time)) = talker {
            self.order(no, leg, Order::WatchSilence(Some(time)));
        }
    }
}
