//! Time: who is due, and when to come back.

use std::time::Instant;

use super::Exchange;
use crate::call::Stage;
use crate::contract::Now;
use crate::ending::Reason;
use crate::event::OfferEnd;
use crate::id::CallNo;
use crate::ivr::Heard;

impl Exchange {
    /// When to call again with [`crate::contract::Input::Tick`] at the latest.
    pub fn deadline(&self) -> Option<Instant> {
        let calls = self.wakes.first().map(|(at, _)| *at);
        let legs = self.leg_times.first().map(|(at, _)| *at);
        let agents = self.agents.values().filter_map(crate::agent::Agent::deadline).min();
        let queues = self.queues.values().filter_map(crate::queue::Queue::deadline).min();
        let board = self.board_deadline();
        [self.ua.deadline(), self.bindings.deadline(), calls, legs, agents, queues, board].into_iter().flatten().min()
    }

    pub(super) fn run_clocks(&mut self, now: Now) {
        if self.ua.deadline().is_some_and(|at| now.instant >= at) {
            self.ua.tick(now.instant);
        }
        if self.bindings.deadline().is_some_and(|at| now.instant >= at) {
            self.registration_clock(now);
        }
        self.leg_clock(now);
        self.agent_clock(now);
        self.queue_clocks(now);
        self.call_clocks(now);
    }

    fn queue_clocks(&mut self, now: Now) {
        let due = |queue: &&crate::queue::Queue| queue.deadline().is_some_and(|at| now.instant >= at);
        let due: Vec<_> = self.queues.iter().filter(|(_, queue)| due(queue)).map(|(id, _)| id.clone()).collect();
        for id in due {
            self.queue_clock(now, &id);
        }
    }

    fn call_clocks(&mut self, now: Now) {
        while let Some(&(at, no)) = self.wakes.first() {
            if at > now.instant {
                break;
            }
            self.wakes.remove(&(at, no));
            if let Some(call) = self.call(no) {
                call.wake = None;
            }
            self.call_clock(now, no);
        }
    }

    /// Everything of one call that is due now.
    fn call_clock(&mut self, now: Now, no: CallNo) {
        while let Some(leg) = self.calls.get(&no).and_then(|call| call.overdue_offer(now.instant)) {
            self.offer_over(now, no, leg, OfferEnd::Timeout);
        }
        let overdue = self.calls.get(&no).and_then(|call| Some((call.caller.leg, call.overdue_play(now.instant)?)));
        if let Some((leg, id)) = overdue {
            self.play_done(now, no, leg, id);
        }
        self.release_keys(now, no);
        let Some(call) = self.calls.get(&no) else { return };
        match &call.stage {
            Stage::Asking { until } if now.instant >= *until => self.find_way(now, no),
            Stage::Menu { until, .. } if now.instant >= *until => self.menu_over_long(now, no),
            Stage::Menu { .. } => self.tell_menu(now, no, Heard::Tick),
            Stage::Talking { until } if now.instant >= *until => self.end(now, no, Reason::Normal),
            Stage::Sorry { until, reason } if now.instant >= *until => {
                let reason = *reason;
                self.end(now, no, reason);
            }
            _ => {}
        }
    }

    /// Notes anew when each touched call is due.
    pub(super) fn rearm(&mut self) {
        for no in std::mem::take(&mut self.touched) {
            let Some(call) = self.calls.get_mut(&no) else { continue };
            let wake = call.deadline();
            if wake == call.wake {
                continue;
            }
            if let Some(old) = call.wake {
                self.wakes.remove(&(old, no));
            }
            if let Some(new) = wake {
                self.wakes.insert((new, no));
            }
            call.wake = wake;
        }
    }
}
