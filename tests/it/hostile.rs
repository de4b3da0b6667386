//! Strangers on the network: torture, floods, giants and dawdlers over real sockets, and what they may learn and do (nothing).

pub mod corpus;
pub mod stranger;

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use serde_json::Value;

use self::corpus::{Chance, corpus, fresh, sdp};
use self::stranger::{Ask, Stranger, connect, header, status, tag, tcp_ping, until_closed};
use crate::world::business::Business;
use crate::world::desk::Desk;
use crate::world::santral::Santral;
use crate::world::{left_out, sipp, wait_for};

/// What a flood may cost in memory, kB.
const MOST_GROWTH: u64 = 50_000;

/// Asked within this time, also while somebody attacks.
const PROMPT: Duration = Duration::from_secs(1);

pub fn memory(santral: &Santral) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", santral.pid())).expect("santral is gone");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("santral is dying");
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn metric(santral: &Santral, name: &str) -> f64 {
    let text = ureq::get(format!("{}/metrics", santral.http())).call().unwrap().body_mut().read_to_string().unwrap();
    let line = text.lines().find(|line| line.starts_with(name));
    line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or_else(|| panic!("no {name} in {text}"))
}

/// Alive, not swollen, and nothing went wrong inside that it would have said.
fn unhurt(santral: &Santral, before: u64) {
    let after = memory(santral);
    assert!(after < before + MOST_GROWTH, "{before} kB before, {after} kB after");
    let log = santral.log();
    assert!(!log.contains("panicked"), "{log}");
    assert!(log.len() < 1_000_000, "the log grew to {} bytes", log.len());
    let health = ureq::get(format!("{}/health", santral.http())).call().unwrap();
    assert_eq!(health.status().as_u16(), 200);
}

#[test]
fn tortured_and_damaged_datagrams_and_giants_change_nothing() {
    let santral = Santral::demo();
    let (attacker, other) = (Stranger::at(66, &santral), Stranger::at(7, &santral));
    let (mut chance, corpus) = (Chance::new(), corpus());
    assert!(corpus.len() >= 29);
    for message in &corpus {
        attacker.send(&fresh(message, &mut chance));
    }
    other.ping();
    let before = memory(&santral);
    for round in 0..40 {
        for _ in 0..100 {
            let message = &corpus[chance.below(corpus.len())];
            let message = fresh(message, &mut chance);
            attacker.send(&chance.damage(&message));
        }
        other.ping();
        assert!(memory(&santral) < before + MOST_GROWTH, "round {round}");
    }
    let largest = 65_507;
    for message in corpus.iter().take(12) {
        let mut giant = fresh(message, &mut chance);
        giant.resize(largest, b'a');
        attacker.send(&giant);
        attacker.send(&vec![u8::try_from(chance.below(256)).unwrap(); largest]);
    }
    other.ping();
    unhurt(&santral, before);
}

#[test]
fn tortured_and_damaged_streams_change_nothing() {
    let santral = Santral::demo();
    let other = Stranger::at(7, &santral);
    let (mut chance, corpus) = (Chance::new(), corpus());
    other.ping();
    let before = memory(&santral);
    for round in 0..600 {
        let message = &corpus[round % corpus.len()];
        let message = fresh(message, &mut chance);
        let bytes = if round < corpus.len() { message } else { chance.damage(&message) };
        let mut socket = connect(other.target);
        let _cut = socket.write_all(&bytes);
        let _gone = socket.shutdown(std::net::Shutdown::Write);
        assert!(until_closed(&mut socket).is_some(), "a finished stream stays open: {}", bytes.escape_ascii());
        if round % 50 == 0 {
            other.ping();
        }
    }
    other.ping();
    unhurt(&santral, before);
}

/// A request over TCP with these header lines.
fn stream_request(lines: &str) -> Vec<u8> {
    format!(
        "OPTIONS sip:500@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKdev\r\nMax-Forwards: 70\r\n\
         From: <sip:a@b>;tag=1\r\nTo: <sip:500@127.0.0.1>\r\nCall-ID: dev\r\nCSeq: 1 OPTIONS\r\n{lines}\r\n"
    )
    .into_bytes()
}

#[test]
fn giants_over_tcp_are_refused_and_cut_off() {
    let santral = Santral::demo();
    let other = Stranger::at(7, &santral);
    other.ping();
    let before = memory(&santral);
    let via = "Via: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKx\r\n";
    let giants = [
        ("Content-Length 2^31", stream_request("Content-Length: 2147483648\r\n"), Some(413)),
        ("Content-Length -1", stream_request("Content-Length: -1\r\n"), Some(400)),
        ("Content-Length twice", stream_request("Content-Length: 0\r\nl: 9\r\n"), Some(400)),
        ("no Content-Length", stream_request(""), Some(400)),
        ("10 000 Via", stream_request(&via.repeat(10_000)), None),
        ("a header of 1 MB", stream_request(&format!("Subject: {}\r\n", "x".repeat(1_000_000))), None),
        ("10 MB of headers", stream_request(&"X-Uzun: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".repeat(250_000)), None),
        ("10 MB without a line end", vec![b'a'; 10_000_000], None),
    ];
    for (name, bytes, expected) in giants {
        let mut socket = connect(other.target);
        let begun = Instant::now();
        let _cut = socket.write_all(&bytes);
        let said = until_closed(&mut socket).unwrap_or_else(|| panic!("{name}: the connection stays open"));
        // A cut while we are still sending may destroy the answer on its way.
        if let Some(expected) = expected {
            assert_eq!(status(&said), expected, "{name}: {said}");
        }
        assert!(begun.elapsed() < Duration::from_secs(3), "{name} took {:?}", begun.elapsed());
        assert!(other.ping() < PROMPT, "after {name}");
    }
    let folded = format!("Subject: a\r\n{}Content-Length: 0\r\n", " b\r\n".repeat(200));
    let mut socket = connect(other.target);
    socket.write_all(&stream_request(&folded)).unwrap();
    let mut head = [0; 11];
    socket.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"SIP/2.0 200", "many lines of one header are long, and no crime");
    unhurt(&santral, before);
}

#[test]
fn one_address_gets_fifty_connections_and_others_notice_nothing() {
    let santral = Santral::demo();
    let other = Stranger::at(7, &santral);
    let mut sockets: Vec<_> = (0..60).map(|_| connect(other.target)).collect();
    let answered = sockets
        .iter_mut()
        .enumerate()
        .filter_map(|(n, socket)| tcp_ping(socket, &format!("elli{n}")))
        .filter(|status| *status == 200)
        .count();
    assert_eq!(answered, 50);
    assert!(other.ping() < PROMPT);
    drop(sockets);
    wait_for("a connection after all were closed", Duration::from_secs(3), || {
        tcp_ping(&mut connect(other.target), "sonra").filter(|status| *status == 200)
    });
}

#[test]
fn dawdlers_are_cut_off_after_their_deadline_and_a_phone_that_only_keeps_alive_is_not() {
    let santral = Santral::demo();
    let other = Stranger::at(7, &santral);
    let slow = |mut socket: std::net::TcpStream, text: String| {
        std::thread::spawn(move || {
            let begun = Instant::now();
            socket.set_read_timeout(Some(Duration::from_millis(900))).unwrap();
            for byte in text.bytes().cycle() {
                let _cut = socket.write_all(&[byte]);
                if let Some(said) = until_closed(&mut socket) {
                    return (begun.elapsed(), said);
                }
                assert!(begun.elapsed() < Duration::from_secs(15), "still open: {text:?}");
            }
            unreachable!("a cycle has no end")
        })
    };
    let web = santral.http().strip_prefix("http://").unwrap().parse().unwrap();
    let posting = "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n";
    let mut body = connect(web);
    body.write_all(posting.as_bytes()).unwrap();
    let dawdlers = [
        ("SIP", slow(connect(other.target), "OPTIONS sip:a".to_owned()), ""),
        ("HTTP head", slow(connect(web), "GET / HTTP/1.1 ".replace(' ', "")), ""),
        ("HTTP body", slow(body, " ".to_owned()), "HTTP/1.1 408"),
    ];
    let mut phone = connect(other.target);
    assert_eq!(tcp_ping(&mut phone, "once"), Some(200));
    phone.write_all(b"\r\n").unwrap();
    while !dawdlers.iter().all(|(_, thread, _)| thread.is_finished()) {
        assert!(other.ping() < PROMPT);
        assert_eq!(ureq::get(format!("{}/health", santral.http())).call().unwrap().status().as_u16(), 200);
        std::thread::park_timeout(Duration::from_millis(500));
    }
    for (name, thread, expected) in dawdlers {
        let (took, said) = thread.join().unwrap();
        assert!((9..14).contains(&took.as_secs()), "{name}: cut after {took:?}");
        assert!(said.starts_with(expected), "{name}: {said}");
    }
    assert_eq!(tcp_ping(&mut phone, "sonra"), Some(200), "a lone line end is a keep-alive");
}

/// An answer without what is chance in it, and without the number that was asked for.
fn neutral(answer: &str, user: &str) -> String {
    let mut lines = Vec::new();
    for line in answer.replace(user, "NUMBER").lines() {
        let line = line.to_owned();
        let cut = |line: String, from: &str, to: char| match line.split_once(from) {
            Some((head, rest)) => format!("{head}{from}…{}", rest.find(to).map_or("", |at| &rest[at..])),
            None => line,
        };
        let line = cut(cut(cut(line, "nonce=\"", '"'), "branch=", ';'), "tag=", ';');
        lines.push(if line.starts_with("Call-ID") { "Call-ID".to_owned() } else { line });
    }
    lines.join("\n")
}

/// Credentials of somebody who does not know the secret, for a nonce.
fn guess(user: &str, nonce: &str) -> String {
    format!(
        "Authorization: Digest username=\"{user}\", realm=\"santral\", nonce=\"{nonce}\", uri=\"sip:{user}@santral\", \
         response=\"00112233445566778899aabbccddeeff\", algorithm=MD5, qop=auth, nc=00000001, cnonce=\"aa\"\r\n"
    )
}

/// The nonce that somebody who says to be `user` is given.
fn challenged(stranger: &Stranger, method: &str, user: &str) -> String {
    let answer = stranger.ask(&Ask { method, user, from: user, lines: "Expires: 60\r\n", ..Ask::default() });
    assert_eq!(status(&answer), 401, "{method} {user}: {answer}");
    let (_, rest) = answer.split_once("nonce=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[test]
fn existing_and_missing_extensions_look_alike_to_strangers() {
    let santral = Santral::demo();
    santral.secret("101");
    let stranger = Stranger::at(44, &santral);
    let typed = "Content-Type: application/sdp\r\n";
    for (method, lines, body, expected) in [
        ("REGISTER", "Expires: 60\r\n", "", 401),
        ("REGISTER", &guess("USER", "000000000001000000000001"), "", 401),
        ("INVITE", typed, sdp(), 401),
        ("INVITE", &format!("{}{typed}", guess("USER", "made-up")), sdp(), 401),
        ("OPTIONS", "", "", 200),
        ("MESSAGE", "", "x", 405),
        ("SUBSCRIBE", "Event: presence\r\n", "", 405),
    ] {
        let answers = ["101", "109"].map(|user| {
            let lines = lines.replace("USER", user);
            let answer = stranger.ask(&Ask { method, user, from: user, lines: &lines, body, ..Ask::default() });
            assert_eq!(status(&answer), expected, "{method} {user}: {answer}");
            neutral(&answer, user)
        });
        assert_eq!(answers[0], answers[1], "{method} tells which extension exists");
    }
    for method in ["REGISTER", "INVITE"] {
        let answers = ["101", "109"].map(|user| {
            let lines = format!("{}{typed}", guess(user, &challenged(&stranger, "REGISTER", user)));
            let body = if method == "INVITE" { sdp() } else { "" };
            let answer = stranger.ask(&Ask { method, user, from: user, lines: &lines, body, ..Ask::default() });
            assert_eq!(status(&answer), 403, "{method} {user}: {answer}");
            neutral(&answer, user)
        });
        assert_eq!(answers[0], answers[1], "a wrong secret in {method} tells which extension exists");
    }
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..60 {
        let user = ["101", "109"][round % 2];
        // Each from an address of its own: one that guesses on is answered less and less.
        let stranger = Stranger::at(100 + round as u8, &santral);
        let lines = guess(user, &challenged(&stranger, "REGISTER", user));
        let begun = Instant::now();
        let answer = stranger.ask(&Ask { method: "REGISTER", user, from: user, lines: &lines, ..Ask::default() });
        times[round % 2].push(begun.elapsed());
        assert_eq!(status(&answer), 403, "a wrong secret stays wrong: {answer}");
    }
    let [there, missing] = times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    });
    assert!(there.abs_diff(missing) < Duration::from_millis(1), "101 takes {there:?}, 109 takes {missing:?}");
}

#[test]
fn a_strangers_requests_outside_a_call_do_nothing() {
    let santral = Santral::demo();
    let stranger = Stranger::at(45, &santral);
    let boss = Desk::supervisor(&santral);
    let people = || boss.get("/agents");
    let registered = |people: &Value| people.as_array().unwrap().iter().any(|agent| agent["registered"] == true);
    let before = wait_for("the built-in phone", Duration::from_secs(5), || Some(people()).filter(registered));
    for (method, lines) in [
        ("MESSAGE", "Content-Type: text/plain\r\n"),
        ("SUBSCRIBE", "Event: dialog\r\nExpires: 60\r\n"),
        ("PUBLISH", "Event: presence\r\n"),
        ("REFER", "Refer-To: <sip:+905321112233@127.0.0.1>\r\n"),
        ("INFO", "Content-Type: application/dtmf-relay\r\n"),
        ("NOTIFY", "Event: talk\r\nSubscription-State: active\r\n"),
        ("UPDATE", ""),
        ("REGISTER", "Expires: 0\r\n"),
    ] {
        let answers = ["101", "109"].map(|user| {
            let body = if method == "INFO" { "Signal=1\r\n" } else { "" };
            let answer = stranger.ask(&Ask { method, user, lines, body, ..Ask::default() });
            assert!(matches!(status(&answer), 401 | 403 | 405 | 481), "{method}: {answer}");
            neutral(&answer, user)
        });
        assert_eq!(answers[0], answers[1], "{method} tells which extension exists");
    }
    assert_eq!(people(), before);
    assert!(metric(&santral, "santral_calls_active") < 0.5);
    let today = boss.get("/calls?limit=100");
    let theirs = today["items"].as_array().unwrap().iter().filter(|call| call["from"] == "kimse").count();
    assert_eq!(theirs, 0, "a refused request became a call");
}

#[test]
fn guessed_tags_from_another_address_do_not_touch_a_live_call() {
    let santral = Santral::demo();
    let (caller, stranger) = (Stranger::at(50, &santral), Stranger::at(51, &santral));
    let typed = "Content-Type: application/sdp\r\n";
    let invite = Ask {
        method: "INVITE",
        user: "500",
        call_id: Some("canli-arama"),
        from: "+905329876543",
        from_tag: "arayan1",
        lines: typed,
        body: sdp(),
        ..Ask::default()
    };
    let answer = caller.ask(&invite);
    assert_eq!(status(&answer), 200, "{answer}");
    let to_tag = tag(header(&answer, "To").unwrap()).unwrap().to_owned();
    assert!(to_tag.len() >= 13, "at least 64 bits of chance: {to_tag}");
    for guess in ["1", "as7d8f6a5sd", "arayan1", &to_tag[1..], &format!("{to_tag}0")] {
        for (method, lines, body) in [
            ("BYE", "", ""),
            ("INVITE", typed, sdp()),
            ("REFER", "Refer-To: <sip:101@127.0.0.1>\r\n", ""),
            ("UPDATE", typed, sdp()),
            ("INFO", "Content-Type: application/dtmf-relay\r\n", "Signal=1\r\n"),
        ] {
            let answer = stranger.ask(&Ask { method, to_tag: guess, cseq: 9, lines, body, ..invite });
            assert_eq!(status(&answer), 481, "{method} with {guess}: {answer}");
        }
    }
    for (call_id, from_tag) in [("canli-aramaX", "arayan1"), ("canli-arama", "arayan2")] {
        let bye = Ask {
            method: "BYE",
            call_id: Some(call_id),
            from_tag,
            to_tag: &to_tag,
            cseq: 9,
            lines: "",
            body: "",
            ..invite
        };
        assert_eq!(status(&stranger.ask(&bye)), 481, "our tag alone is not enough");
    }
    let cancel = stranger.ask(&Ask { method: "CANCEL", lines: "", body: "", ..invite });
    assert_eq!(status(&cancel), 481, "{cancel}");
    assert!((metric(&santral, "santral_calls_active") - 1.0).abs() < 0.5, "the call goes on");
    let bye = Ask { method: "BYE", to_tag: &to_tag, cseq: 2, lines: "", body: "", ..invite };
    assert_eq!(status(&caller.ask(&bye)), 200, "the call is its caller's to end");
}

#[test]
fn the_log_keeps_numbers_passwords_and_secrets_to_itself() {
    let santral = Santral::demo();
    let caller = Stranger::at(52, &santral);
    let numbers = ["+905321112233", "+905329876543"];
    for number in numbers {
        let invite = Ask {
            method: "INVITE",
            user: "500",
            from: number,
            lines: "Content-Type: application/sdp\r\n",
            body: sdp(),
            call_id: Some(number),
            ..Ask::default()
        };
        let answer = caller.ask(&invite);
        let to_tag = tag(header(&answer, "To").unwrap()).unwrap();
        let bye = Ask { method: "BYE", to_tag, cseq: 2, lines: "", body: "", ..invite };
        assert_eq!(status(&caller.ask(&bye)), 200);
    }
    let guessed = guess("102", &challenged(&caller, "REGISTER", "102"));
    let answer = caller.ask(&Ask { method: "REGISTER", user: "102", from: "102", lines: &guessed, ..Ask::default() });
    assert_eq!(status(&answer), 403);
    if !left_out("SANTRAL_TEST_NO_SIPP") {
        let port = crate::world::free_even_port();
        sipp::register(santral.sip(), "102", &santral.secret("102"), port, sipp::Over::Udp);
    }
    let desk = Desk::supervisor(&santral);
    for number in numbers {
        desk.call_from(number, Duration::from_secs(10), |_| true);
    }
    // Wrong passwords are a line of the log; a password typed into the wrong field must not be readable there.
    let (name, password) = santral.user("agent", 0);
    let session = format!("{}/api/v1/session", santral.http());
    for (name, password) in [(name.as_str(), "Yanlış parola 77"), (password.as_str(), "x"), ("+905321112233", "x")] {
        let body = serde_json::json!({"name": name, "password": password}).to_string();
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let answer = agent.post(&session).header("Content-Type", "application/json").send(body).unwrap();
        assert_eq!(answer.status().as_u16(), 401);
    }
    let log = wait_for("the failed sign-ins in the log", Duration::from_secs(5), || {
        Some(santral.log()).filter(|log| log.matches("sign-in-failed").count() >= 3)
    });
    let facts = |list: &str, key: &str| -> Vec<String> {
        let all = santral.facts[list].as_array().unwrap();
        all.iter().map(|one| one[key].as_str().unwrap().to_owned()).collect()
    };
    let login = santral.facts["login"].as_str().unwrap().rsplit(['/', '=', '#']).next().unwrap().to_owned();
    let mut canaries = [facts("extensions", "secret"), facts("users", "password")].concat();
    canaries.extend([login, "Yanlış parola 77".into(), "00112233445566778899aabbccddeeff".into()]);
    canaries.extend(["5321112233", "5329876543"].map(str::to_owned));
    assert!(canaries.len() >= 10 && canaries.iter().all(|canary| canary.len() >= 10), "{canaries:?}");
    for canary in canaries {
        assert!(!log.contains(&canary), "{canary} is in the log:\n{log}");
    }
}

#[test]
fn wrong_secrets_are_counted_and_logged_without_the_name_that_was_tried() {
    let mut business = Business::with_agents(1);
    business.change_config("santral.toml", "# ban_after = 10", "ban_after = 5");
    business.start();
    let stranger = Stranger::facing(47, &business.sip_address());
    let name = "sekreter-902125550101";
    for nth in 1..=5 {
        let lines = format!("Expires: 60\r\n{}", guess(name, &challenged(&stranger, "REGISTER", name)));
        let ask = Ask { method: "REGISTER", user: name, from: name, lines: &lines, ..Ask::default() };
        assert_eq!(status(&stranger.ask(&ask)), 403, "guess {nth}");
    }
    let figures = || ["santral_sip_wrong_secrets_total", "santral_sip_bans_total"].map(|name| business.metric(name));
    wait_for("five wrong secrets and one ban", Duration::from_secs(5), || (figures() == [5.0, 1.0]).then_some(()));
    let log = wait_for("the ban in the log", Duration::from_secs(5), || {
        Some(business.log()).filter(|log| log.contains("too many wrong SIP secrets: banned"))
    });
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("wrong SIP secret")).collect();
    assert_eq!(lines.len(), 4, "the first, the second, the fourth, and the ban: {lines:#?}");
    for line in lines {
        assert!(line.contains("127.0.0.47") && line.contains("s…1"), "{line}");
    }
    for plain in ["sekreter", "902125550101", "5550101"] {
        assert!(!log.contains(plain), "{plain} is in the log:\n{log}");
    }
}

/// A phone that pings has more patience than this; a busy machine and an unoptimised build may need some of it.
const KEEPS_ALIVE: Duration = Duration::from_secs(5);

/// What a flood may leave behind, kB, when all it began is over.
const MOST_LEFT: u64 = 64_000;

#[test]
fn a_flood_of_calls_by_made_up_strangers_holds_up_no_phone_and_its_memory_is_given_back() {
    let santral = Santral::demo();
    let phone = Stranger::at(7, &santral);
    phone.ping();
    let crowd: Vec<Stranger> = (0..50).map(|nth| Stranger::at(100 + nth, &santral)).collect();
    let before = memory(&santral);
    let (mut sent, mut answered) = (0, 0);
    for _ in 0..100 {
        for _ in 0..100 {
            let who = &crowd[sent % crowd.len()];
            // Some say to be one of ours, some call the menu, some a number that nobody has.
            let (from, user) = [("101", "500"), ("", "500"), ("", "999")][sent % 3];
            let from = if from.is_empty() { format!("+90532{sent:07}") } else { from.to_owned() };
            let ask = Ask {
                method: "INVITE",
                user,
                from: &from,
                from_tag: &format!("f{sent}"),
                lines: "Content-Type: application/sdp\r\n",
                body: sdp(),
                ..Ask::default()
            };
            who.send(who.written(&ask).0.as_bytes());
            sent += 1;
        }
        let ping = Ask { method: "OPTIONS", user: "500", ..Ask::default() };
        let answer = phone.try_ask(&ping, KEEPS_ALIVE);
        answered += usize::from(answer.is_some_and(|answer| status(&answer) == 200));
    }
    assert_eq!(sent, 10_000);
    assert!(answered >= 99, "{answered} of 100 pings were answered");
    wait_for("the memory to be given back", Duration::from_secs(60), || {
        (memory(&santral) < before + MOST_LEFT).then_some(())
    });
    assert!(phone.ping() < PROMPT);
    assert!(!santral.log().contains("panicked"), "{}", santral.log());
}
