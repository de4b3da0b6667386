//! The one RTP stream we send on a leg: one SSRC, unbroken sequence numbers and timestamps, whoever the sound comes from.

use std::time::Instant;

use crate::rtp_units;
use crate::wire::Header;

/// How the numbering of a relayed source becomes ours.
#[derive(Debug, Clone, Copy)]
struct Mapping {
    epoch: u32,
    sequence: u16,
    timestamp: u32,
    /// Older packets of the source than this would land on numbers already used.
    floor: u16,
    highest: u16,
}

impl Mapping {
    /// The floor follows the newest packet at a distance no late packet has: left behind by half the number space, it
    /// would look like the future.
    fn raised(&self, highest: u16) -> u16 {
        const BEHIND: u16 = 1_024;
        let distance = highest.wrapping_sub(self.floor);
        if distance > BEHIND { highest.wrapping_sub(BEHIND) } else { self.floor }
    }
}

/// Our side of one RTP session.
#[derive(Debug)]
pub struct Egress {
    /// Our synchronisation source.
    pub ssrc: u32,
    /// Packets sent.
    pub packets: u64,
    /// Payload octets sent.
    pub octets: u64,
    next: u16,
    timestamp: u32,
    /// Samples of the newest packet.
    length: u32,
    at: Option<Instant>,
    mapping: Option<Mapping>,
    /// The next own voice packet begins a talk spurt.
    fresh: bool,
}

fn newer(candidate: u16, than: u16) -> bool {
    (candidate.wrapping_sub(than) as i16) > 0
}

impl Egress {
    /// `seed` gives the random SSRC, first sequence number and timestamp, RFC 3550 §5.1.
    #[must_use]
    pub fn new(ssrc: u32, seed: u64) -> Self {
        Self {
            ssrc,
            packets: 0,
            octets: 0,
            // The upper half is left out so that early loss cannot wrap a receiver's count below zero.
            next: (seed as u16) & 0x7fff,
            timestamp: (seed >> 32) as u32,
            length: crate::FRAME as u32,
            at: None,
            mapping: None,
            fresh: true,
        }
    }

    /// The timestamp of a sample spoken at `now`.
    #[must_use]
    pub fn clock(&self, now: Instant) -> u32 {
        let elapsed = self.at.map_or(0, |at| rtp_units(now.saturating_duration_since(at)));
        self.timestamp.wrapping_add(elapsed as u32)
    }

    /// Whether anything was sent yet.
    #[must_use]
    pub fn has_sent(&self) -> bool {
        self.packets > 0
    }

    /// The source of the sound changes: the next packet starts a talk spurt.
    pub fn cut(&mut self) {
        self.mapping = None;
        self.fresh = true;
    }

    fn count(&mut self, octets: usize) {
        self.packets += 1;
        self.octets += octets as u64;
    }

    /// The timestamp for a packet of a new spurt: never that of a packet sent before.
    fn spurt(&self, at: Instant) -> u32 {
        let least = if self.at.is_some() { self.timestamp.wrapping_add(self.length) } else { self.timestamp };
        let clock = self.clock(at);
        if (clock.wrapping_sub(least) as i32) > 0 { clock } else { least }
    }

    /// Header for a packet of our own voice (prompt, tone) due at `at`.
    pub fn voice(&mut self, at: Instant, payload_type: u8, octets: usize) -> Header {
        self.mapping = None;
        let timestamp = self.spurt(at);
        (self.timestamp, self.at, self.length) = (timestamp, Some(at), octets as u32);
        let marker = std::mem::take(&mut self.fresh);
        self.count(octets);
        Header { marker, payload_type, sequence: self.take_sequence(), timestamp, ssrc: self.ssrc }
    }

    /// Header for an inserted packet that is no voice: a digit of ours. It carries the event's own timestamp.
    pub fn insert(&mut self, timestamp: u32, payload_type: u8, marker: bool, octets: usize) -> Header {
        if let Some(mapping) = &mut self.mapping {
            mapping.sequence = mapping.sequence.wrapping_add(1);
            mapping.floor = mapping.highest.wrapping_add(1);
        }
        self.count(octets);
        Header { marker, payload_type, sequence: self.take_sequence(), timestamp, ssrc: self.ssrc }
    }

    fn take_sequence(&mut self) -> u16 {
        let sequence = self.next;
        self.next = sequence.wrapping_add(1);
        sequence
    }

    /// Header for a packet relayed from the other leg; gaps and order of the source are kept, so that the far end's
    /// jitter buffer sees what really happened. `epoch` changes whenever the source's numbering begins anew.
    /// `None` when the packet is too old to have a number of its own.
    #[inline]
    pub fn relay(
        &mut self,
        now: Instant,
        source: &Header,
        epoch: u32,
        payload_type: u8,
        octets: usize,
    ) -> Option<Header> {
        let mut marker = source.marker;
        let mapping = match self.mapping {
            Some(mapping) if mapping.epoch == epoch => mapping,
            _ => {
                marker = true;
                self.map(now, source, epoch)
            }
        };
        if newer(mapping.floor, source.sequence) {
            return None;
        }
        let sequence = source.sequence.wrapping_add(mapping.sequence);
        let timestamp = source.timestamp.wrapping_add(mapping.timestamp);
        if !newer(self.next, sequence) {
            self.next = sequence.wrapping_add(1);
            self.mapping =
                Some(Mapping { highest: source.sequence, floor: mapping.raised(source.sequence), ..mapping });
        }
        if self.at.is_none() || (timestamp.wrapping_sub(self.timestamp) as i32) > 0 {
            (self.timestamp, self.at) = (timestamp, Some(now));
            // A digit's packet has a timestamp of its own and no samples.
            self.length = octets.max(crate::FRAME) as u32;
        }
        self.count(octets);
        Some(Header { marker, payload_type, sequence, timestamp, ssrc: self.ssrc })
    }

    fn map(&mut self, now: Instant, source: &Header, epoch: u32) -> Mapping {
        self.fresh = true;
        let mapping = Mapping {
            epoch,
            sequence: self.next.wrapping_sub(source.sequence),
            timestamp: self.spurt(now).wrapping_sub(source.timestamp),
            floor: source.sequence,
            highest: source.sequence,
        };
        self.mapping = Some(mapping);
        mapping
    }

    /// A packet of the relayed source is withheld on purpose; the numbering closes over it.
    pub fn skip(&mut self, source: &Header, epoch: u32) {
        let Some(mapping) = self.mapping.as_mut().filter(|mapping| mapping.epoch == epoch) else { return };
        if newer(source.sequence, mapping.highest) {
            mapping.sequence = mapping.sequence.wrapping_sub(1);
            mapping.highest = source.sequence;
            mapping.floor = source.sequence.wrapping_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "a test needs some origin of time; nothing waits on it")]
    use super::*;
    use std::time::Duration;

    fn from(sequence: u16, timestamp: u32) -> Header {
        Header { marker: false, payload_type: 8, sequence, timestamp, ssrc: 99 }
    }

    fn after(start: Instant, packets: u32) -> Instant {
        start + crate::FRAME_TIME * packets
    }

    #[test]
    fn a_prompt_a_relay_and_a_prompt_again_are_one_unbroken_stream() {
        let (mut ours, t0) = (Egress::new(5, 7 << 32 | 65_530), Instant::now());
        let mut sent = Vec::new();
        for n in 0..10 {
            sent.push(ours.voice(after(t0, n), 8, 160));
        }
        ours.cut();
        for n in 10..20u32 {
            sent.push(ours.relay(after(t0, n), &from(n as u16 + 400, n * 160 + 12_345), 1, 8, 160).unwrap());
        }
        ours.cut();
        for n in 20..30 {
            sent.push(ours.voice(after(t0, n), 8, 160));
        }
        for pair in sent.windows(2) {
            assert_eq!(pair[1].sequence, pair[0].sequence.wrapping_add(1));
            assert_eq!(pair[1].timestamp.wrapping_sub(pair[0].timestamp), 160);
        }
        let marked: Vec<usize> = (0..30).filter(|&n| sent[n].marker).collect();
        assert_eq!(marked, [0, 10, 20]);
    }

    #[test]
    fn loss_and_order_of_the_source_are_passed_on_and_nothing_is_numbered_twice() {
        let (mut ours, t0) = (Egress::new(5, 100), Instant::now());
        let mut numbers = Vec::new();
        for sequence in [10u16, 9, 11, 13, 12, 16] {
            let header = ours.relay(t0, &from(sequence, u32::from(sequence) * 160), 1, 8, 160);
            numbers.push(header.map(|header| header.sequence));
        }
        assert_eq!(numbers, [Some(100), None, Some(101), Some(103), Some(102), Some(106)]);
    }

    #[test]
    fn a_digit_of_ours_shifts_the_relay_and_a_withheld_packet_leaves_no_hole() {
        let (mut ours, t0) = (Egress::new(5, 100), Instant::now());
        let relay =
            |ours: &mut Egress, n: u16| ours.relay(t0, &from(n, u32::from(n) * 160), 1, 8, 160).map(|h| h.sequence);
        assert_eq!(relay(&mut ours, 10), Some(100));
        assert_eq!(ours.insert(1, 101, true, 4).sequence, 101);
        assert_eq!(relay(&mut ours, 11), Some(102));
        ours.skip(&from(12, 0), 1);
        assert_eq!(relay(&mut ours, 13), Some(103));
        assert_eq!(relay(&mut ours, 12), None);
        assert_eq!(relay(&mut ours, 14), Some(104));
    }

    #[test]
    fn an_hour_of_packets_is_relayed_though_the_numbers_wrap_several_times() {
        let (mut ours, t0) = (Egress::new(5, 100), Instant::now());
        for n in 0..180_000u32 {
            let header = ours.relay(t0, &from(n as u16, n * 160), 1, 8, 160).unwrap();
            assert_eq!(header.sequence, (n as u16).wrapping_add(100));
        }
    }

    #[test]
    fn after_a_pause_the_timestamp_has_moved_by_the_pause() {
        let (mut ours, t0) = (Egress::new(5, 0), Instant::now());
        let before = ours.voice(t0, 8, 160);
        ours.cut();
        let after = ours.relay(t0 + Duration::from_secs(3), &from(1, 77), 1, 8, 160).unwrap();
        assert_eq!(after.timestamp.wrapping_sub(before.timestamp), 24_000);
        assert!(after.marker);
    }
}
