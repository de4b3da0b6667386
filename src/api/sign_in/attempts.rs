//! Failed attempts to sign in, and who must wait for that. Only failures count, and hanging up before the answer is one of
//! the address; what is under way only keeps others from trying more than could fail.
//!
//! Counted are a name at an address (five: a person who mistypes locks neither the office nor themselves elsewhere), an
//! address whatever name it tries, and a name wherever it is tried from. None of them counts for a browser in which that
//! person has signed in before: nobody can lock a person out of their own desk. There, after five failures, each further
//! attempt only takes two seconds.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use pbx::network;
use tokio::sync::Notify;

use crate::token;

/// For how long a failure counts, µs.
pub const WINDOW: i64 = 10 * 60 * 1_000_000;
/// Failures of a name at an address, and in a known browser.
pub const FAILURES: usize = 5;
/// Failures of an address: an office has people who mistype.
pub const OF_ADDRESS: usize = 50;
/// Failures of a name.
pub const OF_NAME: usize = 100;
/// What an attempt in a known browser takes after too many failures.
pub const PAUSE: Duration = Duration::from_secs(2);
/// What is remembered at most; above it the oldest go.
const REMEMBERED: usize = 20_000;

/// Who tries to sign in.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// The sign-in name; `None` for a link.
    pub name: Option<&'a str>,
    /// Where from.
    pub address: IpAddr,
    /// Hash of the browser's token, when this person has signed in there before.
    pub device: Option<&'a str>,
}

/// Too many failures; seconds to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany(pub i64);

/// What is counted: a kind, and a digest of whose, so that a long name takes no more memory than a short one.
type Key = (Kind, [u8; 16]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Pair,
    Address,
    Name,
    Device,
}

impl Kind {
    fn limit(self) -> usize {
        match self {
            Self::Pair | Self::Device => FAILURES,
            Self::Address => OF_ADDRESS,
            Self::Name => OF_NAME,
        }
    }
}

/// Failures of the last ten minutes, oldest first, and attempts that have not ended.
#[derive(Debug, Default)]
struct Count {
    failed: VecDeque<i64>,
    under_way: usize,
}

/// Failed attempts and those under way.
#[derive(Debug, Default)]
pub struct Attempts {
    counts: Mutex<HashMap<Key, Count>>,
    ended: Notify,
}

/// An attempt under way. Dropped without a word, its asker has hung up: that counts as a failure wherever it came from, since
/// it made as much work as one, but not for the name, of which nothing was learned.
#[derive(Debug)]
pub struct Attempt<'a> {
    attempts: &'a Attempts,
    keys: Vec<Key>,
    /// When it began, µs; `None` once it is said what became of it.
    untold: Option<i64>,
    /// How long to wait before looking at the password.
    pub pause: Duration,
}

impl Attempts {
    /// Begins an attempt; waits while as many are under way as may still fail.
    ///
    /// # Errors
    /// [`TooMany`].
    pub async fn begin(&self, asker: Asker<'_>, now: i64) -> Result<Attempt<'_>, TooMany> {
        let keys = keys(asker);
        loop {
            let ended = self.ended.notified();
            if let Some(pause) = self.take(&keys, now)? {
                return Ok(Attempt { attempts: self, keys, untold: Some(now), pause });
            }
            ended.await;
        }
    }

    /// Takes a place under every key, if each has one.
    fn take(&self, keys: &[Key], now: i64) -> Result<Option<Duration>, TooMany> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = keys.iter().filter_map(|key| counts.get_mut(key)?.wait(key.0, now)).max();
        if let Some(micros) = wait {
            return Err(TooMany((micros / 1_000_000).max(1)));
        }
        if !keys.iter().all(|key| counts.get(key).is_none_or(|count| count.has_room(key.0))) {
            return Ok(None);
        }
        if counts.len() + keys.len() > REMEMBERED {
            make_room(&mut counts, now);
        }
        let mut pause = Duration::ZERO;
        for key in keys {
            let count = counts.entry(*key).or_default();
            count.under_way += 1;
            if key.0 == Kind::Device && count.failed.len() >= FAILURES {
                pause = PAUSE;
            }
        }
        Ok(Some(pause))
    }
}

impl Count {
    /// How long until an attempt is free again, µs; forgets what no longer counts.
    fn wait(&mut self, kind: Kind, now: i64) -> Option<i64> {
        while self.failed.front().is_some_and(|time| time + WINDOW <= now) {
            self.failed.pop_front();
        }
        if kind == Kind::Device || self.failed.len() < kind.limit() {
            return None;
        }
        self.failed.front().map(|oldest| oldest + WINDOW - now)
    }

    /// Whether one more may be under way. In a known browser with many failures they go one by one.
    fn has_room(&self, kind: Kind) -> bool {
        let most = kind.limit().saturating_sub(self.failed.len()).max(1);
        self.under_way < most
    }
}

impl Attempt<'_> {
    /// The password was wrong.
    pub fn failed(mut self, now: i64) {
        self.untold = None;
        self.count(now, |_| true);
    }

    /// We did not get as far as looking at it: counts as nothing.
    pub fn untried(mut self) {
        self.untold = None;
    }

    fn count(&self, now: i64, of: impl Fn(Kind) -> bool) {
        let mut counts = self.attempts.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for key in self.keys.iter().filter(|key| of(key.0)) {
            if let Some(count) = counts.get_mut(key) {
                count.failed.push_back(now);
                count.failed.truncate(key.0.limit());
            }
        }
    }

    /// It was right: the name at this address, or this browser, starts anew. Address and name do not, so that one known
    /// password does not help to guess others.
    pub fn succeeded(mut self) {
        self.untold = None;
        let mut counts = self.attempts.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for key in self.keys.iter().filter(|key| matches!(key.0, Kind::Pair | Kind::Device)) {
            if let Some(count) = counts.get_mut(key) {
                count.failed.clear();
            }
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if let Some(began) = self.untold {
            self.count(began, |kind| kind != Kind::Name);
        }
        let mut counts = self.attempts.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for key in &self.keys {
            if let Some(count) = counts.get_mut(key) {
                count.under_way = count.under_way.saturating_sub(1);
                if count.under_way == 0 && count.failed.is_empty() {
                    counts.remove(key);
                }
            }
        }
        drop(counts);
        self.attempts.ended.notify_waiters();
    }
}

fn keys(asker: Asker<'_>) -> Vec<Key> {
    let address = network(asker.address);
    let address = address.to_string();
    let of = |kind: Kind, parts: &[&[u8]]| (kind, token::digest(parts));
    let name = asker.name.map(|name| crm::text::fold(name.trim()));
    match (name, asker.device) {
        (Some(name), Some(device)) => vec![of(Kind::Device, &[device.as_bytes(), name.as_bytes()])],
        (Some(name), None) => vec![
            of(Kind::Pair, &[name.as_bytes(), address.as_bytes()]),
            of(Kind::Address, &[address.as_bytes()]),
            of(Kind::Name, &[name.as_bytes()]),
        ],
        (None, _) => vec![of(Kind::Address, &[address.as_bytes()])],
    }
}

fn make_room(counts: &mut HashMap<Key, Count>, now: i64) {
    counts.retain(|_, count| count.under_way > 0 || count.failed.back().is_some_and(|last| last + WINDOW > now));
    if counts.len() < REMEMBERED / 2 {
        return;
    }
    let mut newest: Vec<i64> = counts.values().filter_map(|count| count.failed.back().copied()).collect();
    newest.sort_unstable();
    let middle = newest.get(newest.len() / 2).copied().unwrap_or(now);
    counts.retain(|_, count| count.under_way > 0 || count.failed.back().is_some_and(|last| *last > middle));
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const MINUTE: i64 = 60_000_000;

    fn asker<'a>(name: &'a str, address: &str) -> Asker<'a> {
        Asker { name: Some(name), address: address.parse().unwrap(), device: None }
    }

    /// A whole attempt that must not wait for others.
    fn fail(attempts: &Attempts, asker: Asker<'_>, now: i64) -> Result<(), TooMany> {
        attempts.begin(asker, now).now_or_never().expect("has to wait for others")?.failed(now);
        Ok(())
    }

    #[test]
    fn a_name_waits_after_five_failures_at_one_address_and_nobody_else_does() {
        let attempts = Attempts::default();
        for at in 0..5 {
            fail(&attempts, asker("ZEYNEP", "192.0.2.1"), at * MINUTE).unwrap();
        }
        assert_eq!(fail(&attempts, asker("zeynep", "192.0.2.1"), 5 * MINUTE), Err(TooMany(5 * 60)));
        assert_eq!(fail(&attempts, asker("murat", "192.0.2.1"), 5 * MINUTE), Ok(()), "the office is not locked");
        assert_eq!(fail(&attempts, asker("zeynep", "192.0.2.9"), 5 * MINUTE), Ok(()), "nor she at home");
        assert_eq!(fail(&attempts, asker("zeynep", "192.0.2.1"), 10 * MINUTE), Ok(()), "the first is ten minutes old");
    }

    #[test]
    fn an_address_waits_whatever_name_it_tries() {
        let attempts = Attempts::default();
        for at in 0..OF_ADDRESS {
            fail(&attempts, asker(&format!("n{at}"), "2001:db8::1"), 0).unwrap();
        }
        assert!(fail(&attempts, asker("f", "2001:db8::ffff"), 1).is_err(), "the same /64");
        assert!(fail(&attempts, asker("f", "2001:db8:0:1::1"), 1).is_ok());
    }

    #[test]
    fn a_name_that_is_tried_from_everywhere_waits_except_in_its_own_browser() {
        let attempts = Attempts::default();
        for at in 0..OF_NAME {
            fail(&attempts, asker("zeynep", &format!("192.0.{}.{}", at / 250, at % 250)), 0).unwrap();
        }
        assert!(fail(&attempts, asker("zeynep", "198.51.100.1"), 1).is_err());
        let own = Asker { device: Some("browser"), ..asker("zeynep", "198.51.100.1") };
        for at in 0..20 {
            let attempt = attempts.begin(own, at).now_or_never().unwrap().unwrap();
            assert_eq!(attempt.pause, if at < 5 { Duration::ZERO } else { PAUSE });
            attempt.failed(at);
        }
        attempts.begin(own, 30).now_or_never().unwrap().unwrap().succeeded();
        assert_eq!(attempts.begin(own, 31).now_or_never().unwrap().unwrap().pause, Duration::ZERO);
    }

    #[test]
    fn what_is_under_way_is_no_failure_and_yet_no_more_are_tried_than_may_fail() {
        let attempts = Attempts::default();
        let zeynep = asker("zeynep", "192.0.2.1");
        let mut open: Vec<_> = (0..5).map(|_| attempts.begin(zeynep, 0).now_or_never().unwrap().unwrap()).collect();
        let mut sixth = Box::pin(attempts.begin(zeynep, 0));
        assert!(sixth.as_mut().now_or_never().is_none(), "a sixth at the same time waits");
        open.pop().unwrap().succeeded();
        let sixth = sixth.now_or_never().expect("one has ended").unwrap();
        open.into_iter().for_each(|attempt| attempt.failed(0));
        let mut seventh = Box::pin(attempts.begin(zeynep, 0));
        assert!(seventh.as_mut().now_or_never().is_none());
        sixth.failed(0);
        assert_eq!(seventh.now_or_never().unwrap().map(drop), Err(TooMany(600)));
    }

    #[test]
    fn who_hangs_up_before_the_answer_has_failed_there_and_the_name_has_not() {
        let attempts = Attempts::default();
        let hang_up = |name: &str, address: &str| {
            attempts.begin(asker(name, address), 0).now_or_never().expect("has to wait for others").map(drop)
        };
        let begun = (0..200).filter(|at| hang_up(&format!("n{at}"), "192.0.2.1").is_ok()).count();
        assert_eq!(begun, OF_ADDRESS, "no more than may fail");
        assert!(fail(&attempts, asker("zeynep", "192.0.2.1"), 1).is_err());
        for at in 0..OF_NAME {
            hang_up("murat", &format!("198.51.100.{at}")).unwrap();
        }
        assert_eq!(fail(&attempts, asker("murat", "192.0.2.2"), 1), Ok(()), "nobody locks a name without a guess");
        for _ in 0..200 {
            attempts.begin(asker("zeynep", "192.0.2.3"), 0).now_or_never().unwrap().unwrap().untried();
        }
        assert_eq!(fail(&attempts, asker("zeynep", "192.0.2.3"), 1), Ok(()), "our own trouble is nobody's failure");
    }

    #[test]
    fn a_flood_of_names_is_bounded_and_what_leaves_no_failure_leaves_nothing() {
        let attempts = Attempts::default();
        let long = "x".repeat(250_000);
        for at in 0..(REMEMBERED as i64 * 2) {
            let address = format!("10.{}.{}.{}", at / 65_536, at / 256 % 256, at % 256);
            let name = if at % 5_000 == 0 { long.clone() } else { at.to_string() };
            fail(&attempts, asker(&name, &address), at).unwrap();
        }
        assert!(attempts.counts.lock().unwrap().len() <= REMEMBERED);
        let quiet = Attempts::default();
        quiet.begin(asker("a", "192.0.2.1"), 0).now_or_never().unwrap().unwrap().untried();
        assert!(quiet.counts.lock().unwrap().is_empty());
    }
}
