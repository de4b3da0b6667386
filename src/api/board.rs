//! The board: every desk's view of the floor. One task owns it; desks and routes ask over a bounded channel.

use std::sync::{Arc, Mutex, PoisonError};

use crm::card::Caller;
use jiff::tz::TimeZone;
use pbx::event::{Direction, Event, What};
use pbx::id::{CallId, QueueId, UserId};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

pub mod floor;
mod history;
pub mod people;
pub mod wire;

use crate::plan_view::PlanView;
use floor::Floor;
use history::History;
pub use people::{People, Person, Role};
pub use wire::{AgentRow, LiveCall, QueueNow};

/// Events a desk may fall behind before it is cut off.
pub const DESK_QUEUE: usize = 256;
/// Desks one person may have open: a few tabs and a few that have not noticed their end yet.
const DESKS_PER_PERSON: usize = 12;

/// What the board is asked and told.
#[derive(Debug)]
pub enum BoardAsk {
    /// The switch says something happened.
    Event(Box<Event>),
    /// A route changed business data, or the configuration was loaded.
    Data(DataEvent),
    /// Somebody tied a caller to a customer.
    Linked(Linked),
    /// The configuration's names.
    Plan(Arc<PlanView>),
    /// Who can sign in, whole.
    People(Vec<Person>),
    /// What is wrong with the daemon now, whole, and when that was found, µs UTC.
    Trouble(Vec<Trouble>, i64),
    /// A desk opens. `None`: this person has too many open.
    Subscribe(Subscribe, oneshot::Sender<Option<Subscribed>>),
    /// A call on the floor that this person may know of.
    Look(CallId, Person, oneshot::Sender<Option<OnFloor>>),
    /// Every agent's row.
    Agents(oneshot::Sender<Vec<AgentRow>>),
    /// Every queue's figures.
    Queues(oneshot::Sender<Vec<QueueNow>>),
}

/// Something that happened to business data: `ticket.created`, `customer.updated`, `config.reloaded`.
#[derive(Debug, Clone)]
pub struct DataEvent {
    /// `evt_…`
    pub id: String,
    /// µs UTC.
    pub at: i64,
    /// Kind.
    pub kind: String,
    /// `ticket/tkt_…`
    pub subject: String,
    /// Revision of the subject.
    pub rev: u64,
    /// Data as the page reads it.
    pub data: Value,
}

/// Something wrong with the daemon itself, for everybody to see: `{"part":"database","state":"full","count":0}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// `database`, `journal`, `recordings`.
    pub part: &'static str,
    /// `down`, `busy`, `full`, `read-only`, `failing`, `taken`; of the journal `waiting`, `behind`, `refused`, `stuck`.
    pub state: &'static str,
    /// Of the journal: how many events.
    pub count: usize,
}

/// A caller who turned out to be somebody.
#[derive(Debug, Clone)]
pub struct Linked {
    /// The call.
    pub call: CallId,
    /// Who it is.
    pub caller: Box<Caller>,
    /// `evt_…`
    pub id: String,
    /// µs UTC.
    pub at: i64,
}

/// A call that is on the floor, for who asks before its row is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnFloor {
    /// The caller's number as sent; `None` when it is hidden, or nobody called in.
    pub from: Option<String>,
}

/// A desk that opens.
#[derive(Debug, Clone)]
pub struct Subscribe {
    /// Whose.
    pub person: Person,
    /// Last `seq` the desk saw in an earlier connection.
    pub resume: Option<u64>,
    /// Now, µs UTC.
    pub at: i64,
}

/// What an opening desk gets.
#[derive(Debug)]
pub struct Subscribed {
    /// Where the stream stands.
    pub seq: u64,
    /// Something between `resume` and now is no longer known here: lists must be fetched again.
    pub gap: bool,
    /// The `snapshot` message's data.
    pub snapshot: Value,
    /// History events since `resume`, oldest first.
    pub missed: Vec<Sent>,
    /// What happens from now on. Closed by the board when the desk is too slow.
    pub door: mpsc::Receiver<Sent>,
}

/// One message for one desk.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Rises per recipient.
    pub seq: u64,
    /// Whether the desk must acknowledge it.
    pub ack: bool,
    /// A newer one of the same queue makes this one worthless.
    pub stats_of: Option<QueueId>,
    /// The message, JSON.
    pub text: Arc<str>,
}

/// The way to the board.
#[derive(Debug, Clone)]
pub struct BoardDoor {
    tx: mpsc::Sender<BoardAsk>,
    held: Option<Held>,
}

/// News that wait until what they tell of is kept.
#[derive(Debug, Clone, Default)]
pub struct Held(Arc<Mutex<Vec<BoardAsk>>>);

impl Held {
    fn push(&self, ask: BoardAsk) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(ask);
    }

    fn take(&self) -> Vec<BoardAsk> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl BoardDoor {
    /// Over the channel that [`run`] reads.
    pub fn new(tx: mpsc::Sender<BoardAsk>) -> Self {
        Self { tx, held: None }
    }

    /// The same way, but news wait in `held`.
    #[must_use]
    pub fn holding(&self, held: &Held) -> Self {
        Self { tx: self.tx.clone(), held: Some(held.clone()) }
    }

    /// Sends news that waited.
    pub async fn release(&self, held: &Held) {
        for ask in held.take() {
            self.send(ask).await;
        }
    }

    async fn send(&self, ask: BoardAsk) {
        if let Some(held) = &self.held {
            return held.push(ask);
        }
        if self.tx.send(ask).await.is_err() {
            tracing::debug!("the board is gone; news has no readers");
        }
    }

    /// Whether the board has gone (the daemon stops).
    pub fn is_closed(&self) -> bool {
        self.tx.is_closed()
    }

    /// Tells the desks of changed data.
    pub async fn tell(&self, event: DataEvent) {
        self.send(BoardAsk::Data(event)).await;
    }

    /// Tells the desks of a call in progress who its caller turned out to be.
    pub async fn linked(&self, call: &str, caller: Caller, at: i64) {
        let (call, caller, id) = (CallId::new(call), Box::new(caller), crate::token::event_id(at));
        self.send(BoardAsk::Linked(Linked { call, caller, id, at })).await;
    }

    /// Tells the desks what is wrong with the daemon now.
    pub async fn trouble(&self, troubles: Vec<Trouble>, at: i64) {
        self.send(BoardAsk::Trouble(troubles, at)).await;
    }

    /// Opens a desk. `None` when the board is gone or this person has too many open.
    pub async fn subscribe(&self, ask: Subscribe) -> Option<Subscribed> {
        self.ask(|reply| BoardAsk::Subscribe(ask, reply)).await.flatten()
    }

    /// A call that is on the floor, when this person is one who may know of it.
    pub async fn look(&self, call: &str, person: Person) -> Option<OnFloor> {
        let call = CallId::new(call);
        self.ask(|reply| BoardAsk::Look(call, person, reply)).await.flatten()
    }

    /// Every agent's row; empty when the board is gone.
    pub async fn agents(&self) -> Vec<AgentRow> {
        self.ask(BoardAsk::Agents).await.unwrap_or_default()
    }

    /// Every queue's figures; empty when the board is gone.
    pub async fn queues(&self) -> Vec<QueueNow> {
        self.ask(BoardAsk::Queues).await.unwrap_or_default()
    }

    async fn ask<T>(&self, ask: impl FnOnce(oneshot::Sender<T>) -> BoardAsk) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.tx.send(ask(reply)).await.ok()?;
        answer.await.ok()
    }
}

/// The floor, the desks that watch it, and what they may have missed.
#[derive(Debug)]
pub struct Board {
    zone: TimeZone,
    floor: Floor,
    people: People,
    plan: Arc<PlanView>,
    desks: Vec<Desk>,
    history: History,
    trouble: Vec<Trouble>,
    seq: u64,
}

#[derive(Debug)]
struct Desk {
    person: Person,
    door: mpsc::Sender<Sent>,
}

impl Board {
    /// An empty floor at a moment (µs UTC). `seq` starts from it, so that it keeps rising over a restart of the daemon.
    pub fn new(zone: TimeZone, started_at: i64) -> Self {
        let seq = millis(started_at);
        Self {
            zone,
            floor: Floor::default(),
            people: People::default(),
            plan: Arc::default(),
            desks: Vec::new(),
            history: History::since(seq),
            trouble: Vec::new(),
            seq,
        }
    }

    /// Takes one message in and answers it.
    pub fn handle(&mut self, ask: BoardAsk) {
        match ask {
            BoardAsk::Event(event) => self.event(&event),
            BoardAsk::Data(event) => self.data(&event),
            BoardAsk::Linked(linked) => self.linked(linked),
            BoardAsk::Plan(plan) => self.plan = plan,
            BoardAsk::People(people) => self.peopled(People::new(people)),
            BoardAsk::Trouble(trouble, at) => self.troubled(trouble, at),
            BoardAsk::Subscribe(ask, reply) => {
                // A desk that gave up waiting has dropped its end; its door closes with the answer.
                let _gone = reply.send(self.subscribe(ask));
            }
            BoardAsk::Look(call, person, reply) => {
                let _gone = reply.send(self.look(&call, &person));
            }
            BoardAsk::Agents(reply) => {
                let _gone = reply.send(self.agent_rows());
            }
            BoardAsk::Queues(reply) => {
                let _gone = reply.send(self.queue_rows(|_| true));
            }
        }
    }

    /// The switch knows nothing of it, so the revision of the call moves here: its later events count on from there.
    fn linked(&mut self, linked: Linked) {
        let Some(live) = self.floor.calls.get_mut(&linked.call) else { return };
        live.shift += 1;
        let what = What::MatchResolved { call: linked.call, caller: linked.caller };
        let rev = live.rev + 1 - live.shift;
        self.event(&Event { id: linked.id, at: linked.at, rev, what });
    }

    fn event(&mut self, event: &Event) {
        self.floor.apply(event);
        let seq = self.next_seq(event.at);
        let pen = wire::Pen { zone: &self.zone, people: &self.people };
        let envelope = Envelope {
            seq,
            id: &event.id,
            kind: event.what.kind(),
            at: event.at,
            subject: pen.subject(&event.what),
            rev: self.floor.rev(event),
        };
        let data = pen.data(&self.floor, event);
        let stats_of = if let What::QueueStats { queue, .. } = &event.what { Some(queue.clone()) } else { None };
        let plain = Sent { seq, ack: false, stats_of, text: envelope.text(&self.zone, false, &data, None) };
        let call = event.what.call();
        let (floor, plan) = (&self.floor, &self.plan);
        let compose = |person: &Person| -> Option<Sent> {
            if !sees(floor, plan, person, &event.what) {
                return None;
            }
            let Some((id, live)) = call.and_then(|id| floor.calls.get_key_value(id)) else {
                return Some(plain.clone());
            };
            if !floor.involves(id, &person.name) {
                return Some(plain.clone());
            }
            let ack = matches!(&event.what, What::CallOffered { agent, .. } if *agent == person.name);
            let own = json!(pen.live_call(floor, id, live, Some(&person.name)));
            Some(Sent { ack, text: envelope.text(&self.zone, ack, &data, Some(&own)), ..plain.clone() })
        };
        deliver(&mut self.desks, compose);
        if let What::CallMissed { agent, .. } = &event.what {
            self.history.keep(event.at, Some(agent.clone()), plain);
        }
        self.floor.sweep();
    }

    fn data(&mut self, event: &DataEvent) {
        let seq = self.next_seq(event.at);
        let envelope = Envelope {
            seq,
            id: &event.id,
            kind: &event.kind,
            at: event.at,
            subject: event.subject.clone(),
            rev: event.rev,
        };
        let text = envelope.text(&self.zone, false, &event.data, None);
        let sent = Sent { seq, ack: false, stats_of: None, text };
        deliver(&mut self.desks, |_| Some(sent.clone()));
        self.history.keep(event.at, None, sent);
    }

    /// Who came, went or changed is on the desks that are open too: they get the floor anew, as one that opens now does.
    fn peopled(&mut self, people: People) {
        if self.people == people {
            return;
        }
        self.people = people;
        let mut desks = std::mem::take(&mut self.desks);
        deliver(&mut desks, |person| {
            let text = json!({"type": "snapshot", "data": self.snapshot(person)}).to_string();
            Some(Sent { seq: self.seq, ack: false, stats_of: None, text: text.into() })
        });
        self.desks = desks;
    }

    /// Not for the history: a desk that was away gets what is wrong now with its snapshot.
    fn troubled(&mut self, trouble: Vec<Trouble>, at: i64) {
        self.trouble = trouble;
        let (seq, id) = (self.next_seq(at), crate::token::event_id(at));
        let (kind, subject) = ("system.trouble", "system".to_owned());
        let envelope = Envelope { seq, id: &id, kind, at, subject, rev: 0 };
        let text = envelope.text(&self.zone, false, &json!({"trouble": self.trouble}), None);
        deliver(&mut self.desks, |_| Some(Sent { seq, ack: false, stats_of: None, text: text.clone() }));
    }

    fn subscribe(&mut self, ask: Subscribe) -> Option<Subscribed> {
        self.desks.retain(|desk| !desk.door.is_closed());
        let open = self.desks.iter().filter(|desk| desk.person.id == ask.person.id).count();
        if open >= DESKS_PER_PERSON {
            return None;
        }
        let snapshot = self.snapshot(&ask.person);
        let (missed, gap) = match ask.resume {
            // A number we never gave out (another database, a clock set back): what the desk saw is unknown.
            Some(resume) if resume > self.seq => (Vec::new(), true),
            Some(resume) => self.history.since_seq(resume, ask.at, &ask.person),
            None => (Vec::new(), false),
        };
        let (door, receiver) = mpsc::channel(DESK_QUEUE);
        self.desks.push(Desk { person: ask.person, door });
        Some(Subscribed { seq: self.seq, gap, snapshot, missed, door: receiver })
    }

    fn snapshot(&self, person: &Person) -> Value {
        let pen = wire::Pen { zone: &self.zone, people: &self.people };
        let shown = self
            .floor
            .calls
            .iter()
            .filter(|(id, live)| person.role.sees_every_call() || self.is_current(id, &person.name, live));
        let calls: Vec<LiveCall> =
            shown.map(|(id, live)| pen.live_call(&self.floor, id, live, Some(&person.name))).collect();
        json!({
            "agent": pen.own_state(&self.floor, &person.name),
            "calls": calls,
            "queues": self.queue_rows(|queue| sees_queue(&self.plan, person, queue)),
            "agents": self.agent_rows(),
            "trouble": self.trouble,
        })
    }

    fn look(&self, call: &CallId, person: &Person) -> Option<OnFloor> {
        let live = self.floor.calls.get(call)?;
        let theirs = live.agent.as_ref() == Some(&person.name) || live.offers.contains_key(&person.name);
        let may = person.role.sees_every_call() || theirs || self.is_current(call, &person.name, live);
        may.then(|| OnFloor { from: live.from.clone().filter(|_| live.direction == Direction::In) })
    }

    /// Whether the call is this person's now (not: was once).
    fn is_current(&self, id: &CallId, name: &UserId, live: &floor::Live) -> bool {
        let busy = self.floor.agents.get(name).is_some_and(|agent| agent.call.as_ref() == Some(id));
        busy || (!live.ended && (live.agent.as_ref() == Some(name) || live.offers.contains_key(name)))
    }

    fn agent_rows(&self) -> Vec<AgentRow> {
        let pen = wire::Pen { zone: &self.zone, people: &self.people };
        let agents = self.people.agents().filter_map(|person| Some((person, person.extension.as_ref()?)));
        agents.map(|(person, extension)| pen.agent_row(&self.floor, person, extension)).collect()
    }

    fn queue_rows(&self, shown: impl Fn(&QueueId) -> bool) -> Vec<QueueNow> {
        let pen = wire::Pen { zone: &self.zone, people: &self.people };
        let queues = self.plan.queues.iter().filter(|queue| shown(&queue.id));
        queues
            .map(|queue| pen.queue(&queue.id, self.floor.queues.get(&queue.id).copied().unwrap_or_default()))
            .collect()
    }

    /// The next number: it rises by at least one, and never lags behind the clock.
    fn next_seq(&mut self, at: i64) -> u64 {
        self.seq = (self.seq + 1).max(millis(at));
        self.seq
    }
}

/// Answers asks until every sender is gone.
pub async fn run(mut board: Board, mut asks: mpsc::Receiver<BoardAsk>) {
    while let Some(ask) = asks.recv().await {
        board.handle(ask);
    }
}

/// What every event begins with.
struct Envelope<'a> {
    seq: u64,
    id: &'a str,
    kind: &'a str,
    at: i64,
    subject: String,
    rev: u64,
}

impl Envelope<'_> {
    fn text(&self, zone: &TimeZone, ack: bool, data: &Value, live: Option<&Value>) -> Arc<str> {
        let mut message = json!({
            "seq": self.seq,
            "id": self.id,
            "type": self.kind,
            "time": crate::time::rfc3339(zone, self.at),
            "subject": self.subject,
            "rev": self.rev,
            "ack": ack,
            "data": data,
        });
        // The data of an offer already are the live call.
        if let Some(live) = live.filter(|_| self.kind != "call.offered") {
            message["data"]["live"] = live.clone();
        }
        message.to_string().into()
    }
}

/// Gives each desk its message; a desk that is full or gone is forgotten, which closes its door.
fn deliver(desks: &mut Vec<Desk>, compose: impl Fn(&Person) -> Option<Sent>) {
    desks.retain(|desk| match compose(&desk.person) {
        Some(sent) => desk.door.try_send(sent).is_ok(),
        None => true,
    });
}

/// Who may see an event: supervisors every one; agents those of their calls, everybody's state, their queues' figures.
fn sees(floor: &Floor, plan: &PlanView, person: &Person, what: &What) -> bool {
    if person.role.sees_every_call() {
        return true;
    }
    match what {
        What::AgentState { .. } | What::PresenceChanged { .. } => true,
        What::QueueStats { queue, .. } => sees_queue(plan, person, queue),
        What::CallOffered { agent, .. } | What::CallOfferEnded { agent, .. } | What::CallMissed { agent, .. } => {
            *agent == person.name
        }
        what => what.call().is_some_and(|call| {
            floor.involves(call, &person.name) || floor::agent_of(what).is_some_and(|agent| *agent == person.name)
        }),
    }
}

fn sees_queue(plan: &PlanView, person: &Person, queue: &QueueId) -> bool {
    let member = |extension| plan.is_member(queue, extension);
    person.role.sees_every_call() || person.extension.as_ref().is_some_and(member)
}

fn millis(micros: i64) -> u64 {
    u64::try_from(micros / 1000).unwrap_or(0)
}
