//! Digest authentication, both sides against each other.

use std::time::{Duration, Instant};

use sip::digest::{self, Algorithm, Challenge, Challenger, Credentials, Verdict};
use sip::{Headers, Method, Request, Uri};

struct Phone {
    credentials: Credentials,
    challenge: Challenge,
    nc: u32,
}

impl Phone {
    /// A phone that was challenged and answers with the challenge of that algorithm.
    fn challenged(challenger: &mut Challenger, now: Instant, algorithm: Algorithm) -> Self {
        let mut headers = Headers::new();
        for (name, value) in challenger.challenge(now, false, false) {
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

fn secret(user: &str) -> Option<String> {
    (user == "101").then(|| "gizli söz".to_owned())
}

fn accepted() -> Verdict {
    Verdict::Accepted { user: "101".into() }
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
    let values = challenger.challenge(Instant::now(), true, true);
    assert_eq!(values.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["Proxy-Authenticate"; 2]);
    assert!(values[0].1.contains("algorithm=SHA-256, qop=\"auth\", stale=true"), "{}", values[0].1);
    assert!(values[1].1.contains("algorithm=MD5,"), "{}", values[1].1);
    for algorithm in [Algorithm::Sha256, Algorithm::Md5] {
        let (mut challenger, now, mut phone) = start(algorithm);
        assert_eq!(challenger.check(now, &phone.request(), secret), accepted());
    }
}

#[test]
fn the_count_is_hexadecimal_and_goes_on_past_nine_and_past_ff() {
    let (mut challenger, now, mut phone) = start(Algorithm::Md5);
    for count in 1..=300 {
        let request = phone.request();
        let text = request.headers.text("Authorization").unwrap().into_owned();
        assert!(text.contains(&format!("nc={count:08x}")), "{text}");
        assert_eq!(challenger.check(now, &request, secret), accepted(), "{count}");
    }
}

#[test]
fn nothing_is_accepted_twice_nor_out_of_order() {
    let (mut challenger, now, phone) = start(Algorithm::Sha256);
    let stale = Verdict::Challenge { stale: true };
    assert_eq!(challenger.check(now, &phone.request_with(10), secret), accepted());
    for old in [10, 9, 1, 0] {
        assert_eq!(challenger.check(now, &phone.request_with(old), secret), stale, "{old}");
    }
    assert_eq!(challenger.check(now, &phone.request_with(0x0b), secret), accepted());
    assert_eq!(challenger.check(now, &phone.request_with(u32::MAX), secret), accepted());
    assert_eq!(challenger.check(now, &phone.request_with(u32::MAX), secret), stale);
}

#[test]
fn wrong_secrets_users_methods_and_targets_are_refused() {
    let (mut challenger, now, mut phone) = start(Algorithm::Md5);
    let good = phone.request();
    assert_eq!(challenger.check(now, &good, |_| Some("baska".into())), Verdict::Refused);
    assert_eq!(challenger.check(now, &good, |_| None), Verdict::Refused);
    let other_method = Request { method: Method::Invite, ..good.clone() };
    assert_eq!(challenger.check(now, &other_method, secret), Verdict::Refused);
    let other_target = Request { uri: Uri::parse("sip:0900@example.com").unwrap(), ..good.clone() };
    assert_eq!(challenger.check(now, &other_target, secret), Verdict::Refused);
    assert_eq!(challenger.check(now, &good, secret), accepted(), "a refusal does not use the nonce up");
}

#[test]
fn a_nonce_is_fresh_for_a_minute_and_lives_for_an_hour_in_use() {
    let (mut challenger, now, mut phone) = start(Algorithm::Sha256);
    let late = now + Duration::from_secs(61);
    assert_eq!(challenger.check(late, &phone.request(), secret), Verdict::Challenge { stale: true });
    let mut phone = Phone::challenged(&mut challenger, now, Algorithm::Sha256);
    assert_eq!(challenger.check(now + Duration::from_secs(59), &phone.request(), secret), accepted());
    assert_eq!(challenger.check(now + Duration::from_secs(3599), &phone.request(), secret), accepted());
    let over = now + Duration::from_secs(3602);
    assert_eq!(challenger.check(over, &phone.request(), secret), Verdict::Challenge { stale: true });
}

#[test]
fn a_nonce_of_somebody_else_is_stale_when_the_secret_is_right() {
    let (_, now, mut phone) = start(Algorithm::Md5);
    let mut restarted = Challenger::new("santral", 8);
    assert_eq!(restarted.check(now, &phone.request(), secret), Verdict::Challenge { stale: true });
    let mut elsewhere = Challenger::new("baska", 7);
    assert_eq!(elsewhere.check(now, &phone.request(), secret), Verdict::Challenge { stale: false });
}

#[test]
fn memory_stays_bounded_and_a_forgotten_nonce_is_not_accepted_again() {
    let (mut challenger, now, mut first) = start(Algorithm::Md5);
    assert_eq!(challenger.check(now, &first.request(), secret), accepted());
    for _ in 0..5000 {
        challenger.challenge(now, false, false);
    }
    assert_eq!(challenger.remembered(), 1, "a challenge alone costs nothing");
    for _ in 0..4096 {
        let mut phone = Phone::challenged(&mut challenger, now, Algorithm::Md5);
        assert_eq!(challenger.check(now, &phone.request(), secret), accepted());
    }
    assert_eq!(challenger.remembered(), 4096);
    assert_eq!(challenger.check(now, &first.request_with(1), secret), Verdict::Challenge { stale: true });
    assert_eq!(challenger.check(now, &first.request(), secret), Verdict::Challenge { stale: true });
}

#[test]
fn damaged_credentials_are_refused_and_foreign_ones_ignored() {
    let (mut challenger, now, mut phone) = start(Algorithm::Md5);
    let good = phone.request().headers.text("Authorization").unwrap().into_owned();
    for (old, new) in [
        ("nc=00000001", "nc=xyz"),
        ("nc=00000001", "nc=+1"),
        ("nc=00000001", "nc="),
        (", qop=auth", ", qop=auth-int"),
        ("algorithm=MD5", "algorithm=SHA-512"),
        ("response=\"", "response=\"0"),
        ("cnonce=\"c0ffee\", ", ""),
        ("uri=\"sip:example.com\"", "uri=\"sip:x\""),
        ("username=\"101\"", "username=\"102\""),
    ] {
        assert!(good.contains(old), "{old}");
        let mut request = phone.request_with(1);
        request.headers.set("Authorization", good.replace(old, new));
        assert_eq!(challenger.check(now, &request, secret), Verdict::Refused, "{new}");
    }
    for value in ["Basic MTAxOmdpemxp", "Digest", "Digest realm=\"baska\", nonce=\"x\"", "Digest realm=\"santral", ""] {
        let mut request = phone.request_with(1);
        request.headers.set("Authorization", value);
        assert_eq!(challenger.check(now, &request, secret), Verdict::Challenge { stale: false }, "{value}");
    }
    let mut request = phone.request_with(1);
    request.headers.insert_top("Proxy-Authorization", "Digest realm=\"baska\", nonce=\"x\"");
    assert_eq!(challenger.check(now, &request, secret), accepted(), "ours is found among others");
}

#[test]
fn a_phone_of_rfc_2069_is_accepted_once_per_nonce() {
    let (mut challenger, now, mut phone) = start(Algorithm::Md5);
    phone.challenge.qop = false;
    let request = phone.request();
    assert!(!request.headers.text("Authorization").unwrap().contains("nc="));
    assert_eq!(challenger.check(now, &request, secret), accepted());
    assert_eq!(challenger.check(now, &request, secret), Verdict::Challenge { stale: true });
}

#[test]
fn session_algorithms_are_answered_and_checked() {
    for algorithm in [Algorithm::Md5Sess, Algorithm::Sha256Sess] {
        let (mut challenger, now, mut phone) = start(Algorithm::Md5);
        phone.challenge.algorithm = algorithm;
        assert_eq!(challenger.check(now, &phone.request(), secret), accepted());
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
