//! One queue: who waits, in which order, and which members are asked next.
//!
//! Callers keep the rules of the plan they began with. Agents are given as candidates by the owner; a queue does not know
//! what an agent is.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::id::{CallNo, Extension, QueueId};
use crate::plan::{Plan, QueuePlan, Strategy};

/// How long a member who gave a caller back is not asked for the same caller again.
pub const PAUSE_AFTER_DECLINE: Duration = Duration::from_secs(5);

/// A member who could be asked now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Free {
    /// Their extension.
    pub extension: Extension,
    /// Since when they do nothing.
    pub idle_since: Instant,
}

/// What becomes due by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Say the place to this caller.
    Announce {
        /// The caller.
        call: CallNo,
        /// Place, from 1.
        position: usize,
    },
    /// This caller has waited as long as the queue allows.
    MaxWait(CallNo),
    /// A further tier may be asked for somebody.
    TierJoins,
}

/// Why a caller could not enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The caller's plan has no such queue.
    NoSuchQueue,
    /// As many wait as may.
    Full,
}

#[derive(Debug, Clone)]
struct Waiting {
    call: CallNo,
    plan: Arc<Plan>,
    entered: Instant,
    priority: i32,
    announce_at: Option<Instant>,
    joins: Vec<Instant>,
    overdue: bool,
    asked: Vec<Extension>,
    pauses: Vec<(Extension, Instant)>,
    ringing: usize,
}

/// A queue's callers, in the order they are served.
#[derive(Debug, Clone)]
pub struct Queue {
    id: QueueId,
    waiting: Vec<Waiting>,
    last_asked: Option<Extension>,
}

impl Queue {
    /// An empty queue.
    pub fn new(id: QueueId) -> Self {
        Self { id, waiting: Vec::new(), last_asked: None }
    }

    /// A caller enters; the answer is their place from 1. Higher priority goes before lower, else first come first served.
    ///
    /// # Errors
    /// [`Refused`] says why not.
    pub fn enter(&mut self, now: Instant, call: CallNo, plan: &Arc<Plan>, priority: i32) -> Result<usize, Refused> {
        let rules = plan.queues.get(&self.id).ok_or(Refused::NoSuchQueue)?;
        if self.waiting.len() >= rules.max_len {
            return Err(Refused::Full);
        }
        let place = self.waiting.iter().position(|w| w.priority < priority).unwrap_or(self.waiting.len());
        let joins = rules.members.iter().filter(|m| !m.join_after.is_zero()).map(|m| now + m.join_after);
        let entry = Waiting {
            call,
            plan: Arc::clone(plan),
            entered: now,
            priority,
            announce_at: rules.announce.map(|_| now),
            joins: joins.collect(),
            overdue: false,
            asked: Vec::new(),
            pauses: Vec::new(),
            ringing: 0,
        };
        self.waiting.insert(place, entry);
        Ok(place + 1)
    }

    /// A caller leaves, for whatever reason. Says when they had entered.
    pub fn leave(&mut self, call: CallNo) -> Option<Instant> {
        let at = self.waiting.iter().position(|w| w.call == call)?;
        Some(self.waiting.remove(at).entered)
    }

    /// Callers in the order they are served, with their priority and the time they entered.
    pub fn callers(&self) -> impl Iterator<Item = (CallNo, i32, Instant)> + '_ {
        self.waiting.iter().map(|w| (w.call, w.priority, w.entered))
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether that caller waits here.
    pub fn contains(&self, call: CallNo) -> bool {
        self.waiting.iter().any(|w| w.call == call)
    }

    /// Place of a caller, from 1.
    pub fn place(&self, call: CallNo) -> Option<usize> {
        self.waiting.iter().position(|w| w.call == call).map(|at| at + 1)
    }

    /// Whether that caller's wait was reported as over.
    pub fn is_overdue(&self, call: CallNo) -> bool {
        self.waiting.iter().any(|w| w.call == call && w.overdue)
    }

    /// Since when the one who waits longest waits.
    pub fn since(&self) -> Option<Instant> {
        self.waiting.iter().map(|w| w.entered).min()
    }

    /// Whom to ring for that caller now, out of those who are free. The choice is taken as made: the next one differs.
    pub fn choose(&mut self, now: Instant, call: CallNo, free: &[Free]) -> Vec<Extension> {
        let Some(at) = self.waiting.iter().position(|w| w.call == call) else { return Vec::new() };
        let plan = Arc::clone(&self.waiting[at].plan);
        let Some(rules) = plan.queues.get(&self.id) else { return Vec::new() };
        let entry = &mut self.waiting[at];
        if entry.overdue || (entry.ringing > 0 && rules.strategy != Strategy::RingAll) {
            return Vec::new();
        }
        entry.pauses.retain(|(_, until)| now < *until);
        let chosen = match rules.strategy {
            Strategy::RingAll => entry.candidates(now, rules, free).into_iter().map(|f| f.extension.clone()).collect(),
            Strategy::LongestIdle => entry.longest_idle(now, rules, free),
            Strategy::RoundRobin => entry.next_in_turn(now, rules, free, self.last_asked.as_ref()),
        };
        entry.ringing += chosen.len();
        entry.asked.extend(chosen.iter().cloned());
        if let Some(last) = chosen.last() {
            self.last_asked = Some(last.clone());
        }
        chosen
    }

    /// An offer for that caller is over. Who gave the caller back is left alone for a while.
    pub fn offer_ended(&mut self, now: Instant, call: CallNo, extension: &Extension, declined: bool) {
        let Some(entry) = self.waiting.iter_mut().find(|w| w.call == call) else { return };
        entry.ringing = entry.ringing.saturating_sub(1);
        if declined {
            entry.pauses.push((extension.clone(), now + PAUSE_AFTER_DECLINE));
        }
    }

    /// What became due. Announcements are moved on; a wait that is over is reported once.
    pub fn due(&mut self, now: Instant) -> Vec<Due> {
        let mut due = Vec::new();
        for (place, entry) in self.waiting.iter_mut().enumerate() {
            entry.due(now, &self.id, place + 1, &mut due);
        }
        due
    }

    /// When something becomes due.
    pub fn deadline(&self) -> Option<Instant> {
        self.waiting.iter().filter_map(|entry| entry.deadline(&self.id)).min()
    }
}

impl Waiting {
    fn rules(&self, id: &QueueId) -> Option<&QueuePlan> {
        self.plan.queues.get(id)
    }

    fn due(&mut self, now: Instant, id: &QueueId, position: usize, due: &mut Vec<Due>) {
        let plan = Arc::clone(&self.plan);
        let Some(rules) = plan.queues.get(id) else { return };
        if !self.overdue && now >= self.entered + rules.max_wait {
            self.overdue = true;
            due.push(Due::MaxWait(self.call));
            return;
        }
        if let (Some(at), Some(every)) = (self.announce_at, rules.announce)
            && now >= at
        {
            self.announce_at = Some(now + every.max(Duration::from_secs(5)));
            due.push(Due::Announce { call: self.call, position });
        }
        let before = self.joins.len() + self.pauses.len();
        self.joins.retain(|at| now < *at);
        self.pauses.retain(|(_, at)| now < *at);
        if self.joins.len() + self.pauses.len() < before {
            due.push(Due::TierJoins);
        }
    }

    fn deadline(&self, id: &QueueId) -> Option<Instant> {
        let over = if self.overdue { None } else { self.rules(id).map(|rules| self.entered + rules.max_wait) };
        let announce = self.announce_at.filter(|_| !self.overdue);
        let joins = self.joins.iter().chain(self.pauses.iter().map(|(_, at)| at)).min().copied();
        [over, announce, joins.filter(|_| !self.overdue)].into_iter().flatten().min()
    }

    /// Free members whose tier has joined, in the plan's order, without those who just gave this caller back.
    fn candidates<'a>(&self, now: Instant, rules: &QueuePlan, free: &'a [Free]) -> Vec<&'a Free> {
        let joined = rules.members.iter().filter(|m| now >= self.entered + m.join_after);
        let not_paused = joined.filter(|m| !self.pauses.iter().any(|(ext, _)| *ext == m.extension));
        let mut found: Vec<(u8, &Free)> = Vec::new();
        for member in not_paused {
            let known = |f: &&Free| f.extension == member.extension;
            if let Some(candidate) = free.iter().find(known)
                && !found.iter().any(|(_, f)| f.extension == candidate.extension)
            {
                found.push((member.tier, candidate));
            }
        }
        found.sort_by_key(|(tier, _)| *tier);
        found.into_iter().map(|(_, f)| f).collect()
    }

    /// The candidates of the lowest tier that has any; those not yet asked for this caller before those already asked.
    fn next_tier<'a>(&mut self, now: Instant, rules: &QueuePlan, free: &'a [Free]) -> Vec<&'a Free> {
        let all = self.candidates(now, rules, free);
        let fresh: Vec<_> = all.iter().copied().filter(|f| !self.asked.contains(&f.extension)).collect();
        let pool = if fresh.is_empty() {
            self.asked.clear();
            all
        } else {
            fresh
        };
        let tier_of = |f: &Free| rules.members.iter().find(|m| m.extension == f.extension).map_or(u8::MAX, |m| m.tier);
        let lowest = pool.iter().map(|f| tier_of(f)).min();
        pool.into_iter().filter(|f| Some(tier_of(f)) == lowest).collect()
    }

    fn longest_idle(&mut self, now: Instant, rules: &QueuePlan, free: &[Free]) -> Vec<Extension> {
        let pool = self.next_tier(now, rules, free);
        pool.into_iter().min_by_key(|f| f.idle_since).map(|f| f.extension.clone()).into_iter().collect()
    }

    fn next_in_turn(
        &mut self,
        now: Instant,
        rules: &QueuePlan,
        free: &[Free],
        last: Option<&Extension>,
    ) -> Vec<Extension> {
        let pool = self.next_tier(now, rules, free);
        let place = |ext: &Extension| rules.members.iter().position(|m| m.extension == *ext);
        let start = last.and_then(place).map_or(0, |at| at + 1);
        let count = rules.members.len().max(1);
        let turn = |f: &&Free| place(&f.extension).map_or(usize::MAX, |at| (at + count - start % count) % count);
        pool.into_iter().min_by_key(turn).map(|f| f.extension.clone()).into_iter().collect()
    }
}
