//! What must hold between two inputs, looked up by counting. Tests ask after every step; the shell may ask at any time.

use std::collections::BTreeSet;

use super::legs::LegState;
use super::{Exchange, Party};
use crate::call::{Call, Stage};
use crate::contract::State;

impl Exchange {
    /// Every broken invariant in words; empty when all is well.
    pub fn audit(&self) -> Vec<String> {
        let mut faults = Vec::new();
        self.audit_legs(&mut faults);
        self.audit_dialogs(&mut faults);
        self.audit_agents(&mut faults);
        self.audit_queues(&mut faults);
        for call in self.calls.values() {
            self.audit_call(call, &mut faults);
        }
        faults
    }

    /// Every leg that is not closing belongs to a live call, and every lent port to a leg.
    fn audit_legs(&self, faults: &mut Vec<String>) {
        for (key, leg) in &self.legs {
            if matches!(leg.state, LegState::Closing(_)) {
                continue;
            }
            let Some(call) = self.calls.get(&leg.call) else {
                faults.push(format!("leg {} without a call", key.0));
                continue;
            };
            let talks = call.talker.as_ref().is_some_and(|talker| talker.leg == *key);
            if call.caller.leg != *key && !talks && !call.offers.iter().any(|offer| offer.leg == *key) {
                faults.push(format!("leg {} is of no use to call {}", key.0, call.id));
            }
        }
        let ports: BTreeSet<u16> = self.legs.values().map(|leg| leg.port).collect();
        if ports.len() != self.legs.len() || ports.len() != self.ports.lent() {
            let lent = self.ports.lent();
            faults.push(format!("{} legs with {} ports, {lent} lent", self.legs.len(), ports.len()));
        }
    }

    fn audit_dialogs(&self, faults: &mut Vec<String>) {
        for (dialog, party) in &self.dialogs {
            let known = match party {
                Party::Caller(no) => self.calls.get(no).is_some_and(|call| call.caller.dialog == *dialog),
                Party::Talker(no) => {
                    self.calls.get(no).and_then(|call| call.talker.as_ref()).is_some_and(|t| t.dialog == *dialog)
                }
                Party::Referrer(no) => self.calls.get(no).is_some_and(|call| call.referrer == Some(*dialog)),
                Party::Fork(no, leg) => {
                    let offers = self.calls.get(no).map(|call| call.offers.as_slice()).unwrap_or_default();
                    offers
                        .iter()
                        .any(|offer| offer.leg == *leg && offer.forks.iter().any(|fork| fork.dialog == *dialog))
                }
            };
            if !known {
                faults.push(format!("dialog {} is nobody's: {party:?}", dialog.0));
            }
        }
    }

    fn audit_agents(&self, faults: &mut Vec<String>) {
        for agent in self.agents.values() {
            let call = agent.call().and_then(|id| self.by_id.get(id)).and_then(|no| self.calls.get(no));
            let user = agent.user();
            let right = match agent.state() {
                State::Idle => agent.call().is_none() && agent.wrap_up_until().is_none(),
                State::WrapUp => agent.wrap_up_until().is_some(),
                State::Ringing => call.is_some_and(|call| call.offer_to(user).is_some()),
                State::Talking | State::Holding => {
                    call.is_some_and(|call| call.is_talking(user) || call.caller_agent.as_ref() == Some(user))
                }
            };
            if !right {
                faults.push(format!("agent {user} is {:?} with {:?}", agent.state(), agent.call()));
            }
        }
    }

    fn audit_queues(&self, faults: &mut Vec<String>) {
        for (id, queue) in &self.queues {
            for (no, _, _) in queue.callers() {
                if self.calls.get(&no).and_then(Call::queue) != Some(id) {
                    faults.push(format!("queue {id} holds call {} that does not wait in it", no.0));
                }
            }
        }
    }

    /// Every call has a clock, and what its stage promises is there.
    fn audit_call(&self, call: &Call, faults: &mut Vec<String>) {
        let opening = call.offers.iter().any(|offer| offer.until.is_none());
        let waits = call.queue().and_then(|id| self.queues.get(id)).is_some_and(|queue| queue.contains(call.no));
        let held = match &call.stage {
            Stage::Opening(_) => !call.caller.open,
            Stage::Queued { .. } => waits,
            Stage::Calling { .. } => !call.offers.is_empty(),
            Stage::Talking { .. } => call.talker.is_some() && call.offers.is_empty(),
            _ => call.offers.is_empty() && call.talker.is_none(),
        };
        if !held {
            faults.push(format!("call {} is in a stage without its means: {:?}", call.id, call.stage));
        }
        if call.deadline().is_none() && !waits && !opening && !matches!(call.stage, Stage::Opening(_)) {
            faults.push(format!("call {} has no clock: {:?}", call.id, call.stage));
        }
        if call.wake != call.deadline() {
            faults.push(format!("call {} is due at a time that is not noted", call.id));
        }
        if call.fate.is_ended() {
            faults.push(format!("call {} has ended and is still there", call.id));
        }
    }
}
