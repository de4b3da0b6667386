//! Reading and printing whole messages.

use bytes::Bytes;
use sip::parse::{self, Framing, Limits, ParseError};
use sip::validate::{self, Rules, Verdict};
use sip::{Message, Method, Response};

use crate::judge::{Seen, judge, parse};
use crate::torture_own::{plain, sdp, written};

fn stream(bytes: &[u8]) -> Result<Message, ParseError> {
    parse::message(bytes, Framing::Stream, &Limits::default())
}

fn status(result: Result<Message, ParseError>) -> Option<u16> {
    match result {
        Err(ParseError::Request(refused)) => Some(refused.status),
        _ => None,
    }
}

#[test]
fn a_datagram_without_length_has_the_rest_as_its_body() {
    let request = judge(&written(&plain("OPTIONS", ""), b"a\r\nb")).request();
    assert_eq!(request.body.as_ref(), b"a\r\nb");
    assert!(request.to_bytes().ends_with(b"Content-Length: 4\r\n\r\na\r\nb"));
}

#[test]
fn bytes_behind_the_body_of_a_datagram_are_ignored_and_missing_ones_refused() {
    let bytes = written(&plain("OPTIONS", "Content-Length: 3\n"), b"abcdef");
    assert_eq!(judge(&bytes).request().body.as_ref(), b"abc");
    assert_eq!(status(parse(&bytes[..bytes.len() - 4])), Some(400));
}

#[test]
fn on_a_stream_the_length_must_stand_there() {
    assert_eq!(status(stream(&written(&plain("OPTIONS", ""), b"abc"))), Some(400));
    assert!(stream(&written(&plain("OPTIONS", "l: 3\n"), b"abc")).is_ok());
}

#[test]
fn a_length_that_is_no_number_or_stands_twice_is_refused() {
    for lines in ["l: 3x\n", "l: \n", "l: +3\n", "l: 3, 3\n", "l: 3\nContent-Length: 3\n", "l: 0x3\n"] {
        assert_eq!(status(parse(&written(&plain("OPTIONS", lines), b"abc"))), Some(400), "{lines}");
    }
    assert!(parse(&written(&plain("OPTIONS", "l: 00003\n"), b"abc")).is_ok());
}

#[test]
fn a_body_beyond_the_limit_is_413_even_before_it_has_come() {
    let large = written(&plain("MESSAGE", "Content-Length: 262145\n"), b"");
    assert_eq!((status(stream(&large)), status(parse(&large))), (Some(413), Some(413)));
    let most = written(&plain("MESSAGE", "Content-Length: LENGTH\n"), &vec![b'x'; 256 * 1024]);
    assert!(stream(&most).is_ok());
    let unnamed = written(&plain("MESSAGE", ""), &vec![b'x'; 256 * 1024 + 1]);
    assert_eq!(status(parse(&unnamed)), Some(413));
}

#[test]
fn keep_alives_and_noise_are_told_from_messages() {
    for noise in [&b""[..], b"\r\n", b"\r\n\r\n", b"\0", b"\r\n\0\r\n"] {
        assert_eq!(parse(noise), Err(ParseError::Empty));
    }
    for noise in [&b"\x01"[..], b"GET / HTTP/1.1\r\n\r\n", b"merhaba\r\n\r\n", b"\x16\x03\x01\x02", b"SIP\r\n\r\n"] {
        assert!(matches!(parse(noise), Err(ParseError::Garbage(_))), "{noise:?}");
    }
    let request = judge(&[b"\r\n\r\n".to_vec(), written(&plain("OPTIONS", "l: 0\n"), b"")].concat()).request();
    assert_eq!(request.method, Method::Options);
}

#[test]
fn a_broken_request_can_be_answered_with_what_was_understood() {
    let bytes = written(&plain("INVITE", "l: 0\nbozuk satır\n"), b"");
    let Err(ParseError::Request(refused)) = parse(&bytes) else { panic!() };
    assert!(refused.is_answerable());
    assert_eq!((refused.status, refused.method.clone()), (400, Some(Method::Invite)));
    let answer = Response::answering(&refused.headers, refused.status);
    let text = String::from_utf8(answer.to_bytes().to_vec()).unwrap();
    assert!(
        text.starts_with("SIP/2.0 400 Bad Request\r\nVia: SIP/2.0/UDP 198.51.100.9:5070;branch=z9hG4bKizmir35\r\n")
    );
    for line in ["From: <sip:kasa@example.org>;tag=k1", "Call-ID: bir@kasa", "CSeq: 4 INVITE", "Content-Length: 0"] {
        assert!(text.contains(&format!("{line}\r\n")), "{line}");
    }
}

#[test]
fn headers_behind_a_broken_line_are_still_read_for_the_answer() {
    let head = plain("INVITE", "l: 0\n").replacen("SIP/2.0\n", "SIP/2.0\nbozuk satır\n: adsız\nA\u{1}B: x\n", 1);
    let Err(ParseError::Request(refused)) = parse(&written(&head, b"")) else { panic!() };
    assert_eq!((refused.reason, refused.is_answerable()), ("Header Without Colon", true));
    assert_eq!((refused.headers.cseq().unwrap().number, refused.headers.len()), (4, 7));
}

#[test]
fn a_broken_ack_is_never_answered() {
    let Err(ParseError::Request(refused)) = parse(&written(&plain("ACK", "l: 0\nbozuk\n"), b"")) else { panic!() };
    assert!(!refused.is_answerable());
}

#[test]
fn versions_are_told_from_rubbish() {
    for (version, answer) in [("SIP/2.1", 505), ("SIP/10.0", 505), ("SIP/x", 400), ("SIP/", 400), ("SIP/2.", 400)] {
        let bytes = written(&plain("OPTIONS", "l: 0\n").replacen("SIP/2.0\n", &format!("{version}\n"), 1), b"");
        assert_eq!(status(parse(&bytes)), Some(answer), "{version}");
    }
    assert!(parse(&written(&plain("OPTIONS", "l: 0\n").replacen("SIP/2.0\n", "sip/2.0\n", 1), b"")).is_ok());
}

#[test]
fn a_request_line_of_many_words_is_refused_and_not_ignored() {
    let head =
        plain("OPTIONS", "l: 0\n").replacen("sip:depo@example.com SIP", &format!("sip:{}b@c SIP", "a ".repeat(40)), 1);
    assert_eq!(status(parse(&written(&head, b""))), Some(400));
}

#[test]
fn headers_in_other_charsets_pass_through_untouched() {
    let mut bytes = plain("OPTIONS", "").replace('\n', "\r\n").into_bytes();
    bytes.extend(b"Subject: \xdeef aran\xfdyor\r\nl: 2\r\n\r\nok");
    let request = judge(&bytes).request();
    assert_eq!(request.headers.get("Subject"), Some(&b"\xdeef aran\xfdyor"[..]));
    let Ok(Message::Request(again)) = parse(&request.to_bytes()) else { panic!() };
    assert_eq!((again.headers.get("Subject"), again.body.as_ref()), (request.headers.get("Subject"), &b"ok"[..]));
}

#[test]
fn values_are_slices_of_the_bytes_that_came() {
    let bytes = Bytes::from(written(&plain("OPTIONS", "X-Uzun: değer\nl: LENGTH\n"), b"govde"));
    let Ok(Message::Request(request)) = parse::shared(&bytes, Framing::Datagram, &Limits::default()) else { panic!() };
    let range = bytes.as_ptr_range();
    for value in [request.headers.shared("X-Uzun").unwrap(), request.headers.call_id().unwrap(), &request.body] {
        assert!(range.contains(&value.as_ptr()));
    }
}

#[test]
fn status_lines_are_exact() {
    let read = |line: &str| {
        let head = plain("OPTIONS", "l: 0\n");
        parse(&written(&format!("{line}\n{}", head.split_once('\n').unwrap().1), b""))
    };
    for line in [
        "SIP/2.0 99 x",
        "SIP/2.0 700 x",
        "SIP/2.0 20 OK",
        "SIP/2.0 0200 OK",
        "SIP/2.0  200 OK",
        "SIP/2.0",
        "SIP/1.0 200 OK",
    ] {
        assert!(matches!(read(line), Err(ParseError::Response(_))), "{line}");
    }
    for line in ["SIP/2.0 200 OK", "SIP/2.0 699", "sip/2.0 180  Ringing "] {
        assert!(read(line).is_ok(), "{line}");
    }
}

#[test]
fn a_response_that_passed_another_hop_is_not_ours() {
    let head = |extra: &str| {
        let head = plain("OPTIONS", &format!("{extra}l: 0\n"));
        written(&format!("SIP/2.0 200 OK\n{}", head.split_once('\n').unwrap().1), b"")
    };
    assert_eq!(judge(&head("")).response().status, 200);
    assert!(matches!(judge(&head("v: SIP/2.0/UDP 192.0.2.1\n")), Seen::Dropped));
}

fn refused(method: &str, lines: &str, body: &[u8]) -> (u16, String, Vec<(&'static str, String)>) {
    match judge(&written(&plain(method, lines), body)) {
        Seen::Answered(status, reason, extra) => (status, reason, extra),
        other => panic!("{other:?}"),
    }
}

#[test]
fn refusals_say_why_and_what_would_do() {
    assert_eq!(refused("OPTIONS", "CSeq: 4 OPTIONS\nl: 0\n", b"").1, "Repeated CSeq");
    assert_eq!(refused("INVITE", "l: 0\n", b"").1, "Missing Contact");
    let (status, _, extra) = refused("PUBLISH", "l: 0\n", b"");
    assert_eq!((status, extra[0].0), (405, "Allow"));
    assert!(extra[0].1.starts_with("INVITE, ACK, BYE"));
    let lines = "Contact: <sip:a@b>\nContent-Type: application/sdp\nContent-Encoding: gzip\nl: LENGTH\n";
    assert_eq!(refused("INVITE", lines, &sdp()).2, [("Accept-Encoding", "identity".to_owned())]);
}

#[test]
fn what_a_user_agent_can_do_is_told_to_the_judge() {
    let request = judge(&written(&plain("OPTIONS", "Require: timer\nl: 0\n"), b"")).request();
    let rules = Rules { allow: vec![Method::Options], supported: Vec::new() };
    let Verdict::Refuse(refusal) = validate::request(&request, &rules) else { panic!() };
    assert_eq!((refusal.status, refusal.extra), (420, vec![("Unsupported", "timer".to_owned())]));
    let rules = Rules { allow: vec![Method::Bye], ..Rules::default() };
    let Verdict::Refuse(refusal) = validate::request(&request, &rules) else { panic!() };
    assert_eq!(refusal.extra, [("Allow", "BYE".to_owned())]);
}

#[test]
fn bodies_an_invite_may_carry() {
    let invite = |lines: &str, body: &[u8]| {
        judge(&written(&plain("INVITE", &format!("Contact: <sip:a@b>\n{lines}Content-Length: LENGTH\n")), body))
    };
    assert_eq!(invite("", b"").request().sdp(), None);
    assert_eq!(invite("Content-Type: APPLICATION/Sdp;charset=x\n", &sdp()).request().sdp().unwrap(), sdp());
    assert!(matches!(invite("", &sdp()), Seen::Answered(415, ..)));
    let optional = "Content-Type: application/x-harita\nContent-Disposition: render;handling=optional\n";
    assert_eq!(invite(optional, b"xyz").request().sdp(), None);
    assert!(matches!(invite("Accept: */*;q=0.1\n", b""), Seen::Request(_)));
    let parts = "--q\r\n\r\nmetin\r\n--q--\r\n";
    assert!(matches!(invite("Content-Type: multipart/mixed;boundary=q\n", parts.as_bytes()), Seen::Answered(415, ..)));
    let parts = "--q\r\nContent-Disposition: render;handling=optional\r\n\r\nmetin\r\n--q--\r\n";
    assert_eq!(invite("Content-Type: multipart/mixed;boundary=q\n", parts.as_bytes()).request().sdp(), None);
}

#[test]
fn a_provisional_100_repeats_the_timestamp_and_others_do_not() {
    let request = judge(&written(&plain("OPTIONS", "Timestamp: 54\nl: 0\n"), b"")).request();
    assert_eq!(Response::answering(&request.headers, 100).headers.get("Timestamp"), Some(&b"54"[..]));
    assert!(!Response::answering(&request.headers, 200).headers.has("Timestamp"));
}
