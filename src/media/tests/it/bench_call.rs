//! A deck on a bench: legs with far ends, a clock that is moved by hand, and everything that came out.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use media::deck::{Deck, Input, Lane, Output, Slot};
use media::order::{Codec, Group, Heard, Order, StreamKey};
use media::tap::TapBatch;
use media::wire::{self, Header};

pub const GROUP: Group = Group(1);
pub const CALLER: StreamKey = StreamKey(10);
pub const AGENT: StreamKey = StreamKey(20);

/// One datagram the deck sent.
#[derive(Debug, Clone)]
pub struct Sent {
    pub at: Duration,
    pub slot: Slot,
    pub lane: Lane,
    pub to: SocketAddr,
    pub bytes: Vec<u8>,
}

impl Sent {
    pub fn header(&self) -> Header {
        wire::read(&self.bytes).unwrap().header
    }

    pub fn payload(&self) -> &[u8] {
        wire::read(&self.bytes).unwrap().payload
    }
}

pub struct Bench {
    pub deck: Deck,
    pub start: Instant,
    pub now: Instant,
    pub sent: Vec<Sent>,
    pub heard: Vec<(StreamKey, Heard)>,
    pub refuse_ports: bool,
}

pub fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

pub fn phone(key: StreamKey) -> SocketAddr {
    address(&format!("10.0.0.{}:4000", key.0))
}

/// A far end's RTP stream: numbers and times run on by themselves.
pub struct Phone {
    pub header: Header,
}

impl Phone {
    pub fn new(codec: Codec, ssrc: u32) -> Self {
        let header = Header {
            marker: false,
            payload_type: media::g711::payload_type(codec),
            sequence: 65_500,
            timestamp: u32::MAX - 4_000,
            ssrc,
        };
        Self { header }
    }

    pub fn voice(&mut self, payload: &[u8]) -> Vec<u8> {
        let bytes = packet(self.header, payload);
        self.header.sequence = self.header.sequence.wrapping_add(1);
        self.header.timestamp = self.header.timestamp.wrapping_add(u32::try_from(payload.len()).unwrap());
        bytes
    }
}

pub fn packet(header: Header, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    wire::write(&header, &mut bytes);
    bytes.extend_from_slice(payload);
    bytes
}

impl Bench {
    pub fn new() -> Self {
        let start = Instant::now();
        let deck = Deck::new(start, 1_790_000_000_000_000, 42);
        Self { deck, start, now: start, sent: Vec::new(), heard: Vec::new(), refuse_ports: false }
    }

    /// A caller with A-law and an agent with `agent`, both open and known by SDP.
    pub fn two_legs(agent: Codec) -> Self {
        let mut bench = Self::new();
        for (key, codec, event) in [(CALLER, Codec::Pcma, 101), (AGENT, agent, 96)] {
            bench.order(key, Order::Open { port: u16::try_from(40_000 + key.0).unwrap() });
            let address = phone(key);
            bench.order(key, Order::Remote { address, codec, telephone_event: Some(event), ptime: 20, send: true });
        }
        bench
    }

    pub fn bridged(agent: Codec) -> Self {
        let mut bench = Self::two_legs(agent);
        bench.order(CALLER, Order::Bridge { with: AGENT });
        bench
    }

    pub fn order(&mut self, key: StreamKey, order: Order) {
        self.deck.handle(self.now, Input::Order(GROUP, key, order));
        self.drain();
    }

    /// Slots are given in the order of opening.
    pub fn slot(key: StreamKey) -> Slot {
        Slot(usize::try_from(key.0 / 10 - 1).unwrap())
    }

    pub fn from(&mut self, key: StreamKey, from: SocketAddr, bytes: &[u8]) {
        self.deck.handle(self.now, Input::Packet { slot: Self::slot(key), lane: Lane::Rtp, from, bytes });
        self.drain();
    }

    pub fn hear(&mut self, key: StreamKey, bytes: &[u8]) {
        self.from(key, phone(key), bytes);
    }

    /// Moves the clock, stopping at every deadline on the way.
    pub fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(due) = self.deck.deadline().filter(|&due| due <= end) {
            self.now = self.now.max(due);
            self.deck.handle(self.now, Input::Tick);
            self.drain();
        }
        self.now = end;
    }

    fn drain(&mut self) {
        let at = self.now - self.start;
        let mut bound = Vec::new();
        while let Some(output) = self.deck.poll() {
            match output {
                Output::Send { slot, lane, to, bytes } => {
                    self.sent.push(Sent { at, slot, lane, to, bytes: bytes.to_vec() });
                }
                Output::Bind { slot, .. } => bound.push(slot),
                Output::Release(_) => {}
                Output::Heard(key, heard) => self.heard.push((key, heard)),
            }
        }
        for slot in bound {
            self.deck.handle(self.now, Input::Bound(slot, !self.refuse_ports));
            self.drain();
        }
    }

    pub fn rtp_to(&self, key: StreamKey) -> Vec<Sent> {
        let mine = |sent: &&Sent| sent.slot == Self::slot(key) && sent.lane == Lane::Rtp;
        self.sent.iter().filter(mine).cloned().collect()
    }

    pub fn heard_by(&self, key: StreamKey) -> Vec<Heard> {
        self.heard.iter().filter(|(of, _)| *of == key).map(|(_, heard)| heard.clone()).collect()
    }

    pub fn taps(&mut self) -> TapBatch {
        std::mem::take(self.deck.taps())
    }
}
