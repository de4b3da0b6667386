//! Messages cut out of a stream.

use sip::frame::{Framed, Framer, PONG};
use sip::parse::{self, Framing, Limits, ParseError};

use crate::torture_own::{plain, written};

fn framer() -> Framer {
    Framer::new(Limits::default())
}

fn pushed(bytes: &[u8]) -> Framer {
    let mut framer = framer();
    framer.push(bytes);
    framer
}

fn message(body: &[u8]) -> Vec<u8> {
    written(&plain("MESSAGE", "Content-Length: LENGTH\n"), body)
}

#[test]
fn messages_come_out_one_by_one_and_whole() {
    let (one, two) = (message(b"bir"), message(b"iki\r\n\r\n"));
    let mut framer = framer();
    framer.push(&one);
    framer.push(&two[..two.len() - 1]);
    assert_eq!(framer.next(), Some(Ok(Framed::Message(one.into()))));
    assert_eq!(framer.next(), None);
    framer.push(&two[two.len() - 1..]);
    assert_eq!(framer.next(), Some(Ok(Framed::Message(two.into()))));
    assert_eq!((framer.next(), framer.held()), (None, 0));
}

#[test]
fn a_double_line_end_is_a_ping_and_a_single_one_is_nothing() {
    assert_eq!(PONG, b"\r\n");
    let mut framer = pushed(b"\r\n");
    assert_eq!(framer.next(), None);
    framer.push(b"\r\n");
    assert_eq!(framer.next(), Some(Ok(Framed::Ping)));
    framer.push(&[b"\r\n".to_vec(), message(b"x")].concat());
    assert_eq!(framer.next(), Some(Ok(Framed::Message(message(b"x").into()))));
}

#[test]
fn line_ends_and_nuls_in_front_of_a_message_mean_nothing() {
    for (filler, pings) in [
        (&b"\r\n\0"[..], 0),
        (b"\0", 0),
        (b"\0\0\r\n", 0),
        (b"\n", 0),
        (b"\r\n\n\r\n\0", 0),
        (b"\r\n\r\n\0", 1),
        (b"\0\r\n\r\n\r\n\r\n\r\n", 2),
    ] {
        let bytes = [filler, &message(b"x")].concat();
        let expected: Vec<_> =
            std::iter::repeat_n(Framed::Ping, pings).chain([Framed::Message(message(b"x").into())]).collect();
        let whole: Vec<_> = pushed(&bytes).map(|found| found.unwrap()).collect();
        assert_eq!(whole, expected, "{filler:?}");
        let mut framer = framer();
        let mut found = Vec::new();
        for byte in &bytes {
            framer.push(std::slice::from_ref(byte));
            found.extend(framer.by_ref().map(|found| found.unwrap()));
        }
        assert_eq!(found, expected, "{filler:?} byte by byte");
        let datagram = parse::message(&bytes, Framing::Datagram, &Limits::default());
        assert!(datagram.is_ok(), "{filler:?} as a datagram: {datagram:?}");
    }
}

#[test]
fn the_length_is_found_in_any_spelling() {
    for line in ["l:3", "L  :\t3", "content-lenGTH: 0003", "Content-Length:\n 3", "X: a\n l: 9\nl: 3"] {
        let bytes = written(&plain("MESSAGE", &format!("{line}\n")), b"abcKALAN");
        let Some(Ok(Framed::Message(frame))) = pushed(&bytes).next() else { panic!("{line}") };
        assert!(frame.ends_with(b"\r\n\r\nabc"), "{line}");
        assert!(parse::message(&frame, Framing::Stream, &Limits::default()).is_ok(), "{line}");
    }
}

#[test]
fn without_a_sure_length_the_stream_ends_and_the_request_is_refused() {
    for (lines, status) in [("", 400), ("l: 3\nl: 3\n", 400), ("l: -1\n", 400), ("l: uc\n", 400), ("l: 300000\n", 413)]
    {
        let mut framer = pushed(&written(&plain("MESSAGE", lines), b"abc"));
        let Some(Err(error)) = framer.next() else { panic!("{lines}") };
        let head = error.head.unwrap();
        assert!(head.ends_with(b"\r\n\r\n"));
        let Err(ParseError::Request(refused)) = parse::message(&head, Framing::Stream, &Limits::default()) else {
            panic!("{lines}")
        };
        assert_eq!((refused.status, refused.is_answerable()), (status, true), "{lines}");
        framer.push(&message(b"x"));
        assert_eq!((framer.next(), framer.held()), (None, 0), "nothing more is held");
    }
}

#[test]
fn headers_that_never_end_are_cut_at_the_limit() {
    let mut framer = framer();
    framer.push(b"INVITE sip:a@b SIP/2.0\r\n");
    for round in 0.. {
        framer.push(&b"X: y\r\n".repeat(200));
        if let Some(result) = framer.next() {
            assert_eq!(result.unwrap_err().head, None);
            break;
        }
        assert!(round < 100 && framer.held() <= 64 * 1024, "held {}", framer.held());
    }
    assert_eq!(framer.held(), 0);
}
