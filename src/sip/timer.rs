//! The timers of RFC 3261 §17 and RFC 6026 §8 as one table, so that every state machine reads its times by letter.

use std::time::Duration;

/// The three base values all timers are made of, and the table itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timers {
    /// Estimate of the round trip; first retransmission.
    pub t1: Duration,
    /// Longest wait between retransmissions of non-INVITE requests and INVITE responses.
    pub t2: Duration,
    /// Longest time a message stays in the network.
    pub t4: Duration,
}

impl Default for Timers {
    /// The values of RFC 3261 Table 4: 500 ms, 4 s, 5 s.
    fn default() -> Self {
        Self { t1: Duration::from_millis(500), t2: Duration::from_secs(4), t4: Duration::from_secs(5) }
    }
}

/// The answer of a timer that does not run on this transport.
const NEVER_LINGERS: Duration = Duration::ZERO;

impl Timers {
    /// 64 × T1: how long anything is tried before it is given up.
    pub fn patience(&self) -> Duration {
        self.t1 * 64
    }

    /// A: first retransmission of an INVITE; `None` on a reliable transport (§17.1.1.2).
    pub fn a(&self, reliable: bool) -> Option<Duration> {
        (!reliable).then_some(self.t1)
    }

    /// B: an INVITE without any response is given up (§17.1.1.2).
    pub fn b(&self) -> Duration {
        self.patience()
    }

    /// C: a call that rings this long without news is given up (§16.6 item 11: more than three minutes).
    pub fn c(&self) -> Duration {
        Duration::from_secs(181).max(self.patience())
    }

    /// D: how long retransmissions of a final response ≥ 300 are waited for (§17.1.1.2).
    pub fn d(&self, reliable: bool) -> Duration {
        self.lingering(reliable, self.patience())
    }

    /// E: first retransmission of a non-INVITE request; `None` on a reliable transport (§17.1.2.2).
    pub fn e(&self, reliable: bool) -> Option<Duration> {
        (!reliable).then_some(self.t1)
    }

    /// F: a non-INVITE request without final response is given up (§17.1.2.2).
    pub fn f(&self) -> Duration {
        self.patience()
    }

    /// G: first retransmission of a final response ≥ 300 to an INVITE; `None` on a reliable transport (§17.2.1).
    pub fn g(&self, reliable: bool) -> Option<Duration> {
        (!reliable).then_some(self.t1)
    }

    /// H: an ACK that does not come is no longer waited for (§17.2.1).
    pub fn h(&self) -> Duration {
        self.patience()
    }

    /// I: how long further ACKs are absorbed (§17.2.1).
    pub fn i(&self, reliable: bool) -> Duration {
        self.lingering(reliable, self.t4)
    }

    /// J: how long retransmissions of an answered non-INVITE request are answered again (§17.2.2).
    pub fn j(&self, reliable: bool) -> Duration {
        self.lingering(reliable, self.patience())
    }

    /// K: how long retransmissions of a final non-INVITE response are absorbed (§17.1.2.2).
    pub fn k(&self, reliable: bool) -> Duration {
        self.lingering(reliable, self.t4)
    }

    /// L: how long retransmissions of an accepted INVITE are absorbed (RFC 6026 §8.7).
    pub fn l(&self) -> Duration {
        self.patience()
    }

    /// M: how long retransmitted and forked 2xx responses are taken to the call (RFC 6026 §8.4).
    pub fn m(&self) -> Duration {
        self.patience()
    }

    /// The wait after `interval`: doubled, never above T2.
    pub fn doubled(&self, interval: Duration) -> Duration {
        (interval * 2).min(self.t2)
    }

    fn lingering(&self, reliable: bool, time: Duration) -> Duration {
        if reliable { NEVER_LINGERS } else { time }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_table_4() {
        let timers = Timers::default();
        assert_eq!(timers.b(), Duration::from_secs(32));
        assert_eq!(timers.d(false), Duration::from_secs(32));
        assert_eq!(timers.i(false), Duration::from_secs(5));
        assert_eq!(timers.k(false), Duration::from_secs(5));
        assert!(timers.c() > Duration::from_secs(180));
    }

    #[test]
    fn nothing_is_repeated_or_lingers_on_a_reliable_transport() {
        let timers = Timers::default();
        assert_eq!((timers.a(true), timers.e(true), timers.g(true)), (None, None, None));
        assert_eq!(timers.d(true) + timers.i(true) + timers.j(true) + timers.k(true), Duration::ZERO);
    }

    #[test]
    fn the_wait_doubles_up_to_t2() {
        let timers = Timers::default();
        let mut wait = timers.t1;
        let mut seen = Vec::new();
        for _ in 0..5 {
            wait = timers.doubled(wait);
            seen.push(wait.as_millis());
        }
        assert_eq!(seen, [1000, 2000, 4000, 4000, 4000]);
    }
}
