//! The one machine the shell drives. It knows all the others: calls, queues, agents, menus, ports, registrations, SIP.
//!
//! Every input is worked off completely inside [`Exchange::handle`]; [`Exchange::poll`] then gives what is to be done, in
//! the order it was decided. A BYE is always decided before the media of its leg is closed.

mod admit;
mod answer;
mod arrive;
mod audit;
mod board;
mod clock;
mod command;
mod hangup;
mod hold;
mod identity;
mod keys;
mod legs;
mod menu;
mod notice;
mod offer;
mod phone;
mod register;
mod registered;
mod sdp;
mod staff;
mod talk;
mod transfer;
mod travel;
mod waiting;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use media::order::{Order, PlayId, StreamKey};
use media::ports::PortPool;
use sip::bindings::Bindings;
use sip::digest::Challenger;
use sip::user_agent::{Action, DialogId, Event as SipEvent, Settings, UserAgent};

use crate::agent::Agent;
use crate::call::Call;
use crate::contract::{Input, Now, Output};
use crate::digests::Digests;
use crate::event::{Event, What};
use crate::guesses::Guesses;
use crate::id::{CallId, CallNo, Extension, QueueId, UserId};
use crate::plan::Plan;
use crate::queue::Queue;
use crate::rng::{Ids, Rng};

pub use admit::Door;
use board::Figures;
use legs::Leg;

/// Ended calls that are still remembered, for a late recording report and for the agent's result.
const REMEMBERED: usize = 4_096;

/// Whose dialog it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Party {
    /// The caller's.
    Caller(CallNo),
    /// One of the phones that ring on that leg.
    Fork(CallNo, StreamKey),
    /// The one who answered.
    Talker(CallNo),
    /// Who sent the caller on by REFER and waits to hear what came of it.
    Referrer(CallNo),
}

/// What is remembered of a call after its end.
#[derive(Debug)]
struct Ended {
    id: CallId,
    began: Now,
    rev: u64,
    agents: Vec<UserId>,
    recorded: Vec<StreamKey>,
}

/// The switch.
pub struct Exchange {
    plan: Arc<Plan>,
    ua: UserAgent,
    bindings: Bindings,
    challenger: Challenger,
    digests: Digests,
    guesses: Guesses,
    door: Door,
    ports: PortPool,
    ids: Ids,
    calls: BTreeMap<CallNo, Call>,
    by_id: HashMap<CallId, CallNo>,
    dialogs: HashMap<DialogId, Party>,
    legs: BTreeMap<StreamKey, Leg>,
    leg_times: BTreeSet<(Instant, StreamKey)>,
    wakes: BTreeSet<(Instant, CallNo)>,
    touched: Vec<CallNo>,
    ended: BTreeMap<CallNo, Ended>,
    recorded: HashMap<StreamKey, CallNo>,
    queues: BTreeMap<QueueId, Queue>,
    agents: BTreeMap<UserId, Agent>,
    registered: BTreeSet<Extension>,
    revs: HashMap<String, u64>,
    board: BTreeMap<QueueId, Figures>,
    news: VecDeque<SipEvent>,
    out: VecDeque<Output>,
    next_number: u64,
    dirty: bool,
    stale: bool,
    draining: bool,
    pressed: bool,
}

impl Exchange {
    /// A switch with nothing going on. The same seed and inputs give the same outputs.
    pub fn new(plan: Arc<Plan>, seed: u64, now: Now) -> Self {
        let mut rng = Rng::new(seed);
        let mut settings = Settings::new(plan.advertised.sip);
        settings.max_dialogs = plan.max_calls.saturating_mul(16).max(1_000);
        let (first, last) = plan.rtp_ports;
        let mut exchange = Self {
            ua: UserAgent::new(settings, rng.bits()),
            bindings: Bindings::default(),
            challenger: Challenger::new(&plan.realm, rng.bits()),
            digests: Digests::default(),
            guesses: Guesses::default(),
            door: Door::default(),
            ports: PortPool::new(first..=last),
            ids: Ids::new(rng.bits()),
            calls: BTreeMap::new(),
            by_id: HashMap::new(),
            dialogs: HashMap::new(),
            legs: BTreeMap::new(),
            leg_times: BTreeSet::new(),
            wakes: BTreeSet::new(),
            touched: Vec::new(),
            ended: BTreeMap::new(),
            recorded: HashMap::new(),
            queues: BTreeMap::new(),
            agents: BTreeMap::new(),
            registered: BTreeSet::new(),
            revs: HashMap::new(),
            board: BTreeMap::new(),
            news: VecDeque::new(),
            out: VecDeque::new(),
            next_number: 1,
            dirty: false,
            stale: true,
            draining: false,
            pressed: false,
            plan,
        };
        exchange.staff(now);
        exchange
    }

    /// Something happened, or time passed.
    pub fn handle(&mut self, now: Now, input: Input) {
        match input {
            Input::Datagram(source, bytes) => self.ua.receive(now.instant, source, &bytes),
            Input::StreamClosed(stream) => {
                self.ua.stream_closed(now.instant, stream);
                for aor in self.bindings.stream_closed(stream) {
                    self.place_lost(now, &Extension::new(aor));
                }
            }
            Input::Unreachable(destination) => self.ua.unreachable(now.instant, destination),
            Input::Media(leg, heard) => self.heard(now, leg, heard),
            Input::Command { ticket, by, command } => {
                let answer = self.command(now, &by, command);
                self.out.push_back(Output::Reply(ticket, answer));
            }
            Input::Found(call, caller) => self.found(now, &call, *caller),
            Input::Plan(plan) => self.new_plan(now, plan),
            Input::Tick => self.ua.tick(now.instant),
            Input::Pressure(pressed) => self.pressed = pressed,
            Input::Drain => self.draining = true,
            Input::HangUpAll => self.hang_up_all(now),
        }
        self.settle(now);
    }

    /// The next thing to be done.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// Calls in progress.
    pub fn calls_active(&self) -> usize {
        self.calls.len()
    }

    /// Media ports lent to legs now.
    pub fn lent_ports(&self) -> usize {
        self.ports.lent()
    }

    /// Whether a phone is registered to the extension.
    pub fn registered(&self, extension: &Extension) -> bool {
        self.registered.contains(extension)
    }

    /// The agents, by user.
    pub fn agents(&self) -> impl Iterator<Item = &Agent> {
        self.agents.values()
    }

    /// Callers waiting in a queue.
    pub fn waiting(&self, queue: &QueueId) -> usize {
        self.queues.get(queue).map_or(0, Queue::len)
    }

    /// The plan new calls begin with.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Transactions and dialogs alive in the SIP layer.
    pub fn sip_counts(&self) -> sip::user_agent::Counts {
        self.ua.counts()
    }

    /// SIP messages since the start.
    pub fn sip_tally(&self) -> &sip::tally::Tally {
        self.ua.tally()
    }

    /// What became of those who asked without being known, since the start.
    pub fn door(&self) -> Door {
        self.door
    }

    /// Works until nothing is left to be decided at this moment.
    fn settle(&mut self, now: Now) {
        self.run_clocks(now);
        loop {
            self.drain_sip();
            if let Some(event) = self.news.pop_front() {
                self.sip_event(now, event);
            } else if std::mem::take(&mut self.dirty) {
                self.stale = true;
                self.dispatch(now);
            } else {
                break;
            }
        }
        self.tell_board(now);
        self.rearm();
    }

    /// Moves what the SIP layer wants into our own order of things, so that a BYE stands before the media's end.
    fn drain_sip(&mut self) {
        while let Some(action) = self.ua.poll() {
            match action {
                Action::Send(destination, bytes) => self.out.push_back(Output::Send(destination, bytes)),
                Action::Event(event) => self.news.push_back(event),
            }
        }
    }

    /// A call, noted for a look at its clock afterwards.
    fn call(&mut self, no: CallNo) -> Option<&mut Call> {
        self.touched.push(no);
        self.calls.get_mut(&no)
    }

    fn number(&mut self) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        number
    }

    fn play_id(&mut self) -> PlayId {
        PlayId(self.number())
    }

    /// An order to a leg. What SIP wants to say about it is said first.
    fn order(&mut self, no: CallNo, leg: StreamKey, order: Order) {
        self.drain_sip();
        self.out.push_back(Output::Media(media::order::Group(no.0), leg, order));
    }

    /// Tells the world, with the subject's next revision.
    fn emit(&mut self, now: Now, what: What) {
        let Some((rev, at)) = self.next_rev(now, &what) else { return };
        let id = self.ids.event(now.wall);
        self.drain_sip();
        self.out.push_back(Output::Event(Event { id, at, rev, what }));
    }

    /// The subject's next revision, and the time by its clock: a call keeps the one it began with.
    fn next_rev(&mut self, now: Now, what: &What) -> Option<(u64, i64)> {
        if let Some(call) = what.call() {
            let no = self.by_id.get(call)?;
            let live = self.calls.get_mut(no).map(|call| (&mut call.rev, call.began));
            let (rev, began) = live.or_else(|| self.ended.get_mut(no).map(|ended| (&mut ended.rev, ended.began)))?;
            *rev += 1;
            return Some((*rev, began.wall_at(now.instant)));
        }
        let rev = self.revs.entry(subject(what)).or_insert(0);
        *rev += 1;
        Some((*rev, now.wall))
    }
}

/// The subject of an event that is about no call.
fn subject(what: &What) -> String {
    match what {
        What::AgentState { agent, .. } => format!("agent/{agent}"),
        What::QueueStats { queue, .. } => format!("queue/{queue}"),
        What::PresenceChanged { extension, .. } => format!("extension/{extension}"),
        _ => String::new(),
    }
}
