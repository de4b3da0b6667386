//! Two user agents joined by a network that loses, doubles and reorders, all over virtual time and from one seed.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use sip::rng::Rng;
use sip::user_agent::{
    Action, Counts, Destination, DialogId, Event, Outgoing, Settings, Source, StreamId, Transport, UserAgent,
};
use sip::{Address, Uri};

/// The calling side in most tests.
pub const A: usize = 0;
/// The answering side in most tests.
pub const B: usize = 1;

pub const OFFER: &[u8] =
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
pub const ANSWER: &[u8] =
    b"v=0\r\no=- 2 2 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio 5000 RTP/AVP 8\r\n";

/// Long enough for every timer of a call that has ended: 64 × T1 for its last request, as much again for what lingers.
pub const ALL_TIMERS: Duration = Duration::from_secs(200);

/// How bad the network is.
#[derive(Debug, Clone, Copy)]
pub struct Network {
    /// Of a hundred packets, lost.
    pub loss: u64,
    /// Of a hundred packets, delivered twice.
    pub doubled: u64,
    /// Shortest way, in milliseconds.
    pub delay: u64,
    /// What the way may take longer, in milliseconds: packets overtake each other.
    pub jitter: u64,
}

impl Network {
    pub const GOOD: Self = Self { loss: 0, doubled: 0, delay: 10, jitter: 0 };
}

/// What a test does to a packet it looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Pass,
    Drop,
    Delay(Duration),
}

type Judge = Box<dyn FnMut(Duration, usize, &str) -> Fate>;

pub struct Pair {
    pub agents: [UserAgent; 2],
    pub now: Instant,
    pub network: Network,
    pub transport: Transport,
    /// Every message sent: when, by whom, its text.
    pub wire: Vec<(Duration, usize, String)>,
    start: Instant,
    rng: Rng,
    flights: BTreeMap<(Instant, u64), (usize, Bytes)>,
    serial: u64,
    events: [Vec<Event>; 2],
    judge: Option<Judge>,
}

pub fn address(side: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 1 + side as u8], 5060))
}

impl Pair {
    pub fn new(seed: u64, network: Network) -> Self {
        Self::with_settings(seed, network, |_, _| {})
    }

    pub fn with_settings(seed: u64, network: Network, change: impl Fn(usize, &mut Settings)) -> Self {
        let start = Instant::now();
        let agent = |side: usize| {
            let mut settings = Settings::new(address(side));
            change(side, &mut settings);
            UserAgent::new(settings, seed.wrapping_mul(2).wrapping_add(side as u64))
        };
        Self {
            agents: [agent(A), agent(B)],
            now: start,
            network,
            transport: Transport::Udp,
            wire: Vec::new(),
            start,
            rng: Rng::new(seed ^ 0x5eed),
            flights: BTreeMap::new(),
            serial: 0,
            events: [Vec::new(), Vec::new()],
            judge: None,
        }
    }

    pub fn over_tcp(mut self) -> Self {
        self.transport = Transport::Tcp;
        self
    }

    /// From now on every packet is shown to `judge` first, with the time since the beginning and its sender.
    pub fn judge(&mut self, judge: impl FnMut(Duration, usize, &str) -> Fate + 'static) {
        self.judge = Some(Box::new(judge));
    }

    pub fn fair(&mut self) {
        self.judge = None;
    }

    pub fn elapsed(&self) -> Duration {
        self.now - self.start
    }

    pub fn destination(&self, side: usize) -> Destination {
        let stream = (self.transport == Transport::Tcp).then_some(StreamId(1));
        Destination { transport: self.transport, remote: address(side), stream }
    }

    /// A call from one side to the other.
    pub fn outgoing(&self, from: usize) -> Outgoing {
        let uri = |user: &str, side: usize| Uri::parse(format!("sip:{user}@{}", address(side))).unwrap();
        Outgoing {
            destination: self.destination(1 - from),
            route: Vec::new(),
            uri: uri("callee", 1 - from),
            from: Address::new(uri("caller", from)).with_display("Zeynep Şahin"),
            to: Address::new(uri("callee", 1 - from)),
            extra: Vec::new(),
            sdp: Some(Bytes::from_static(OFFER)),
            credentials: None,
        }
    }

    pub fn call(&mut self, from: usize) -> DialogId {
        let outgoing = self.outgoing(from);
        self.invite(from, outgoing)
    }

    pub fn invite(&mut self, from: usize, outgoing: Outgoing) -> DialogId {
        let id = self.agents[from].invite(self.now, outgoing);
        self.flush(from);
        id
    }

    /// Does something to one agent at the present instant and takes up what comes of it.
    pub fn on<T>(&mut self, side: usize, act: impl FnOnce(&mut UserAgent, Instant) -> T) -> T {
        let result = act(&mut self.agents[side], self.now);
        self.flush(side);
        result
    }

    /// Lets time pass.
    pub fn run(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(next) = self.next_instant().filter(|at| *at <= end) {
            self.now = self.now.max(next);
            self.step();
        }
        self.now = end;
    }

    pub fn run_ms(&mut self, ms: u64) {
        self.run(Duration::from_millis(ms));
    }

    fn next_instant(&self) -> Option<Instant> {
        let flight = self.flights.first_key_value().map(|((at, _), _)| *at);
        self.agents.iter().filter_map(UserAgent::deadline).chain(flight).min()
    }

    fn step(&mut self) {
        while let Some(entry) = self.flights.first_entry().filter(|entry| entry.key().0 <= self.now) {
            let (to, bytes) = entry.remove();
            self.deliver(to, 1 - to, &bytes);
        }
        for side in [A, B] {
            if self.agents[side].deadline().is_some_and(|at| at <= self.now) {
                let now = self.now;
                self.agents[side].tick(now);
                assert!(self.agents[side].deadline().is_none_or(|at| at > now), "tick must do all that is due");
                self.flush(side);
            }
        }
    }

    pub fn deliver(&mut self, to: usize, from: usize, bytes: &[u8]) {
        let stream = (self.transport == Transport::Tcp).then_some(StreamId(1));
        let source = Source { transport: self.transport, local: address(to), remote: address(from), stream };
        self.agents[to].receive(self.now, source, bytes);
        self.flush(to);
    }

    fn flush(&mut self, side: usize) {
        while let Some(action) = self.agents[side].poll() {
            match action {
                Action::Event(event) => self.events[side].push(event),
                Action::Send(destination, bytes) => self.send(side, destination, &bytes),
            }
        }
    }

    fn send(&mut self, from: usize, destination: Destination, bytes: &Bytes) {
        assert_eq!(destination.remote, address(1 - from), "there is nobody else to send to");
        assert_eq!(destination.transport, self.transport);
        let text = String::from_utf8_lossy(bytes).into_owned();
        let fate = self.judge.as_mut().map_or(Fate::Pass, |judge| judge(self.now - self.start, from, &text));
        self.wire.push((self.elapsed(), from, text));
        let later = match fate {
            Fate::Drop => return,
            Fate::Pass => Duration::ZERO,
            Fate::Delay(later) => later,
        };
        let Network { loss, doubled, delay, jitter } = self.network;
        if self.rng.below(100) < loss {
            return;
        }
        let copies = 1 + u64::from(self.rng.below(100) < doubled);
        for _ in 0..copies {
            let way = Duration::from_millis(delay + self.rng.below(jitter + 1)) + later;
            self.serial += 1;
            self.flights.insert((self.now + way, self.serial), (1 - from, bytes.clone()));
        }
    }

    /// What one side was told since the last time.
    pub fn told(&mut self, side: usize) -> Vec<Event> {
        std::mem::take(&mut self.events[side])
    }

    pub fn counts(&self) -> [Counts; 2] {
        [self.agents[A].counts(), self.agents[B].counts()]
    }

    /// Whether nothing is left on either side, nothing under way, and nothing to wake up for.
    pub fn is_quiet(&self) -> bool {
        self.counts() == [Counts::default(); 2]
            && self.flights.is_empty()
            && self.agents.iter().all(|agent| agent.deadline().is_none())
    }

    /// How often one side sent a message whose first line begins so.
    pub fn sent(&self, side: usize, beginning: &str) -> usize {
        self.wire.iter().filter(|(_, from, text)| *from == side && text.starts_with(beginning)).count()
    }

    /// The messages of one side whose first line begins so.
    pub fn texts(&self, side: usize, beginning: &str) -> Vec<String> {
        let wanted = |(_, from, text): &&(Duration, usize, String)| *from == side && text.starts_with(beginning);
        self.wire.iter().filter(wanted).map(|(_, _, text)| text.clone()).collect()
    }

    /// A call that is answered; both names of it.
    pub fn connected(&mut self) -> (DialogId, DialogId) {
        let ours = self.call(A);
        self.run_ms(100);
        let theirs = invited(&self.told(B)).expect("the call arrives");
        self.on(B, |agent, now| agent.answer(now, theirs, Bytes::from_static(ANSWER)));
        self.run_ms(100);
        assert!(self.told(A).iter().any(|event| matches!(event, Event::Answered { .. })));
        assert!(self.told(B).iter().any(|event| matches!(event, Event::Confirmed { .. })));
        (ours, theirs)
    }
}

/// The call that has arrived.
pub fn invited(events: &[Event]) -> Option<DialogId> {
    events.iter().find_map(|event| match event {
        Event::Invite { dialog, .. } => Some(*dialog),
        _ => None,
    })
}

/// The value of a header in a message's text.
pub fn header<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}
