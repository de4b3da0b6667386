//! The door of the registrar: what phones that write by hand are asked and told.

use std::net::SocketAddr;
use std::time::Duration;

use pbx::contract::Input;
use pbx::event::What;
use pbx::id::Extension;
use pbx::plan::Plan;
use sip::digest::{self, Challenge, Credentials, Offer};
use sip::user_agent::{Source, StreamId, Transport};
use sip::{Headers, Message, Method, Uri};

use crate::plans::plan;
use crate::world::{OnRing, World};

const HOME: &str = "198.51.100.7:40000";

/// A phone without a user agent: its requests are text, its answers are read.
pub struct Hand {
    pub from: SocketAddr,
    pub extension: &'static str,
    pub secret: String,
    pub call_id: String,
    pub cseq: u32,
    pub user_agent: &'static str,
    pub contact: String,
    pub lines: String,
    pub uri: &'static str,
    pub vias: usize,
    /// Its connection; `None` over UDP.
    pub stream: Option<StreamId>,
}

impl Hand {
    pub fn new(from: &str, extension: &'static str) -> Self {
        Self {
            from: from.parse().unwrap(),
            extension,
            secret: format!("secret-{extension}"),
            call_id: format!("{from}-{extension}"),
            cseq: 0,
            user_agent: "Telefon 1.0",
            contact: format!("<sip:{extension}@{from}>"),
            lines: String::new(),
            uri: "sip:127.0.0.1",
            vias: 1,
            stream: None,
        }
    }

    fn text(&mut self, method: &str, authorization: &str) -> String {
        self.cseq += 1;
        let (from, extension, cseq) = (self.from, self.extension, self.cseq);
        let more = (1..self.vias).map(|hop| format!("Via: SIP/2.0/UDP 10.9.9.{hop};branch=z9hG4bKhop{hop}{cseq}\r\n"));
        let to = if method == "REGISTER" { extension } else { "102" };
        format!(
            "{method} {} SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bK{cseq}{};rport\r\n{}\
             From: <sip:{extension}@127.0.0.1>;tag=t\r\nTo: <sip:{to}@127.0.0.1>\r\nCall-ID: {}\r\n\
             CSeq: {cseq} {method}\r\nContact: {}\r\nUser-Agent: {}\r\n{}{authorization}Content-Length: 0\r\n\r\n",
            self.uri,
            self.call_id,
            more.collect::<String>(),
            self.call_id,
            self.contact,
            self.user_agent,
            self.lines
        )
    }

    /// Sends and gives every answer that comes within a moment.
    pub fn send(&self, world: &mut World, text: &str) -> Vec<sip::Response> {
        let before = world.heard.len();
        match self.stream {
            Some(_) => {
                let local = crate::world::SWITCH.parse().unwrap();
                let source = Source { transport: Transport::Tcp, local, remote: self.from, stream: self.stream };
                world.input(Input::Datagram(source, text.to_owned().into()));
            }
            None => world.raw(self.from, text.as_bytes()),
        }
        world.run_ms(15);
        let answers = world.heard[before..].iter().filter(|(to, _)| *to == self.from);
        answers.filter_map(|(_, bytes)| response(bytes)).collect()
    }

    fn ask(&mut self, world: &mut World, method: &str) -> Vec<sip::Response> {
        let text = self.text(method, "");
        self.send(world, &text)
    }

    /// Answers a challenge, hashing `hashed` for the Request-URI.
    fn answer(
        &mut self,
        world: &mut World,
        method: &Method,
        challenge: &Challenge,
        hashed: &str,
    ) -> Vec<sip::Response> {
        let credentials = Credentials { user: format!("auth-{}", self.extension), secret: self.secret.clone() };
        let uri = Uri::parse(hashed).unwrap();
        let value = digest::authorization(challenge, &credentials, method, &uri, 1, "c0ffee");
        let text = self.text(method.as_str(), &format!("Authorization: {value}\r\n"));
        self.send(world, &text)
    }

    /// Unsigned, then signed; the last answer's status, 0 for silence.
    pub fn register(&mut self, world: &mut World) -> (u16, Vec<String>) {
        let asked = self.ask(world, "REGISTER");
        let Some(challenge) = asked.first().and_then(challenge_of) else { return (0, Vec::new()) };
        let answers = self.answer(world, &Method::Register, &challenge, "sip:127.0.0.1");
        let Some(answer) = answers.first() else { return (0, Vec::new()) };
        (answer.status, answer.headers.all("Contact").map(|c| String::from_utf8_lossy(c).into_owned()).collect())
    }
}

fn response(bytes: &[u8]) -> Option<sip::Response> {
    let limits = sip::parse::Limits::default();
    match sip::parse::message(bytes, sip::parse::Framing::Datagram, &limits) {
        Ok(Message::Response(response)) => Some(response),
        _ => None,
    }
}

fn challenge_of(response: &sip::Response) -> Option<Challenge> {
    (response.status == 401).then(|| Challenge::all(&response.headers, false)).and_then(|all| all.into_iter().next())
}

/// The algorithms of a 401.
fn offered(answers: &[sip::Response]) -> Vec<&'static str> {
    let headers: &Headers = &answers.first().expect("an answer").headers;
    Challenge::all(headers, false).iter().map(|challenge| challenge.algorithm.name()).collect()
}

fn with(change: impl FnOnce(&mut Plan)) -> World {
    let mut plan = plan();
    plan.digest = Offer::Md5First;
    change(&mut plan);
    World::new(plan)
}

#[test]
fn two_phones_of_one_extension_are_both_told_with_the_time_each_got() {
    let mut world = World::new(plan());
    let (mut desk, mut mobile) = (Hand::new(HOME, "101"), Hand::new("203.0.113.9:5060", "101"));
    desk.lines = "Expires: 86400\r\n".to_owned();
    mobile.lines = "Expires: 600\r\n".to_owned();
    assert_eq!(
        desk.register(&mut world),
        (200, vec![format!("<sip:101@{HOME}>;expires=3600")]),
        "less than asked, and told"
    );
    let (status, contacts) = mobile.register(&mut world);
    assert_eq!((status, contacts.len()), (200, 2));
    assert!(contacts.contains(&"<sip:101@203.0.113.9:5060>;expires=600".to_owned()), "{contacts:?}");
    assert!(
        contacts.iter().any(|contact| contact.starts_with(&format!("<sip:101@{HOME}>;expires=35"))),
        "{contacts:?}"
    );
    desk.contact = format!("<sip:101@{HOME}>, <sip:101@{HOME}>;q=0.5");
    assert_eq!(desk.register(&mut world).0, 200, "the same twice is one");
    assert_eq!(desk.register(&mut world).1.len(), 2);
}

#[test]
fn a_path_is_told_back_and_leads_the_call() {
    let mut world = World::new(plan());
    let mut phone = Hand::new("10.0.0.9:5080", "102");
    phone.contact = "<sip:102@192.168.1.9:5060>".to_owned();
    phone.lines =
        "Path: <sip:edge@10.0.0.9:5080;lr>, <sip:10.7.7.7;lr>\r\nSupported: path\r\nRequire: path\r\n".to_owned();
    let challenge = challenge_of(&phone.ask(&mut world, "REGISTER")[0]).unwrap();
    let answer = phone.answer(&mut world, &Method::Register, &challenge, "sip:127.0.0.1").remove(0);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers.get("Path"), Some(&b"<sip:edge@10.0.0.9:5080;lr>, <sip:10.7.7.7;lr>"[..]));
    assert!(answer.headers.supported().iter().any(|tag| tag == "path"));
    let caller = world.agent("101");
    world.dial(caller, "102");
    world.run_ms(300);
    let (to, invite) = world.heard.iter().rev().find(|(_, bytes)| bytes.starts_with(b"INVITE ")).unwrap();
    let invite = String::from_utf8_lossy(invite);
    assert_eq!(*to, phone.from);
    assert!(invite.starts_with("INVITE sip:102@192.168.1.9:5060 SIP/2.0\r\n"), "{invite}");
    let routes: Vec<&str> = invite.lines().filter_map(|line| line.strip_prefix("Route: ")).collect();
    assert_eq!(routes.join(", "), "<sip:edge@10.0.0.9:5080;lr>, <sip:10.7.7.7;lr>");
}

#[test]
fn a_phone_that_gives_up_over_two_challenges_gets_one_and_a_house_may_say_which() {
    let mut world = with(|_| {});
    let mut phone = Hand::new(HOME, "101");
    let first = phone.text("REGISTER", "");
    assert_eq!(offered(&phone.send(&mut world, &first)), ["MD5", "SHA-256"]);
    assert_eq!(offered(&phone.send(&mut world, &first)), ["MD5", "SHA-256"], "a repetition is no new try");
    let alone = phone.ask(&mut world, "REGISTER");
    assert_eq!(offered(&alone), ["MD5"]);
    let challenge = challenge_of(&alone[0]).unwrap();
    assert_eq!(phone.answer(&mut world, &Method::Register, &challenge, "sip:127.0.0.1")[0].status, 200);
    for _ in 0..3 {
        assert_eq!(offered(&phone.ask(&mut world, "REGISTER")), ["MD5"], "what it can is remembered");
    }
    let mut old = Hand::new("203.0.113.9:5060", "102");
    old.user_agent = "baresip v1.1.0 (x86_64/linux)";
    assert_eq!(offered(&old.ask(&mut world, "REGISTER")), ["MD5"]);
    old.uri = "sip:102@127.0.0.1";
    assert_eq!(offered(&old.ask(&mut world, "INVITE")), ["MD5"]);
    let mut unknown = Hand::new("203.0.113.9:5062", "777");
    assert_eq!(offered(&unknown.ask(&mut world, "REGISTER")), ["MD5", "SHA-256"]);
    assert_eq!(offered(&unknown.ask(&mut world, "REGISTER")), ["MD5"], "names that do not exist are treated alike");

    let mut strict = with(|plan| {
        plan.digest = Offer::Sha256;
        plan.extensions.get_mut(&Extension::new("102")).unwrap().digest = Some(Offer::Md5);
    });
    assert_eq!(offered(&Hand::new(HOME, "101").ask(&mut strict, "REGISTER")), ["SHA-256"]);
    assert_eq!(offered(&Hand::new(HOME, "102").ask(&mut strict, "REGISTER")), ["MD5"]);
    let mut phone = Hand::new(HOME, "101");
    let mut challenge = challenge_of(&phone.ask(&mut strict, "REGISTER")[0]).unwrap();
    challenge.algorithm = digest::Algorithm::Md5;
    assert_eq!(phone.answer(&mut strict, &Method::Register, &challenge, "sip:127.0.0.1")[0].status, 403);
}

#[test]
fn the_right_secret_is_taken_though_a_proxy_wrote_the_request_uri_anew() {
    for (vias, expected) in [(2, 200), (1, 403)] {
        let mut world = World::new(plan());
        let mut phone = Hand::new(HOME, "101");
        phone.vias = vias;
        let challenge = challenge_of(&phone.ask(&mut world, "REGISTER")[0]).unwrap();
        let answers = phone.answer(&mut world, &Method::Register, &challenge, "sip:santral.example.com");
        assert_eq!(answers[0].status, expected, "over {vias}");
    }
}

#[test]
fn a_stranger_gets_one_small_answer_whatever_he_sends_and_nothing_is_kept() {
    let mut world = with(|_| {});
    for method in
        ["INVITE", "REGISTER", "OPTIONS", "MESSAGE", "SUBSCRIBE", "INFO", "NOTIFY", "REFER", "BYE", "UPDATE", "X"]
    {
        for uri in ["sip:102@127.0.0.1", "sip:00442071234567@127.0.0.1"] {
            let mut stranger = Hand::new(HOME, "900");
            stranger.uri = uri;
            let text = stranger.text(method, "");
            let before = world.heard.len();
            world.raw(stranger.from, text.as_bytes());
            world.run(Duration::from_secs(40));
            let sent: Vec<usize> = world.heard[before..].iter().map(|(_, bytes)| bytes.len()).collect();
            assert_eq!(sent.len(), 1, "{method}: {sent:?}");
            assert!(sent[0] < text.len() * 3, "{method}: {} bytes for {}", sent[0], text.len());
            assert_eq!(world.switch.sip_counts(), sip::user_agent::Counts::default(), "{method}");
        }
    }
}

#[test]
fn a_flood_of_strangers_leaves_nothing_behind() {
    let mut world = with(|_| {});
    world.checked = false;
    for n in 0..3_000u32 {
        let mut stranger = Hand::new(HOME, "900");
        stranger.call_id = format!("flood{n}");
        stranger.uri = "sip:102@127.0.0.1";
        let method = if n % 2 == 0 { "INVITE" } else { "REGISTER" };
        let text = stranger.text(method, "");
        world.raw(stranger.from, text.as_bytes());
    }
    world.run_ms(100);
    assert_eq!(world.switch.sip_counts(), sip::user_agent::Counts::default());
}

#[test]
fn wrong_secrets_are_told_slowed_and_banned_and_nobody_else_is_hurt() {
    let mut world = with(|plan| plan.ban.after = 5);
    let mut guesser = Hand::new(HOME, "101");
    guesser.secret = "yanlis".to_owned();
    let statuses: Vec<u16> = (0..12).map(|_| guesser.register(&mut world).0).collect();
    assert_eq!(statuses[..5], [403; 5]);
    assert!(statuses[5..].iter().all(|status| *status == 0), "{statuses:?}");
    let door = world.switch.door();
    assert!(door.challenges >= 5 && door.challenges + door.ignored >= 12 && door.ignored >= 7, "{door:?}");
    let told = &world.wrong_secrets;
    assert_eq!(told.iter().filter(|wrong| wrong.ban.is_some()).count(), 1);
    assert_eq!((told[4].failures, told[4].ban.is_some(), told[4].user.as_str()), (5, true, "auth-101"));
    assert_eq!(told[0].source, guesser.from);
    // Colleagues behind the same address, phones of the same extension elsewhere, and the right secret itself.
    assert_eq!(Hand::new(HOME, "102").register(&mut world).0, 200);
    assert_eq!(Hand::new("203.0.113.9:5060", "101").register(&mut world).0, 200);
    world.run(Duration::from_secs(2));
    let mut right = Hand::new(HOME, "101");
    right.call_id = "right".to_owned();
    assert_eq!(right.register(&mut world).0, 200, "a right digest always passes");
    assert_eq!(guesser.register(&mut world).0, 403, "and begins the count anew");
}

#[test]
fn guessing_goes_no_faster_than_challenges_come() {
    let mut world = with(|plan| plan.ban.after = 5);
    world.checked = false;
    let mut guesser = Hand::new(HOME, "101");
    guesser.secret = "yanlis".to_owned();
    (0..5).for_each(|_| drop(guesser.register(&mut world)));
    let before = world.wrong_secrets.len();
    // Names of others for the challenge, the banned one for the guess.
    for n in 0..600 {
        let mut asker = Hand::new(HOME, if n % 2 == 0 { "102" } else { "103" });
        asker.call_id = format!("ask{n}");
        if let Some(challenge) = asker.ask(&mut world, "REGISTER").first().and_then(challenge_of) {
            guesser.answer(&mut world, &Method::Register, &challenge, "sip:127.0.0.1");
        }
    }
    let seconds = 600.0 * 0.015 + 15.0;
    let guesses = world.wrong_secrets.len() - before;
    assert!((guesses as f64) < seconds * 10.0 + 20.0, "{guesses} guesses");
    // One nonce is one guess.
    world.run(Duration::from_secs(5));
    let mut asker = Hand::new(HOME, "104");
    let challenge = challenge_of(&asker.ask(&mut world, "REGISTER")[0]).unwrap();
    let before = world.wrong_secrets.len();
    (0..20).for_each(|_| drop(guesser.answer(&mut world, &Method::Register, &challenge, "sip:127.0.0.1")));
    assert_eq!(world.wrong_secrets.len() - before, 1);
}

#[test]
fn whoever_forges_an_address_bans_nobody() {
    let mut world = with(|plan| plan.ban.after = 5);
    let mut thief = Hand::new("203.0.113.66:5060", "101");
    // Nonces of the forger's own address, sent from the address of the phone.
    let mut forged = Hand::new(HOME, "101");
    forged.secret = "yanlis".to_owned();
    for n in 0..50 {
        thief.call_id = format!("thief{n}");
        if let Some(challenge) = thief.ask(&mut world, "REGISTER").first().and_then(challenge_of) {
            forged.answer(&mut world, &Method::Register, &challenge, "sip:127.0.0.1");
        }
    }
    assert_eq!(world.wrong_secrets.len(), 10, "told, and no more looked at");
    assert!(world.wrong_secrets.iter().all(|wrong| wrong.ban.is_none()));
    assert_eq!(Hand::new(HOME, "101").register(&mut world).0, 200);
}

#[test]
fn a_restart_is_not_felt_by_phones() {
    let mut world = World::new(plan());
    let mut phone = Hand::new(HOME, "102");
    phone.lines = "Allow-Events: talk\r\nExpires: 600\r\n".to_owned();
    phone.contact = "<sip:102@192.168.1.9:5060>;+sip.instance=\"<urn:x:1>\";q=0.5".to_owned();
    assert_eq!(phone.register(&mut world).0, 200);
    let kept = world.registered.clone();
    let old = challenge_of(&phone.ask(&mut world, "REGISTER")[0]).unwrap();

    let mut world = World::seeded(plan(), 2);
    world.run(Duration::from_secs(100));
    let now = world.now();
    for (extension, places) in &kept {
        places.iter().for_each(|place| world.switch.restore_registration(now, extension, place));
    }
    world.input(pbx::contract::Input::Tick);
    assert!(world.switch.registered(&Extension::new("102")));
    let caller = world.agent("101");
    world.dial(caller, "102");
    world.run_ms(300);
    let (to, _) = world.heard.iter().rev().find(|(_, bytes)| bytes.starts_with(b"INVITE ")).unwrap();
    assert_eq!(*to, phone.from, "called at once, the way it is seen");
    let answers = phone.answer(&mut world, &Method::Register, &old, "sip:127.0.0.1");
    let again = challenge_of(&answers[0]).unwrap();
    assert!(again.stale && world.wrong_secrets.is_empty(), "an old nonce is no mistake");
    assert_eq!(phone.answer(&mut world, &Method::Register, &again, "sip:127.0.0.1")[0].status, 200);
    world.run(Duration::from_secs(700));
    assert!(!world.switch.registered(&Extension::new("102")), "and it ends when it would have ended");
    assert_eq!(world.registered.get(&Extension::new("102")).map(Vec::len), Some(0));
}

#[test]
fn what_the_plan_no_longer_has_or_is_over_does_not_come_back() {
    let mut world = World::new(plan());
    let mut phone = Hand::new(HOME, "102");
    phone.lines = "Expires: 60\r\n".to_owned();
    phone.register(&mut world);
    let place = world.registered[&Extension::new("102")][0].clone();
    let mut fresh = World::seeded(plan(), 2);
    let now = fresh.now();
    fresh.switch.restore_registration(now, &Extension::new("999"), &place);
    fresh.switch.restore_registration(
        now,
        &Extension::new("103"),
        &pbx::contract::Registration { expires_at: now.wall, ..place.clone() },
    );
    let broken = pbx::contract::Registration { contact: "telefon".to_owned(), ..place.clone() };
    fresh.switch.restore_registration(now, &Extension::new("104"), &broken);
    let cut_off = pbx::contract::Registration { tcp: true, reconnects: false, ..place.clone() };
    fresh.switch.restore_registration(now, &Extension::new("105"), &cut_off);
    let told = |world: &World| world.count(|what| matches!(what, What::PresenceChanged { .. }));
    fresh.input(pbx::contract::Input::Tick);
    assert_eq!(told(&fresh), 0);
    fresh.switch.restore_registration(now, &Extension::new("102"), &place);
    fresh.input(pbx::contract::Input::Tick);
    assert_eq!(told(&fresh), 1);
}

#[test]
fn the_same_device_from_a_new_address_is_called_there_alone() {
    let mut world = World::new(plan());
    let device = ";+sip.instance=\"<urn:uuid:1>\"";
    let (mut before, mut after) = (Hand::new(HOME, "102"), Hand::new("203.0.113.9:5060", "102"));
    before.contact = format!("<sip:102@{HOME}>{device}");
    after.contact = format!("<sip:102@203.0.113.9:5060>{device}");
    before.register(&mut world);
    assert_eq!(after.register(&mut world).1.len(), 1);
    let caller = world.agent("101");
    world.on_ring(caller, OnRing::Ring);
    world.dial(caller, "102");
    world.run_ms(300);
    let rung: Vec<_> =
        world.heard.iter().filter(|(_, bytes)| bytes.starts_with(b"INVITE ")).map(|(to, _)| *to).collect();
    assert_eq!(rung, [after.from]);
}

#[test]
fn a_guesser_behind_a_shared_address_shuts_out_no_phone_there() {
    for vias in [1, 2] {
        let mut world = with(|plan| plan.ban.after = 5);
        world.checked = false;
        let phone = |extension: &'static str| Hand { vias, ..Hand::new(HOME, extension) };
        let mut colleague = phone("102");
        assert_eq!(colleague.register(&mut world).0, 200);
        let mut guesser = phone("101");
        guesser.secret = "yanlis".to_owned();
        (0..8).for_each(|_| drop(guesser.register(&mut world)));
        // Names that do not exist use up whatever the place has left.
        for n in 0..100 {
            let mut asker = phone("777");
            asker.call_id = format!("ask{n}");
            asker.ask(&mut world, "REGISTER");
        }
        assert!(phone("778").ask(&mut world, "REGISTER").is_empty(), "a stranger there waits, over {vias}");
        assert_eq!(colleague.register(&mut world).0, 200, "a phone that is known there does not, over {vias}");
        assert_eq!(colleague.register(&mut world).0, 200);
    }
}

#[test]
fn a_connection_is_proven_by_the_right_secret_and_by_nothing_less() {
    let mut world = World::new(plan());
    let mut phone = Hand { stream: Some(StreamId(7)), ..Hand::new(HOME, "101") };
    phone.secret = "yanlis".to_owned();
    assert_eq!(phone.register(&mut world).0, 403);
    assert!(world.proven.is_empty());
    phone.secret = "secret-101".to_owned();
    assert_eq!(phone.register(&mut world).0, 200);
    assert_eq!(world.proven, [StreamId(7)]);
    assert_eq!(Hand::new(HOME, "102").register(&mut world).0, 200);
    assert_eq!(world.proven, [StreamId(7)], "a datagram comes over none");
    let mut trunk = Hand { stream: Some(StreamId(8)), ..Hand::new("10.0.0.50:5060", "900") };
    trunk.uri = "sip:02125550000@127.0.0.1";
    trunk.ask(&mut world, "INVITE");
    assert_eq!(world.proven, [StreamId(7), StreamId(8)], "a trunk is known by its address");
}

/// A neighbour of a phone asks for challenges in its name without end. Behind a proxy that one writes what it sees of the
/// hop before it, and the neighbour writes a hop of the phone's below it.
#[test]
fn a_flood_in_the_name_of_a_phone_does_not_keep_it_out() {
    let seen =
        |port: u16| format!("Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKe{port};received=203.0.113.5;rport={port}\r\n");
    let direct = [("198.51.100.7:40000", String::new()), ("198.51.100.7:40666", String::new())];
    let edge = [(HOME, seen(40_000)), (HOME, format!("{}{}", seen(40_666), seen(40_000)))];
    for [(phone_at, phone_hops), (neighbour_at, neighbour_hops)] in [direct, edge] {
        let mut world = with(|plan| plan.ban.after = 5);
        world.checked = false;
        let phone = || Hand { lines: phone_hops.clone(), ..Hand::new(phone_at, "102") };
        let neighbour = |extension| Hand { lines: neighbour_hops.clone(), ..Hand::new(neighbour_at, extension) };
        assert_eq!(phone().register(&mut world).0, 200);
        let mut guesser = neighbour("101");
        guesser.secret = "yanlis".to_owned();
        (0..8).for_each(|_| drop(guesser.register(&mut world)));
        let mut answered = 0;
        for n in 0..200 {
            let mut flood = neighbour("102");
            flood.call_id = format!("flood{n}");
            answered += flood.ask(&mut world, "REGISTER").len();
        }
        assert!(answered < 20, "{answered}");
        assert_eq!(phone().register(&mut world).0, 200, "{phone_at} {phone_hops}");
    }
}

#[test]
fn a_guesser_who_makes_up_hops_is_banned_like_any_other() {
    let mut world = with(|plan| plan.ban.after = 5);
    world.checked = false;
    let mut guesser = Hand::new(HOME, "101");
    guesser.secret = "yanlis".to_owned();
    let mut guess = |world: &mut World, n: u32| {
        guesser.lines = format!("Via: SIP/2.0/UDP 10.9.{n}.1;branch=z9hG4bKx{n};received=203.0.113.{n}\r\n");
        guesser.register(world).0
    };
    let statuses: Vec<u16> = (0..12).map(|n| guess(&mut world, n)).collect();
    assert_eq!(statuses[..5], [403; 5]);
    assert!(statuses[5..].iter().all(|status| *status == 0), "{statuses:?}");
    let told = &world.wrong_secrets;
    assert_eq!(told.iter().map(|wrong| wrong.failures).take(5).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(told.iter().filter(|wrong| wrong.ban.is_some()).count(), 1);
    let before = world.wrong_secrets.len();
    for n in 12..112 {
        guess(&mut world, n);
    }
    let guesses = world.wrong_secrets.len() - before;
    assert!(guesses < 10, "one a second at most: {guesses}");
}

#[test]
fn a_house_with_two_lines_signs_in_though_its_answer_takes_the_other() {
    let mut world = with(|plan| plan.ban.after = 5);
    let mut phone = Hand::new(HOME, "101");
    let challenge = challenge_of(&phone.ask(&mut world, "REGISTER")[0]).unwrap();
    phone.from = "203.0.113.9:5060".parse().unwrap();
    assert_eq!(phone.answer(&mut world, &Method::Register, &challenge, "sip:127.0.0.1")[0].status, 200);
    assert!(world.wrong_secrets.is_empty());
}
