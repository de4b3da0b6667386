//! The call centre's floor as it is now: a fold of the switch's events, nothing else. No clock, no channel.

use std::collections::{BTreeMap, BTreeSet};

use crm::card::Caller;
use pbx::contract::{State, Status};
use pbx::event::{Direction, Event, OfferEnd, PhoneTrouble, What};
use pbx::id::{CallId, Extension, QueueId, UserId};

/// Everything alive.
#[derive(Debug, Default)]
pub struct Floor {
    /// Calls in progress, and ended ones whose agent still writes the result.
    pub calls: BTreeMap<CallId, Live>,
    /// Agents that were heard of.
    pub agents: BTreeMap<UserId, Agent>,
    /// Newest figures of each queue.
    pub queues: BTreeMap<QueueId, Figures>,
    /// Extensions with a registered phone.
    pub phones: BTreeSet<Extension>,
}

/// One call in progress.
#[derive(Debug, Clone)]
pub struct Live {
    /// Way it was set up.
    pub direction: Direction,
    /// Number as sent.
    pub from: Option<String>,
    /// Display name as sent; untrusted text.
    pub display: Option<String>,
    /// What was dialled.
    pub to: String,
    /// Who calls, once known.
    pub caller: Option<Box<Caller>>,
    /// The queue it waits in or was taken from.
    pub queue: Option<QueueId>,
    /// Menus gone through and keys pressed there.
    pub ivr: Vec<(String, String)>,
    /// Language of the last menu.
    pub language: Option<String>,
    /// µs UTC.
    pub started_at: i64,
    /// µs UTC.
    pub queued_at: Option<i64>,
    /// First answer by a person, µs UTC.
    pub answered_at: Option<i64>,
    /// Since when the agent of now talks, hold included, µs UTC.
    pub talking_since: Option<i64>,
    /// The agent talking (or who talked last).
    pub agent: Option<UserId>,
    /// Agents whose phones ring.
    pub offers: BTreeMap<UserId, Offer>,
    /// Everybody who talked, so that they may see the end of what they began.
    pub talked: BTreeSet<UserId>,
    /// Since when the caller hears music by an agent's wish, µs UTC.
    pub held_since: Option<i64>,
    /// A recording runs.
    pub recording: bool,
    /// How long the caller waited before the last offer or answer.
    pub waited_ms: u64,
    /// Over, but not yet completed.
    pub ended: bool,
    /// Newest revision.
    pub rev: u64,
    /// How many revisions happened here and not in the switch (a caller tied to a customer).
    pub shift: u64,
}

/// A ringing phone.
#[derive(Debug, Clone, Copy)]
pub struct Offer {
    /// µs UTC.
    pub expires_at: i64,
    /// Whether the page can answer it.
    pub remote_answer: bool,
}

/// One agent.
#[derive(Debug, Clone)]
pub struct Agent {
    /// What they chose.
    pub status: Status,
    /// What the switch does with them.
    pub state: State,
    /// The call they are busy with.
    pub call: Option<CallId>,
    /// When wrap-up ends, µs UTC.
    pub until: Option<i64>,
    /// Since when status and state are what they are, µs UTC.
    pub since: i64,
    /// Offers missed in a row.
    pub misses: u32,
    /// Their phone, while it refuses calls or fails.
    pub phone: Option<PhoneTrouble>,
}

/// One queue's figures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Callers waiting.
    pub waiting: u32,
    /// Longest wait, ms.
    pub longest_ms: u64,
    /// Since when the one who waits longest waits, µs UTC.
    pub waiting_since: Option<i64>,
    /// Members available and idle.
    pub free: u32,
    /// Members available at all.
    pub available: u32,
}

impl Floor {
    /// Takes one event in.
    pub fn apply(&mut self, event: &Event) {
        match &event.what {
            What::CallStarted { call, direction, from, display, to, .. } => {
                let live = Live::begin(*direction, from.clone(), display.clone(), to.clone(), event.at);
                self.calls.insert(call.clone(), live);
            }
            What::AgentState { agent, status, state, call, until, phone } => {
                self.agent_moved(agent, event.at, status, *state, call.as_ref(), *until);
                self.agents.entry(agent.clone()).and_modify(|agent| agent.phone.clone_from(phone));
            }
            What::QueueStats { queue, waiting, longest_ms, waiting_since, free, available } => {
                let figures = Figures {
                    waiting: *waiting,
                    longest_ms: *longest_ms,
                    waiting_since: *waiting_since,
                    free: *free,
                    available: *available,
                };
                self.queues.insert(queue.clone(), figures);
            }
            What::PresenceChanged { extension, registered: true } => {
                self.phones.insert(extension.clone());
            }
            What::PresenceChanged { extension, registered: false } => {
                self.phones.remove(extension);
            }
            what => self.call_moved(what, event.at),
        }
        if let Some(live) = event.what.call().and_then(|call| self.calls.get_mut(call)) {
            live.rev = live.rev.max(event.rev + live.shift);
        }
    }

    /// The revision of an event's subject.
    pub fn rev(&self, event: &Event) -> u64 {
        let live = event.what.call().and_then(|call| self.calls.get(call));
        event.rev + live.map_or(0, |live| live.shift)
    }

    /// Forgets ended calls that nobody is busy with. Comes after the event was told, so that its tellers still see them.
    pub fn sweep(&mut self) {
        let agents = &self.agents;
        self.calls.retain(|id, live| !live.ended || agents.values().any(|agent| agent.call.as_ref() == Some(id)));
    }

    /// Whether this person takes part in the call: talks, talked, is being rung, or writes its result.
    pub fn involves(&self, call: &CallId, user: &UserId) -> bool {
        let busy = self.agents.get(user).is_some_and(|agent| agent.call.as_ref() == Some(call));
        let Some(live) = self.calls.get(call) else { return busy };
        busy || live.agent.as_ref() == Some(user) || live.offers.contains_key(user) || live.talked.contains(user)
    }

    fn call_moved(&mut self, what: &What, at: i64) {
        if let What::CallMissed { agent, .. } = what {
            self.agents.entry(agent.clone()).or_insert_with(|| Agent::unseen(at)).misses += 1;
        }
        if let What::CallAnswered { agent, .. } = what {
            self.agents.entry(agent.clone()).or_insert_with(|| Agent::unseen(at)).misses = 0;
        }
        if let Some(live) = what.call().and_then(|call| self.calls.get_mut(call)) {
            live.moved(what, at);
        }
    }

    fn agent_moved(
        &mut self,
        user: &UserId,
        at: i64,
        status: &Status,
        state: State,
        call: Option<&CallId>,
        until: Option<i64>,
    ) {
        let agent = self.agents.entry(user.clone()).or_insert_with(|| Agent::unseen(at));
        if agent.status != *status || agent.state != state {
            agent.since = at;
        }
        if agent.status != *status && *status == Status::Available {
            agent.misses = 0;
        }
        agent.status = status.clone();
        agent.state = state;
        agent.call = call.cloned();
        agent.until = until;
    }
}

impl Agent {
    /// Somebody the switch has not spoken of yet: off shift.
    pub fn unseen(at: i64) -> Self {
        Self { status: Status::Off, state: State::Idle, call: None, until: None, since: at, misses: 0, phone: None }
    }
}

impl Live {
    fn begin(direction: Direction, from: Option<String>, display: Option<String>, to: String, at: i64) -> Self {
        Self {
            direction,
            from,
            display,
            to,
            caller: None,
            queue: None,
            ivr: Vec::new(),
            language: None,
            started_at: at,
            queued_at: None,
            answered_at: None,
            talking_since: None,
            agent: None,
            offers: BTreeMap::new(),
            talked: BTreeSet::new(),
            held_since: None,
            recording: false,
            waited_ms: 0,
            ended: false,
            rev: 0,
            shift: 0,
        }
    }

    fn moved(&mut self, what: &What, at: i64) {
        match what {
            What::MatchResolved { caller, .. } => self.caller = Some(caller.clone()),
            What::CallIvr { menu, key, language, .. } => self.in_menu(menu, key.as_deref(), language),
            What::CallQueued { queue, .. } => self.queued(queue, at),
            What::CallOffered { agent, queue, waited_ms, expires_at, remote_answer, .. } => {
                self.queue = queue.clone().or_else(|| self.queue.take());
                self.waited_ms = *waited_ms;
                let offer = Offer { expires_at: *expires_at, remote_answer: *remote_answer };
                self.offers.insert(agent.clone(), offer);
            }
            What::CallOfferEnded { agent, reason, .. } => {
                if *reason == OfferEnd::Answered {
                    self.agent = Some(agent.clone());
                }
                self.offers.remove(agent);
            }
            What::CallAnswered { agent, waited_ms, .. } => self.answered(agent, *waited_ms, at),
            What::CallHeld { .. } => self.held_since = Some(at),
            What::CallResumed { .. } => self.held_since = None,
            What::CallTransferred { .. } => {
                self.left_agent();
                self.queued_at = None;
            }
            What::RecordingStarted { .. } => self.recording = true,
            What::RecordingReady { .. } | What::RecordingMissing { .. } => self.recording = false,
            What::CallEnded { .. } => {
                self.ended = true;
                self.recording = false;
                self.offers.clear();
            }
            _ => {}
        }
    }

    fn in_menu(&mut self, menu: &str, key: Option<&str>, language: &str) {
        self.language = Some(language.to_owned());
        if let Some(key) = key {
            self.ivr.push((menu.to_owned(), key.to_owned()));
        }
    }

    fn queued(&mut self, queue: &QueueId, at: i64) {
        self.queue = Some(queue.clone());
        self.queued_at = Some(at);
        self.left_agent();
    }

    fn answered(&mut self, agent: &UserId, waited_ms: u64, at: i64) {
        self.offers.remove(agent);
        self.agent = Some(agent.clone());
        self.talked.insert(agent.clone());
        self.answered_at.get_or_insert(at);
        self.talking_since = Some(at);
        self.waited_ms = waited_ms;
        self.held_since = None;
    }

    /// The caller is with nobody again (blind transfer, back to a queue).
    fn left_agent(&mut self) {
        self.agent = None;
        self.talking_since = None;
        self.held_since = None;
    }
}

/// The agent an event names.
pub fn agent_of(what: &What) -> Option<&UserId> {
    match what {
        What::CallOffered { agent, .. }
        | What::CallOfferEnded { agent, .. }
        | What::CallAnswered { agent, .. }
        | What::CallHeld { agent, .. }
        | What::CallResumed { agent, .. }
        | What::CallTransferred { agent, .. }
        | What::CallReturned { agent, .. }
        | What::CallMissed { agent, .. }
        | What::CallCompleted { agent, .. }
        | What::AgentState { agent, .. } => Some(agent),
        _ => None,
    }
}
