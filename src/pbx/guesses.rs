//! Wrong SIP secrets: counted per source and user, and when they are too many, banned for a while.
//!
//! A ban silences and slows whoever guesses and shuts nobody out: the right secret always passes and ends it. Only wrong
//! answers to a nonce that was given to their own address come here, so whoever forges addresses bans nobody. Each such
//! answer costs a challenge, and to a banned user, and to the place a banned one came from, challenges are given only so
//! many a second; that is what bounds the guessing. Other users of that place (an office behind one address) share the
//! larger measure.

use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use crate::plan::BanPlan;
use crate::recent::Recent;

/// Users at sources that are remembered.
const MOST_PAIRS: usize = 8_192;
/// Sources that are remembered.
const MOST_SOURCES: usize = 4_096;
/// Longest that anything is remembered without news: a day, the longest ban.
const MEMORY: Duration = Duration::from_secs(86_400);
/// A source that goes through users gets so many times the measure of one.
const USERS_OF_A_SOURCE: u32 = 20;
/// Challenges a second for a banned user, and for the source of one.
const PER_USER: f64 = 1.0;
const PER_SOURCE: f64 = 10.0;
/// How many of them may come at once, in seconds' worth.
const BURST: f64 = 2.0;

/// What became of a wrong secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wrong {
    /// How many of this user from this source, lately.
    pub failures: u32,
    /// This one made the ban.
    pub bans: bool,
    /// A ban was on before: no answer.
    pub silent: bool,
}

/// One user at one source, or one source.
#[derive(Debug, Default)]
struct Score {
    failures: u32,
    since: Option<Instant>,
    banned_until: Option<Instant>,
    ration: Option<Ration>,
}

/// Challenges in hand.
#[derive(Debug, Clone, Copy)]
struct Ration {
    left: f64,
    at: Instant,
}

/// Everybody's mistakes.
#[derive(Debug)]
pub struct Guesses {
    pairs: Recent<(IpAddr, String), Score>,
    sources: Recent<IpAddr, Score>,
}

impl Default for Guesses {
    fn default() -> Self {
        Self { pairs: Recent::new(MOST_PAIRS, MEMORY), sources: Recent::new(MOST_SOURCES, MEMORY) }
    }
}

impl Guesses {
    /// A wrong secret for `user`, by somebody who is truly at `source`.
    pub fn wrong(&mut self, now: Instant, rules: &BanPlan, source: IpAddr, user: &str) -> Wrong {
        let source = network(source);
        let place = self.sources.touch(now, source);
        place.fail(now, rules, rules.after.saturating_mul(USERS_OF_A_SOURCE));
        let score = self.pairs.touch(now, (source, user.to_owned()));
        let wrong = score.fail(now, rules, rules.after);
        if wrong.bans {
            place.banned_until = place.banned_until.max(Some(now + rules.time));
        }
        wrong
    }

    /// The right secret: this user's mistakes from there are forgotten.
    pub fn right(&mut self, source: IpAddr, user: &str) {
        self.pairs.remove(&(network(source), user.to_owned()));
    }

    /// Whether `user` at `source` may be challenged now.
    pub fn may_ask(&mut self, now: Instant, source: IpAddr, user: &str) -> bool {
        let source = network(source);
        let pair = (source, user.to_owned());
        let user_may = self.pairs.get(now, &pair).is_none_or(|score| !score.is_banned(now))
            || self.pairs.touch(now, pair).spend(now, PER_USER);
        let place_may = self.sources.get(now, &source).is_none_or(|score| !score.is_banned(now))
            || self.sources.touch(now, source).spend(now, PER_SOURCE);
        user_may && place_may
    }
}

impl Score {
    fn is_banned(&self, now: Instant) -> bool {
        self.banned_until.is_some_and(|until| now < until)
    }

    fn fail(&mut self, now: Instant, rules: &BanPlan, most: u32) -> Wrong {
        let silent = self.is_banned(now);
        if self.since.is_none_or(|since| now >= since + rules.within) && !silent {
            (self.failures, self.since) = (0, Some(now));
        }
        self.failures = self.failures.saturating_add(1);
        let bans = !silent && most > 0 && self.failures >= most;
        if bans {
            self.banned_until = Some(now + rules.time);
        }
        Wrong { failures: self.failures, bans, silent }
    }

    /// Takes one challenge out of the ration.
    fn spend(&mut self, now: Instant, per_second: f64) -> bool {
        let most = per_second * BURST;
        let before = self.ration.unwrap_or(Ration { left: most, at: now });
        let grown = now.saturating_duration_since(before.at).as_secs_f64() * per_second;
        let left = (before.left + grown).min(most);
        let enough = left >= 1.0;
        self.ration = Some(Ration { left: if enough { left - 1.0 } else { left }, at: now });
        enough
    }
}

/// Whoever holds one IPv6 address holds its /64.
fn network(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "tests need some instant to begin with")]
    use super::{Guesses, Wrong};
    use crate::plan::BanPlan;
    use std::net::IpAddr;
    use std::time::{Duration, Instant};

    const RULES: BanPlan = BanPlan { after: 5, within: Duration::from_secs(600), time: Duration::from_secs(600) };

    fn office() -> IpAddr {
        IpAddr::from([198, 51, 100, 7])
    }

    #[test]
    fn the_fifth_mistake_bans_that_user_there_and_nobody_else() {
        let (mut guesses, now) = (Guesses::default(), Instant::now());
        let told: Vec<Wrong> = (0..7).map(|_| guesses.wrong(now, &RULES, office(), "101")).collect();
        let words: Vec<_> = told.iter().map(|wrong| (wrong.failures, wrong.bans, wrong.silent)).collect();
        let expected = [
            (1, false, false),
            (2, false, false),
            (3, false, false),
            (4, false, false),
            (5, true, false),
            (6, false, true),
            (7, false, true),
        ];
        assert_eq!(words, expected);
        assert!(!guesses.wrong(now, &RULES, office(), "102").silent, "a colleague behind the same address");
        assert!(!guesses.wrong(now, &RULES, IpAddr::from([198, 51, 100, 8]), "101").silent, "the same user elsewhere");
        let later = now + RULES.time;
        assert!(!guesses.wrong(later, &RULES, office(), "101").silent, "a ban ends");
        guesses.right(office(), "101");
        assert_eq!(guesses.wrong(later, &RULES, office(), "101").failures, 1, "the right secret ends it all");
    }

    #[test]
    fn a_ban_slows_and_never_shuts_out() {
        let (mut guesses, start) = (Guesses::default(), Instant::now());
        for _ in 0..100 {
            assert!(guesses.may_ask(start, office(), "101"), "who made no mistakes is always asked");
        }
        assert!((0..5).all(|_| !guesses.wrong(start, &RULES, office(), "101").silent));
        let count = |guesses: &mut Guesses, user: &str| {
            (0..10_000u32)
                .filter(|n| guesses.may_ask(start + Duration::from_millis(u64::from(*n)), office(), user))
                .count()
        };
        let banned = count(&mut guesses, "101");
        assert!((10..=12).contains(&banned), "one a second: {banned}");
        let mut guesses = Guesses::default();
        assert!((0..5).all(|_| !guesses.wrong(start, &RULES, office(), "101").silent));
        let others = count(&mut guesses, "102");
        assert!((100..=120).contains(&others), "ten a second: {others}");
        assert!(guesses.may_ask(start, IpAddr::from([198, 51, 100, 8]), "101"), "elsewhere as always");
    }

    #[test]
    fn a_source_that_goes_through_users_is_slowed_and_a_v6_network_is_one_source() {
        let (mut guesses, now) = (Guesses::default(), Instant::now());
        for n in 0..100u16 {
            let source = IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, n]);
            guesses.wrong(now, &RULES, source, &format!("{n}"));
        }
        let asked =
            (0..100).filter(|_| guesses.may_ask(now, IpAddr::from([0x2001, 0xdb8, 0, 1, 9, 9, 9, 9]), "x")).count();
        assert_eq!(asked, 20);
    }

    #[test]
    fn without_a_measure_nobody_is_banned() {
        let (mut guesses, now) = (Guesses::default(), Instant::now());
        let never = BanPlan { after: 0, ..RULES };
        assert!((0..1_000).all(|_| !guesses.wrong(now, &never, office(), "101").silent));
        assert!(guesses.may_ask(now, office(), "101"));
    }
}
