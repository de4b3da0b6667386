//! Connections nobody has proven himself over: how many a network may have, and how often it is told that it has too many.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use pbx::network;
use pbx::recent::Recent;

/// More of them than this from one network are refused: a slow-reading attacker must not take all descriptors. Phones stand
/// in many offices behind one address, so whoever has proven himself does not count.
pub(super) const PER_NETWORK: usize = 50;

/// Of one network there is a line in each such span.
const SPAN: Duration = Duration::from_secs(60);
/// Networks of which it is remembered when the last line was.
const MOST_TOLD: usize = 1_000;

/// Who is here without proof.
#[derive(Debug)]
pub(super) struct Strangers {
    here: HashMap<IpAddr, usize>,
    told: Recent<IpAddr, Told>,
}

#[derive(Debug, Default)]
struct Told {
    at: Option<Instant>,
    unsaid: u64,
}

impl Default for Strangers {
    fn default() -> Self {
        Self { here: HashMap::new(), told: Recent::new(MOST_TOLD, SPAN * 2) }
    }
}

impl Strangers {
    /// Whether one more may come from there.
    pub fn may_come(&self, from: IpAddr) -> bool {
        self.here.get(&network(from)).is_none_or(|here| *here < PER_NETWORK)
    }

    /// One more is here.
    pub fn come(&mut self, from: IpAddr) {
        *self.here.entry(network(from)).or_default() += 1;
    }

    /// One of them is gone, or no stranger any more.
    pub fn leave(&mut self, from: IpAddr) {
        let from = network(from);
        match self.here.get_mut(&from) {
            Some(here) if *here > 1 => *here -= 1,
            _ => drop(self.here.remove(&from)),
        }
    }

    /// One from there was refused; how many others since the last line, if it is time for one.
    pub fn refused(&mut self, now: Instant, from: IpAddr) -> Option<u64> {
        let told = self.told.touch(now, network(from));
        if told.at.is_some_and(|at| now < at + SPAN) {
            told.unsaid += 1;
            return None;
        }
        told.at = Some(now);
        Some(std::mem::take(&mut told.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(n: u16) -> IpAddr {
        IpAddr::from([0x2001, 0xdb8, 0, 7, 0, 0, 0, n])
    }

    #[test]
    fn a_network_has_fifty_strangers_at_a_time_and_proof_makes_room() {
        let mut strangers = Strangers::default();
        for n in 0..50 {
            assert!(strangers.may_come(host(n)));
            strangers.come(host(n));
        }
        assert!(!strangers.may_come(host(99)), "its /64 is one network");
        assert!(strangers.may_come(IpAddr::from([192, 0, 2, 1])), "another has its own");
        strangers.leave(host(3));
        assert!(strangers.may_come(host(99)));
        (0..60).for_each(|n| strangers.leave(host(n)));
        assert!(strangers.here.is_empty(), "nothing is kept of who is gone");
    }

    #[test]
    fn a_flood_writes_a_line_a_minute_and_says_how_many_it_left_out() {
        let (mut strangers, now) = (Strangers::default(), crate::clock::instant());
        let said: Vec<_> = (0..1_000).filter_map(|n| strangers.refused(now, host(n))).collect();
        assert_eq!(said, [0]);
        assert_eq!(strangers.refused(now, IpAddr::from([192, 0, 2, 1])), Some(0), "of another network too");
        assert_eq!(strangers.refused(now + SPAN, host(1)), Some(999));
    }
}
