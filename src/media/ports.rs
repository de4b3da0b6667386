//! The RTP port pairs and who has them. A pair given back rests before it is lent again, so that late packets of the
//! last call do not reach the next one.

use std::collections::{HashSet, VecDeque};
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

/// How long a pair rests after use.
pub const DRAIN: Duration = Duration::from_secs(10);
/// How long a pair rests that another program was found to hold.
pub const RETIREMENT: Duration = Duration::from_secs(300);

/// All pairs of the configured range, named by their even (RTP) port.
#[derive(Debug)]
pub struct PortPool {
    free: VecDeque<u16>,
    resting: VecDeque<(Instant, u16)>,
    retired: VecDeque<(Instant, u16)>,
    lent: HashSet<u16>,
    size: usize,
}

impl PortPool {
    /// The pairs that lie wholly inside the range.
    #[must_use]
    pub fn new(range: RangeInclusive<u16>) -> Self {
        let (first, last) = range.into_inner();
        let first = first.max(2).next_multiple_of(2);
        let free: VecDeque<u16> = (first..last).step_by(2).collect();
        Self { size: free.len(), free, resting: VecDeque::new(), retired: VecDeque::new(), lent: HashSet::new() }
    }

    /// Lends the pair that has been out of use the longest; `None` when all are lent or resting.
    pub fn lend(&mut self, now: Instant) -> Option<u16> {
        self.wake(now);
        let port = self.free.pop_front()?;
        self.lent.insert(port);
        Some(port)
    }

    /// Takes a pair back after its sockets are closed. A pair that was not lent is ignored.
    pub fn give_back(&mut self, now: Instant, port: u16) {
        if self.lent.remove(&port) {
            self.resting.push_back((now + DRAIN, port));
        }
    }

    /// Takes a pair back that could not be bound, and keeps away from it for a while.
    pub fn retire(&mut self, now: Instant, port: u16) {
        if self.lent.remove(&port) {
            self.retired.push_back((now + RETIREMENT, port));
        }
    }

    /// Keeps away for a while from pairs that another program was seen to hold before anybody asked for them.
    pub fn avoid(&mut self, now: Instant, ports: &[u16]) {
        let taken: HashSet<u16> = ports.iter().copied().collect();
        let (avoided, free): (VecDeque<u16>, _) =
            std::mem::take(&mut self.free).into_iter().partition(|port| taken.contains(port));
        self.free = free;
        self.retired.extend(avoided.into_iter().map(|port| (now + RETIREMENT, port)));
    }

    fn wake(&mut self, now: Instant) {
        for rest in [&mut self.resting, &mut self.retired] {
            while let Some((_, port)) = rest.pop_front_if(|(until, _)| *until <= now) {
                self.free.push_back(port);
            }
        }
    }

    /// Pairs lent at this moment.
    #[must_use]
    pub fn lent(&self) -> usize {
        self.lent.len()
    }

    /// Pairs of the range, in whatever state.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "a test needs some origin of time; nothing waits on it")]
    use super::*;

    #[test]
    fn a_pair_rests_ten_seconds_and_the_longest_unused_is_lent_first() {
        let (mut pool, t0) = (PortPool::new(40_000..=40_005), Instant::now());
        assert_eq!(
            (pool.lend(t0), pool.lend(t0), pool.lend(t0), pool.lend(t0)),
            (Some(40_000), Some(40_002), Some(40_004), None)
        );
        pool.give_back(t0, 40_004);
        pool.give_back(t0 + Duration::from_secs(1), 40_000);
        assert_eq!(pool.lend(t0 + Duration::from_millis(9_999)), None);
        assert_eq!(pool.lend(t0 + Duration::from_secs(11)), Some(40_004));
        assert_eq!(pool.lend(t0 + Duration::from_secs(11)), Some(40_000));
        assert_eq!(pool.lent(), 3);
    }

    #[test]
    fn giving_back_twice_or_what_was_never_lent_does_not_multiply_pairs() {
        let (mut pool, t0) = (PortPool::new(40_000..=40_003), Instant::now());
        let port = pool.lend(t0).unwrap();
        for _ in 0..3 {
            pool.give_back(t0, port);
            pool.give_back(t0, 50_000);
        }
        let late = t0 + DRAIN;
        assert_eq!((pool.lend(late), pool.lend(late), pool.lend(late)), (Some(40_002), Some(40_000), None));
    }

    #[test]
    fn a_pair_somebody_else_holds_is_left_alone_for_five_minutes() {
        let (mut pool, t0) = (PortPool::new(40_000..=40_001), Instant::now());
        let port = pool.lend(t0).unwrap();
        pool.retire(t0, port);
        assert_eq!(pool.lend(t0 + DRAIN), None);
        assert_eq!(pool.lend(t0 + RETIREMENT), Some(port));
    }

    #[test]
    fn pairs_that_were_seen_taken_are_lent_last() {
        let (mut pool, t0) = (PortPool::new(40_000..=40_007), Instant::now());
        pool.avoid(t0, &[40_000, 40_004, 50_000]);
        assert_eq!((pool.lend(t0), pool.lend(t0), pool.lend(t0)), (Some(40_002), Some(40_006), None));
        assert_eq!(pool.lend(t0 + RETIREMENT), Some(40_000));
        assert_eq!(pool.size(), 4);
    }

    #[test]
    fn ten_thousand_calls_leak_no_port() {
        let (mut pool, mut now) = (PortPool::new(40_001..=40_101), Instant::now());
        assert_eq!(pool.size(), 50);
        for _ in 0..10_000 {
            now += Duration::from_secs(1);
            let port = pool.lend(now).unwrap();
            pool.give_back(now, port);
        }
        assert_eq!(pool.lent(), 0);
        assert_eq!(pool.free.len() + pool.resting.len(), 50);
    }
}
