//! Blind transfer, from the page and by REFER (RFC 3515): only to where somebody can be reached, and back again when the
//! colleague does not take the caller. Nobody is cut off by it.

use bytes::Bytes;
use media::order::Order;
use sip::user_agent::{DialogId, RequestId};
use sip::{Method, Request, Uri, status};

use super::admit::dialled;
use super::{Exchange, Party};
use crate::call::{Return, Stage};
use crate::contract::{Now, Refusal, Target};
use crate::ending::Reason;
use crate::event::What;
use crate::id::{CallNo, Extension};
use crate::route;

impl Exchange {
    /// The page transfers.
    ///
    /// # Errors
    /// There is no such place, or nobody can be reached there; the talk goes on.
    pub(super) fn transfer_to(&mut self, now: Now, no: CallNo, target: &Target) -> Result<(), Refusal> {
        self.may_transfer(no, target)?;
        self.transfer(now, no, target);
        Ok(())
    }

    fn may_transfer(&self, no: CallNo, target: &Target) -> Result<(), Refusal> {
        let call = self.calls.get(&no).ok_or(Refusal::NoSuchCall)?;
        if !route::exists(&call.plan, target) {
            return Err(Refusal::NoSuchTarget);
        }
        match target {
            Target::Menu(_) => Ok(()),
            Target::Queue(id) => {
                let Some(rules) = call.plan.queues.get(id) else { return Err(Refusal::NoSuchTarget) };
                let full = self.queues.get(id).is_some_and(|queue| queue.len() >= rules.max_len);
                let deserted = rules.overflow_when_empty && self.available(&call.plan, id) == 0;
                let away = (full || deserted) && rules.overflow == Target::HangUp;
                if away { Err(Refusal::TargetUnreachable) } else { Ok(()) }
            }
            Target::Extension(to) if call.talker.as_ref().is_some_and(|talker| talker.extension == *to) => {
                Err(Refusal::NoSuchTarget)
            }
            Target::Extension(to) if !self.registered.contains(to) => Err(Refusal::TargetUnreachable),
            Target::Extension(to) if self.is_engaged(to) || call.peer == route::Peer::Extension(to.clone()) => {
                Err(Refusal::TargetBusy)
            }
            Target::Extension(_) => Ok(()),
            Target::Repeat | Target::Language | Target::HangUp => Err(Refusal::NoSuchTarget),
        }
    }

    /// The agent is let go into wrap-up, the caller goes on. The caller stays in the recording.
    fn transfer(&mut self, now: Now, no: CallNo, target: &Target) {
        let Some(call) = self.call(no) else { return };
        let Some(talker) = call.talker.as_ref() else { return };
        let (id, agent, caller, held) = (call.id.clone(), talker.agent.clone(), call.caller.leg, talker.holds());
        call.back = matches!(target, Target::Extension(_)).then(|| Return {
            by: talker.agent.clone(),
            extension: Some(talker.extension.clone()),
            queue: talker.queue.clone(),
        });
        call.stage = Stage::Calling { since: now.instant };
        call.hops = 0;
        if held {
            self.stop_play(no);
        } else {
            self.order(no, caller, Order::Unbridge);
        }
        self.emit(now, What::CallTransferred { call: id, agent, to: route::address(target) });
        self.let_talker_go(now, no);
        self.watch_silence(no);
        self.go(now, no, target, Reason::Normal);
        self.dirty = true;
    }

    /// Nobody takes a caller who was sent to a colleague: back to who transferred them, then to the queue they came
    /// from; who was not transferred hears that nobody is there.
    pub(super) fn nobody_there(&mut self, now: Now, no: CallNo, reason: Reason) {
        self.tell_referrer(now, no, reason.status());
        let Some(call) = self.call(no) else { return };
        let Some(mut back) = call.back.take() else { return self.sorry(now, no, reason) };
        if let Some(extension) = back.extension.take().filter(|extension| self.may_ring(no, extension)) {
            self.tell_return(now, no, &back, reason, &Target::Extension(extension.clone()));
            if let Some(call) = self.call(no) {
                call.back = Some(back);
            }
            return self.dial(now, no, &extension);
        }
        let Some(queue) = back.queue.clone() else { return self.sorry(now, no, reason) };
        self.tell_return(now, no, &back, reason, &Target::Queue(queue.clone()));
        if let Some(call) = self.call(no) {
            // They have waited once and talked: they go before those who wait alike.
            call.priority = call.priority.saturating_add(1);
        }
        self.enqueue(now, no, &queue);
    }

    fn may_ring(&self, no: CallNo, extension: &Extension) -> bool {
        let known = self.calls.get(&no).is_some_and(|call| call.plan.extensions.contains_key(extension));
        known && self.registered.contains(extension) && !self.is_engaged(extension)
    }

    fn tell_return(&mut self, now: Now, no: CallNo, back: &Return, reason: Reason, to: &Target) {
        let Some(id) = self.calls.get(&no).map(|call| call.id.clone()) else { return };
        let (agent, reason) = (back.by.clone(), reason.word().to_owned());
        self.emit(now, What::CallReturned { call: id, agent, reason, to: route::address(to) });
    }

    /// REFER by the phone that talks: a blind transfer within the house. Attended transfer is not offered. The phone is
    /// told what comes of it (RFC 3515 §2.4.5) before its dialog ends.
    pub(super) fn referred(&mut self, now: Now, id: RequestId, dialog: DialogId, request: &Request) {
        let Some((no, true)) = self.call_of(dialog) else { return self.plain_reply(now, id, 403) };
        let target = request.headers.refer_to().ok().and_then(|to| self.refer_target(no, &to.uri));
        let Some(target) = target else { return self.plain_reply(now, id, 603) };
        match self.may_transfer(no, &target) {
            Ok(()) => {}
            Err(Refusal::TargetBusy) => return self.plain_reply(now, id, 486),
            Err(Refusal::TargetUnreachable) => return self.plain_reply(now, id, 480),
            Err(_) => return self.plain_reply(now, id, 603),
        }
        self.plain_reply(now, id, 202);
        self.dialogs.insert(dialog, Party::Referrer(no));
        if let Some(call) = self.call(no) {
            (call.referrer, call.referrer_told) = (Some(dialog), None);
        }
        self.tell_referrer(now, no, 100);
        self.transfer(now, no, &target);
    }

    fn refer_target(&self, no: CallNo, uri: &Uri) -> Option<Target> {
        if uri.has_headers() {
            return None;
        }
        let plan = &self.calls.get(&no)?.plan;
        let extension = Extension::new(dialled(uri, &plan.home)?);
        plan.extensions.contains_key(&extension).then_some(Target::Extension(extension))
    }

    /// Tells the phone that sent the caller on how far it is, when that is news: each of several phones that ring says so, and
    /// more than once. After a final status its dialog is over.
    pub(super) fn tell_referrer(&mut self, now: Now, no: CallNo, status: u16) {
        let Some(call) = self.call(no) else { return };
        let Some(dialog) = call.referrer.filter(|_| call.referrer_told != Some(status)) else { return };
        call.referrer_told = Some(status);
        let over = status >= 200;
        let state = if over { "terminated;reason=noresource" } else { "active;expires=300" };
        let extra = [
            ("Event", "refer".to_owned()),
            ("Subscription-State", state.to_owned()),
            ("Content-Type", "message/sipfrag;version=2.0".to_owned()),
        ];
        let body = Bytes::from(format!("SIP/2.0 {status} {}\r\n", status::reason(status)));
        self.ua.request_in_dialog(now.instant, dialog, Method::Notify, &extra, body);
        if over {
            if let Some(call) = self.call(no) {
                call.referrer = None;
            }
            self.dialogs.remove(&dialog);
            self.ua.bye(now.instant, dialog);
        }
        self.drain_sip();
    }
}
