//! The registrar's memory, RFC 3261 §10.3.

use std::time::{Duration, Instant};

use sip::bindings::{Bindings, Lifetimes};
use sip::parse::{self, Framing, Limits};
use sip::user_agent::{Source, StreamId, Transport};
use sip::{Message, Request};

const AOR: &str = "sip:101@santral.example";

fn register(call_id: &str, cseq: u32, lines: &str) -> Request {
    let text = format!(
        "REGISTER sip:santral.example SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK1\nFrom: <{AOR}>;tag=1\n\
         To: <{AOR}>\nCall-ID: {call_id}\nCSeq: {cseq} REGISTER\nUser-Agent: Telefon 1.0\n{lines}\n\n"
    );
    match parse::message(text.replace('\n', "\r\n").as_bytes(), Framing::Datagram, &Limits::default()) {
        Ok(Message::Request(request)) => request,
        other => panic!("{other:?}"),
    }
}

fn source(remote: &str) -> Source {
    let local = "10.0.0.1:5060".parse().unwrap();
    Source { transport: Transport::Udp, local, remote: remote.parse().unwrap(), stream: None }
}

struct Registrar {
    bindings: Bindings,
    now: Instant,
}

impl Registrar {
    fn new() -> Self {
        Self { bindings: Bindings::new(Lifetimes::default()), now: Instant::now() }
    }

    /// The contacts after a REGISTER, or the status of its refusal.
    fn say(&mut self, call_id: &str, cseq: u32, lines: &str) -> Result<Vec<String>, u16> {
        let request = register(call_id, cseq, lines);
        let now = self.now;
        let answer = self.bindings.register(now, AOR, &request, &source("10.0.0.9:5060"));
        answer.map(|all| all.iter().map(|one| one.contact(now)).collect()).map_err(|error| error.status)
    }

    fn pass(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }
}

#[test]
fn a_phone_registers_refreshes_and_leaves() {
    let mut registrar = Registrar::new();
    let contact = "Contact: <sip:101@10.0.0.9:5060>;expires=120";
    assert_eq!(registrar.say("a", 1, contact).unwrap(), ["<sip:101@10.0.0.9:5060>;expires=120"]);
    registrar.pass(100);
    assert_eq!(
        registrar.say("a", 2, "").unwrap(),
        ["<sip:101@10.0.0.9:5060>;expires=20"],
        "a question changes nothing"
    );
    assert_eq!(registrar.say("a", 3, contact).unwrap(), ["<sip:101@10.0.0.9:5060>;expires=120"]);
    let one = &registrar.bindings.contacts(registrar.now, AOR)[0];
    assert_eq!((one.user_agent.as_deref(), one.cseq, &one.call_id[..]), (Some("Telefon 1.0"), 3, &b"a"[..]));
    assert!(registrar.say("a", 4, "Contact: <sip:101@10.0.0.9:5060>;expires=0").unwrap().is_empty());
    assert!(registrar.bindings.is_empty() && registrar.bindings.deadline().is_none());
}

#[test]
fn what_has_ended_is_told_once_and_not_given_out() {
    let mut registrar = Registrar::new();
    let begin = registrar.now;
    registrar.say("a", 1, "Contact: <sip:101@10.0.0.9:5060>\nExpires: 60").unwrap();
    registrar.say("b", 1, "Contact: <sip:101@10.0.0.8:5060>\nExpires: 90").unwrap();
    assert_eq!(registrar.bindings.deadline(), Some(begin + Duration::from_secs(60)));
    registrar.pass(60);
    assert_eq!(registrar.bindings.contacts(registrar.now, AOR).len(), 1);
    assert_eq!(registrar.bindings.expire(registrar.now), [AOR]);
    assert!(registrar.bindings.expire(registrar.now).is_empty());
    assert_eq!(registrar.bindings.deadline(), Some(begin + Duration::from_secs(90)));
    registrar.pass(30);
    assert_eq!(registrar.bindings.expire(registrar.now), [AOR]);
    assert!(registrar.bindings.is_empty());
}

#[test]
fn a_star_removes_all_and_only_with_expires_0() {
    let mut registrar = Registrar::new();
    registrar.say("a", 1, "Contact: <sip:101@10.0.0.9:5060>, <sip:101@10.0.0.9:5062>").unwrap();
    assert_eq!(registrar.say("b", 1, "Contact: *"), Err(400));
    assert_eq!(registrar.say("b", 2, "Contact: *\nExpires: 60"), Err(400));
    assert_eq!(registrar.say("b", 3, "Contact: *, <sip:101@10.0.0.9>\nExpires: 0"), Err(400));
    assert_eq!(registrar.bindings.contacts(registrar.now, AOR).len(), 2);
    assert_eq!(registrar.say("b", 4, "Contact: *\nExpires: 0"), Ok(vec![]));
}

#[test]
fn lifetimes_too_short_get_423_and_too_long_ones_are_cut() {
    let mut registrar = Registrar::new();
    let request = register("a", 1, "Contact: <sip:101@10.0.0.9>;expires=59");
    let error = registrar.bindings.register(registrar.now, AOR, &request, &source("10.0.0.9:5060")).unwrap_err();
    assert_eq!((error.status, error.min_expires), (423, Some(60)));
    let contact = |text: &str| format!("Contact: <sip:101@10.0.0.9>{text}");
    assert_eq!(registrar.say("a", 2, &contact(";expires=999999")).unwrap(), ["<sip:101@10.0.0.9>;expires=3600"]);
    assert_eq!(registrar.say("a", 3, &contact("")).unwrap(), ["<sip:101@10.0.0.9>;expires=3600"]);
    assert_eq!(registrar.say("a", 4, &contact(";expires=soon")).unwrap(), ["<sip:101@10.0.0.9>;expires=3600"]);
}

#[test]
fn a_register_overtaken_by_a_newer_one_changes_nothing() {
    let mut registrar = Registrar::new();
    registrar.say("a", 5, "Contact: <sip:101@10.0.0.9>").unwrap();
    let both = "Contact: <sip:101@10.0.0.7>, <sip:101@10.0.0.9>;expires=0";
    assert_eq!(registrar.say("a", 4, both), Err(500));
    assert_eq!(registrar.say("a", 5, both), Err(500));
    assert_eq!(registrar.bindings.contacts(registrar.now, AOR).len(), 1, "all of it or nothing");
    assert_eq!(registrar.say("b", 1, both).unwrap().len(), 1, "another Call-ID begins anew");
}

#[test]
fn ten_contacts_at_most_and_the_one_that_ends_first_makes_room() {
    let mut registrar = Registrar::new();
    for n in 0..12 {
        let lines = format!("Contact: <sip:101@10.0.0.9:{}>;expires={}", 6000 + n, 600 + n);
        registrar.say(&format!("c{n}"), 1, &lines).unwrap();
    }
    let ports: Vec<_> =
        registrar.bindings.contacts(registrar.now, AOR).iter().filter_map(|one| one.uri.port()).collect();
    assert_eq!(ports, (6002..6012).rev().collect::<Vec<_>>());
    let many: Vec<String> = (0..11).map(|n| format!("<sip:101@10.0.0.9:{}>", 7000 + n)).collect();
    assert_eq!(registrar.say("d", 1, &format!("Contact: {}", many.join(", "))), Err(403));
}

#[test]
fn the_preferred_place_comes_first() {
    let mut registrar = Registrar::new();
    let lines = "Contact: <sip:101@10.0.0.9:1>;q=0.2, <sip:101@10.0.0.9:2>;q=0.9, <sip:101@10.0.0.9:3>;q=0.5";
    let ports: Vec<_> = registrar.say("a", 1, lines).map(|_| registrar.bindings.contacts(registrar.now, AOR)).unwrap();
    assert_eq!(ports.iter().filter_map(|one| one.uri.port()).collect::<Vec<_>>(), [2, 3, 1]);
}

#[test]
fn a_true_contact_is_called_where_it_listens_and_a_hidden_one_where_it_was_seen() {
    let mut registrar = Registrar::new();
    for (contact, seen, expected) in [
        ("<sip:101@10.0.0.9:5070>", "10.0.0.9:40000", "10.0.0.9:5070"),
        ("<sip:101@10.0.0.9>", "10.0.0.9:40000", "10.0.0.9:5060"),
        ("<sip:101@192.168.1.9:5060>", "198.51.100.7:40000", "198.51.100.7:40000"),
        ("<sip:101@phone.local>", "198.51.100.7:40000", "198.51.100.7:40000"),
    ] {
        let request = register(contact, 1, &format!("Contact: {contact}"));
        let aor = format!("sip:{contact}");
        let now = registrar.now;
        let all = registrar.bindings.register(now, &aor, &request, &source(seen)).unwrap();
        assert_eq!(all[0].destination.remote, expected.parse().unwrap(), "{contact} seen at {seen}");
    }
}

#[test]
fn a_closed_connection_is_made_anew_to_a_true_contact_and_ends_a_hidden_one() {
    let mut registrar = Registrar::new();
    let now = registrar.now;
    let over = |remote: &str, stream: u64| Source {
        transport: Transport::Tcp,
        stream: Some(StreamId(stream)),
        ..source(remote)
    };
    let open = register("a", 1, "Contact: <sip:101@10.0.0.9:5060;transport=tcp>");
    let hidden = register("b", 1, "Contact: <sip:102@192.168.1.9:5060;transport=tcp>");
    registrar.bindings.register(now, "open", &open, &over("10.0.0.9:40000", 1)).unwrap();
    registrar.bindings.register(now, "hidden", &hidden, &over("198.51.100.7:40000", 2)).unwrap();
    let place = |bindings: &Bindings, aor: &str| bindings.contacts(now, aor).first().map(|one| one.destination);
    assert_eq!(place(&registrar.bindings, "open").unwrap().stream, Some(StreamId(1)));
    assert!(registrar.bindings.stream_closed(StreamId(1)).is_empty());
    assert_eq!(registrar.bindings.stream_closed(StreamId(2)), ["hidden"]);
    let left = place(&registrar.bindings, "open").unwrap();
    assert_eq!((left.stream, left.remote), (None, "10.0.0.9:5060".parse().unwrap()));
    assert_eq!(place(&registrar.bindings, "hidden"), None);
}

fn over_tcp(remote: &str, stream: u64) -> Source {
    Source { transport: Transport::Tcp, stream: Some(StreamId(stream)), ..source(remote) }
}

#[test]
fn one_contact_said_twice_is_one_binding_and_its_last_word_counts() {
    let mut registrar = Registrar::new();
    for (call, lines) in [
        ("a", "Contact: <sip:101@10.0.0.9:5060>, <sip:101@10.0.0.9:5060>"),
        ("b", "Contact: <sip:101@10.0.0.9:5060>;expires=100\nContact: <sip:%3101@10.0.0.9:5060>;expires=3600"),
        ("c", "Contact: <sip:101@10.0.0.9:5060;ob;x=1>, <SIP:101@10.0.0.9:5060;X=1;ob>"),
    ] {
        let mut registrar = Registrar::new();
        for cseq in 1..4 {
            let all = registrar.say(call, cseq, lines).unwrap();
            assert_eq!(all.len(), 1, "{lines}: {all:?}");
            assert!(all[0].ends_with(";expires=3600"), "{all:?}");
        }
    }
    let gone = "Contact: <sip:101@10.0.0.9>, <sip:101@10.0.0.9>;expires=0";
    assert_eq!(registrar.say("d", 1, gone), Ok(vec![]));
}

#[test]
fn a_device_that_comes_from_elsewhere_takes_the_place_it_had() {
    let mut registrar = Registrar::new();
    let say = |registrar: &mut Registrar, call: &str, address: &str, device: &str| {
        let all = registrar.say(call, 1, &format!("Contact: <sip:101@{address}>{device}")).unwrap();
        all.iter().map(|one| one[5..].split(['>', ';']).next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let phone = r#";+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>""#;
    let again = r#";+SIP.Instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>""#;
    assert_eq!(say(&mut registrar, "a", "10.0.0.9:1", phone), ["101@10.0.0.9:1"]);
    assert_eq!(say(&mut registrar, "b", "10.0.0.9:2", again), ["101@10.0.0.9:2"], "another port");
    let other = r#";+sip.instance="<urn:uuid:11111111-0000-1000-8000-000A95A0E128>""#;
    assert_eq!(say(&mut registrar, "c", "10.0.0.8:3", other).len(), 2, "another device");
    assert_eq!(say(&mut registrar, "d", "10.0.0.7:4", "").len(), 3, "a phone that does not say who it is");
    let flow = |n: u32| format!("{phone};reg-id={n}");
    assert_eq!(say(&mut registrar, "e", "10.0.0.9:5", &flow(1)).len(), 3, "the way it had has no number");
    assert_eq!(say(&mut registrar, "f", "10.0.0.9:6", &flow(2)).len(), 4, "a second way to the same device");
    let targets = registrar.bindings.targets(registrar.now, AOR);
    assert_eq!(targets.len(), 3, "which rings once: {targets:?}");
    let ways = targets.iter().map(Vec::len).max();
    assert_eq!(ways, Some(2), "by one of two ways: {targets:?}");
    assert_eq!(say(&mut registrar, "g", "10.0.0.9:7", &flow(2)).len(), 4, "and moves alone");
    assert_eq!(say(&mut registrar, "h", "10.0.0.9:8", &format!("{phone};expires=0")).len(), 4, "an address long left");
    assert_eq!(say(&mut registrar, "h", "10.0.0.9:8", &format!("{};expires=0", flow(2))).len(), 3, "one way leaves");
    let pair = format!("Contact: <sip:101@10.0.0.9:1>{phone}, <sip:101@[2001:db8::9]:1>{phone}");
    assert_eq!(registrar.say("i", 1, &pair).unwrap().len(), 4, "two addresses in one breath are both meant");
}

#[test]
fn a_register_that_was_overtaken_by_the_same_device_elsewhere_changes_nothing() {
    let mut registrar = Registrar::new();
    let phone = r#";+sip.instance="<urn:x:1>""#;
    registrar.say("a", 7, &format!("Contact: <sip:101@10.0.0.9:2>{phone}")).unwrap();
    assert_eq!(registrar.say("a", 6, &format!("Contact: <sip:101@10.0.0.9:1>{phone}")), Err(500));
}

#[test]
fn a_phone_behind_a_proxy_is_reached_over_its_path() {
    let mut registrar = Registrar::new();
    let now = registrar.now;
    let contact = "Contact: <sip:101@192.168.1.9:5070>";
    for (call, (path, seen, expected)) in [
        ("<sip:edge@10.0.0.9:5080;lr>, <sip:10.7.7.7;lr>", source("10.0.0.9:40000"), "10.0.0.9:5080"),
        ("<sip:10.0.0.9;lr>", source("10.0.0.9:40000"), "10.0.0.9:5060"),
        ("<sip:edge.example.com:5090;lr>", source("10.0.0.9:5061"), "10.0.0.9:5061"),
        ("<sip:192.168.7.7:5090;lr>", source("10.0.0.9:5061"), "10.0.0.9:5061"),
        ("<sip:edge.example.com:5090;lr>", over_tcp("10.0.0.9:40000", 1), "10.0.0.9:5090"),
        ("<sip:10.0.0.9:5091;lr;transport=tcp>", over_tcp("10.0.0.9:40000", 1), "10.0.0.9:5091"),
    ]
    .into_iter()
    .enumerate()
    {
        let request = register(&format!("path{call}"), 1, &format!("{contact}\nPath: {path}\nSupported: path"));
        let one = registrar.bindings.register(now, path, &request, &seen).unwrap().remove(0);
        assert_eq!(one.destination.remote, expected.parse().unwrap(), "{path}");
        assert_eq!(one.destination.stream, seen.stream, "{path}");
        let route: Vec<String> = one.path.iter().map(ToString::to_string).collect();
        assert_eq!(route.join(", "), path, "in order");
        registrar.bindings.stream_closed(StreamId(1));
        let kept = registrar.bindings.contacts(now, path).remove(0);
        assert_eq!((kept.destination.stream, kept.destination.remote), (None, one.destination.remote), "{path}");
    }
    let many = ["<sip:10.0.0.9;lr>"; 9].join(", ");
    assert_eq!(registrar.say("m", 1, &format!("{contact}\nPath: {many}")), Err(403));
    assert_eq!(registrar.say("m", 2, &format!("{contact}\nPath: <sip:10.0.0.9")), Err(400));
}

#[test]
fn a_phone_behind_a_proxy_without_path_is_reached_by_the_proxy_again() {
    let mut registrar = Registrar::new();
    let now = registrar.now;
    for (top, expected) in [("10.0.0.9:5080", "10.0.0.9:5080"), ("edge.example.com", "10.0.0.9:5060")] {
        let mut request = register(top, 1, "Contact: <sip:101@192.168.1.9:5070;transport=tcp>");
        request.headers.insert_top("Via", format!("SIP/2.0/TCP {top};branch=z9hG4bKproxy"));
        let one = registrar.bindings.register(now, top, &request, &over_tcp("10.0.0.9:40000", 3)).unwrap().remove(0);
        assert_eq!((one.destination.stream, one.reconnects), (Some(StreamId(3)), true));
        assert!(registrar.bindings.stream_closed(StreamId(3)).is_empty(), "nobody is lost");
        let kept = registrar.bindings.contacts(now, top).remove(0);
        assert_eq!(kept.destination.remote, expected.parse().unwrap());
    }
}

#[test]
fn what_was_known_before_a_restart_is_known_again_as_far_as_it_can_be_reached() {
    let mut registrar = Registrar::new();
    let now = registrar.now;
    let places = [
        ("udp", "Contact: <sip:101@192.168.1.9:5060>;expires=600", source("198.51.100.7:40000"), true),
        ("open", "Contact: <sip:101@10.0.0.9:5060;transport=tcp>", over_tcp("10.0.0.9:40000", 1), true),
        ("hidden", "Contact: <sip:101@192.168.1.9:5060>", over_tcp("198.51.100.7:40000", 2), false),
        ("over", "Contact: <sip:101@10.0.0.9>;expires=60", source("10.0.0.9:5060"), false),
    ];
    let mut fresh = Bindings::new(Lifetimes::default());
    let later = now + Duration::from_secs(60);
    for (aor, lines, seen, _) in &places {
        let known = registrar.bindings.register(now, aor, &register(aor, 1, lines), seen).unwrap().remove(0);
        fresh.restore(later, aor, known);
    }
    for (aor, _, _, expected) in &places {
        let known = fresh.contacts(later, aor);
        assert_eq!(known.len(), usize::from(*expected), "{aor}");
        assert!(known.iter().all(|one| one.destination.stream.is_none()), "{aor}");
    }
    assert_eq!(fresh.contacts(later, "udp")[0].seconds_left(later), 540);
    assert_eq!(fresh.deadline(), Some(now + Duration::from_secs(600)));
}

#[test]
fn a_phone_that_moved_and_takes_leave_of_its_old_address_keeps_the_new_one() {
    let (old, new) = ("<sip:101@10.0.0.9:5060>", "<sip:101@10.0.0.10:5060>");
    let device = r#";+sip.instance="<urn:x:1>""#;
    let mut registrar = Registrar::new();
    registrar.say("a", 1, &format!("Contact: {old}{device}")).unwrap();
    assert_eq!(registrar.say("b", 1, &format!("Contact: {new}{device}")).unwrap().len(), 1);
    let left = registrar.say("b", 2, &format!("Contact: {old}{device};expires=0")).unwrap();
    assert_eq!(left.len(), 1, "the old one is long gone");
    assert!(left[0].contains("10.0.0.10"), "{left:?}");
    let both = format!("Contact: {new}{device}, {old}{device};expires=0");
    assert_eq!(registrar.say("b", 3, &both).unwrap().len(), 1, "in one request too");
    assert!(registrar.say("b", 4, &format!("Contact: {new}{device};expires=0")).unwrap().is_empty());
    let flow = format!("{device};reg-id=1");
    registrar.say("b", 5, &format!("Contact: {new}{flow}")).unwrap();
    let left = registrar.say("b", 6, &format!("Contact: {old}{flow};expires=0")).unwrap();
    assert!(left.is_empty(), "a flow that is named is that one, whatever its address");
}
