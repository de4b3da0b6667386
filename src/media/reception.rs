//! What the sequence numbers and timestamps of one source tell: order, loss, duplicates, jitter. RFC 3550 appendix A.

use crate::wire::Header;

/// A forward step beyond this is not loss but a new beginning, RFC 3550 A.1.
const MAX_DROPOUT: i16 = 3_000;
/// Packets older than this are not late but a new beginning; also the width of the duplicate window.
const MAX_LATE: u32 = 128;

/// How a packet stands to those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// The newest so far (packets before it may be missing).
    Next,
    /// Older than the newest and not seen before.
    Late,
    /// Seen before; drop it.
    Duplicate,
    /// The numbering jumped, and this packet does not prove yet that the jump is real; drop it.
    Suspect,
    /// The second packet in a row of a new numbering: the source began anew.
    Restarted,
}

/// The receiver's account of one synchronisation source.
#[derive(Debug, Clone)]
pub struct Reception {
    /// The source.
    pub ssrc: u32,
    base: u64,
    highest: u64,
    window: u128,
    received: u64,
    /// Lost and received in numberings that ended by a restart.
    past_lost: u64,
    past_received: u64,
    suspect: Option<u16>,
    transit: Option<i64>,
    /// Sixteen times the jitter, as in A.8.
    jitter16: u32,
    reported: (u64, u64),
}

impl Reception {
    /// Begins with the first accepted packet of a source.
    #[must_use]
    pub fn begin(first: &Header) -> Self {
        // Counting starts one cycle up, so that packets older than the first never go below zero.
        let start = u64::from(first.sequence) + (1 << 16);
        Self {
            ssrc: first.ssrc,
            base: start,
            highest: start,
            window: 1,
            received: 1,
            past_lost: 0,
            past_received: 0,
            suspect: None,
            transit: None,
            jitter16: 0,
            reported: (0, 0),
        }
    }

    /// Takes note of one more packet of this source.
    pub fn arrive(&mut self, sequence: u16) -> Arrival {
        let step = sequence.wrapping_sub(self.highest as u16) as i16;
        if (1..MAX_DROPOUT).contains(&step) {
            return self.advance(u32::from(step.unsigned_abs()));
        }
        let back = u32::from(step.unsigned_abs());
        if step <= 0 && back < MAX_LATE {
            return self.look_back(back);
        }
        if self.suspect == Some(sequence) {
            self.restart(sequence);
            return Arrival::Restarted;
        }
        self.suspect = Some(sequence.wrapping_add(1));
        Arrival::Suspect
    }

    fn advance(&mut self, step: u32) -> Arrival {
        self.highest += u64::from(step);
        self.window = self.window.checked_shl(step).unwrap_or(0) | 1;
        self.received += 1;
        self.suspect = None;
        Arrival::Next
    }

    fn look_back(&mut self, back: u32) -> Arrival {
        let bit = 1u128 << back;
        if self.window & bit != 0 {
            return Arrival::Duplicate;
        }
        self.window |= bit;
        self.received += 1;
        self.base = self.base.min(self.highest - u64::from(back));
        Arrival::Late
    }

    fn restart(&mut self, sequence: u16) {
        self.past_lost += self.expected().saturating_sub(self.received);
        self.past_received += self.received;
        self.highest = u64::from(sequence) + (1 << 16);
        self.base = self.highest;
        self.window = 1;
        self.received = 1;
        self.suspect = None;
        self.transit = None;
    }

    fn expected(&self) -> u64 {
        self.highest - self.base + 1
    }

    /// Interarrival jitter, A.8. `arrival` is the arrival time in RTP units from any fixed origin.
    pub fn time(&mut self, timestamp: u32, arrival: u64) {
        let transit = i64::from((arrival as u32).wrapping_sub(timestamp) as i32);
        let Some(before) = self.transit.replace(transit) else { return };
        let change = u32::try_from((transit - before).unsigned_abs()).unwrap_or(u32::MAX);
        // A jump of a second and more is a new time base, not jitter.
        if change < crate::RATE {
            self.jitter16 = self.jitter16 + change - ((self.jitter16 + 8) >> 4);
        }
    }

    /// Jitter in RTP units.
    #[must_use]
    pub fn jitter(&self) -> u32 {
        self.jitter16 >> 4
    }

    /// Packets received, each once.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.past_received + self.received
    }

    /// Packets missing by number.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.past_lost + self.expected().saturating_sub(self.received)
    }

    /// Extended highest sequence number as a report carries it.
    #[must_use]
    pub fn extended_highest(&self) -> u32 {
        (self.highest - (1 << 16)) as u32
    }

    /// Share lost since the last call, in 1/256, A.3.
    pub fn fraction_lost(&mut self) -> u8 {
        let (lost, received) = (self.lost(), self.received());
        let new_lost = lost.saturating_sub(self.reported.0);
        let new_received = received.saturating_sub(self.reported.1);
        self.reported = (lost, received);
        let all = new_lost + new_received;
        (new_lost * 256).checked_div(all).map_or(0, |share| u8::try_from(share).unwrap_or(u8::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(sequence: u16) -> Reception {
        Reception::begin(&Header { marker: true, payload_type: 8, sequence, timestamp: 0, ssrc: 1 })
    }

    #[test]
    fn loss_is_counted_across_the_wrap_of_the_sequence_number() {
        let mut account = from(65_530);
        for step in 1..20u16 {
            if step != 4 && step != 10 {
                assert_eq!(account.arrive(65_530u16.wrapping_add(step)), Arrival::Next);
            }
        }
        assert_eq!((account.received(), account.lost()), (18, 2));
        assert_eq!(account.extended_highest(), (1 << 16) + 13);
    }

    #[test]
    fn a_late_packet_is_no_loss_and_a_second_copy_of_it_is_dropped() {
        let mut account = from(10);
        assert_eq!(account.arrive(12), Arrival::Next);
        assert_eq!(account.lost(), 1);
        assert_eq!(account.arrive(11), Arrival::Late);
        assert_eq!(account.arrive(11), Arrival::Duplicate);
        assert_eq!(account.arrive(12), Arrival::Duplicate);
        assert_eq!((account.received(), account.lost()), (3, 0));
    }

    #[test]
    fn a_packet_older_than_the_first_one_is_late_too() {
        let mut account = from(0);
        assert_eq!(account.arrive(65_535), Arrival::Late);
        assert_eq!((account.received(), account.lost()), (2, 0));
    }

    #[test]
    fn one_wild_sequence_number_changes_nothing_and_two_in_a_row_begin_anew() {
        let mut account = from(100);
        assert_eq!(account.arrive(30_000), Arrival::Suspect);
        assert_eq!(account.arrive(101), Arrival::Next);
        assert_eq!(account.arrive(40_000), Arrival::Suspect);
        assert_eq!(account.arrive(40_001), Arrival::Restarted);
        assert_eq!(account.arrive(40_002), Arrival::Next);
        assert_eq!(account.lost(), 0);
    }

    #[test]
    fn jitter_is_that_of_the_rfc_for_packets_alternately_early_and_late() {
        let mut account = from(0);
        for packet in 0..2_000u32 {
            let wobble = if packet % 2 == 0 { 0 } else { 80 };
            account.time(packet * 160, u64::from(packet * 160 + wobble));
        }
        // |D| is 80 units each time; the estimator settles on that mean within its own rounding.
        assert!((75..=80).contains(&account.jitter()), "{}", account.jitter());
    }

    #[test]
    fn the_fraction_is_that_since_the_last_report() {
        let mut account = from(0);
        for sequence in 1..=99u16 {
            if sequence % 20 != 0 {
                account.arrive(sequence);
            }
        }
        assert_eq!(account.fraction_lost(), 10); // 4 of 100
        for sequence in 100..200 {
            account.arrive(sequence);
        }
        assert_eq!(account.fraction_lost(), 0);
    }
}
