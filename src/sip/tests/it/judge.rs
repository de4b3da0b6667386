//! What a user agent server makes of a datagram before it looks at what the message means.

use sip::parse::{self, Framing, Limits, ParseError};
use sip::validate::{self, Rules, Verdict};
use sip::{Message, Request, Response};

/// The outcome.
#[derive(Debug)]
pub enum Seen {
    Request(Request),
    Response(Response),
    /// Answered with this status, these words and these headers.
    Answered(u16, String, Vec<(&'static str, String)>),
    /// Not answered, not looked at.
    Dropped,
}

pub fn parse(bytes: &[u8]) -> Result<Message, ParseError> {
    parse::message(bytes, Framing::Datagram, &Limits::default())
}

pub fn judge(bytes: &[u8]) -> Seen {
    match parse(bytes) {
        Ok(Message::Request(request)) => match validate::request(&request, &Rules::default()) {
            Verdict::Accept => Seen::Request(request),
            Verdict::Refuse(refusal) => Seen::Answered(refusal.status, refusal.reason.into_owned(), refusal.extra),
        },
        Ok(Message::Response(response)) if validate::response(&response) => Seen::Response(response),
        Ok(Message::Response(_)) => Seen::Dropped,
        Err(ParseError::Request(refused)) if refused.is_answerable() => {
            Seen::Answered(refused.status, refused.reason.into(), Vec::new())
        }
        Err(_) => Seen::Dropped,
    }
}

impl Seen {
    pub fn request(self) -> Request {
        match self {
            Self::Request(request) => request,
            other => panic!("not a good request: {other:?}"),
        }
    }

    pub fn response(self) -> Response {
        match self {
            Self::Response(response) => response,
            other => panic!("not a good response: {other:?}"),
        }
    }
}

/// What a row of a torture table says.
pub enum Expect {
    /// Taken, and the parts must read as the function says.
    Request(fn(&Request)),
    Response(fn(&Response)),
    /// Answered with this status, and the answer's header of that name contains that text.
    Answer(u16),
    AnswerWith(u16, &'static str, &'static str),
    Drop,
}

/// One row: a name, what is expected, the section of RFC 4475 and why.
pub struct Row(pub &'static str, pub Expect, pub &'static str);

/// Checks one row; the text of the failure if it fails.
pub fn check(row: &Row, bytes: &[u8]) -> Result<(), String> {
    let Row(name, expect, why) = row;
    let seen = judge(bytes);
    let good = match (expect, &seen) {
        (Expect::Request(check), Seen::Request(request)) => {
            check(request);
            survives_printing(request);
            true
        }
        (Expect::Response(check), Seen::Response(response)) => {
            check(response);
            true
        }
        (Expect::Answer(status), Seen::Answered(said, ..)) => status == said,
        (Expect::AnswerWith(status, header, text), Seen::Answered(said, _, extra)) => {
            status == said && extra.iter().any(|(name, value)| name == header && value.contains(text))
        }
        (Expect::Drop, Seen::Dropped) => true,
        _ => false,
    };
    if good { Ok(()) } else { Err(format!("{name} ({why}): {seen:?}")) }
}

fn survives_printing(request: &Request) {
    let Ok(Message::Request(again)) = parse(&request.to_bytes()) else { panic!("a printed request was not read") };
    assert_eq!(&again, request);
}
