//! Who works here: agents follow the newest plan, calls keep the one they began with.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Exchange;
use crate::agent::Agent;
use crate::contract::{Now, State, Status};
use crate::id::{Extension, UserId};
use crate::plan::Plan;

impl Exchange {
    /// A new configuration.
    pub(super) fn new_plan(&mut self, now: Now, plan: Arc<Plan>) {
        self.plan = plan;
        self.board.retain(|id, _| self.plan.queues.contains_key(id));
        self.queues.retain(|id, queue| !queue.is_empty() || self.plan.queues.contains_key(id));
        self.staff(now);
        self.dirty = true;
    }

    /// Makes the agents those of the plan. Who is no longer in it goes off shift, after the talk they are in.
    pub(super) fn staff(&mut self, now: Now) {
        let mut wanted: BTreeMap<UserId, Extension> = BTreeMap::new();
        for (extension, plan) in &self.plan.extensions {
            if let Some(user) = &plan.user {
                wanted.entry(user.clone()).or_insert_with(|| extension.clone());
            }
        }
        for (user, extension) in &wanted {
            let agent = Agent::new(now.instant, user.clone(), extension.clone());
            self.agents.entry(user.clone()).or_insert(agent).assign(Some(extension.clone()));
        }
        let gone: Vec<_> = self.agents.keys().filter(|user| !wanted.contains_key(*user)).cloned().collect();
        for user in gone {
            self.dismiss(now, &user);
        }
    }

    fn dismiss(&mut self, now: Now, user: &UserId) {
        let Some(agent) = self.agents.get_mut(user) else { return };
        agent.assign(None);
        self.tell_agent(now, user);
        self.let_go_if_idle(user);
    }

    /// Forgets an agent whom the plan no longer has, as soon as nothing keeps them busy.
    pub(super) fn let_go_if_idle(&mut self, user: &UserId) {
        let done = |agent: &Agent| agent.extension().is_none() && agent.state() == State::Idle;
        if self.agents.get(user).is_some_and(done) {
            self.agents.remove(user);
        }
    }

    /// Sets the status a person had before the switch was restarted. Their phone may register later.
    pub fn restore_status(&mut self, now: Now, user: &UserId, status: Status) {
        if let Some(agent) = self.agents.get_mut(user) {
            agent.restore(status);
            self.tell_agent(now, user);
            self.settle(now);
        }
    }
}
