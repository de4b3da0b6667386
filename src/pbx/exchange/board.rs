//! What boards show: agents as they change, queues at most once a second and only on change.

use std::time::{Duration, Instant};

use super::Exchange;
use crate::agent::PhoneRefusal;
use crate::contract::Now;
use crate::event::{PhoneTrouble, What};
use crate::id::{QueueId, UserId};

/// Shortest time between two figures of one queue.
const PACE: Duration = Duration::from_secs(1);

/// What was told last of a queue, and when the next may be told.
#[derive(Debug, Clone)]
pub(super) struct Figures {
    told: Told,
    next: Instant,
    due: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Told {
    waiting: u32,
    /// Since when the one who waits longest waits.
    since: Option<Instant>,
    free: u32,
    available: u32,
}

impl Exchange {
    /// Tells an agent's status and state, if they changed. Who was dismissed while busy goes when they become idle.
    pub(super) fn tell_agent(&mut self, now: Now, user: &UserId) {
        let Some(agent) = self.agents.get_mut(user) else { return };
        if !agent.take_change() {
            return;
        }
        let what = What::AgentState {
            agent: user.clone(),
            status: agent.status().clone(),
            state: agent.state(),
            call: agent.call().cloned(),
            until: agent.wrap_up_until().map(|at| now.wall_at(at)),
            phone: agent.phone().map(|phone| trouble(now, phone)),
        };
        self.emit(now, what);
        self.let_go_if_idle(user);
        self.dirty = true;
    }

    pub(super) fn agent_clock(&mut self, now: Now) {
        let due = |agent: &&crate::agent::Agent| agent.deadline().is_some_and(|at| now.instant >= at);
        let due: Vec<_> = self.agents.values().filter(due).map(|agent| agent.user().clone()).collect();
        for user in due {
            self.agents.get_mut(&user).into_iter().for_each(|agent| agent.tick(now.instant));
            self.tell_agent(now, &user);
        }
    }

    /// Looks at the figures of all queues, where something may have changed them, and tells those that may be told.
    pub(super) fn tell_board(&mut self, now: Now) {
        let due = self.board_deadline().is_some_and(|at| now.instant >= at);
        if !std::mem::take(&mut self.stale) && !due {
            return;
        }
        let plan = self.plan.clone();
        for id in plan.queues.keys() {
            self.tell_queue(now, &plan, id);
        }
    }

    fn tell_queue(&mut self, now: Now, plan: &crate::plan::Plan, id: &QueueId) {
        let figures = self.figures(plan, id);
        let fresh = Figures { told: Told::default(), next: now.instant, due: false };
        let board = self.board.entry(id.clone()).or_insert(fresh);
        board.due = board.told != figures;
        if !board.due || now.instant < board.next {
            return;
        }
        (board.told, board.next, board.due) = (figures, now.instant + PACE, false);
        let Told { waiting, since, free, available } = figures;
        let longest = since.map_or(Duration::ZERO, |since| now.instant.saturating_duration_since(since));
        let longest_ms = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
        let waiting_since = since.map(|since| now.wall_at(since));
        self.emit(now, What::QueueStats { queue: id.clone(), waiting, longest_ms, waiting_since, free, available });
    }

    fn figures(&self, plan: &crate::plan::Plan, id: &QueueId) -> Told {
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let members = plan.queues.get(id).map(|rules| rules.members.as_slice()).unwrap_or_default();
        let queue = self.queues.get(id);
        let waiting = small(queue.map_or(0, crate::queue::Queue::len));
        let mut told = Told { waiting, since: queue.and_then(crate::queue::Queue::since), free: 0, available: 0 };
        for agent in self.agents.values() {
            let Some(extension) = agent.extension() else { continue };
            let member = members.iter().any(|m| m.extension == *extension);
            if member && agent.is_reachable() && self.registered.contains(extension) {
                told.free += u32::from(agent.is_free());
                told.available += 1;
            }
        }
        told
    }

    pub(super) fn board_deadline(&self) -> Option<Instant> {
        self.board.values().filter(|board| board.due).map(|board| board.next).min()
    }
}

fn trouble(now: Now, phone: &PhoneRefusal) -> PhoneTrouble {
    let until = phone.rests_until.map(|at| now.wall_at(at));
    PhoneTrouble { said: phone.said.clone(), times: phone.times, until }
}
