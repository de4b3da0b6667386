//! Bytes to messages, RFC 3261 §7, in time linear in the length of the bytes.
//!
//! Only the frame of a message is judged here: start line, header lines, body length. What the headers say is read by
//! [`crate::header::Headers`] when it is needed, and judged by [`crate::validate`].

use bytes::Bytes;

use crate::header::{Header, Headers, Name};
use crate::lex;
use crate::message::{Message, Request, Response};
use crate::method::Method;
use crate::uri::Uri;

/// How large a message may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of start line and headers.
    pub head: usize,
    /// Header lines.
    pub fields: usize,
    /// Bytes of the body.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { head: 64 * 1024, fields: 512, body: 256 * 1024 }
    }
}

/// What the bytes came as, which decides what Content-Length means (RFC 3261 §18.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// One datagram: without Content-Length the body runs to its end, bytes behind the body are ignored.
    Datagram,
    /// A message cut out of a stream, where Content-Length must stand.
    Stream,
}

/// Why bytes are no message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParseError {
    /// Nothing but line ends and NULs: a keep-alive (RFC 5626 §4.4.1, and habit).
    Empty,
    /// Not a SIP message, or one that cannot be answered: to be dropped.
    Garbage(&'static str),
    /// A response that is broken: to be dropped.
    Response(&'static str),
    /// A request that is broken and may be answered.
    Request(Box<Refused>),
}

/// A broken request, with as much of it as was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What to answer: 400, 413, 505, …
    pub status: u16,
    /// The reason phrase to answer with.
    pub reason: &'static str,
    /// The method, when it could be read.
    pub method: Option<Method>,
    /// The headers that could be read.
    pub headers: Headers,
}

impl Refused {
    /// Whether an answer can be sent: a Via says where to, and it is not an ACK (RFC 3261 §17.1.1.3). The other headers
    /// are copied as far as they are there (RFC 4475 §3.3.1).
    pub fn is_answerable(&self) -> bool {
        self.method != Some(Method::Ack) && self.headers.has("Via")
    }
}

/// Reads one message from bytes it copies once; every value is a slice of that copy.
pub fn message(bytes: &[u8], framing: Framing, limits: &Limits) -> Result<Message, ParseError> {
    // What lies beyond both limits is never looked at, so it need not be copied either.
    let most = limits.head.saturating_add(limits.body).saturating_add(1);
    shared(&Bytes::copy_from_slice(bytes.get(..most).unwrap_or(bytes)), framing, limits)
}

/// Reads one message; every value is a slice of `bytes`.
pub fn shared(bytes: &Bytes, framing: Framing, limits: &Limits) -> Result<Message, ParseError> {
    let start = bytes.iter().position(|b| !lex::is_filler(*b)).ok_or(ParseError::Empty)?;
    let bytes = bytes.slice(start..);
    let (line, rest) = cut_line(&bytes).ok_or(ParseError::Garbage("no line"))?;
    let start = StartLine::parse(&bytes, line.get(..limits.head).unwrap_or(line));
    if let StartLine::Garbage(why) = start {
        return Err(ParseError::Garbage(why));
    }
    let head = Head::read(&bytes, rest, limits);
    start.message(head, framing, limits)
}

/// The first line without its CRLF, and what follows.
fn cut_line(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut from = 0;
    loop {
        let at = from + text.get(from..)?.iter().position(|b| *b == b'\n')?;
        if at > 0 && text.get(at - 1) == Some(&b'\r') {
            return Some((text.get(..at - 1)?, text.get(at + 1..)?));
        }
        from = at + 1;
    }
}

enum StartLine {
    Request { method: Method, uri: Uri },
    Broken { status: u16, reason: &'static str, method: Option<Method> },
    Status { status: u16, reason: Bytes },
    BrokenStatus(&'static str),
    Garbage(&'static str),
}

impl StartLine {
    fn parse(whole: &Bytes, line: &[u8]) -> Self {
        let prefix = line.get(..4).unwrap_or_default();
        if prefix.eq_ignore_ascii_case(b"SIP/") { Self::status(whole, line) } else { Self::request(whole, line) }
    }

    /// `SIP/2.0 200 OK`; the phrase may be empty and of any bytes (RFC 4475 §3.1.1.12 and §3.1.1.13).
    fn status(whole: &Bytes, line: &[u8]) -> Self {
        let mut words = line.splitn(3, |b| *b == b' ');
        let version = words.next().unwrap_or_default();
        if line.iter().any(|b| b"\r\n".contains(b)) {
            return Self::BrokenStatus("line end in the status line");
        }
        if !version.eq_ignore_ascii_case(b"SIP/2.0") {
            return Self::BrokenStatus("version");
        }
        let code = words.next().filter(|c| c.len() == 3).and_then(lex::number).and_then(|c| u16::try_from(c).ok());
        match code.filter(|c| (100..700).contains(c)) {
            Some(status) => Self::Status { status, reason: lex::share(whole, words.next().unwrap_or_default()) },
            None => Self::BrokenStatus("status code"),
        }
    }

    /// `INVITE sip:a@b SIP/2.0`, with exactly one space between the words and none around them.
    fn request(whole: &Bytes, line: &[u8]) -> Self {
        let words: Vec<&[u8]> = line.splitn(4, |b| *b == b' ').collect();
        let method = words.first().and_then(|m| Method::parse(m));
        let version = line.rsplit(|b| *b == b' ').find(|w| !w.is_empty()).unwrap_or_default();
        if !version.get(..4).is_some_and(|v| v.eq_ignore_ascii_case(b"SIP/")) {
            return Self::Garbage("not SIP");
        }
        if !version.eq_ignore_ascii_case(b"SIP/2.0") {
            return Self::version(version, method);
        }
        let broken = |reason| Self::Broken { status: 400, reason, method: method.clone() };
        let [_, uri, _] = words.as_slice() else {
            return broken("Bad Request-Line");
        };
        match (method.clone(), Uri::parse_shared(&lex::share(whole, uri))) {
            (Some(method), Some(uri)) => Self::Request { method, uri },
            (None, _) => broken("Bad Method"),
            (_, None) => broken("Bad Request-URI"),
        }
    }

    fn version(version: &[u8], method: Option<Method>) -> Self {
        let numbers = version.get(4..).unwrap_or_default();
        let digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
        let mut parts = numbers.splitn(2, |b| *b == b'.');
        let good = parts.next().is_some_and(digits) && parts.next().is_some_and(digits);
        let (status, reason) = if good { (505, "Version Not Supported") } else { (400, "Bad SIP-Version") };
        Self::Broken { status, reason, method }
    }

    fn message(self, head: Head<'_>, framing: Framing, limits: &Limits) -> Result<Message, ParseError> {
        match self {
            Self::Garbage(why) => Err(ParseError::Garbage(why)),
            Self::BrokenStatus(why) => Err(ParseError::Response(why)),
            Self::Broken { status, reason, method } => Err(refuse(status, reason, method, head.headers)),
            Self::Status { status, reason } => match head.body(framing, limits) {
                Ok((headers, body)) => Ok(Message::Response(Response { status, reason, headers, body })),
                Err((_, why, _)) => Err(ParseError::Response(why)),
            },
            Self::Request { method, uri } => match head.body(framing, limits) {
                Ok((headers, body)) => Ok(Message::Request(Request { method, uri, headers, body })),
                Err((status, why, headers)) => Err(refuse(status, why, Some(method), headers)),
            },
        }
    }
}

fn refuse(status: u16, reason: &'static str, method: Option<Method>, headers: Headers) -> ParseError {
    ParseError::Request(Box::new(Refused { status, reason, method, headers }))
}

/// The header fields, and the bytes behind the empty line.
struct Head<'a> {
    whole: &'a Bytes,
    headers: Headers,
    rest: &'a [u8],
    /// The first thing wrong. Headers behind it are read all the same: an answer needs them.
    fault: Option<&'static str>,
}

impl<'a> Head<'a> {
    fn read(whole: &'a Bytes, text: &'a [u8], limits: &Limits) -> Self {
        let mut head = Self { whole, headers: Headers::new(), rest: text, fault: None };
        // The start line counts too.
        let line_length = whole.len() - text.len();
        let bound = limits.head.saturating_sub(line_length).min(text.len());
        loop {
            let used = text.len() - head.rest.len();
            let window = head.rest.get(..bound.saturating_sub(used)).unwrap_or_default();
            let end = match field_end(window) {
                Some(0) => break head.rest = head.rest.get(2..).unwrap_or_default(),
                Some(_) if head.headers.len() >= limits.fields => break head.is_faulty("Too Many Headers"),
                Some(end) => end,
                None if bound < text.len() => break head.is_faulty("Headers Too Large"),
                None => break head.is_faulty("Headers Not Ended"),
            };
            match field(whole, window.get(..end).unwrap_or_default()) {
                Ok(header) => head.headers.push_parsed(header),
                Err(why) => head.is_faulty(why),
            }
            head.rest = head.rest.get(end + 2..).unwrap_or_default();
        }
        head
    }

    fn is_faulty(&mut self, why: &'static str) {
        self.fault.get_or_insert(why);
    }

    /// The headers without Content-Length, and the body; or the status and words of the refusal.
    fn body(mut self, framing: Framing, limits: &Limits) -> Result<(Headers, Bytes), (u16, &'static str, Headers)> {
        match self.measured(framing, limits) {
            Ok(body) => {
                self.headers.remove("Content-Length");
                Ok((self.headers, body))
            }
            Err((status, why)) => Err((status, why, self.headers)),
        }
    }

    fn measured(&self, framing: Framing, limits: &Limits) -> Result<Bytes, (u16, &'static str)> {
        if let Some(fault) = self.fault {
            return Err((400, fault));
        }
        let said = self.headers.content_length().map_err(|_| (400, "Bad Content-Length"))?;
        let length = match (said, framing) {
            (Some(length), _) => length,
            (None, Framing::Datagram) => self.rest.len(),
            (None, Framing::Stream) => return Err((400, "Missing Content-Length")),
        };
        if length > limits.body {
            return Err((413, "Request Entity Too Large"));
        }
        let body = self.rest.get(..length).ok_or((400, "Body Shorter Than Content-Length"))?;
        Ok(lex::share(self.whole, body))
    }
}

/// One field with its folded lines, the last CRLF left out.
fn field(whole: &Bytes, text: &[u8]) -> Result<Header, &'static str> {
    let colon = text.iter().position(|b| *b == b':').ok_or("Header Without Colon")?;
    let (name, value) = text.split_at(colon);
    let end = name.iter().rposition(|b| !lex::is_space(*b)).ok_or("Bad Header Name")?;
    let name = name.get(..=end).filter(|n| lex::is_token(n)).ok_or("Bad Header Name")?;
    let value = unfold(whole, value.get(1..).unwrap_or_default()).ok_or("Bad Header Value")?;
    Ok(Header { name: Name::parse(&lex::share(whole, name)), value })
}

/// Where the field at the beginning of `text` ends: at a CRLF not followed by white space. `Some(0)` is the empty line.
fn field_end(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let (line, _) = cut_line(text.get(from..)?)?;
        let end = from + line.len();
        if end == 0 || !text.get(end + 2).is_some_and(|b| lex::is_space(*b)) {
            return Some(end);
        }
        from = end + 2;
    }
}

/// The value with each fold made one space (RFC 3261 §7.3.1). `None` when a lone CR or LF stands in it.
fn unfold(whole: &Bytes, value: &[u8]) -> Option<Bytes> {
    let value = lex::trim_lines(value);
    if !value.iter().any(|b| b"\r\n".contains(b)) {
        return Some(lex::share(whole, value));
    }
    let mut out: Vec<u8> = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((line, more)) = cut_line(rest) {
        out.extend_from_slice(lex::trim(line));
        out.push(b' ');
        rest = more;
    }
    out.extend_from_slice(lex::trim(rest));
    (!out.iter().any(|b| b"\r\n".contains(b))).then(|| out.into())
}
