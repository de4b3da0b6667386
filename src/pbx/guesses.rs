//! Wrong SIP secrets: counted per place and name, and when they are too many, banned for a while.
//!
//! A ban silences and slows whoever guesses and shuts nobody out: the right secret always passes and ends it. Only wrong
//! answers to a nonce that was given to their own address come here, so whoever forges addresses bans nobody. Each such
//! answer costs a challenge, and to a banned name, and to the place a banned one came from, challenges are given only so
//! many a second; that is what bounds the guessing. Phones that have proven themselves at a place have a measure of their
//! own there, so that one guesser among them (an office behind one address, a proxy) takes nothing from the others.

use std::time::{Duration, Instant};

use crate::place::{Flow, Place};
use crate::plan::BanPlan;
use crate::recent::Recent;

/// Names at places that are remembered.
const MOST_PAIRS: usize = 8_192;
/// Places that are remembered.
const MOST_PLACES: usize = 4_096;
/// Longest that anything is remembered without news: a day, the longest ban.
const MEMORY: Duration = Duration::from_secs(86_400);
/// A place that goes through names gets so many times the measure of one.
const NAMES_OF_A_PLACE: u32 = 20;
/// Challenges a second for a banned name, for the place of one, and for a name proven there.
const PER_NAME: f64 = 1.0;
const PER_PLACE: f64 = 10.0;
const PER_PROVEN: f64 = 2.0;
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

/// One name at one place, or one place.
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
    pairs: Recent<(Place, String), Score>,
    places: Recent<Place, Score>,
    /// Names whose right secret came from that place; what they are asked over a new flow is measured here.
    proven: Recent<(Place, String), Score>,
    /// The flows it came over, each with a measure of its own: whoever asks in a neighbour's name takes nothing from it.
    flows: Recent<(Flow, String), Score>,
}

impl Default for Guesses {
    fn default() -> Self {
        Self {
            pairs: Recent::new(MOST_PAIRS, MEMORY),
            places: Recent::new(MOST_PLACES, MEMORY),
            proven: Recent::new(MOST_PAIRS, MEMORY),
            flows: Recent::new(MOST_PAIRS, MEMORY),
        }
    }
}

impl Guesses {
    /// A wrong secret by somebody who is truly at `place`: for `user`, in a request that claims to be from `claimed`. It
    /// counts under both names, for the one is guessed and by the other is asked; and behind a proxy it counts for the whole
    /// of its network too, where a guesser who makes up a new hop for each guess is still the same.
    pub fn wrong(&mut self, now: Instant, rules: &BanPlan, place: &Place, user: &str, claimed: &str) -> Wrong {
        for level in place.levels() {
            self.places.touch(now, level).fail(now, rules, rules.after.saturating_mul(NAMES_OF_A_PLACE));
        }
        let here = self.count(now, rules, place, user, claimed);
        if here.bans {
            self.ration(now, rules, place);
        }
        let Some(edge) = place.edge() else { return here };
        let whole = self.count(now, rules, &edge, user, claimed);
        // The fifth mistake by one hop may be a true one's, with other houses beside it. Five by several hops, or a guess
        // after the ban, have got their challenges by hops of which some are made up.
        if whole.silent || whole.bans && !here.bans {
            self.ration(now, rules, &edge);
        }
        Wrong { bans: whole.bans || here.bans && !whole.silent, ..here.and(whole) }
    }

    /// Counts under both names at one level.
    fn count(&mut self, now: Instant, rules: &BanPlan, level: &Place, user: &str, claimed: &str) -> Wrong {
        let mut fail =
            |name: &str| self.pairs.touch(now, (level.clone(), name.to_owned())).fail(now, rules, rules.after);
        let wrong = fail(user);
        if claimed == user { wrong } else { wrong.and(fail(claimed)) }
    }

    /// From now on strangers at that place share what it is given.
    fn ration(&mut self, now: Instant, rules: &BanPlan, level: &Place) {
        let score = self.places.touch(now, level.clone());
        score.banned_until = score.banned_until.max(Some(now + rules.time));
    }

    /// The right secret: the mistakes of its owner from there, by each of his names, are forgotten, and he is known there.
    /// Those of others behind the same proxy are not.
    pub fn right(&mut self, now: Instant, flow: &Flow, names: [&str; 2]) {
        for name in names {
            let pair = (flow.place().clone(), name.to_owned());
            self.pairs.remove(&pair);
            self.proven.touch(now, pair);
            self.flows.touch(now, (flow.clone(), name.to_owned()));
        }
    }

    /// Whether `name` may be challenged now over `flow`.
    pub fn may_ask(&mut self, now: Instant, flow: &Flow, name: &str) -> bool {
        let place = flow.place();
        let pair = |level: Place| (level, name.to_owned());
        let banned = |score: Option<&Score>| score.is_some_and(|score| score.is_banned(now));
        let own = (flow.clone(), name.to_owned());
        let (is_known, is_proven) =
            (self.flows.get(now, &own).is_some(), self.proven.get(now, &pair(place.clone())).is_some());
        if is_known || is_proven {
            let is_free = place
                .levels()
                .all(|level| !banned(self.places.get(now, &level)) && !banned(self.pairs.get(now, &pair(level))));
            let measures =
                if is_known { self.flows.touch(now, own) } else { self.proven.touch(now, pair(place.clone())) };
            return is_free || measures.spend(now, PER_PROVEN);
        }
        let name_may = place
            .levels()
            .map(pair)
            .all(|pair| !banned(self.pairs.get(now, &pair)) || self.pairs.touch(now, pair).spend(now, PER_NAME));
        name_may
            && place.levels().all(|level| {
                !banned(self.places.get(now, &level)) || self.places.touch(now, level).spend(now, PER_PLACE)
            })
    }
}

impl Wrong {
    /// The same answer, counted under another name too.
    fn and(self, other: Self) -> Self {
        Self {
            failures: self.failures.max(other.failures),
            bans: self.bans || other.bans,
            silent: self.silent || other.silent,
        }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "tests need some instant to begin with")]
    use super::{Guesses, Wrong};
    use crate::place::{Flow, Place};
    use crate::plan::BanPlan;
    use std::net::IpAddr;
    use std::time::{Duration, Instant};

    const RULES: BanPlan = BanPlan { after: 5, within: Duration::from_secs(600), time: Duration::from_secs(600) };

    fn at(source: impl Into<IpAddr>, behind: Option<&str>) -> Flow {
        let source = source.into();
        Flow::new(Place::new(source, behind.map(str::to_owned)), (source, 5060).into(), behind.unwrap_or_default())
    }

    /// A phone of the office, at one of its ports.
    fn desk(port: u16) -> Flow {
        Flow::new(office().place().clone(), ([198, 51, 100, 7], port).into(), "")
    }

    fn office() -> Flow {
        at([198, 51, 100, 7], None)
    }

    fn elsewhere() -> Flow {
        at([198, 51, 100, 8], None)
    }

    fn wrong(guesses: &mut Guesses, now: Instant, flow: &Flow, name: &str) -> Wrong {
        guesses.wrong(now, &RULES, flow.place(), name, name)
    }

    #[test]
    fn the_fifth_mistake_bans_that_user_there_and_nobody_else() {
        let (mut guesses, now) = (Guesses::default(), Instant::now());
        let told: Vec<Wrong> = (0..7).map(|_| wrong(&mut guesses, now, &office(), "101")).collect();
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
        assert!(!wrong(&mut guesses, now, &office(), "102").silent, "a colleague behind the same address");
        assert!(!wrong(&mut guesses, now, &elsewhere(), "101").silent, "the same user elsewhere");
        let later = now + RULES.time;
        assert!(!wrong(&mut guesses, later, &office(), "101").silent, "a ban ends");
        guesses.right(later, &office(), ["101", "auth-101"]);
        assert_eq!(wrong(&mut guesses, later, &office(), "101").failures, 1, "the right secret ends it all");
    }

    #[test]
    fn a_ban_slows_and_never_shuts_out() {
        let (mut guesses, start) = (Guesses::default(), Instant::now());
        for _ in 0..100 {
            assert!(guesses.may_ask(start, &office(), "101"), "who made no mistakes is always asked");
        }
        assert!((0..5).all(|_| !wrong(&mut guesses, start, &office(), "101").silent));
        let count = |guesses: &mut Guesses, user: &str| {
            (0..10_000u32)
                .filter(|n| guesses.may_ask(start + Duration::from_millis(u64::from(*n)), &office(), user))
                .count()
        };
        let banned = count(&mut guesses, "101");
        assert!((10..=12).contains(&banned), "one a second: {banned}");
        let mut guesses = Guesses::default();
        assert!((0..5).all(|_| !wrong(&mut guesses, start, &office(), "101").silent));
        let others = count(&mut guesses, "102");
        assert!((100..=120).contains(&others), "ten a second: {others}");
        assert!(guesses.may_ask(start, &elsewhere(), "101"), "elsewhere as always");
    }

    #[test]
    fn a_source_that_goes_through_users_is_slowed_and_a_v6_network_is_one_source() {
        let (mut guesses, now) = (Guesses::default(), Instant::now());
        for n in 0..100u16 {
            wrong(&mut guesses, now, &at([0x2001, 0xdb8, 0, 1, 0, 0, 0, n], None), &format!("{n}"));
        }
        let asked =
            (0..100).filter(|_| guesses.may_ask(now, &at([0x2001, 0xdb8, 0, 1, 9, 9, 9, 9], None), "x")).count();
        assert_eq!(asked, 20);
    }

    #[test]
    fn without_a_measure_nobody_is_banned() {
        let (mut guesses, now) = (Guesses::default(), Instant::now());
        let never = BanPlan { after: 0, ..RULES };
        assert!((0..1_000).all(|_| !guesses.wrong(now, &never, office().place(), "101", "101").silent));
        assert!(guesses.may_ask(now, &office(), "101"));
    }
    #[test]
    fn who_has_proven_himself_is_asked_whatever_his_neighbours_guess() {
        let (mut guesses, now) = (Guesses::default(), Instant::now());
        guesses.right(now, &office(), ["auth-102", "102"]);
        for _ in 0..5 {
            wrong(&mut guesses, now, &office(), "101");
        }
        let strangers = (0..1_000).filter(|n| guesses.may_ask(now, &office(), &format!("x{n}"))).count();
        assert_eq!(strangers, 20, "the room of the place is used up");
        assert!(guesses.may_ask(now, &office(), "102"), "and his is not");
        let own = (0..1_000).filter(|_| guesses.may_ask(now, &office(), "102")).count();
        assert!(own < 10, "which has its measure too: {own}");
        assert!(!guesses.may_ask(now, &office(), "103"));
    }

    #[test]
    fn a_flood_in_the_name_of_a_phone_takes_none_of_its_challenges() {
        let (mut guesses, now) = (Guesses::default(), Instant::now());
        guesses.right(now, &desk(40_001), ["auth-102", "102"]);
        for _ in 0..5 {
            wrong(&mut guesses, now, &desk(40_666), "101");
        }
        let flood = (0..1_000).filter(|n| guesses.may_ask(now, &desk(41_000 + n), "102")).count();
        assert_eq!(flood, 4, "all of its other flows together");
        assert!(guesses.may_ask(now, &desk(40_001), "102"), "and the phone's own has its measure");
        let own = (0..1_000).filter(|_| guesses.may_ask(now, &desk(40_001), "102")).count();
        assert_eq!(own, 3);
    }

    #[test]
    fn a_guess_counts_under_the_name_that_is_asked_by_too() {
        let (mut guesses, now) = (Guesses::default(), Instant::now());
        let bans: Vec<bool> =
            (0..5).map(|n| guesses.wrong(now, &RULES, office().place(), &format!("user{n}"), "101").bans).collect();
        assert_eq!(bans, [false, false, false, false, true]);
        let asked = (0..100).filter(|_| guesses.may_ask(now, &office(), "101")).count();
        assert_eq!(asked, 2);
    }

    fn behind(n: u32) -> Flow {
        at([198, 51, 100, 7], Some(&format!("10.0.{}.{}", n / 256, n % 256)))
    }

    fn asked(guesses: &mut Guesses, now: Instant, from: u32, name: &str) -> usize {
        (from..from + 1_000).filter(|n| guesses.may_ask(now, &behind(*n), name)).count()
    }

    #[test]
    fn places_behind_a_proxy_are_apart() {
        let (mut guesses, now) = (Guesses::default(), Instant::now());
        let bans: Vec<bool> = (0..5).map(|_| wrong(&mut guesses, now, &behind(1), "101").bans).collect();
        assert_eq!(bans, [false, false, false, false, true]);
        assert!((0..1_000).all(|_| guesses.may_ask(now, &behind(2), "102")), "the other house is not asked less");
        assert!((0..1_000).all(|n| guesses.may_ask(now, &behind(2), &format!("{n}"))));
    }

    #[test]
    fn hops_that_are_made_up_gain_no_guess() {
        let (mut guesses, now) = (Guesses::default(), Instant::now());
        let told: Vec<_> = (0..7).map(|n| wrong(&mut guesses, now, &behind(n), "101")).collect();
        let words: Vec<_> = told.iter().map(|wrong| (wrong.failures, wrong.bans, wrong.silent)).collect();
        let one_place = [
            (1, false, false),
            (2, false, false),
            (3, false, false),
            (4, false, false),
            (5, true, false),
            (6, false, true),
            (7, false, true),
        ];
        assert_eq!(words, one_place);
        assert_eq!(asked(&mut guesses, now, 1_000, "101"), 2, "the name waits, whatever hop is written");
        let mut strangers = Guesses::default();
        assert!((0..5).any(|n| wrong(&mut strangers, now, &behind(n), "101").bans));
        let asked: usize = (0..10).map(|n| asked(&mut strangers, now, 1_000, &format!("x{n}"))).sum();
        assert_eq!(asked, 20, "and other names get no more challenges for it than the address");
    }

    #[test]
    fn who_is_banned_and_guesses_on_from_another_hop_gains_nothing() {
        let (mut guesses, now) = (Guesses::default(), Instant::now());
        assert!((0..5).any(|_| wrong(&mut guesses, now, &behind(1), "101").bans));
        let wrong = wrong(&mut guesses, now, &behind(2), "101");
        assert_eq!((wrong.failures, wrong.bans, wrong.silent), (6, false, true));
        assert_eq!(asked(&mut guesses, now, 1_000, "x"), 20);
    }

    #[test]
    fn the_right_secret_behind_a_proxy_wipes_out_no_guesses_of_others_there() {
        let (mut guesses, now) = (Guesses::default(), Instant::now());
        let told = (0..20).map(|n| {
            guesses.right(now, &behind(0), ["101", "auth-101"]);
            wrong(&mut guesses, now, &behind(1 + n), "101")
        });
        assert_eq!(told.filter(|wrong| wrong.silent).count(), 15);
        assert!(guesses.may_ask(now, &behind(0), "101"), "and its owner is asked");
    }
}
