//! What callers write into their bodies, over real sockets: descriptions of sound, and keys as INFO.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use crate::hostile::stranger::{Ask, Stranger, header, status, tag};
use crate::world::desk::Desk;
use crate::world::santral::Santral;
use crate::world::wait_for;

const SDP: &str = "Content-Type: application/sdp\r\n";

fn description(address: &str, port: u16, more: &str) -> String {
    let family = if address.contains(':') { "IP6" } else { "IP4" };
    format!(
        "v=0\r\no=- 1 1 IN {family} {address}\r\ns=-\r\nc=IN {family} {address}\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n{more}"
    )
}

/// A call to the demo's menu: the answer and its tag.
fn call<'a>(caller: &Stranger, id: &'a str, body: &'a str) -> (Ask<'a>, String) {
    let from = "+905329876543";
    let user = "500";
    let invite =
        Ask { method: "INVITE", user, call_id: Some(id), from, from_tag: "a1", lines: SDP, body, ..Ask::default() };
    let answer = caller.ask(&invite);
    (invite, answer)
}

#[test]
fn packets_are_as_long_as_the_caller_asked_and_the_answer_says_so() {
    let santral = Santral::demo();
    for ptime in [10u16, 20, 30, 40, 60] {
        let caller = Stranger::at(60, &santral);
        let ear = UdpSocket::bind("127.0.0.60:0").unwrap();
        ear.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let port = ear.local_addr().unwrap().port();
        let (id, body) = (format!("ptime-{ptime}"), description("127.0.0.60", port, &format!("a=ptime:{ptime}\r\n")));
        let (invite, answer) = call(&caller, &id, &body);
        assert_eq!(status(&answer), 200, "{answer}");
        assert!(answer.contains(&format!("a=ptime:{ptime}\r\n")), "{answer}");
        let mut packet = [0; 2_000];
        let mut last: Option<u32> = None;
        for _ in 0..10 {
            let length = ear.recv(&mut packet).expect("the greeting is heard");
            let samples = u32::from(ptime) * 8;
            assert_eq!(length, 12 + samples as usize, "{ptime} ms");
            let timestamp = u32::from_be_bytes(packet[4..8].try_into().unwrap());
            assert!(last.is_none_or(|last| timestamp.wrapping_sub(last) == samples), "{ptime} ms");
            last = Some(timestamp);
        }
        let to_tag = tag(header(&answer, "To").unwrap()).unwrap().to_owned();
        let bye = Ask { method: "BYE", to_tag: &to_tag, cseq: 2, lines: "", body: "", ..invite };
        assert_eq!(status(&caller.ask(&bye)), 200);
    }
}

#[test]
fn a_description_of_the_other_address_family_is_refused_with_its_warning() {
    let santral = Santral::demo();
    let caller = Stranger::at(61, &santral);
    let six = description("::1", 40_000, "");
    let (_, answer) = call(&caller, "family-1", &six);
    assert_eq!(status(&answer), 488, "{answer}");
    assert!(header(&answer, "Warning").is_some_and(|warning| warning.starts_with("301 ")), "{answer}");
    let four = description("127.0.0.61", 40_000, "");
    let (invite, answer) = call(&caller, "family-2", &four);
    assert_eq!(status(&answer), 200, "{answer}");
    let to_tag = tag(header(&answer, "To").unwrap()).unwrap().to_owned();
    for (cseq, method) in [(2, "UPDATE"), (3, "INVITE")] {
        let again = Ask { method, to_tag: &to_tag, cseq, body: &six, ..invite };
        let answer = caller.ask(&again);
        assert_eq!(status(&answer), 488, "{method}: {answer}");
        assert!(header(&answer, "Warning").is_some_and(|warning| warning.starts_with("301 ")), "{answer}");
    }
    let bye = Ask { method: "BYE", to_tag: &to_tag, cseq: 4, lines: "", body: "", ..invite };
    assert_eq!(status(&caller.ask(&bye)), 200, "the call was still there");
}

#[test]
fn a_key_by_info_is_heard_once_and_what_is_no_key_is_refused() {
    let santral = Santral::demo();
    let boss = Desk::supervisor(&santral);
    let caller = Stranger::at(62, &santral);
    let body = description("127.0.0.62", 40_000, "");
    let (invite, answer) = call(&caller, "info-1", &body);
    assert_eq!(status(&answer), 200, "{answer}");
    let to_tag = tag(header(&answer, "To").unwrap()).unwrap().to_owned();
    let mut cseq = 1;
    let mut inform = |lines: &str, body: &str| {
        cseq += 1;
        caller.ask(&Ask { method: "INFO", to_tag: &to_tag, cseq, lines, body, ..invite })
    };
    let refused = inform("Content-Type: text/plain\r\n", "1");
    assert_eq!(status(&refused), 415, "{refused}");
    assert_eq!(header(&refused, "Accept"), Some("application/dtmf-relay, application/dtmf"));
    assert_eq!(status(&inform("Info-Package: foo\r\n", "")), 469);
    assert_eq!(status(&inform("", "")), 200);
    assert_eq!(status(&inform("Content-Type: application/dtmf\r\n", "1\r\n")), 200);
    let begun = Instant::now();
    let row = wait_for("the menu to take the key", Duration::from_secs(15), || {
        let calls = boss.get("/calls?limit=10");
        let mut rows = calls["items"].as_array().unwrap().iter();
        rows.find(|row| row["from"] == "+905329876543" && !row["queue"].is_null()).cloned()
    });
    assert_eq!(row["ivr"].as_array().map(Vec::len), Some(1), "after {:?}: {row}", begun.elapsed());
    assert_eq!(row["ivr"][0]["key"], "1", "{row}");
    let bye = Ask { method: "BYE", to_tag: &to_tag, cseq: 20, lines: "", body: "", ..invite };
    assert_eq!(status(&caller.ask(&bye)), 200);
}
