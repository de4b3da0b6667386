//! Queues at work: entering, being offered, hearing music and one's place, going elsewhere.

use media::order::Order;

use super::Exchange;
use crate::call::{self, Playing, Purpose, Stage};
use crate::contract::Now;
use crate::ending::Reason;
use crate::event::What;
use crate::id::{CallNo, QueueId};
use crate::ivr::system_sound;
use crate::queue::{Due, Free, Queue, Refused};

/// Highest place there is a sound for.
const HIGHEST_SPOKEN: usize = 20;

impl Exchange {
    /// A caller enters a queue, or goes where its overflow leads.
    pub(super) fn enqueue(&mut self, now: Now, no: CallNo, id: &QueueId) {
        let Some(call) = self.call(no) else { return };
        let (plan, priority, call_id) = (call.plan.clone(), call.priority, call.id.clone());
        let empty =
            plan.queues.get(id).is_some_and(|rules| rules.overflow_when_empty) && self.available(&plan, id) == 0;
        if empty {
            return self.overflow(now, no, id, Reason::NoAgent);
        }
        let queue = self.queues.entry(id.clone()).or_insert_with(|| Queue::new(id.clone()));
        match queue.enter(now.instant, no, &plan, priority) {
            Err(Refused::Full) => self.overflow(now, no, id, Reason::QueueFull),
            Err(Refused::NoSuchQueue) => self.end(now, no, Reason::Other),
            Ok(place) => {
                if let Some(call) = self.call(no) {
                    call.stage = Stage::Queued { queue: id.clone(), entered: now.instant };
                }
                let position = u32::try_from(place).unwrap_or(u32::MAX);
                self.emit(now, What::CallQueued { call: call_id, queue: id.clone(), position });
                if !self.give_notice(now, no) {
                    self.play_music(now, no);
                }
                self.queue_clock(now, id);
                self.dirty = true;
            }
        }
    }

    /// The caller waits no longer.
    pub(super) fn leave_queue(&mut self, now: Now, no: CallNo) {
        let Some(id) = self.calls.get(&no).and_then(|call| call.queue().cloned()) else { return };
        self.cut_notice(now, no);
        if let Some(queue) = self.queues.get_mut(&id) {
            queue.leave(no);
        }
        self.dirty = true;
    }

    /// Hold music to a caller who waits or is held.
    pub(super) fn play_music(&mut self, _now: Now, no: CallNo) {
        let id = self.play_id();
        let Some(call) = self.call(no) else { return };
        let leg = call.caller.leg;
        let Some(music) = call.music() else {
            call.caller.playing = None;
            return self.order(no, leg, Order::StopPlay);
        };
        call.caller.playing = Some(Playing { id, purpose: Purpose::Music, until: None });
        self.order(no, leg, Order::Play { id, sounds: vec![music], repeat: true });
    }

    /// Time passed for one queue.
    pub(super) fn queue_clock(&mut self, now: Now, id: &QueueId) {
        let Some(queue) = self.queues.get_mut(id) else { return };
        for due in queue.due(now.instant) {
            match due {
                Due::Announce { call, position } => self.announce(now, call, position),
                Due::MaxWait(call) => self.waited_too_long(now, call, id),
                Due::TierJoins => self.dirty = true,
            }
        }
    }

    /// Sends on who has waited as long as the queue allows. Who still hears the notice goes when it is over.
    pub(super) fn waited_too_long(&mut self, now: Now, no: CallNo, id: &QueueId) {
        if self.calls.get(&no).is_some_and(call::Call::hears_notice) {
            return;
        }
        self.end_all_offers(now, no, crate::event::OfferEnd::Withdrawn, None);
        self.overflow(now, no, id, Reason::MaxWait);
    }

    /// The caller goes where the queue sends those it cannot serve.
    fn overflow(&mut self, now: Now, no: CallNo, id: &QueueId, reason: Reason) {
        self.leave_queue(now, no);
        self.stop_play(no);
        let Some(call) = self.call(no) else { return };
        call.stage = Stage::Calling { since: call.waited_from(now.instant) };
        let Some(target) = call.plan.queues.get(id).map(|rules| rules.overflow.clone()) else {
            return self.end(now, no, reason);
        };
        self.go(now, no, &target, reason);
    }

    /// Says the place in the queue; not over the notice, after which it is said anyway.
    pub(super) fn announce(&mut self, now: Now, no: CallNo, position: usize) {
        let id = self.play_id();
        let Some(call) = self.call(no) else { return };
        if position > HIGHEST_SPOKEN || call.hears_notice() {
            return;
        }
        let words = ["position".to_owned(), format!("n{position}")];
        let sounds: Vec<_> = words.iter().filter_map(|w| system_sound(&call.plan, &call.language, w)).collect();
        if sounds.len() < words.len() {
            return;
        }
        let until = Some(call::play_limit(now.instant, &sounds));
        call.caller.playing = Some(Playing { id, purpose: Purpose::Announcement, until });
        let leg = call.caller.leg;
        self.order(no, leg, Order::Play { id, sounds, repeat: false });
    }

    /// Brings waiting callers and free agents together: higher priority first, then who has waited longest, over all queues.
    pub(super) fn dispatch(&mut self, now: Now) {
        let mut line: Vec<(i32, std::time::Instant, CallNo, QueueId)> = Vec::new();
        for (id, queue) in &self.queues {
            line.extend(queue.callers().map(|(no, priority, entered)| (-priority, entered, no, id.clone())));
        }
        line.sort();
        for (_, _, no, id) in line {
            if self.calls.get(&no).is_some_and(call::Call::hears_notice) {
                continue;
            }
            if self.must_overflow(no, &id) {
                self.overflow(now, no, &id, Reason::NoAgent);
                continue;
            }
            let free = self.free_agents();
            if free.is_empty() {
                continue;
            }
            let Some(queue) = self.queues.get_mut(&id) else { continue };
            for extension in queue.choose(now.instant, no, &free) {
                self.offer_from_queue(now, no, &id, &extension);
            }
        }
    }

    /// Whether the queue's last available member went away.
    fn must_overflow(&self, no: CallNo, id: &QueueId) -> bool {
        let Some(call) = self.calls.get(&no) else { return false };
        let Some(rules) = call.plan.queues.get(id) else { return false };
        rules.overflow_when_empty && call.offers.is_empty() && self.available(&call.plan, id) == 0
    }

    /// Everybody a queue could ring now.
    fn free_agents(&self) -> Vec<Free> {
        let free = self.agents.values().filter(|agent| agent.is_free());
        free.filter_map(|agent| Some((agent.extension()?, agent.idle_since())))
            .filter(|(extension, _)| self.registered.contains(extension))
            .map(|(extension, idle_since)| Free { extension: extension.clone(), idle_since })
            .collect()
    }

    /// Members of a queue who take calls today and have a phone, busy or not.
    pub(super) fn available(&self, plan: &crate::plan::Plan, id: &QueueId) -> usize {
        let Some(rules) = plan.queues.get(id) else { return 0 };
        let takes = |extension: &crate::id::Extension| {
            let mut owners = self.agents.values().filter(|agent| agent.extension() == Some(extension));
            self.registered.contains(extension) && owners.any(crate::agent::Agent::is_reachable)
        };
        rules.members.iter().filter(|member| takes(&member.extension)).count()
    }
}
