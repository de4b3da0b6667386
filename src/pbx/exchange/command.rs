//! What people ask for from the page: each either done at once or refused with a reason.

use bytes::Bytes;
use sip::Method;

use super::Exchange;
use crate::contract::{Actor, Command, Now, Refusal, Status};
use crate::ending::Reason;
use crate::event::{OfferEnd, What};
use crate::id::{CallId, CallNo, UserId};

impl Exchange {
    pub(super) fn command(&mut self, now: Now, by: &Actor, command: Command) -> Result<(), Refusal> {
        match command {
            Command::SetStatus(status) => self.set_status(now, &by.user, status),
            Command::Answer(call) => self.lift(now, by, &call),
            Command::Decline(call) => self.decline(now, by, &call),
            Command::HangUp(call) => self.hang_up(now, by, &call),
            Command::Hold(call) => {
                let no = self.talk_of(by, &call)?;
                self.page_holds(now, no, true)
            }
            Command::Resume(call) => {
                let no = self.talk_of(by, &call)?;
                self.resume(now, no)
            }
            Command::Transfer(call, target) => {
                let no = self.talk_of(by, &call)?;
                self.transfer_to(now, no, &target)
            }
            Command::Complete { call, disposition, note } => self.complete(now, by, call, disposition, note),
            Command::ExtendWrapUp => {
                let agent = self.agents.get_mut(&by.user).ok_or(Refusal::NoExtension)?;
                agent.extend_wrap_up()?;
                self.tell_agent(now, &by.user);
                Ok(())
            }
            Command::EndWrapUp => {
                let agent = self.agents.get_mut(&by.user).ok_or(Refusal::NoExtension)?;
                agent.end_wrap_up(now.instant)?;
                self.tell_agent(now, &by.user);
                Ok(())
            }
        }
    }

    /// "Mesaiye başla" needs a phone; a break takes back an offer that rings just now.
    fn set_status(&mut self, now: Now, user: &UserId, status: Status) -> Result<(), Refusal> {
        let agent = self.agents.get(user).ok_or(Refusal::NoExtension)?;
        let extension = agent.extension().ok_or(Refusal::NoExtension)?;
        if status == Status::Available && !self.registered.contains(extension) {
            return Err(Refusal::NoPhone);
        }
        let leaves = status != Status::Available;
        self.agents.get_mut(user).ok_or(Refusal::NoExtension)?.choose(now.instant, status)?;
        self.tell_agent(now, user);
        if leaves {
            self.withdraw_queue_offers(now, user);
        }
        Ok(())
    }

    fn find_call(&self, id: &CallId) -> Result<CallNo, Refusal> {
        let no = self.by_id.get(id).copied().ok_or(Refusal::NoSuchCall)?;
        if self.calls.contains_key(&no) { Ok(no) } else { Err(Refusal::NoSuchCall) }
    }

    /// The call, if somebody talks in it and the asker may speak for them.
    fn talk_of(&self, by: &Actor, id: &CallId) -> Result<CallNo, Refusal> {
        let no = self.find_call(id)?;
        let call = self.calls.get(&no).ok_or(Refusal::NoSuchCall)?;
        if !by.any_call && !call.is_talking(&by.user) {
            return Err(if call.offer_to(&by.user).is_some() { Refusal::WrongState } else { Refusal::NotYours });
        }
        if call.talker.is_none() {
            return Err(Refusal::WrongState);
        }
        Ok(no)
    }

    /// NOTIFY `Event: talk` to a phone of theirs that rings and takes it.
    fn lift(&mut self, now: Now, by: &Actor, id: &CallId) -> Result<(), Refusal> {
        let no = self.find_call(id)?;
        let call = self.calls.get(&no).ok_or(Refusal::NoSuchCall)?;
        let Some(offer) = call.offer_to(&by.user) else {
            return Err(if call.is_talking(&by.user) { Refusal::WrongState } else { Refusal::NotYours });
        };
        let leg = offer.leg;
        let mut talkers = offer.forks.iter().filter(|fork| fork.talks).peekable();
        talkers.peek().ok_or(Refusal::LiftHandset)?;
        let fork = talkers.find(|fork| fork.rings).ok_or(Refusal::WrongState)?.dialog;
        let extra = [("Event", "talk".to_owned()), ("Subscription-State", "active".to_owned())];
        let request = self.ua.request_in_dialog(now.instant, fork, Method::Notify, &extra, Bytes::new());
        if let Some(offer) = self.call(no).and_then(|call| call.offer_mut(leg)) {
            offer.forks.iter_mut().filter(|one| one.dialog == fork).for_each(|one| one.asked = Some(request));
        }
        Ok(())
    }

    fn decline(&mut self, now: Now, by: &Actor, id: &CallId) -> Result<(), Refusal> {
        let no = self.find_call(id)?;
        let call = self.calls.get(&no).ok_or(Refusal::NoSuchCall)?;
        let Some(offer) = call.offer_to(&by.user) else {
            return Err(if call.is_talking(&by.user) { Refusal::WrongState } else { Refusal::NotYours });
        };
        let leg = offer.leg;
        self.offer_over(now, no, leg, OfferEnd::Declined);
        Ok(())
    }

    fn hang_up(&mut self, now: Now, by: &Actor, id: &CallId) -> Result<(), Refusal> {
        let no = self.find_call(id)?;
        let call = self.calls.get(&no).ok_or(Refusal::NoSuchCall)?;
        let reason = if call.is_talking(&by.user) {
            Reason::AgentHungUp
        } else if call.caller_agent.as_ref() == Some(&by.user) {
            Reason::CallerHungUp
        } else if by.any_call {
            if call.talker.is_some() { Reason::Normal } else { Reason::Other }
        } else if call.offer_to(&by.user).is_some() {
            return Err(Refusal::WrongState);
        } else {
            return Err(Refusal::NotYours);
        };
        self.end(now, no, reason);
        Ok(())
    }

    fn resume(&mut self, now: Now, no: CallNo) -> Result<(), Refusal> {
        let held_by_phone = self.calls.get(&no).and_then(|c| c.talker.as_ref()).is_some_and(|t| t.held_by_phone);
        if held_by_phone {
            return Err(Refusal::WrongState);
        }
        self.page_holds(now, no, false)
    }

    /// The result of a talk that is over for this person; ends their wrap-up for it.
    fn complete(
        &mut self,
        now: Now,
        by: &Actor,
        call: CallId,
        disposition: String,
        note: String,
    ) -> Result<(), Refusal> {
        let no = self.by_id.get(&call).copied().ok_or(Refusal::NoSuchCall)?;
        let live = self.calls.get(&no);
        if live.is_some_and(|live| live.is_talking(&by.user)) {
            return Err(Refusal::WrongState);
        }
        let talked = live.map(|live| &live.agents).or_else(|| self.ended.get(&no).map(|ended| &ended.agents));
        let took_part = talked.ok_or(Refusal::NoSuchCall)?.contains(&by.user);
        if !took_part && !by.any_call {
            return Err(Refusal::NotYours);
        }
        let finishing = self.agents.get(&by.user).is_some_and(|agent| agent.call() == Some(&call));
        self.emit(now, What::CallCompleted { call, agent: by.user.clone(), disposition, note });
        if let Some(agent) = self.agents.get_mut(&by.user).filter(|_| finishing) {
            agent.end_wrap_up(now.instant)?;
            self.tell_agent(now, &by.user);
        }
        Ok(())
    }

    /// Takes back what rings for a person.
    pub(super) fn withdraw_offers_to(&mut self, now: Now, user: &UserId) {
        for (no, leg, _) in self.offers_to(user) {
            self.offer_over(now, no, leg, OfferEnd::Withdrawn);
        }
    }

    fn withdraw_queue_offers(&mut self, now: Now, user: &UserId) {
        for (no, leg, _) in self.offers_to(user).into_iter().filter(|(_, _, queue)| *queue) {
            self.offer_over(now, no, leg, OfferEnd::Withdrawn);
        }
    }

    fn offers_to(&self, user: &UserId) -> Vec<(CallNo, media::order::StreamKey, bool)> {
        let offers = self.calls.values().filter_map(|call| Some((call.no, call.offer_to(user)?)));
        offers.map(|(no, offer)| (no, offer.leg, offer.queue.is_some())).collect()
    }
}
