//! Digest authentication, both sides against each other.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use sip::digest::{self, Algorithm, Challenge, Challenger, Credentials, Known, Offer, Verdict};
use sip::{Headers, Method, Request, Uri};

/// Where the phones are.
const PHONE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 9));

struct Phone {
    credentials: Credentials,
    challenge: Challenge,
    nc: u32,
}

impl Phone {
    /// A phone that was challenged and answers with the challenge of that algorithm.
    fn challenged(challenger: &mut Challenger, now: Instant, algorithm: Algorithm) -> Self {
        let mut headers = Headers::new();
        for (name, value) in challenger.challenge(now, PHONE, Offer::Sha256First, false, false) {
            headers.push(name, value);
        }
        let all = Challenge::all(&headers, false);
        let challenge = all.into_iter().find(|c| c.algorithm == algorithm).unwrap();
        Self { credentials: Credentials { user: "101".into(), secret: "gizli söz".into() }, challenge, nc: 0 }
    }

    fn request(&mut self) -> Request {
        self.nc += 1;
        self.request_with(self.nc)
    }

    fn request_with(&self, nc: u32) -> Request {
        let uri = Uri::parse("sip:example.com").unwrap();
        let value = digest::authorization(&self.challenge, &self.credentials, &Method::Register, &uri, nc, "c0ffee");
        let mut request = Request::new(Method::Register, uri);
        request.headers.push("Authorization", value);
        request
    }
}

fn secret(user: &str) -> Option<Known> {
    (user == "101").then(|| Known { secret: "gizli söz".to_owned(), offer: Offer::Sha256First })
}

/// Whether the credentials are taken.
fn is_accepted(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Accepted { user, .. } if user == "101")
}

fn refused(user: &str) -> Verdict {
    Verdict::Refused { user: Some(user.to_owned()) }
}

fn start(algorithm: Algorithm) -> (Challenger, Instant, Phone) {
    let mut challenger = Challenger::new("santral", 7);
    let now = Instant::now();
    let phone = Phone::challenged(&mut challenger, now, algorithm);
    (challenger, now, phone)
}

#[test]
fn sha_256_is_offered_first_and_both_are_accepted() {
    let mut challenger = Challenger::new("santral", 7);
    let values = challenger.challenge(Instant::now(), PHONE, Offer::Sha256First, true, true);
    assert_eq!(values.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["Proxy-Authenticate"; 2]);
    assert!(values[0].1.contains("algorithm=SHA-256, qop=\"auth\", stale=true"), "{}", values[0].1);
    assert!(values[1].1.contains("algorithm=MD5,"), "{}", values[1].1);
    for algorithm in [Algorithm::Sha256, Algorithm::Md5] {
        let (mut challenger, now, mut phone) = start(algorithm);
        assert!(is_accepted(&challenger.check(now, PHONE, &phone.request(), secret)));
    }
}

#[test]
fn the_count_is_hexadecimal_and_goes_on_past_nine_and_past_ff() {
    let (mut challenger, now, mut phone) = start(Algorithm::Md5);
    for count in 1..=300 {
        let request = phone.request();
        let text = request.headers.text("Authorization").unwrap().into_owned();
        assert!(text.contains(&format!("nc={count:08x}")), "{text}");
        assert!(is_accepted(&challenger.check(now, PHONE, &request, secret)), "{count}");
    }
}

#[test]
fn nothing_is_accepted_twice_nor_out_of_order() {
    let (mut challenger, now, phone) = start(Algorithm::Sha256);
    let stale = Verdict::Challenge { stale: true };
    assert!(is_accepted(&challenger.check(now, PHONE, &phone.request_with(10), secret)));
    for old in [10, 9, 1, 0] {
        assert_eq!(challenger.check(now, PHONE, &phone.request_with(old), secret), stale, "{old}");
    }
    assert!(is_accepted(&challenger.check(now, PHONE, &phone.request_with(0x0b), secret)));
    assert!(is_accepted(&challenger.check(now, PHONE, &phone.request_with(u32::MAX), secret)));
    assert_eq!(challenger.check(now, PHONE, &phone.request_with(u32::MAX), secret), stale);
}

#[test]
fn wrong_secrets_users_methods_and_targets_are_refused_and_use_the_nonce_up() {
    let wrong = |change: &dyn Fn(&mut Request), lookup: &dyn Fn(&str) -> Option<Known>| {
        let (mut challenger, now, mut phone) = start(Algorithm::Md5);
        let mut request = phone.request();
        change(&mut request);
        assert_eq!(challenger.check(now, PHONE, &request, lookup), refused("101"));
        let again = challenger.check(now, PHONE, &phone.request(), secret);
        assert_eq!(again, Verdict::Challenge { stale: true }, "each guess costs a challenge");
        assert_eq!(challenger.remembered(), 1);
    };
    wrong(&|_| {}, &|_| Some(Known { secret: "baska".into(), offer: Offer::Sha256First }));
    wrong(&|_| {}, &|_| None);
    wrong(&|_| {}, &|_| Some(Known { secret: "gizli söz".into(), offer: Offer::Sha256 }));
    wrong(&|request| request.method = Method::Invite, &secret);
    wrong(&|request| request.uri = Uri::parse("sip:0900@example.com").unwrap(), &secret);
}

#[test]
fn only_what_is_offered_is_offered() {
    let mut challenger = Challenger::new("santral", 7);
    let mut offered = |offer| {
        let values = challenger.challenge(Instant::now(), PHONE, offer, false, false);
        let words =
            values.iter().map(|(_, value)| value.split("algorithm=").nth(1).unwrap().split(',').next().unwrap());
        words.map(str::to_owned).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(offered(Offer::Md5), "MD5");
    assert_eq!(offered(Offer::Sha256), "SHA-256");
    assert_eq!(offered(Offer::Md5First), "MD5 SHA-256");
    assert_eq!(offered(Offer::Sha256First), "SHA-256 MD5");
}

#[test]
fn an_old_nonce_is_no_way_to_try_secrets() {
    let (mut challenger, now, mut phone) = start(Algorithm::Md5);
    let stale = Verdict::Challenge { stale: true };
    for known in ["gizli söz", "baska"] {
        let lookup = |_: &str| Some(Known { secret: known.into(), offer: Offer::Md5First });
        let late = now + Duration::from_secs(61);
        assert_eq!(challenger.check(late, PHONE, &phone.request(), lookup), stale, "too old");
    }
    assert!(
        is_accepted(&challenger.check(now, PHONE, &phone.request(), secret)),
        "none of it has cost the phone anything"
    );
    let mapped = IpAddr::V6(Ipv4Addr::new(10, 0, 0, 9).to_ipv6_mapped());
    assert!(is_accepted(&challenger.check(now, mapped, &phone.request(), secret)), "the same address over a v6 socket");
}

#[test]
fn the_right_secret_is_taken_from_another_address_and_a_wrong_one_from_there_counts_where_it_was_asked_for() {
    let (mut challenger, now, mut phone) = start(Algorithm::Md5);
    let elsewhere = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 66));
    let stale = Verdict::Challenge { stale: true };
    let other = |_: &str| Some(Known { secret: "baska".into(), offer: Offer::Md5First });
    for from in [elsewhere, PHONE, elsewhere] {
        assert!(is_accepted(&challenger.check(now, from, &phone.request(), secret)), "over {from}");
    }
    for failures in 1..=10 {
        let mut phone = Phone::challenged(&mut challenger, now, Algorithm::Md5);
        let stray = Verdict::Stray { user: "101".into(), failures };
        assert_eq!(challenger.check(now, elsewhere, &phone.request(), other), stray);
    }
    let mut phone = Phone::challenged(&mut challenger, now, Algorithm::Md5);
    let enough = Verdict::Challenge { stale: false };
    assert_eq!(challenger.check(now, elsewhere, &phone.request(), secret), enough, "only so many are looked at");
    assert!(is_accepted(&challenger.check(now, PHONE, &phone.request(), secret)), "which costs the phone nothing");
    let later = now + Duration::from_secs(61);
    let mut phone = Phone::challenged(&mut challenger, later, Algorithm::Md5);
    assert!(matches!(challenger.check(later, elsewhere, &phone.request(), other), Verdict::Stray { failures: 1, .. }));
    assert_eq!(challenger.check(later, PHONE, &phone.request(), secret), stale, "a wrong one uses the nonce up");
    let mut phone = Phone::challenged(&mut challenger, later, Algorithm::Md5);
    assert!(is_accepted(&challenger.check(later, elsewhere, &phone.request(), secret)));
}

#[test]
fn a_nonce_with_a_letter_changed_tries_no_secret_and_strays_of_one_name_cost_no_other() {
    let (mut challenger, now, _) = start(Algorithm::Md5);
    let elsewhere = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 66));
    let other = |_: &str| Some(Known { secret: "baska".into(), offer: Offer::Md5First });
    for place in 0..56 {
        let mut phone = Phone::challenged(&mut challenger, now, Algorithm::Md5);
        let changed = if phone.challenge.nonce.as_bytes()[place] == b'0' { "1" } else { "0" };
        phone.challenge.nonce.replace_range(place..=place, changed);
        let stale = Verdict::Challenge { stale: true };
        assert_eq!(challenger.check(now, PHONE, &phone.request(), secret), stale, "letter {place}");
    }
    for _ in 0..30 {
        let mut phone = Phone::challenged(&mut challenger, now, Algorithm::Md5);
        phone.credentials.user = "666".into();
        challenger.check(now, elsewhere, &phone.request(), other);
    }
    let mut phone = Phone::challenged(&mut challenger, now, Algorithm::Md5);
    assert!(is_accepted(&challenger.check(now, elsewhere, &phone.request(), secret)), "a colleague in the same house");
}

#[test]
fn an_ipv6_phone_may_change_its_address_within_its_network() {
    let (mut challenger, now, mut phone) = start(Algorithm::Md5);
    let address = |text: &str| text.parse::<IpAddr>().unwrap();
    let mut headers = Headers::new();
    for (name, value) in challenger.challenge(now, address("2001:db8::1"), Offer::Md5, false, false) {
        headers.push(name, value);
    }
    phone.challenge = Challenge::all(&headers, false).remove(0);
    let other = |_: &str| Some(Known { secret: "baska".into(), offer: Offer::Md5 });
    let verdict = challenger.check(now, address("2001:db8::77:1"), &phone.request(), other);
    assert_eq!(verdict, refused("101"), "a guess from there is one");
}

#[test]
fn a_request_uri_written_anew_by_a_proxy_does_not_make_the_secret_wrong() {
    for (vias, asked, right) in [
        (1, "sip:10.0.0.1:5060", false),
        (2, "sip:10.0.0.1:5060", true),
        (2, "sip:santral@10.0.0.1;transport=tcp", true),
        (3, "sips:ic.example.net", true),
    ] {
        let (mut challenger, now, mut phone) = start(Algorithm::Sha256);
        let mut request = phone.request();
        request.uri = Uri::parse(asked).unwrap();
        for hop in 0..vias {
            request.headers.insert_top("Via", format!("SIP/2.0/UDP 10.0.0.{hop};branch=z9hG4bK{hop}"));
        }
        assert_eq!(is_accepted(&challenger.check(now, PHONE, &request, secret)), right, "{asked} over {vias}");
    }
}

#[test]
fn a_nonce_is_fresh_for_a_minute_and_lives_for_an_hour_in_use() {
    let (mut challenger, now, mut phone) = start(Algorithm::Sha256);
    let late = now + Duration::from_secs(61);
    assert_eq!(challenger.check(late, PHONE, &phone.request(), secret), Verdict::Challenge { stale: true });
    let mut phone = Phone::challenged(&mut challenger, now, Algorithm::Sha256);
    assert!(is_accepted(&challenger.check(now + Duration::from_secs(59), PHONE, &phone.request(), secret)));
    assert!(is_accepted(&challenger.check(now + Duration::from_secs(3599), PHONE, &phone.request(), secret)));
    let over = now + Duration::from_secs(3602);
    assert_eq!(challenger.check(over, PHONE, &phone.request(), secret), Verdict::Challenge { stale: true });
}

#[test]
fn a_nonce_from_before_a_restart_is_stale_and_no_mistake() {
    let (_, now, mut phone) = start(Algorithm::Md5);
    let mut restarted = Challenger::new("santral", 8);
    assert_eq!(restarted.check(now, PHONE, &phone.request(), secret), Verdict::Challenge { stale: true });
    let mut elsewhere = Challenger::new("baska", 7);
    assert_eq!(elsewhere.check(now, PHONE, &phone.request(), secret), Verdict::Challenge { stale: false });
}

#[test]
fn memory_stays_bounded_and_a_forgotten_nonce_is_not_accepted_again() {
    let (mut challenger, now, mut first) = start(Algorithm::Md5);
    assert!(is_accepted(&challenger.check(now, PHONE, &first.request(), secret)));
    for _ in 0..5000 {
        challenger.challenge(now, PHONE, Offer::Sha256First, false, false);
    }
    assert_eq!(challenger.remembered(), 1, "a challenge alone costs nothing");
    for _ in 0..4096 {
        let mut phone = Phone::challenged(&mut challenger, now, Algorithm::Md5);
        assert!(is_accepted(&challenger.check(now, PHONE, &phone.request(), secret)));
    }
    assert_eq!(challenger.remembered(), 4096);
    assert_eq!(challenger.check(now, PHONE, &first.request_with(1), secret), Verdict::Challenge { stale: true });
    assert_eq!(challenger.check(now, PHONE, &first.request(), secret), Verdict::Challenge { stale: true });
}

#[test]
fn damaged_credentials_are_refused_and_foreign_ones_ignored() {
    for (old, new, user) in [
        ("nc=00000001", "nc=xyz", None),
        ("nc=00000001", "nc=+1", None),
        ("nc=00000001", "nc=", None),
        (", qop=auth", ", qop=auth-int", None),
        ("algorithm=MD5", "algorithm=SHA-512", None),
        ("cnonce=\"c0ffee\", ", "", None),
        ("response=\"", "response=\"0", Some("101")),
        ("uri=\"sip:example.com\"", "uri=\"sip:x\"", Some("101")),
        ("username=\"101\"", "username=\"102\"", Some("102")),
    ] {
        let (mut challenger, now, phone) = start(Algorithm::Md5);
        let mut request = phone.request_with(1);
        let good = request.headers.text("Authorization").unwrap().into_owned();
        assert!(good.contains(old), "{old}");
        request.headers.set("Authorization", good.replace(old, new));
        let expected = Verdict::Refused { user: user.map(str::to_owned) };
        assert_eq!(challenger.check(now, PHONE, &request, secret), expected, "{new}");
    }
    let (mut challenger, now, phone) = start(Algorithm::Md5);
    for value in ["Basic MTAxOmdpemxp", "Digest", "Digest realm=\"baska\", nonce=\"x\"", "Digest realm=\"santral", ""] {
        let mut request = phone.request_with(1);
        request.headers.set("Authorization", value);
        assert_eq!(challenger.check(now, PHONE, &request, secret), Verdict::Challenge { stale: false }, "{value}");
    }
    let mut request = phone.request_with(1);
    request.headers.insert_top("Proxy-Authorization", "Digest realm=\"baska\", nonce=\"x\"");
    assert!(is_accepted(&challenger.check(now, PHONE, &request, secret)), "ours is found among others");
}

#[test]
fn a_phone_of_rfc_2069_is_accepted_once_per_nonce() {
    let (mut challenger, now, mut phone) = start(Algorithm::Md5);
    phone.challenge.qop = false;
    let request = phone.request();
    assert!(!request.headers.text("Authorization").unwrap().contains("nc="));
    assert!(is_accepted(&challenger.check(now, PHONE, &request, secret)));
    assert_eq!(challenger.check(now, PHONE, &request, secret), Verdict::Challenge { stale: true });
}

#[test]
fn session_algorithms_are_answered_and_checked() {
    for algorithm in [Algorithm::Md5Sess, Algorithm::Sha256Sess] {
        let (mut challenger, now, mut phone) = start(Algorithm::Md5);
        phone.challenge.algorithm = algorithm;
        assert!(is_accepted(&challenger.check(now, PHONE, &phone.request(), secret)));
    }
}

#[test]
fn challenges_are_read_as_they_come_in_the_wild() {
    let value = b"digest  Realm = \"a \\\"b\\\", c\",nonce=\"n,1\" , qop=\"auth-int, auth\",opaque=\"\",stale=TRUE, algorithm=md5, x=y";
    let challenge = Challenge::parse(value).unwrap();
    assert_eq!((challenge.realm.as_str(), challenge.nonce.as_str()), ("a \"b\", c", "n,1"));
    assert!(challenge.qop && challenge.stale && challenge.algorithm == Algorithm::Md5);
    let uri = Uri::parse("sip:a@b").unwrap();
    let credentials = Credentials { user: "u\"x".into(), secret: "s".into() };
    let answer = digest::authorization(&challenge, &credentials, &Method::Invite, &uri, 10, "cn");
    for part in ["username=\"u\\\"x\"", "realm=\"a \\\"b\\\", c\"", "nc=0000000a", "qop=auth", "opaque=\"\""] {
        assert!(answer.contains(part), "{answer}");
    }
    for value in [
        &b"Basic realm=\"a\""[..],
        b"Digest nonce=\"n\"",
        b"Digest realm=\"a\"",
        b"Digest realm=\"a\", nonce=\"n\", qop=\"auth-int\"",
        b"Digest realm=\"a\", nonce=\"n\", algorithm=SHA-512-256",
        b"Digest realm=\"a, nonce=\"n\"",
    ] {
        assert_eq!(Challenge::parse(value), None, "{}", String::from_utf8_lossy(value));
    }
}

#[test]
fn secrets_are_not_shown() {
    let credentials = Credentials { user: "101".into(), secret: "gizli".into() };
    assert!(!format!("{credentials:?}").contains("gizli"));
}
