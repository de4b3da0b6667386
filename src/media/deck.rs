//! Every leg of one media thread as one machine. The shell around it is sockets and nothing else.
//!
//! A packet is relayed the moment it is handled: header rewritten, payload copied, or turned into the other law by a
//! table. Prompts, tones, digits and reports are sent by deadline.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Instant;

use crate::order::{Channel, Group, Heard, Order, StreamKey};
use crate::outbox::Outbox;
pub use crate::outbox::{Lane, Output, Slot};
use crate::player::Player;
use crate::stream::{Kind, Remote, Shared, Stream};
use crate::tap::{Entry, Head, TapBatch};
use crate::wire;

/// What the shell tells the deck.
#[derive(Debug)]
pub enum Input<'a> {
    /// A datagram came in on one of a leg's sockets.
    Packet {
        /// Whose.
        slot: Slot,
        /// Which socket.
        lane: Lane,
        /// From where.
        from: SocketAddr,
        /// The datagram.
        bytes: &'a [u8],
    },
    /// The switch wants something of a leg.
    Order(Group, StreamKey, Order),
    /// Whether the ports of the last [`Output::Bind`] could be bound.
    Bound(Slot, bool),
    /// Only time passed.
    Tick,
}

/// Which legs of a group record.
#[derive(Debug, Default)]
struct Recorded {
    legs: usize,
    left: Option<StreamKey>,
}

/// All legs of one media thread.
#[derive(Debug)]
pub struct Deck {
    streams: Vec<Option<Stream>>,
    slots: HashMap<StreamKey, Slot>,
    recorded: HashMap<Group, Recorded>,
    shared: Shared,
    next: Option<Instant>,
    out: Outbox,
    taps: TapBatch,
}

impl Deck {
    /// An empty deck. `origin` and `wall` (microseconds since 1970) are the same moment on both clocks; `seed` is the
    /// randomness of SSRCs and first numbers.
    #[must_use]
    pub fn new(origin: Instant, wall: u64, seed: u64) -> Self {
        Self {
            streams: Vec::new(),
            slots: HashMap::new(),
            recorded: HashMap::new(),
            shared: Shared::new(origin, wall, seed),
            next: None,
            out: Outbox::default(),
            taps: TapBatch::default(),
        }
    }

    /// Something happened, or time passed.
    #[inline]
    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        match input {
            Input::Packet { slot, lane: Lane::Rtp, from, bytes } if !wire::is_rtcp(bytes) => {
                self.packet(now, slot, from, bytes);
            }
            Input::Packet { slot, from, bytes, .. } => {
                if let Some(stream) = self.stream(slot) {
                    stream.take_report(now, from, bytes);
                }
            }
            Input::Order(group, key, order) => self.order(now, group, key, order),
            Input::Bound(slot, bound) => self.bound(slot, bound),
            Input::Tick => self.tick(now),
        }
    }

    /// What is to be done, until `None`.
    pub fn poll(&mut self) -> Option<Output<'_>> {
        self.out.poll()
    }

    /// When to call again with [`Input::Tick`] at the latest.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.next
    }

    /// What is to be recorded since the batch was last cleared or exchanged.
    pub fn taps(&mut self) -> &mut TapBatch {
        &mut self.taps
    }

    /// Legs at this moment.
    #[must_use]
    pub fn legs(&self) -> usize {
        self.slots.len()
    }

    /// RTP packets dropped so far because they came from somebody else, on all legs.
    #[must_use]
    pub fn foreign(&self) -> u64 {
        self.shared.foreign
    }

    fn stream(&mut self, slot: Slot) -> Option<&mut Stream> {
        self.streams.get_mut(slot.0)?.as_mut()
    }

    #[inline]
    fn packet(&mut self, now: Instant, slot: Slot, from: SocketAddr, bytes: &[u8]) {
        let Some(stream) = self.streams.get_mut(slot.0).and_then(Option::as_mut) else { return };
        let Some(taken) = stream.take(now, from, bytes, &mut self.shared, &mut self.out) else { return };
        let (peer, epoch, rearmed) = (stream.peer, stream.epoch, stream.rearm_watch());
        if let (Some(channel), Kind::Voice(codec)) = (stream.record, taken.kind) {
            let wire::Header { sequence, timestamp, .. } = taken.header;
            let head = Head { group: stream.group, channel, epoch, sequence, timestamp, arrived: now, codec };
            self.taps.push(head, taken.payload);
        }
        if let Some(peer) = peer.and_then(|peer| self.streams.get_mut(peer.0)).and_then(Option::as_mut) {
            peer.relay(now, &taken, epoch, &mut self.out);
        }
        if rearmed {
            self.schedule(slot);
        }
    }

    fn order(&mut self, now: Instant, group: Group, key: StreamKey, order: Order) {
        if let Order::Open { port } = order {
            return self.open(now, group, key, port);
        }
        let Some(&slot) = self.slots.get(&key) else {
            // A leg that is gone already (or never was) is closed; whoever waits for it must not wait for ever.
            if matches!(order, Order::Close) {
                self.out.heard(key, Heard::Closed(crate::order::Figures::default()));
            }
            return;
        };
        match order {
            Order::Bridge { with } => self.bridge(slot, with),
            Order::Unbridge => self.unbridge(slot),
            Order::Record { channel } => self.record(slot, channel),
            Order::StopRecord => self.stop_record(slot),
            Order::Close => return self.close(now, slot),
            order => self.order_one(now, slot, order),
        }
        self.schedule(slot);
    }

    /// Orders that concern one leg alone.
    fn order_one(&mut self, now: Instant, slot: Slot, order: Order) {
        let Some(stream) = self.streams.get_mut(slot.0).and_then(Option::as_mut) else { return };
        match order {
            Order::Remote { address, codec, telephone_event, ptime, send } => {
                stream.remote(now, address, Remote { codec, telephone_event, ptime, send });
            }
            Order::Play { id, sounds, repeat } => stream.play(now, Player::sounds(id, sounds, repeat), &self.shared),
            Order::Tone(tone) => stream.play(now, Player::tone(tone), &self.shared),
            Order::StopPlay => stream.stop_play(),
            Order::SendDigits(digits) => stream.dial(now, &digits),
            Order::WatchSilence(limit) => stream.watch_silence(now, limit),
            Order::Open { .. } | Order::Bridge { .. } | Order::Unbridge => {}
            Order::Record { .. } | Order::StopRecord | Order::Close => {}
        }
    }

    fn open(&mut self, now: Instant, group: Group, key: StreamKey, port: u16) {
        let slot = match self.slots.get(&key) {
            Some(&slot) => slot,
            None => self.add(now, group, key),
        };
        if let Some(stream) = self.stream(slot) {
            stream.bound = false;
        }
        self.out.bind(slot, port);
    }

    fn add(&mut self, now: Instant, group: Group, key: StreamKey) -> Slot {
        let free = self.streams.iter().position(Option::is_none);
        let slot = Slot(free.unwrap_or(self.streams.len()));
        let stream = Stream::new(key, group, slot, now, &mut self.shared);
        match self.streams.get_mut(slot.0) {
            Some(place) => *place = Some(stream),
            None => self.streams.push(Some(stream)),
        }
        self.slots.insert(key, slot);
        slot
    }

    fn bound(&mut self, slot: Slot, bound: bool) {
        let Some(stream) = self.stream(slot) else { return };
        stream.bound = bound;
        let (key, heard) = (stream.key, if bound { Heard::Opened } else { Heard::PortTaken });
        self.out.heard(key, heard);
        self.schedule(slot);
    }

    fn bridge(&mut self, slot: Slot, with: StreamKey) {
        let Some(&other) = self.slots.get(&with) else { return };
        let groups = (self.stream(slot).map(|stream| stream.group), self.stream(other).map(|stream| stream.group));
        if other == slot || groups.0 != groups.1 {
            return;
        }
        self.unbridge(slot);
        self.unbridge(other);
        for (one, two) in [(slot, other), (other, slot)] {
            if let Some(stream) = self.stream(one) {
                stream.stop_play();
                stream.join(Some(two));
            }
        }
    }

    fn unbridge(&mut self, slot: Slot) {
        let Some(peer) = self.stream(slot).and_then(|stream| stream.peer) else { return };
        for side in [slot, peer] {
            if let Some(stream) = self.stream(side) {
                stream.join(None);
            }
        }
    }

    fn record(&mut self, slot: Slot, channel: Channel) {
        let Some(stream) = self.stream(slot) else { return };
        let (key, group) = (stream.key, stream.group);
        let began = stream.record.replace(channel).is_none();
        let recorded = self.recorded.entry(group).or_default();
        if channel == Channel::Left {
            recorded.left = Some(key);
        }
        if began {
            recorded.legs += 1;
            if recorded.legs == 1 {
                self.taps.entries.push(Entry::Begin(group));
            }
        }
    }

    fn stop_record(&mut self, slot: Slot) {
        let Some(stream) = self.stream(slot) else { return };
        let (key, group) = (stream.key, stream.group);
        if stream.record.take().is_none() {
            return;
        }
        let Some(recorded) = self.recorded.get_mut(&group) else { return };
        recorded.legs -= 1;
        if recorded.legs == 0 {
            let report_to = recorded.left.unwrap_or(key);
            self.recorded.remove(&group);
            self.taps.entries.push(Entry::End(group, report_to));
        }
    }

    fn close(&mut self, now: Instant, slot: Slot) {
        self.unbridge(slot);
        self.stop_record(slot);
        let Some(mut stream) = self.streams.get_mut(slot.0).and_then(Option::take) else { return };
        stream.report(now, &self.shared, true, &mut self.out);
        self.slots.remove(&stream.key);
        self.out.release(slot);
        self.out.heard(stream.key, Heard::Closed(stream.figures()));
    }

    fn schedule(&mut self, slot: Slot) {
        let due = self.stream(slot).and_then(|stream| stream.due());
        self.next = [self.next, due].into_iter().flatten().min();
    }

    fn tick(&mut self, now: Instant) {
        if self.next.is_none_or(|next| next > now) {
            return;
        }
        for stream in self.streams.iter_mut().flatten() {
            if stream.due().is_some_and(|due| due <= now) {
                stream.tick(now, &mut self.shared, &mut self.out);
            }
        }
        self.next = self.streams.iter().flatten().filter_map(Stream::due).min();
    }
}
