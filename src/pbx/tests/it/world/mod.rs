//! A small world around the switch: time, network, phones, media, look-ups. Everything follows from a seed.

mod media;
mod phone;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crm::card::{Caller, Match};
use pbx::contract::{Actor, Command, Input, Now, Output, Refusal, Registration, Status, WrongSecret};
use pbx::event::{Ending, Event, What};
use pbx::exchange::Exchange;
use pbx::id::{CallId, Extension, UserId};
use pbx::plan::Plan;
use pbx::record::CallRecord;
use pbx::rng::Rng;
use sip::user_agent::{Destination, Source, StreamId, Transport};

pub use media::{FakeMedia, MediaFaults, MediaLog};
pub use phone::{OnRing, Phone, PhoneId};

/// Where the switch listens.
pub const SWITCH: &str = "127.0.0.1:5060";
/// 2026-11-23, a Monday, 11:00 in Istanbul.
pub const MONDAY_11: i64 = 1_795_420_800_000_000;

/// What goes wrong on the network, in per mille.
#[derive(Debug, Clone, Copy, Default)]
pub struct NetFaults {
    pub loss: u64,
    pub twice: u64,
    pub late: u64,
}

/// How look-ups behave.
#[derive(Debug, Clone, Copy)]
pub enum Lookup {
    After(u64),
    Never,
}

#[derive(Debug)]
enum Due {
    ToSwitch { from: SocketAddr, bytes: bytes::Bytes },
    ToPhone { to: SocketAddr, bytes: bytes::Bytes },
    Found(CallId, Box<Caller>),
    Phone(PhoneId, phone::Timer),
    Media(media::Due),
    Script(Act),
}

/// Something a story does later.
#[derive(Debug, Clone)]
pub enum Act {
    Dial(PhoneId, String),
    HangUp(PhoneId),
    Press(PhoneId, char),
    HoldByPhone(PhoneId, bool),
    Command(String, Want),
    Register(PhoneId),
    Unregister(PhoneId),
    Unplug(PhoneId),
    /// An INFO with a key of that sign.
    Inform(PhoneId, char),
    /// Somebody sets the wall clock by so many seconds.
    SetClock(i64),
    Swap(Arc<Plan>),
    Drain,
    HangUpAll,
}

/// A command about whatever call the person has at that moment.
#[derive(Debug, Clone)]
pub enum Want {
    Status(Status),
    Answer,
    Decline,
    HangUp,
    Hold,
    Resume,
    Transfer(pbx::contract::Target),
    Complete,
    Extend,
    EndWrapUp,
}

pub struct World {
    pub switch: Exchange,
    pub phones: Vec<Phone>,
    pub media: FakeMedia,
    pub events: Vec<Event>,
    /// Every message the switch sent, and where to.
    pub heard: Vec<(SocketAddr, bytes::Bytes)>,
    pub wrong_secrets: Vec<WrongSecret>,
    /// Connections of which the switch said that one of ours is at the other end.
    pub proven: Vec<StreamId>,
    /// What a database would keep.
    pub registered: BTreeMap<Extension, Vec<Registration>>,
    pub log: Vec<String>,
    /// Datagrams of the switch, whole.
    pub sent: Vec<(SocketAddr, String)>,
    pub net: NetFaults,
    pub lookup: Lookup,
    pub caller_card: Option<Caller>,
    pub rng: Rng,
    /// Statuses the switch sent out, by phone: what a caller saw last.
    start: Instant,
    at: Duration,
    wall: i64,
    agenda: BTreeMap<(Duration, u64), Due>,
    serial: u64,
    replies: VecDeque<(u64, Result<(), Refusal>)>,
    tickets: u64,
    pub checked: bool,
}

impl World {
    pub fn new(plan: Plan) -> Self {
        Self::seeded(plan, 1)
    }

    pub fn seeded(plan: Plan, seed: u64) -> Self {
        Self::at_time(plan, seed, MONDAY_11)
    }

    pub fn at_time(plan: Plan, seed: u64, wall: i64) -> Self {
        let start = Instant::now();
        let mut rng = Rng::new(seed);
        let switch = Exchange::new(Arc::new(plan), rng.bits(), Now { instant: start, wall });
        Self {
            switch,
            phones: Vec::new(),
            media: FakeMedia::default(),
            events: Vec::new(),
            heard: Vec::new(),
            wrong_secrets: Vec::new(),
            proven: Vec::new(),
            registered: BTreeMap::new(),
            log: Vec::new(),
            sent: Vec::new(),
            net: NetFaults::default(),
            lookup: Lookup::After(20),
            caller_card: None,
            rng,
            start,
            at: Duration::ZERO,
            wall,
            agenda: BTreeMap::new(),
            serial: 0,
            replies: VecDeque::new(),
            tickets: 0,
            checked: true,
        }
    }

    pub fn now(&self) -> Now {
        let micros = i64::try_from(self.at.as_micros()).unwrap();
        Now { instant: self.start + self.at, wall: self.wall + micros }
    }

    // ---- people ----

    /// A caller from outside, by the trunk.
    pub fn caller(&mut self, number: &str) -> PhoneId {
        let port = 20_000 + u16::try_from(self.phones.len()).unwrap() * 2;
        let address = SocketAddr::from(([10, 0, 0, 50], port));
        self.add_phone(address, number, None)
    }

    /// A phone on this machine without registration.
    pub fn guest(&mut self, number: &str) -> PhoneId {
        let port = 30_000 + u16::try_from(self.phones.len()).unwrap() * 2;
        self.add_phone(SocketAddr::from(([127, 0, 0, 1], port)), number, None)
    }

    /// A phone of an extension, not yet registered.
    pub fn phone(&mut self, extension: &str) -> PhoneId {
        let port = 40_000 + u16::try_from(self.phones.len()).unwrap() * 2;
        let secret = format!("secret-{extension}");
        self.add_phone(SocketAddr::from(([192, 168, 1, 10], port)), extension, Some(secret))
    }

    fn add_phone(&mut self, address: SocketAddr, number: &str, secret: Option<String>) -> PhoneId {
        let id = PhoneId(self.phones.len());
        self.phones.push(Phone::new(address, number, secret, self.rng.bits()));
        id
    }

    /// A registered phone whose owner is ready.
    pub fn agent(&mut self, extension: &str) -> PhoneId {
        let phone = self.phone(extension);
        self.register(phone);
        self.run_ms(100);
        let user = user_of(extension);
        assert_eq!(self.command(&user, Command::SetStatus(Status::Available)), Ok(()), "{extension}");
        self.run_ms(10);
        phone
    }

    pub fn register(&mut self, phone: PhoneId) {
        let now = self.now().instant;
        self.phones[phone.0].register(now, switch(), 3600);
        self.settle_phone(phone);
    }

    pub fn unregister(&mut self, phone: PhoneId) {
        let now = self.now().instant;
        self.phones[phone.0].register(now, switch(), 0);
        self.settle_phone(phone);
    }

    pub fn on_ring(&mut self, phone: PhoneId, what: OnRing) {
        self.phones[phone.0].on_ring = what;
    }

    pub fn dial(&mut self, phone: PhoneId, number: &str) {
        let now = self.now().instant;
        self.phones[phone.0].dial(now, switch(), number);
        self.settle_phone(phone);
    }

    pub fn dial_uri(&mut self, phone: PhoneId, uri: &str) {
        let now = self.now().instant;
        let uri = sip::Uri::parse(uri).unwrap_or_else(|| panic!("{uri} is a URI"));
        self.phones[phone.0].dial_uri(now, switch(), uri);
        self.settle_phone(phone);
    }

    pub fn hang_up(&mut self, phone: PhoneId) {
        let now = self.now().instant;
        self.phones[phone.0].hang_up(now);
        self.settle_phone(phone);
    }

    pub fn hold_by_phone(&mut self, phone: PhoneId, hold: bool) {
        let now = self.now().instant;
        self.phones[phone.0].hold(now, hold);
        self.settle_phone(phone);
    }

    pub fn ask_for_offer(&mut self, phone: PhoneId) {
        let now = self.now().instant;
        self.phones[phone.0].ask_for_offer(now);
        self.settle_phone(phone);
    }

    pub fn refer(&mut self, phone: PhoneId, to: &str) {
        let now = self.now().instant;
        self.phones[phone.0].refer(now, to);
        self.settle_phone(phone);
    }

    pub fn inform(&mut self, phone: PhoneId, kind: &str, body: &str) {
        let now = self.now().instant;
        self.phones[phone.0].inform(now, kind, body);
        self.settle_phone(phone);
    }

    /// The last datagram to a phone that begins so.
    pub fn last_to(&self, phone: PhoneId, begins: &str) -> Option<String> {
        let to = self.phones[phone.0].address;
        let sent = self.sent.iter().rev().find(|(at, text)| *at == to && text.starts_with(begins));
        sent.map(|(_, text)| text.clone())
    }

    /// Somebody sets the wall clock; the monotonic one goes on.
    pub fn set_wall_by(&mut self, seconds: i64) {
        self.wall += seconds * 1_000_000;
    }

    /// Raw bytes from some address, as an attacker or a broken peer sends them.
    pub fn raw(&mut self, from: SocketAddr, bytes: &[u8]) {
        self.carry_in(from, &bytes::Bytes::copy_from_slice(bytes));
    }

    pub fn presses(&mut self, phone: PhoneId, keys: &str) {
        for key in keys.chars() {
            let Some(leg) = self.media.leg_to(self.phones[phone.0].media) else { return };
            self.input(Input::Media(leg, media::digit(key)));
            self.run_ms(50);
        }
    }

    pub fn command(&mut self, user: &str, command: Command) -> Result<(), Refusal> {
        self.command_as(user, false, command)
    }

    pub fn command_as(&mut self, user: &str, any_call: bool, command: Command) -> Result<(), Refusal> {
        self.tickets += 1;
        let ticket = self.tickets;
        let by = Actor { user: UserId::new(user), any_call };
        self.input(Input::Command { ticket, by, command });
        let at = self.replies.iter().position(|(t, _)| *t == ticket).expect("every command is answered at once");
        self.replies.remove(at).unwrap().1
    }

    /// Does it now, to whatever call the person has.
    pub fn want(&mut self, user: &str, want: Want) -> Result<(), Refusal> {
        let agent = self.switch.agents().find(|a| a.user().as_str() == user);
        let call = agent.and_then(|a| a.call().cloned()).unwrap_or_else(|| CallId::new("c_none"));
        let command = match want {
            Want::Status(status) => Command::SetStatus(status),
            Want::Answer => Command::Answer(call),
            Want::Decline => Command::Decline(call),
            Want::HangUp => Command::HangUp(call),
            Want::Hold => Command::Hold(call),
            Want::Resume => Command::Resume(call),
            Want::Transfer(target) => Command::Transfer(call, target),
            Want::Complete => Command::Complete { call, disposition: "resolved".to_owned(), note: "tamam".to_owned() },
            Want::Extend => Command::ExtendWrapUp,
            Want::EndWrapUp => Command::EndWrapUp,
        };
        self.command(user, command)
    }

    pub fn later(&mut self, after_ms: u64, act: Act) {
        self.note(Duration::from_millis(after_ms), Due::Script(act));
    }

    // ---- time ----

    pub fn run_ms(&mut self, millis: u64) {
        self.run(Duration::from_millis(millis));
    }

    pub fn run(&mut self, span: Duration) {
        let end = self.at + span;
        let mut steps = 0_u64;
        while let Some(next) = self.next_moment().filter(|next| *next <= end) {
            self.at = self.at.max(next);
            self.moment();
            steps += 1;
            assert!(steps < 2_000_000, "the world does not come to rest");
        }
        self.at = end;
    }

    fn next_moment(&self) -> Option<Duration> {
        let since = |at: Instant| at.saturating_duration_since(self.start);
        let agenda = self.agenda.first_key_value().map(|((at, _), _)| *at);
        let switch = self.switch.deadline().map(since);
        let phones = self.phones.iter().filter_map(|p| p.deadline().map(since)).min();
        [agenda, switch, phones, self.media.silence_check(self.at)].into_iter().flatten().min()
    }

    fn moment(&mut self) {
        while let Some(entry) = self.agenda.first_entry().filter(|entry| entry.key().0 <= self.at) {
            let due = entry.remove();
            self.happen(due);
        }
        let now = self.now();
        if self.switch.deadline().is_some_and(|at| at <= now.instant) {
            self.input(Input::Tick);
        }
        for id in 0..self.phones.len() {
            if self.phones[id].deadline().is_some_and(|at| at <= now.instant) {
                self.phones[id].tick(now.instant);
                self.settle_phone(PhoneId(id));
            }
        }
        let talking: Vec<_> = self.phones.iter().filter(|p| p.is_alive()).map(|p| p.media).collect();
        for (leg, heard) in self.media.silence(self.at, &talking) {
            self.input(Input::Media(leg, heard));
        }
    }

    fn happen(&mut self, due: Due) {
        match due {
            Due::ToSwitch { from, bytes } => {
                let source = Source { transport: Transport::Udp, local: switch(), remote: from, stream: None };
                self.input(Input::Datagram(source, bytes));
            }
            Due::ToPhone { to, bytes } => {
                let Some(at) = self.phones.iter().position(|p| p.address == to) else { return };
                let now = self.now().instant;
                self.phones[at].receive(now, switch(), &bytes);
                self.settle_phone(PhoneId(at));
            }
            Due::Found(call, caller) => self.input(Input::Found(call, caller)),
            Due::Phone(id, timer) => {
                let now = self.now().instant;
                self.phones[id.0].timer(now, timer);
                self.settle_phone(id);
            }
            Due::Media(due) => {
                for (leg, heard) in self.media.happen(due) {
                    self.input(Input::Media(leg, heard));
                }
            }
            Due::Script(act) => self.act(act),
        }
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Dial(phone, number) => self.dial(phone, &number),
            Act::HangUp(phone) => self.hang_up(phone),
            Act::Press(phone, key) => {
                if let Some(leg) = self.media.leg_to(self.phones[phone.0].media) {
                    self.input(Input::Media(leg, media::digit(key)));
                }
            }
            Act::HoldByPhone(phone, hold) => self.hold_by_phone(phone, hold),
            Act::Command(user, want) => {
                let _refused_or_done = self.want(&user, want);
            }
            Act::Register(phone) => self.register(phone),
            Act::Unregister(phone) => self.unregister(phone),
            Act::Unplug(phone) => self.phones[phone.0].unplug(),
            Act::Inform(phone, key) => {
                self.inform(phone, "application/dtmf-relay", &format!("Signal={key}\r\nDuration=100\r\n"));
            }
            Act::SetClock(seconds) => self.set_wall_by(seconds),
            Act::Swap(plan) => self.input(Input::Plan(plan)),
            Act::Drain => self.input(Input::Drain),
            Act::HangUpAll => self.input(Input::HangUpAll),
        }
    }

    // ---- plumbing ----

    pub fn input(&mut self, input: Input) {
        let now = self.now();
        self.switch.handle(now, input);
        while let Some(output) = self.switch.poll() {
            self.output(output);
        }
        if self.checked {
            let faults = self.switch.audit();
            assert!(faults.is_empty(), "at {:?}: {faults:?}\n{}", self.at, self.log.join("\n"));
        }
    }

    fn output(&mut self, output: Output) {
        match output {
            Output::Send(destination, bytes) => self.carry_out(destination, &bytes),
            Output::Media(group, leg, order) => {
                self.log.push(format!("{:>9.3?} media {} {}", self.at, leg.0, media::in_words(&order)));
                for (after, due) in self.media.order(&mut self.rng, group, leg, order) {
                    self.note(after, Due::Media(due));
                }
            }
            Output::NameRecording(group, call) => self.media.name(group, call),
            Output::Ask(call, asked) => {
                let Lookup::After(millis) = self.lookup else { return };
                let found = self.caller_card.clone().unwrap_or_else(|| stranger(asked.number));
                self.note(Duration::from_millis(millis), Due::Found(call, Box::new(found)));
            }
            Output::Event(event) => {
                self.log.push(format!("{:>9.3?} {:?}", self.at, event.what));
                self.events.push(event);
            }
            Output::Reply(ticket, answer) => self.replies.push_back((ticket, answer)),
            Output::WrongSecret(wrong) => self.wrong_secrets.push(wrong),
            Output::Proven(stream) => self.proven.push(stream),
            Output::Registered(extension, places) => drop(self.registered.insert(extension, places)),
        }
    }

    fn settle_phone(&mut self, id: PhoneId) {
        let now = self.now().instant;
        let (sends, timers) = self.phones[id.0].settle(now, &mut self.rng);
        let from = self.phones[id.0].address;
        for bytes in sends {
            self.carry_in(from, &bytes);
        }
        for (after, timer) in timers {
            self.note(after, Due::Phone(id, timer));
        }
    }

    fn carry_in(&mut self, from: SocketAddr, bytes: &bytes::Bytes) {
        self.log.push(format!("{:>9.3?} {from} → {}", self.at, first_line(bytes)));
        for delay in self.journeys() {
            self.note(delay, Due::ToSwitch { from, bytes: bytes.clone() });
        }
    }

    fn carry_out(&mut self, destination: Destination, bytes: &bytes::Bytes) {
        self.heard.push((destination.remote, bytes.clone()));
        self.log.push(format!("{:>9.3?} {} ← {}", self.at, destination.remote, first_line(bytes)));
        self.sent.push((destination.remote, String::from_utf8_lossy(bytes).into_owned()));
        for delay in self.journeys() {
            self.note(delay, Due::ToPhone { to: destination.remote, bytes: bytes.clone() });
        }
    }

    /// How often and after how long a datagram arrives.
    fn journeys(&mut self) -> Vec<Duration> {
        let copies = match self.rng.below(1_000) {
            n if n < self.net.loss => 0,
            n if n < self.net.loss + self.net.twice => 2,
            _ => 1,
        };
        let late = self.net.late;
        let mut delay = || {
            let extra = if self.rng.below(1_000) < late { self.rng.below(900) } else { 0 };
            Duration::from_micros(2_000 + extra * 1_000)
        };
        (0..copies).map(|_| delay()).collect()
    }

    fn note(&mut self, after: Duration, due: Due) {
        self.serial += 1;
        self.agenda.insert((self.at + after, self.serial), due);
    }

    // ---- what came of it ----

    /// The id of the n-th call.
    pub fn call(&self, n: usize) -> CallId {
        let started = self.events.iter().filter_map(|e| match &e.what {
            What::CallStarted { call, .. } => Some(call.clone()),
            _ => None,
        });
        started.into_iter().nth(n).expect("so many calls were started")
    }

    pub fn record(&self, n: usize) -> CallRecord {
        CallRecord::fold(self.call(n), &self.events)
    }

    pub fn ending(&self, n: usize) -> Ending {
        self.record(n).ending.expect("the call has ended")
    }

    pub fn reason(&self, n: usize) -> String {
        self.ending(n).reason
    }

    /// The kinds of events of the n-th call, in order.
    pub fn story(&self, n: usize) -> Vec<&'static str> {
        let call = self.call(n);
        self.events.iter().filter(|e| e.what.call() == Some(&call)).map(|e| e.what.kind()).collect()
    }

    pub fn count(&self, wanted: impl Fn(&What) -> bool) -> usize {
        self.events.iter().filter(|e| wanted(&e.what)).count()
    }

    pub fn agent_state(&self, user: &str) -> (Status, pbx::contract::State) {
        let agent = self.switch.agents().find(|a| a.user().as_str() == user).expect("there is such an agent");
        (agent.status().clone(), agent.state())
    }

    /// Nothing is left over: no call, no port, no busy agent, no dialog.
    pub fn assert_at_rest(&self) {
        let log = || self.log.join("\n");
        assert_eq!(self.switch.calls_active(), 0, "calls left\n{}", log());
        assert_eq!(self.switch.lent_ports(), 0, "ports left\n{}", log());
        assert_eq!(self.media.alive(), 0, "legs left\n{}", log());
        assert_eq!(self.switch.audit(), Vec::<String>::new(), "{}", log());
        for agent in self.switch.agents() {
            assert!(!agent.is_engaged(), "{} is stuck\n{}", agent.user(), log());
        }
    }
}

pub fn switch() -> SocketAddr {
    SWITCH.parse().unwrap()
}

pub fn user_of(extension: &str) -> String {
    match extension {
        "101" => "zeynep".to_owned(),
        "102" => "murat".to_owned(),
        "103" => "elif".to_owned(),
        other => format!("user-{other}"),
    }
}

fn stranger(number: Option<String>) -> Caller {
    let matched = if number.is_some() { Match::None { previous_calls: 0 } } else { Match::Withheld };
    Caller { matched, display_number: number.clone(), number, language: None, segment: None, card: None }
}

fn first_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let cseq = text.lines().find(|l| l.starts_with("CSeq")).unwrap_or_default();
    format!("{} | {cseq}", text.lines().next().unwrap_or_default())
}
