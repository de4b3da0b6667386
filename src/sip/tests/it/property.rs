//! What holds for any bytes and any message.

use bytes::Bytes;
use proptest::prelude::*;
use sip::frame::{Framed, Framer};
use sip::parse::{self, Framing, Limits};
use sip::validate::{self, Rules};
use sip::{Address, Headers, Message, Method, Request, Response, Uri, Via};

use crate::judge::parse;

/// A small generator of our own, so that a mutation is replayed by its number.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides.max(1)).unwrap()).unwrap()
    }
}

/// Gives `times` damaged copies of a message to `take`: bytes changed, cut out, doubled, cut off.
pub fn mutate(bytes: &[u8], times: u64, mut take: impl FnMut(&[u8])) {
    const NASTY: &[u8] = b"\r\n \t\"<>;,:=@%?&[]\\\0\xff\x80/0z";
    for seed in 0..times {
        let mut dice = Dice::new(seed + 1);
        let mut mutant = bytes.to_vec();
        for _ in 0..=dice.roll(6) {
            let at = dice.roll(mutant.len());
            let until = (at + dice.roll(20)).min(mutant.len());
            match dice.roll(5) {
                0 if at < mutant.len() => mutant[at] = NASTY[dice.roll(NASTY.len())],
                1 => drop(mutant.drain(at..until)),
                2 => {
                    let copy = mutant[at..until].to_vec();
                    mutant.splice(at..at, copy);
                }
                3 => mutant.insert(at, NASTY[dice.roll(NASTY.len())]),
                _ if dice.roll(8) == 0 => mutant.truncate(at),
                _ => {}
            }
        }
        take(&mutant);
    }
}

/// Calls everything that reads a message. Nothing may panic; what can be read can be printed and read again.
pub fn exercise(bytes: &[u8]) {
    for framing in [Framing::Datagram, Framing::Stream] {
        match parse::message(bytes, framing, &Limits::default()) {
            Ok(message) => exercise_message(&message),
            Err(parse::ParseError::Request(refused)) => exercise_headers(&refused.headers),
            Err(_) => {}
        }
    }
}

fn exercise_message(message: &Message) {
    exercise_headers(message.headers());
    match message {
        Message::Request(request) => {
            let _ = validate::request(request, &Rules::default());
            let _ = (request.uri.host(), request.uri.user_decoded(), request.uri.params().count());
            let _ = request.sdp().map(|body| sip::sdp::read(&body).map(|sdp| sdp.audio()));
        }
        Message::Response(response) => {
            let _ = (validate::response(response), response.sdp());
            let _ = sip::digest::Challenge::all(&response.headers, false);
        }
    }
    let again = parse(&message.to_bytes()).unwrap();
    assert_eq!(&again, message);
}

fn exercise_headers(headers: &Headers) {
    let _ = (headers.vias(), headers.from(), headers.to(), headers.call_id(), headers.cseq(), headers.contacts());
    let _ = (headers.max_forwards(), headers.content_type(), headers.routes(), headers.record_routes());
    let _ = (headers.expires(), headers.supported(), headers.allow(), headers.refer_to(), headers.contact_is_star());
    let _ = Response::answering(headers, 400).to_bytes();
}

fn token() -> impl Strategy<Value = String> {
    "[A-Za-z0-9.!%*_+`'~-]{1,12}"
}

fn host() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z][a-z0-9-]{0,8}(\\.[a-z]{2,5}){0,2}",
        any::<[u8; 4]>().prop_map(|a| std::net::Ipv4Addr::from(a).to_string()),
        any::<[u16; 8]>().prop_map(|a| format!("[{}]", std::net::Ipv6Addr::from(a))),
    ]
}

fn uri() -> impl Strategy<Value = Uri> {
    let user = prop::option::of("([A-Za-z0-9*+.!~'()&=$,;?/-]|%[0-9A-Fa-f]{2}){1,12}");
    let port = prop::option::of(any::<u16>());
    let params = prop::collection::vec(("[a-z]{1,6}", prop::option::of("([a-z0-9.]|%[0-9A-F]{2}){1,6}")), 0..3);
    (prop_oneof![Just("sip"), Just("sips"), Just("SIP")], user, host(), port, params).prop_map(
        |(scheme, user, host, port, params)| {
            let mut text = format!("{scheme}:");
            text.extend(user.map(|u| u + "@"));
            text.push_str(&host);
            text.extend(port.map(|p| format!(":{p}")));
            for (name, value) in params {
                text.push_str(&format!(";{name}"));
                text.extend(value.map(|v| format!("={v}")));
            }
            Uri::parse(&text).unwrap_or_else(|| panic!("not read: {text}"))
        },
    )
}

fn address() -> impl Strategy<Value = Address> {
    (uri(), prop::option::of(".{0,12}"), prop::option::of(token())).prop_map(|(uri, display, tag)| {
        // A line end has no place in a header: it is printed as a space.
        let display = display.map(|d| d.replace(['\r', '\n'], " "));
        let mut address = Address::new(uri);
        address = display.into_iter().fold(address, |a, d| a.with_display(&d));
        tag.into_iter().fold(address, |a, t| a.with_tag(&t))
    })
}

/// Any bytes that may stand in a header value.
fn value() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>().prop_filter("no line ends", |b| !b"\r\n".contains(b)), 0..40).prop_map(|v| {
        let text = v.as_slice();
        let start = text.iter().position(|b| !b" \t".contains(b)).unwrap_or(text.len());
        let end = text.iter().rposition(|b| !b" \t".contains(b)).map_or(start, |i| i + 1);
        text[start..end].to_vec()
    })
}

fn headers() -> impl Strategy<Value = Headers> {
    let extra = prop::collection::vec(("X-[A-Za-z0-9-]{1,10}", value()), 0..6);
    (address(), address(), token(), any::<u32>(), extra).prop_map(|(from, to, branch, number, extra)| {
        let mut headers = Headers::new();
        let via = Via::new("UDP", ([192, 0, 2, 1], 5060).into(), &branch);
        headers.push("Via", via.to_string());
        headers.push("From", from.to_bytes());
        headers.push("To", to.to_bytes());
        headers.push("CSeq", format!("{number} INVITE"));
        for (name, value) in extra {
            headers.push(&name, value);
        }
        headers
    })
}

fn message() -> impl Strategy<Value = Message> {
    let body = prop::collection::vec(any::<u8>(), 0..200).prop_map(Bytes::from);
    let method = prop_oneof![Just("INVITE".to_owned()), Just("BYE".to_owned()), token()];
    let request = (method, uri(), headers(), body.clone()).prop_map(|(method, uri, headers, body)| {
        let method = Method::parse(method.as_bytes()).unwrap();
        Message::Request(Request { method, uri, headers, body })
    });
    let response = (100u16..700, value(), headers(), body).prop_map(|(status, reason, headers, body)| {
        Message::Response(Response { status, reason: reason.into(), headers, body })
    });
    prop_oneof![request, response]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_printed_message_is_read_as_itself(message in message()) {
        prop_assert_eq!(parse(&message.to_bytes()).unwrap(), message);
    }

    #[test]
    fn a_printed_message_passes_a_stream(message in message()) {
        let mut framer = Framer::new(Limits::default());
        framer.push(&message.to_bytes());
        let Some(Ok(Framed::Message(bytes))) = framer.next() else { panic!("no frame") };
        prop_assert_eq!(parse::shared(&bytes, Framing::Stream, &Limits::default()).unwrap(), message);
        prop_assert_eq!(framer.held(), 0);
    }

    #[test]
    fn addresses_read_back_as_themselves(address in address()) {
        prop_assert_eq!(Address::parse(&address.to_bytes()), Some(address));
    }

    #[test]
    fn a_uri_is_printed_as_it_came_and_equals_itself(uri in uri()) {
        let again = Uri::parse(uri.as_str()).unwrap();
        prop_assert_eq!(again.as_str(), uri.as_str());
        prop_assert!(uri.equivalent(&again));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        exercise(&bytes);
        let _ = sip::sdp::read(&bytes).map(|sdp| sdp.audio());
        let _ = (Uri::parse(&bytes), Address::parse(&bytes), Via::parse(&bytes));
    }

    #[test]
    fn arbitrary_lines_behind_a_request_line_never_panic(lines in "(Via|To|m|l|Contact|c| )?[: ;,<>\"=%a-z0-9\r\n]{0,200}") {
        exercise(format!("INVITE sip:a@b SIP/2.0\r\n{lines}\r\n\r\n").as_bytes());
    }

    #[test]
    fn damaged_messages_never_panic(message in message(), seed in any::<u64>()) {
        mutate(&message.to_bytes(), 4, exercise);
        let mut dice = Dice::new(seed);
        let bytes = message.to_bytes();
        exercise(&bytes[..dice.roll(bytes.len())]);
    }

    #[test]
    fn chunks_of_any_size_give_the_same_frames(
        messages in prop::collection::vec((message(), 0usize..3), 1..5),
        cuts in prop::collection::vec(1usize..90, 1..60),
    ) {
        let mut bytes = Vec::new();
        for (message, line_ends) in &messages {
            bytes.extend(b"\r\n".repeat(*line_ends));
            bytes.extend_from_slice(&message.to_bytes());
        }
        let mut whole = Framer::new(Limits::default());
        whole.push(&bytes);
        let expected: Vec<_> = whole.by_ref().collect();
        let mut framer = Framer::new(Limits::default());
        let (mut seen, mut rest, mut cuts) = (Vec::new(), bytes.as_slice(), cuts.into_iter().cycle());
        while !rest.is_empty() {
            let (chunk, more) = rest.split_at(cuts.next().unwrap().min(rest.len()));
            framer.push(chunk);
            seen.extend(framer.by_ref());
            rest = more;
        }
        prop_assert_eq!(seen.iter().filter(|f| matches!(f, Ok(Framed::Message(_)))).count(), messages.len());
        prop_assert_eq!(seen, expected);
    }
}
