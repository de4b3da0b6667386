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
/// A sender that wrongly moves the timestamp with each packet of one digit moves it by no more than this.
const CREEP: u32 = 400;

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
    timestamp: u32,
    code: u8,
    duration: u16,
    ended: bool,
}

/// The ear: reports each digit once, at the first of its packets that arrives.
#[derive(Debug, Default)]
pub struct DigitsIn {
    newest: Option<Event>,
}

impl DigitsIn {
    /// The numbering of the source began anew; what came before says nothing about what comes.
    pub fn forget(&mut self) {
        self.newest = None;
    }

    /// Takes one event packet and gives its digit when it is the first heard of it.
    pub fn hear(&mut self, header: &Header, payload: &[u8]) -> Option<char> {
        let &[code, flags, high, low] = payload.first_chunk::<PAYLOAD>()?;
        let event = Event {
            timestamp: header.timestamp,
            code,
            duration: u16::from_be_bytes([high, low]),
            ended: flags & END != 0,
        };
        let symbol = digit(code)?;
        if self.newest.is_some_and(|newest| newest.timestamp == event.timestamp) {
            self.grow(event);
            return None;
        }
        if self.newest.is_some_and(|newest| is_older(newest, event)) {
            return None;
        }
        let continues = self.newest.is_some_and(|newest| continues(newest, event, header.marker));
        self.newest = Some(event);
        (!continues).then_some(symbol)
    }

    fn grow(&mut self, event: Event) {
        if let Some(newest) = &mut self.newest {
            newest.duration = newest.duration.max(event.duration);
            newest.ended |= event.ended;
        }
    }
}

/// A packet of an earlier event that the network delayed.
fn is_older(newest: Event, event: Event) -> bool {
    let step = event.timestamp.wrapping_sub(newest.timestamp) as i32;
    (-STALE..0).contains(&step)
}

/// The next segment of a very long event (§2.5.1.3), or a sender that moves the timestamp within one event.
fn continues(newest: Event, event: Event, marker: bool) -> bool {
    if newest.code != event.code || newest.ended || marker {
        return false;
    }
    let step = event.timestamp.wrapping_sub(newest.timestamp);
    let next_segment = newest.duration >= 0xf000 && step.abs_diff(u32::from(newest.duration)) <= 2 * CREEP;
    next_segment || (step <= CREEP && event.duration > newest.duration)
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
}
