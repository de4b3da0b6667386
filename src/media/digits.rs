//! Digits as RFC 4733 telephone events, both ways.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::wire::Header;

/// Duration of each digit we send.
pub const DIGIT_TIME: Duration = Duration::from_millis(100);
/// Pause between two digits we send.
pub const DIGIT_PAUSE: Duration = Duration::from_millis(60);
/// The payload of an event packet.
pub const PAYLOAD: usize = 4;

const STEP: Duration = Duration::from_millis(20);
/// Packets of one digit: five with growing duration, of which the last says "end" and is sent twice more.
const PACKETS: u32 = 7;
const LAST_GROWING: u32 = 5;
const END: u8 = 0x80;
/// Volume of the events we send, −10 dBm0.
const VOLUME: u8 = 10;
/// An event timestamp that far behind the newest one belongs to a new time base, not to an old event.
const STALE: i32 = 80_000;
/// A sender that wrongly moves the timestamp with each packet of one digit moves it by no more than this, 62 ms; two
/// presses of a key begin further apart.
const CREEP: u32 = 500;

/// The digit of an event code: 0–9, `*`, `#`, A–D. Others (flash, fax tones) are no digits.
#[must_use]
pub fn digit(code: u8) -> Option<char> {
    b"0123456789*#ABCD".get(usize::from(code)).map(|&byte| char::from(byte))
}

/// The event code of a digit.
#[must_use]
pub fn code(digit: char) -> Option<u8> {
    let found = "0123456789*#ABCD".find(digit.to_ascii_uppercase())?;
    u8::try_from(found).ok()
}

#[derive(Debug, Clone, Copy)]
struct Event {
    /// Timestamp of its first packet, and of its last: good senders never move it.
    begun: u32,
    timestamp: u32,
    sequence: u16,
    code: u8,
    duration: u16,
    ended: bool,
}

impl Event {
    fn of(header: &Header, payload: &[u8]) -> Option<Self> {
        let &[code, flags, high, low] = payload.first_chunk::<PAYLOAD>()?;
        Some(Self {
            begun: header.timestamp,
            timestamp: header.timestamp,
            sequence: header.sequence,
            code,
            duration: u16::from_be_bytes([high, low]),
            ended: flags & END != 0,
        })
    }

    /// Whether this packet was sent before that one.
    fn precedes(&self, other: &Self) -> bool {
        let step = self.timestamp.wrapping_sub(other.timestamp) as i32;
        let sent_before = (self.sequence.wrapping_sub(other.sequence) as i16) < 0;
        (-STALE..0).contains(&step) || step == 0 && sent_before
    }

    /// Whether a packet of the same code, sent later, goes on with this key. A new key has a marker and comes after this
    /// one's end, or begins after it; some senders move the timestamp while the key is held.
    fn goes_on(&self, event: &Self, marker: bool) -> bool {
        if self.code != event.code {
            return false;
        }
        let since_begun = event.timestamp.wrapping_sub(self.begun);
        let repeats_end = self.ended && event.ended && event.duration == self.duration;
        if marker && (since_begun != 0 || self.ended && !repeats_end) {
            return false;
        }
        if since_begun <= u32::from(self.duration) {
            return true;
        }
        let step = event.timestamp.wrapping_sub(self.timestamp);
        if self.ended {
            return repeats_end && step <= CREEP;
        }
        let grown = u32::from(event.duration.saturating_sub(self.duration));
        let next_segment = self.duration >= 0xf000 && step.abs_diff(u32::from(self.duration)) <= 2 * CREEP;
        next_segment
            || step <= CREEP.max(u32::from(self.duration))
            || grown > 0 && (grown..=grown + CREEP).contains(&step)
    }

    fn go_on(&mut self, event: &Self) {
        let next_segment = event.duration < self.duration && !event.ended && event.timestamp != self.timestamp;
        self.timestamp = event.timestamp;
        self.sequence = event.sequence;
        self.duration = if next_segment { event.duration } else { self.duration.max(event.duration) };
        self.ended |= event.ended;
    }
}

/// The ear: reports each digit once, at the first of its packets that arrives.
#[derive(Debug, Default)]
pub struct DigitsIn {
    newest: Option<Event>,
    /// The key before, for its packets that come late.
    former: Option<Event>,
}

impl DigitsIn {
    /// The numbering of the source began anew; what came before says nothing about what comes.
    pub fn forget(&mut self) {
        (self.newest, self.former) = (None, None);
    }

    /// Takes one event packet and gives its digit when it is the first heard of it.
    pub fn hear(&mut self, header: &Header, payload: &[u8]) -> Option<char> {
        let event = Event::of(header, payload)?;
        let symbol = digit(event.code)?;
        let Some(newest) = &mut self.newest else {
            self.newest = Some(event);
            return Some(symbol);
        };
        if event.precedes(newest) {
            if event.code == newest.code && event.timestamp == newest.timestamp {
                newest.duration = newest.duration.max(event.duration);
                newest.ended |= event.ended;
            }
            return None;
        }
        if newest.goes_on(&event, header.marker) {
            newest.go_on(&event);
            return None;
        }
        let late = |former: &Event| former.code == event.code && former.timestamp == event.timestamp && !header.marker;
        if self.former.as_ref().is_some_and(late) {
            return None;
        }
        self.former = self.newest.replace(event);
        Some(symbol)
    }
}

/// One event packet to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventPacket {
    /// The first packet of the digit: take a timestamp now and keep it for the rest, and set the marker.
    pub first: bool,
    /// What to send.
    pub payload: [u8; PAYLOAD],
}

/// The finger: paces digits out.
#[derive(Debug, Default)]
pub struct DigitsOut {
    waiting: VecDeque<u8>,
    step: u32,
    next: Option<Instant>,
}

impl DigitsOut {
    /// Digits still to be begun; more than this is no dialling.
    const MOST: usize = 64;

    /// Adds digits to be sent; other characters are passed over.
    pub fn dial(&mut self, now: Instant, digits: &str) {
        for code in digits.chars().filter_map(code) {
            if self.waiting.len() < Self::MOST {
                self.waiting.push_back(code);
            }
        }
        if self.next.is_none() && !self.waiting.is_empty() {
            self.next = Some(now);
        }
    }

    /// When the next packet is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.next
    }

    /// The next packet, once it is due.
    pub fn poll(&mut self, now: Instant) -> Option<EventPacket> {
        let due = self.next.filter(|&due| due <= now)?;
        let Some(&code) = self.waiting.front() else {
            self.next = None;
            return None;
        };
        let step = self.step;
        let growth = (step + 1).min(LAST_GROWING);
        let [high, low] = (growth as u16 * crate::FRAME as u16).to_be_bytes();
        let end = if step + 1 >= LAST_GROWING { END } else { 0 };
        self.advance(due);
        Some(EventPacket { first: step == 0, payload: [code, end | VOLUME, high, low] })
    }

    fn advance(&mut self, due: Instant) {
        self.step += 1;
        if self.step < PACKETS {
            self.next = Some(due + STEP);
            return;
        }
        self.step = 0;
        self.waiting.pop_front();
        let begun = STEP * (PACKETS - 1);
        self.next = (!self.waiting.is_empty()).then(|| due + (DIGIT_TIME + DIGIT_PAUSE).saturating_sub(begun));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "a test needs some origin of time; nothing waits on it")]
    use super::*;

    fn packet(timestamp: u32, marker: bool) -> Header {
        Header { marker, payload_type: 101, sequence: 0, timestamp, ssrc: 1 }
    }

    fn dialled(digits: &str) -> Vec<(Duration, u32, EventPacket)> {
        let (mut out, t0) = (DigitsOut::default(), Instant::now());
        out.dial(t0, digits);
        let (mut sent, mut timestamp) = (Vec::new(), 0);
        while let Some(due) = out.deadline() {
            while let Some(event) = out.poll(due) {
                if event.first {
                    timestamp = rtp(due - t0);
                }
                sent.push((due - t0, timestamp, event));
            }
        }
        sent
    }

    fn rtp(span: Duration) -> u32 {
        crate::rtp_units(span) as u32
    }

    #[test]
    fn a_digit_sent_lasts_100_ms_ends_three_times_and_the_next_begins_60_ms_later() {
        let sent = dialled("1#");
        assert_eq!(sent.len(), 14);
        let durations: Vec<u16> =
            sent[..7].iter().map(|s| u16::from_be_bytes([s.2.payload[2], s.2.payload[3]])).collect();
        assert_eq!(durations, [160, 320, 480, 640, 800, 800, 800]);
        let ends: Vec<bool> = sent[..7].iter().map(|s| s.2.payload[1] & END != 0).collect();
        assert_eq!(ends, [false, false, false, false, true, true, true]);
        assert!(sent[..7].iter().all(|s| s.1 == sent[0].1), "one timestamp per digit");
        assert_eq!(sent[7].0, Duration::from_millis(160));
        assert_eq!((sent[7].2.first, sent[7].2.payload[0]), (true, 11));
    }

    #[test]
    fn every_digit_is_heard_once_whichever_of_its_packets_are_lost_doubled_or_late() {
        let number = "05321234567*#99887766ABCD";
        let sent = dialled(number);
        // Every pattern of losing up to six of the seven packets, the same for each digit, with each survivor doubled.
        for kept in 1u32..128 {
            let mut ear = DigitsIn::default();
            let mut heard = String::new();
            for (index, (_, timestamp, event)) in sent.iter().enumerate() {
                if kept & (1 << (index % 7)) != 0 {
                    let header = packet(*timestamp, event.first);
                    heard.extend(ear.hear(&header, &event.payload));
                    heard.extend(ear.hear(&header, &event.payload));
                }
            }
            assert_eq!(heard, number, "pattern {kept:#b}");
        }
    }

    #[test]
    fn end_packets_overtaken_by_the_next_digit_do_not_repeat_the_old_one() {
        let sent = dialled("55");
        let mut order: Vec<usize> = (0..14).collect();
        order.swap(6, 8);
        order.swap(5, 7);
        let mut ear = DigitsIn::default();
        let heard: String =
            order.iter().filter_map(|&n| ear.hear(&packet(sent[n].1, sent[n].2.first), &sent[n].2.payload)).collect();
        assert_eq!(heard, "55");
    }

    #[test]
    fn a_key_held_for_ten_seconds_is_one_digit_though_its_event_goes_on_in_a_second_segment() {
        let mut ear = DigitsIn::default();
        let mut heard = String::new();
        for n in 1..=409u32 {
            let [high, low] = u16::try_from(n * 160).unwrap().to_be_bytes();
            heard.extend(ear.hear(&packet(1_000, n == 1), &[5, 10, high, low]));
        }
        heard.extend(ear.hear(&packet(1_000 + 65_440, false), &[5, 10, 0, 160]));
        heard.extend(ear.hear(&packet(1_000 + 65_440, false), &[5, 0x8a, 1, 64]));
        assert_eq!(heard, "5");
    }

    #[test]
    fn a_sender_that_moves_the_timestamp_within_a_digit_still_presses_once() {
        let mut ear = DigitsIn::default();
        let mut heard = String::new();
        for n in 1..=6u8 {
            let header = packet(u32::from(n) * 160, n == 1);
            heard.extend(ear.hear(&header, &[7, if n == 6 { 0x8a } else { 10 }, 0, n * 40]));
        }
        assert_eq!(heard, "7");
    }

    #[test]
    fn a_flash_is_no_digit_and_a_short_payload_nothing() {
        let mut ear = DigitsIn::default();
        assert_eq!(ear.hear(&packet(0, true), &[16, 10, 0, 160]), None);
        assert_eq!(ear.hear(&packet(0, true), &[1, 10, 0]), None);
        assert_eq!(code('x'), None);
    }

    /// One event packet as some sender makes it.
    #[derive(Clone, Copy)]
    struct Sent {
        timestamp: u32,
        marker: bool,
        code: u8,
        ended: bool,
        duration: u16,
    }

    /// How a sender counts.
    #[derive(Debug, Clone, Copy)]
    enum Sender {
        /// By the book.
        Good,
        /// The timestamp moves with each packet, at the end too.
        Creeps,
        /// The same in packets of 60 ms.
        CreepsFar,
        /// The timestamp moves and each packet has the duration of one.
        CreepsWithoutGrowing,
        /// The marker is on every packet of a key.
        MarksAll,
        /// All keys have the first one's timestamp.
        StandsStill,
    }

    /// Keys of 100 ms (or 300), 100 ms apart.
    fn press(sender: Sender, keys: &str) -> Vec<Sent> {
        let step = if matches!(sender, Sender::CreepsFar) { 480 } else { 160 };
        let mut sent = Vec::new();
        let mut start = 5_000;
        for code in keys.chars().filter_map(code) {
            for n in 0..7u32 {
                let creep = if matches!(sender, Sender::Creeps | Sender::CreepsFar | Sender::CreepsWithoutGrowing) {
                    n * step
                } else {
                    0
                };
                let grown = if matches!(sender, Sender::CreepsWithoutGrowing) { 1 } else { (n + 1).min(5) };
                let timestamp = if matches!(sender, Sender::StandsStill) { 5_000 } else { start + creep };
                let marker = n == 0 || matches!(sender, Sender::MarksAll);
                let duration = u16::try_from(grown * step).unwrap();
                sent.push(Sent { timestamp, marker, code, ended: n >= 4, duration });
            }
            start += 7 * step + 800;
        }
        sent
    }

    fn hear_all(sent: &[(u16, Sent)]) -> String {
        let mut ear = DigitsIn::default();
        let heard = sent.iter().filter_map(|(sequence, one)| {
            let [high, low] = one.duration.to_be_bytes();
            let header = Header { sequence: *sequence, ..packet(one.timestamp, one.marker) };
            ear.hear(&header, &[one.code, if one.ended { 0x8a } else { 10 }, high, low])
        });
        heard.collect()
    }

    const SENDERS: [Sender; 6] = [
        Sender::Good,
        Sender::Creeps,
        Sender::CreepsFar,
        Sender::CreepsWithoutGrowing,
        Sender::MarksAll,
        Sender::StandsStill,
    ];

    #[test]
    fn each_press_counts_once_however_its_sender_counts() {
        for sender in SENDERS {
            for keys in ["7", "77", "777", "12", "1221", "0532#*", "112233", "9"] {
                let sent: Vec<_> = (0..).zip(press(sender, keys)).collect();
                assert_eq!(hear_all(&sent), keys, "{sender:?}");
            }
        }
    }

    /// Five per cent lost and five per cent swapped with the next: no press is lost or doubled. Left out are senders whose
    /// keys cannot be told apart once a packet is lost.
    #[test]
    fn loss_and_disorder_neither_swallow_nor_double_a_press() {
        let mut seed = 7u64;
        let mut chance = |per_mille: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % 1_000 < per_mille
        };
        for round in 0..500 {
            for sender in [Sender::Good, Sender::Creeps, Sender::MarksAll] {
                let keys = "1223334444*#00";
                let mut sent: Vec<_> = (0..).zip(press(sender, keys)).collect();
                sent.retain(|_| !chance(50));
                for at in 1..sent.len() {
                    if chance(50) {
                        sent.swap(at - 1, at);
                    }
                }
                assert_eq!(hear_all(&sent), keys, "{sender:?}, round {round}");
            }
        }
    }
}
