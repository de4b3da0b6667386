//! Large and hostile input costs time in proportion to its length, no more.

use std::time::{Duration, Instant};

use sip::frame::Framer;
use sip::parse::{self, Framing, Limits, ParseError};

use crate::judge::{Seen, judge, parse};
use crate::torture_own::{plain, written};

/// Far above what linear work needs on a slow machine, far below what squared work needs.
const PLENTY: Duration = Duration::from_secs(5);

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    assert!(start.elapsed() < PLENTY, "{what} took {:?}", start.elapsed());
    result
}

fn is_400<T>(result: Result<T, ParseError>) -> bool {
    matches!(result, Err(ParseError::Request(refused)) if refused.status == 400)
}

#[test]
fn ten_thousand_vias_are_refused_fast() {
    let short = written(&plain("OPTIONS", &"v:x\n".repeat(10_000)), b"");
    assert!(short.len() < 64 * 1024);
    let long = written(&plain("OPTIONS", &"Via: SIP/2.0/UDP h.example.com;branch=z9hG4bK1\n".repeat(10_000)), b"");
    for bytes in [short, long] {
        timed("10 000 Via", || (0..20).for_each(|_| assert!(is_400(parse(&bytes)))));
    }
}

#[test]
fn a_list_of_vias_in_one_field_is_judged_fast() {
    let line = format!("Via: {}\nl: 0\n", vec!["SIP/2.0/UDP a"; 4000].join(","));
    let bytes = written(&plain("OPTIONS", &line), b"");
    timed("4000 Vias in a line", || (0..20).for_each(|_| assert!(matches!(judge(&bytes), Seen::Request(_)))));
}

#[test]
fn a_header_of_a_megabyte_is_refused_fast() {
    for filler in ["x", "\"", "\\", "<", ",", ";a", "%", "\n ", " ", ":", "\r", "\t\n\t"] {
        let value = filler.repeat(1_000_000 / filler.len());
        for name in ["Subject", "Via", "From", "Contact"] {
            let bytes = written(&plain("OPTIONS", &format!("{name}: {value}\n")), b"");
            assert!(timed(filler, || is_400(parse(&bytes))), "{filler:?}");
        }
    }
}

#[test]
fn hostile_values_within_the_limit_are_judged_fast() {
    for filler in ["\"", "\\\"", "<", ",", ";a", ";a=", "%41", "\n ", "a,", "<sip:a>,", "@", ":", "[", "=\"\\", "("] {
        let value = filler.repeat(60_000 / filler.len());
        for line in [
            format!("Via: SIP/2.0/UDP a{value}"),
            format!("Contact: {value}"),
            format!("m: <sip:{value}>"),
            format!("Require: {value}"),
        ] {
            let bytes = written(&plain("OPTIONS", &format!("{line}\nl: 0\n")), b"");
            timed(filler, || crate::property::exercise(&bytes));
        }
    }
}

#[test]
fn hostile_bodies_are_read_fast() {
    let parts = "--q\r\n".repeat(50_000);
    let kind = sip::MediaType::parse(b"multipart/mixed;boundary=q").unwrap();
    timed("empty parts", || sip::multipart::parts(&kind, &parts.clone().into()));
    for line in [
        "m=audio 1 RTP/AVP 0\r\n",
        "a=rtpmap:8 PCMA/8000\r\n",
        "a=sendonly\r\n",
        "c=IN IP4 1.2.3.4\r\n",
        "t=0 0\r\n",
        "m=audio 1 RTP/AVP 0 \r\nc=IN IP4 a\r\n",
    ] {
        let text = format!("v=0\r\nm=audio 1 RTP/AVP 8\r\n{}", line.repeat(256 * 1024 / line.len()));
        timed(line, || (0..5).for_each(|_| drop(sip::sdp::read(text.as_bytes()).map(|s| s.audio()))));
    }
    let formats = format!("v=0\r\nc=IN IP4 1.2.3.4\r\nm=audio 1 RTP/AVP{}\r\n", " 8".repeat(120_000));
    timed("formats", || sip::sdp::read(formats.as_bytes()).unwrap().audio());
}

#[test]
fn a_stream_fed_byte_by_byte_costs_no_more_than_its_length() {
    let head = written(&plain("OPTIONS", &format!("X: {}\n", "y".repeat(60_000))), b"");
    timed("byte by byte", || {
        let mut framer = Framer::new(Limits::default());
        for byte in &head {
            framer.push(&[*byte]);
            if framer.next().is_some() {
                return;
            }
        }
        panic!("no end was found");
    });
}

#[test]
fn a_usual_message_is_read_in_microseconds() {
    let bytes = written(
        &plain("INVITE", "Contact: <sip:a@b>\nContent-Type: application/sdp\nl: LENGTH\n"),
        &crate::torture_own::sdp(),
    );
    timed("10 000 usual messages", || {
        for _ in 0..10_000 {
            assert!(parse::message(&bytes, Framing::Datagram, &Limits::default()).is_ok());
        }
    });
}
