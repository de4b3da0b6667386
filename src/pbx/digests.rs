//! Which digests a phone is offered: what the configuration says, and less to phones that cannot take a choice.
//!
//! RFC 8760 lets a challenge come in several algorithms, and old phones give up over it: they send no answer at all. So who
//! was offered a choice and comes back without an answer is offered MD5 alone, and who can answer only that keeps it.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use sip::digest::{Algorithm, Offer};

use crate::network;
use crate::recent::Recent;

/// Phones that are remembered.
const MOST: usize = 8_192;
/// How long without news.
const MEMORY: Duration = Duration::from_secs(7 * 86_400);

/// Who asks: the network it is in, and by what name. Names that do not exist are treated like those that do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Who {
    network: IpAddr,
    name: String,
}

impl Who {
    /// Whoever asks from there by that name. Of a /64 one phone may take any address, and so may one stranger.
    pub fn new(source: IpAddr, name: String) -> Self {
        Self { network: network(source), name }
    }
}

/// What a phone was offered and what it did.
#[derive(Debug, Default)]
struct Tried {
    /// The request that was challenged last, so that its repetition is no new try.
    attempt: String,
    md5_alone: bool,
}

/// What is known of phones.
#[derive(Debug)]
pub struct Digests {
    tried: Recent<Who, Tried>,
    /// Who has answered MD5 alone with the right secret. A table of its own: names that strangers make up push out each
    /// other and nothing that was proven.
    settled: Recent<Who, ()>,
}

impl Default for Digests {
    fn default() -> Self {
        Self { tried: Recent::new(MOST, MEMORY), settled: Recent::new(MOST, MEMORY) }
    }
}

impl Digests {
    /// What to offer to a request without a usable answer. `attempt` names the request (Call-ID and CSeq).
    pub fn offer(&mut self, now: Instant, who: Who, attempt: String, user_agent: &str, wished: Offer) -> Offer {
        if !wished.is_choice() {
            return wished;
        }
        if self.settled.get(now, &who).is_some() || gives_up_over_a_choice(user_agent) {
            return Offer::Md5;
        }
        let new = self.tried.get(now, &who).is_none();
        let tried = self.tried.touch(now, who);
        if !new && tried.attempt != attempt {
            tried.md5_alone = !tried.md5_alone;
        }
        tried.attempt = attempt;
        if tried.md5_alone { Offer::Md5 } else { wished }
    }

    /// It answered with the right secret.
    pub fn answered(&mut self, now: Instant, who: &Who, algorithm: Algorithm) {
        let md5_alone = self.settled.get(now, who).is_some() || self.tried.get(now, who).is_some_and(|t| t.md5_alone);
        self.tried.remove(who);
        if md5_alone && matches!(algorithm, Algorithm::Md5 | Algorithm::Md5Sess) {
            self.settled.touch(now, who.clone());
        } else {
            self.settled.remove(who);
        }
    }
}

/// libre, and baresip with it, read SHA-256 only since 3.9 (January 2024); before that a challenge they do not know ends
/// the registration, even if another stands beside it.
fn gives_up_over_a_choice(user_agent: &str) -> bool {
    let Some(version) = user_agent.trim().strip_prefix("baresip ") else { return false };
    let mut numbers = version.trim_start_matches('v').split(['.', ' ', '-']).map(|part| part.parse::<u32>().ok());
    let (Some(Some(major)), minor) = (numbers.next(), numbers.next().flatten().unwrap_or(0)) else { return false };
    (major, minor) < (3, 9)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "tests need some instant to begin with")]
    use super::{Digests, Who, gives_up_over_a_choice};
    use sip::digest::{Algorithm, Offer};
    use std::net::IpAddr;
    use std::time::Instant;

    fn who() -> Who {
        named("101")
    }

    fn named(name: &str) -> Who {
        Who::new(IpAddr::from([10, 0, 0, 9]), name.to_owned())
    }

    #[test]
    fn a_phone_that_changes_its_address_within_its_network_is_known_there() {
        let (mut digests, now) = (Digests::default(), Instant::now());
        let phone = |host: u16| Who::new(IpAddr::from([0x2001, 0xdb8, 0, 7, 0, 0, 0, host]), "101".to_owned());
        let offers: Vec<_> =
            (0..3).map(|n| digests.offer(now, phone(n), format!("a {n}"), "", Offer::Md5First)).collect();
        assert_eq!(offers, [Offer::Md5First, Offer::Md5, Offer::Md5First], "its tries are one row");
        digests.offer(now, phone(3), "a 3".to_owned(), "", Offer::Md5First);
        digests.answered(now, &phone(4), Algorithm::Md5);
        assert_eq!(digests.offer(now, phone(5), "a 5".to_owned(), "", Offer::Md5First), Offer::Md5);
        let elsewhere = Who::new(IpAddr::from([0x2001, 0xdb8, 0, 8, 0, 0, 0, 1]), "101".to_owned());
        assert_eq!(digests.offer(now, elsewhere, "a 6".to_owned(), "", Offer::Md5First), Offer::Md5First);
    }

    #[test]
    fn a_phone_that_stays_silent_over_a_choice_is_offered_md5_alone_from_then_on() {
        let (mut digests, now) = (Digests::default(), Instant::now());
        let offer =
            |digests: &mut Digests, n: u32| digests.offer(now, who(), format!("a {n}"), "Telefon", Offer::Md5First);
        assert_eq!(
            [offer(&mut digests, 1), offer(&mut digests, 1)],
            [Offer::Md5First; 2],
            "a repetition is no new try"
        );
        assert_eq!(offer(&mut digests, 2), Offer::Md5);
        digests.answered(now, &who(), Algorithm::Md5);
        assert_eq!([offer(&mut digests, 4), offer(&mut digests, 5)], [Offer::Md5; 2]);
    }

    #[test]
    fn what_a_phone_has_proven_outlives_any_number_of_names_made_up() {
        let (mut digests, now) = (Digests::default(), Instant::now());
        for n in 0..2 {
            digests.offer(now, who(), format!("a {n}"), "", Offer::Md5First);
        }
        digests.answered(now, &who(), Algorithm::Md5);
        let later = now + std::time::Duration::from_secs(1);
        for n in 0..50_000 {
            digests.offer(later, named(&format!("x{n}")), "a".to_owned(), "", Offer::Md5First);
        }
        assert_eq!(digests.offer(later, who(), "b".to_owned(), "", Offer::Md5First), Offer::Md5);
    }

    #[test]
    fn a_phone_that_answers_keeps_its_choice() {
        let (mut digests, now) = (Digests::default(), Instant::now());
        for n in 0..5 {
            assert_eq!(digests.offer(now, who(), format!("a {n}"), "", Offer::Sha256First), Offer::Sha256First);
            digests.answered(now, &who(), Algorithm::Sha256);
        }
    }

    #[test]
    fn a_phone_that_md5_alone_did_not_help_gets_the_choice_again_and_no_wish_is_overruled() {
        let (mut digests, now) = (Digests::default(), Instant::now());
        let offers: Vec<_> =
            (0..4).map(|n| digests.offer(now, who(), format!("a {n}"), "", Offer::Sha256First)).collect();
        assert_eq!(offers, [Offer::Sha256First, Offer::Md5, Offer::Sha256First, Offer::Md5]);
        for wished in [Offer::Md5, Offer::Sha256] {
            assert!((0..4).all(|n| digests.offer(now, who(), format!("b {n}"), "baresip v1.0", wished) == wished));
        }
    }

    #[test]
    fn phones_known_to_give_up_are_spared_the_choice() {
        for (agent, expected) in [
            ("baresip v1.0.0 (x86_64/linux)", true),
            ("baresip v0.6.5", true),
            ("baresip v3.8.1 (arm/android)", true),
            ("baresip v3.9.0", false),
            ("baresip v4.1", false),
            ("baresip", false),
            ("baresip x", false),
            ("Linphone/5.0 (belle-sip/5.2)", false),
            ("", false),
        ] {
            assert_eq!(gives_up_over_a_choice(agent), expected, "{agent}");
        }
    }
}
