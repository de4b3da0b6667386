//! When a busy thread lets packets gather: being woken costs more than relaying a packet.

use std::time::{Duration, Instant};

/// The longest a packet waits for others: a twentieth of its own length.
const GATHER: Duration = Duration::from_millis(1);
/// How long packets are counted before the thread is called busy, or quiet again.
const WINDOW: Duration = Duration::from_millis(100);
/// So many packets in a window mean four for each gathering. With fewer the second timer costs what the wake-ups saved,
/// and packets would be delayed for nothing.
const BUSY: u64 = 400;

/// Counts one thread's packets.
pub(super) struct Pace {
    since: Instant,
    packets: u64,
    busy: bool,
}

impl Pace {
    pub fn new(now: Instant) -> Self {
        Self { since: now, packets: 0, busy: false }
    }

    /// What one loop has read.
    pub fn count(&mut self, now: Instant, packets: u64) {
        self.packets += packets;
        let passed = now.saturating_duration_since(self.since);
        if passed >= WINDOW {
            let windows = u64::try_from(passed.as_nanos() / WINDOW.as_nanos()).unwrap_or(u64::MAX);
            self.busy = self.packets / windows.max(1) >= BUSY;
            (self.since, self.packets) = (now, 0);
        }
    }

    /// How long to let packets gather before the next look, when the last one was at `looked` and something is due at
    /// `due`.
    pub fn rest(&self, now: Instant, looked: Instant, due: Option<Instant>) -> Option<Duration> {
        let until = due.map_or(looked + GATHER, |due| due.min(looked + GATHER));
        let rest = until.saturating_duration_since(now);
        (self.busy && !rest.is_zero()).then_some(rest)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "a test needs some origin of time; nothing waits on it")]
    use super::*;

    /// A second of packets, `every` so long.
    fn after(every: Duration) -> (Pace, Instant) {
        let start = Instant::now();
        let (mut pace, mut now) = (Pace::new(start), start);
        while now < start + Duration::from_secs(1) {
            now += every;
            pace.count(now, 1);
        }
        (pace, now)
    }

    #[test]
    fn a_quiet_thread_relays_at_once() {
        let (pace, now) = after(Duration::from_micros(300));
        assert_eq!(pace.rest(now, now, None), None);
    }

    #[test]
    fn a_busy_thread_lets_packets_gather_for_a_millisecond_and_not_beyond_what_is_due() {
        let (pace, now) = after(Duration::from_micros(200));
        assert_eq!(pace.rest(now, now, None), Some(GATHER));
        let later = now + Duration::from_micros(400);
        assert_eq!(pace.rest(later, now, None), Some(Duration::from_micros(600)));
        assert_eq!(pace.rest(later, now, Some(now + Duration::from_micros(500))), Some(Duration::from_micros(100)));
        assert_eq!(pace.rest(later, now, Some(now)), None, "what is due is not put off");
        assert_eq!(pace.rest(now + GATHER, now, None), None, "the time it worked counts");
    }

    #[test]
    fn a_thread_that_was_busy_is_quiet_after_the_first_packets_of_a_pause() {
        let (mut pace, now) = after(Duration::from_micros(200));
        let later = now + Duration::from_secs(5);
        pace.count(later, 1);
        assert_eq!(pace.rest(later, later, None), None);
    }
}
