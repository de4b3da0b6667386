//! Whose packets are the far end's, and where ours go: symmetric RTP that an outsider cannot steal.
//!
//! The address of the SDP is trusted at once. A telephone behind NAT sends from another one; it is believed only while
//! the SDP's address is silent, and only after several consecutive packets at a human pace. Once a source is latched,
//! packets of others are dropped and counted; the latch moves only when new SDP was signalled, or the source has fallen
//! silent and the newcomer has the signalled or the old source's IP address.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::wire::Header;

/// For so long after latching somebody else the SDP's own address still wins by its first packet.
const LEARNING: Duration = Duration::from_secs(3);
/// A source quiet for that long may be replaced by one of the same IP address.
const QUIET: Duration = Duration::from_secs(1);
/// Consecutive packets a stranger has to send, and the time they have to span: a burst sprayed over a port range is shorter.
const STRANGER: (u8, Duration) = (5, Duration::from_millis(60));
/// The same for a source whose IP address was signalled or latched before.
const KIN: (u8, Duration) = (2, Duration::from_millis(10));
/// Addresses that may be on trial at the same time.
const TRIALS: usize = 8;

/// What to do with a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the far end's.
    Ours,
    /// It is the far end's, and the source is new: whatever numbering came before is over.
    Latched,
    /// Perhaps the far end's; drop it, more proof is needed.
    Proving,
    /// Somebody else's; drop and count it.
    Foreign,
    /// Nothing was signalled yet; drop it.
    Early,
}

#[derive(Debug, Clone, Copy)]
struct Trial {
    from: SocketAddr,
    ssrc: u32,
    next: u16,
    count: u8,
    since: Instant,
}

/// The latch of one RTP session.
#[derive(Debug, Default)]
pub struct Latch {
    signalled: Option<SocketAddr>,
    source: Option<SocketAddr>,
    former: Option<SocketAddr>,
    latched_at: Option<Instant>,
    heard_at: Option<Instant>,
    trials: [Option<Trial>; TRIALS],
}

impl Latch {
    /// The far end's SDP said where it listens. The same address again (a re-INVITE for hold) changes nothing.
    pub fn signal(&mut self, address: SocketAddr) {
        if self.signalled.replace(address) != Some(address) {
            self.former = self.source.take();
            self.trials = [None; TRIALS];
        }
    }

    /// Where packets go: the latched source, before that the signalled address.
    #[must_use]
    pub fn target(&self) -> Option<SocketAddr> {
        self.source.or(self.signalled)
    }

    /// The source whose packets are taken.
    #[must_use]
    pub fn source(&self) -> Option<SocketAddr> {
        self.source
    }

    /// Judges one packet by its source.
    #[inline]
    pub fn judge(&mut self, now: Instant, from: SocketAddr, header: &Header) -> Verdict {
        if self.source == Some(from) {
            self.heard_at = Some(now);
            return Verdict::Ours;
        }
        let Some(signalled) = self.signalled else { return Verdict::Early };
        match self.source {
            None if from == signalled => self.latch(now, from),
            None if self.is_kin(from) => self.prove(now, from, header, KIN),
            None => self.prove(now, from, header, STRANGER),
            Some(_) if from == signalled && (self.learning(now) || self.quiet(now)) => self.latch(now, from),
            Some(_) if self.quiet(now) && self.is_kin(from) => self.prove(now, from, header, KIN),
            Some(_) => Verdict::Foreign,
        }
    }

    fn learning(&self, now: Instant) -> bool {
        self.latched_at.is_some_and(|at| now.duration_since(at) <= LEARNING)
    }

    fn quiet(&self, now: Instant) -> bool {
        self.heard_at.is_some_and(|at| now.duration_since(at) >= QUIET)
    }

    fn is_kin(&self, from: SocketAddr) -> bool {
        [self.signalled, self.source, self.former].into_iter().flatten().any(|known| known.ip() == from.ip())
    }

    fn latch(&mut self, now: Instant, from: SocketAddr) -> Verdict {
        self.source = Some(from);
        self.latched_at = Some(now);
        self.heard_at = Some(now);
        self.trials = [None; TRIALS];
        Verdict::Latched
    }

    fn prove(&mut self, now: Instant, from: SocketAddr, header: &Header, need: (u8, Duration)) -> Verdict {
        // One place per IP address: whoever sprays from many ports competes with himself only.
        let known = self.trials.iter().position(|trial| trial.is_some_and(|trial| trial.from.ip() == from.ip()));
        let place = known.unwrap_or_else(|| self.weakest_trial());
        let before = self.trials[place]
            .filter(|trial| trial.from == from && trial.ssrc == header.ssrc && trial.next == header.sequence);
        let count = before.map_or(1, |trial| trial.count.saturating_add(1));
        let since = before.map_or(now, |trial| trial.since);
        let next = header.sequence.wrapping_add(1);
        self.trials[place] = Some(Trial { from, ssrc: header.ssrc, next, count, since });
        if count >= need.0 && now.duration_since(since) >= need.1 {
            return self.latch(now, from);
        }
        Verdict::Proving
    }

    /// A free place, else the one with the least proof, so that a spray of strangers cannot push out a telephone.
    fn weakest_trial(&self) -> usize {
        let strength = |trial: &Option<Trial>| trial.map_or(0, |trial| trial.count);
        (0..self.trials.len()).min_by_key(|&place| strength(&self.trials[place])).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "a test needs some origin of time; nothing waits on it")]
    use super::*;

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn packet(sequence: u16) -> Header {
        Header { marker: false, payload_type: 8, sequence, timestamp: 0, ssrc: 7 }
    }

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn signalled(address: &str) -> Latch {
        let mut latch = Latch::default();
        latch.signal(at(address));
        latch
    }

    #[test]
    fn the_signalled_address_is_taken_at_its_first_packet_and_nobody_else_afterwards() {
        let (mut latch, t0) = (signalled("10.0.0.5:4000"), Instant::now());
        assert_eq!(latch.judge(t0, at("10.0.0.5:4000"), &packet(1)), Verdict::Latched);
        for step in 0..50u16 {
            let now = t0 + ms(20 * u64::from(step));
            assert_eq!(latch.judge(now, at("10.0.0.5:4000"), &packet(2 + step)), Verdict::Ours);
            assert_eq!(latch.judge(now, at("127.0.0.66:9"), &packet(step)), Verdict::Foreign);
        }
        assert_eq!(latch.target(), Some(at("10.0.0.5:4000")));
    }

    #[test]
    fn five_packets_sprayed_at_an_open_port_win_nothing() {
        let (mut latch, t0) = (signalled("10.0.0.5:4000"), Instant::now());
        for step in 0..5u16 {
            assert_eq!(latch.judge(t0 + ms(2 * u64::from(step)), at("127.0.0.66:9"), &packet(step)), Verdict::Proving);
        }
        assert_eq!(latch.target(), Some(at("10.0.0.5:4000")));
    }

    #[test]
    fn a_telephone_behind_nat_is_learned_even_while_strangers_spray() {
        let (mut latch, t0) = (signalled("192.168.1.9:4000"), Instant::now());
        let mut verdicts = Vec::new();
        for step in 0..5u16 {
            let now = t0 + ms(20 * u64::from(step));
            for stranger in 1..20u16 {
                let from = at(&format!("127.0.0.66:{stranger}"));
                latch.judge(now, from, &packet(stranger * 37));
            }
            verdicts.push(latch.judge(now, at("85.1.2.3:61000"), &packet(500 + step)));
        }
        assert_eq!(verdicts.last(), Some(&Verdict::Latched));
        assert_eq!(latch.target(), Some(at("85.1.2.3:61000")));
    }

    #[test]
    fn the_signalled_address_takes_back_from_a_thief_of_the_learning_window_and_never_later_while_the_source_speaks() {
        let (mut latch, t0) = (signalled("10.0.0.5:4000"), Instant::now());
        for step in 0..5u16 {
            latch.judge(t0 + ms(20 * u64::from(step)), at("85.1.2.3:61000"), &packet(step));
        }
        assert_eq!(latch.source(), Some(at("85.1.2.3:61000")));
        assert_eq!(latch.judge(t0 + ms(200), at("10.0.0.5:4000"), &packet(1)), Verdict::Latched);
        let mut latch = signalled("10.0.0.5:4000");
        for step in 0..400u16 {
            latch.judge(t0 + ms(20 * u64::from(step)), at("85.1.2.3:61000"), &packet(step));
        }
        assert_eq!(latch.judge(t0 + ms(8_000), at("10.0.0.5:4000"), &packet(1)), Verdict::Foreign);
    }

    #[test]
    fn after_silence_the_same_ip_address_may_come_from_a_new_port_and_a_stranger_may_not() {
        let (mut latch, t0) = (signalled("10.0.0.5:4000"), Instant::now());
        latch.judge(t0, at("10.0.0.5:4000"), &packet(1));
        let later = t0 + ms(5_000);
        for step in 0..20u16 {
            let now = later + ms(20 * u64::from(step));
            assert_eq!(latch.judge(now, at("127.0.0.66:9"), &packet(step)), Verdict::Foreign);
        }
        assert_eq!(latch.judge(later, at("10.0.0.5:4002"), &packet(9)), Verdict::Proving);
        assert_eq!(latch.judge(later + ms(20), at("10.0.0.5:4002"), &packet(10)), Verdict::Latched);
    }

    #[test]
    fn new_sdp_moves_the_target_at_once_and_the_old_source_can_come_back() {
        let (mut latch, t0) = (signalled("10.0.0.5:4000"), Instant::now());
        latch.judge(t0, at("10.0.0.5:4000"), &packet(1));
        latch.signal(at("10.0.0.7:5000"));
        assert_eq!(latch.target(), Some(at("10.0.0.7:5000")));
        assert_eq!(latch.judge(t0 + ms(20), at("10.0.0.7:5000"), &packet(1)), Verdict::Latched);
        latch.signal(at("10.0.0.8:5000"));
        latch.judge(t0 + ms(40), at("10.0.0.7:5000"), &packet(2));
        assert_eq!(latch.judge(t0 + ms(60), at("10.0.0.7:5000"), &packet(3)), Verdict::Latched);
    }

    #[test]
    fn before_anything_was_signalled_nobody_is_believed() {
        let mut latch = Latch::default();
        assert_eq!(latch.judge(Instant::now(), at("10.0.0.5:4000"), &packet(1)), Verdict::Early);
        assert_eq!(latch.target(), None);
    }
}
