//! What boards show: agents as they change, queues at most once a second and only on change.

use std::time::{Duration, Instant};

use super::Exchange;
use crate::contract::Now;
use crate::event::What;
use crate::id::{QueueId, UserId};

/// Shortest time between two figures of one queue.
const PACE: Duration = Duration::from_secs(1);

/// What was told last of a queue, and when the next may be told.
#[derive(Debug, Clone)]
pub(super) struct Figures {
    told: (u32, u32, u32),
    next: Instant,
    due: bool,
}

impl Exchange {
    /// Tells an agent's status and state, if they changed. Who was dismissed while busy goes when they become idle.
    pub(super) fn tell_agent(&mut self, now: Now, user: &UserId) {
        let Some(agent) = self.agents.get_mut(user) else { return };
        if !agent.take_change() {
            return;
        }
        let left = agent.deadline().map(|at| at.saturating_duration_since(now.instant));
        let what = What::AgentState {
            agent: user.clone(),
            status: agent.status().clone(),
            state: agent.state(),
            call: agent.call().cloned(),
            until: left.map(|left| now.wall.saturating_add(i64::try_from(left.as_micros()).unwrap_or(i64::MAX))),
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
        let fresh = Figures { told: (0, 0, 0), next: now.instant, due: false };
        let board = self.board.entry(id.clone()).or_insert(fresh);
        board.due = board.told != figures;
        if !board.due || now.instant < board.next {
            return;
        }
        (board.told, board.next, board.due) = (figures, now.instant + PACE, false);
        let longest = self.queues.get(id).map_or(Duration::ZERO, |queue| queue.longest(now.instant));
        let (waiting, free, available) = figures;
        let longest_ms = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
        self.emit(now, What::QueueStats { queue: id.clone(), waiting, longest_ms, free, available });
    }

    fn figures(&self, plan: &crate::plan::Plan, id: &QueueId) -> (u32, u32, u32) {
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let members = plan.queues.get(id).map(|rules| rules.members.as_slice()).unwrap_or_default();
        let mut counts = (small(self.queues.get(id).map_or(0, crate::queue::Queue::len)), 0, 0);
        for agent in self.agents.values() {
            let Some(extension) = agent.extension() else { continue };
            let member = members.iter().any(|m| m.extension == *extension);
            if member && agent.is_available() && self.registered.contains(extension) {
                counts.1 += u32::from(agent.is_free());
                counts.2 += 1;
            }
        }
        counts
    }

    pub(super) fn board_deadline(&self) -> Option<Instant> {
        self.board.values().filter(|board| board.due).map(|board| board.next).min()
    }
}
