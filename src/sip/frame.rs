//! Cutting a stream into messages, RFC 3261 §18.3 and RFC 5626 §4.4.1, in time linear in the bytes pushed.

use bytes::{Buf, Bytes, BytesMut};

use crate::lex;
use crate::parse::Limits;

/// One thing found in a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Framed {
    /// A whole message, for [`crate::parse::message`] with [`crate::parse::Framing::Stream`].
    Message(Bytes),
    /// A keep-alive ping (two line ends); the answer is one line end ([`PONG`]).
    Ping,
}

/// The answer to a ping.
pub const PONG: &[u8] = b"\r\n";

/// Where one message ends and the next begins cannot be known any more: answer if possible, then close.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameError {
    /// What is wrong.
    pub reason: &'static str,
    /// Start line and headers, when they were whole. Given to the user agent as a message they are refused there with
    /// the status that fits: 400 or 413.
    pub head: Option<Bytes>,
}

/// Cuts the bytes of one stream into messages; an iterator that yields `None` until more bytes are pushed.
/// After an error it yields nothing more.
#[derive(Debug)]
pub struct Framer {
    limits: Limits,
    buffer: BytesMut,
    /// Bytes of the buffer already searched for the end of the headers.
    searched: usize,
    /// Length of the message at the front, once its headers are whole.
    wanted: Option<usize>,
    broken: bool,
}

/// What stands where a message could begin.
enum Between {
    Ping,
    /// Too few bytes to say.
    Unknown,
    Message,
}

impl Framer {
    /// A framer for a new stream.
    pub fn new(limits: Limits) -> Self {
        Self { limits, buffer: BytesMut::new(), searched: 0, wanted: None, broken: false }
    }

    /// Takes bytes as they came from the stream. Drain the iterator before pushing more: it bounds what is held.
    pub fn push(&mut self, bytes: &[u8]) {
        if !self.broken {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// Bytes held that are no whole message yet.
    pub fn held(&self) -> usize {
        self.buffer.len()
    }

    fn fail(&mut self, reason: &'static str, head: Option<usize>) -> FrameError {
        let head = head.map(|length| self.buffer.split_to(length).freeze());
        self.broken = true;
        self.buffer = BytesMut::new();
        FrameError { reason, head }
    }

    /// Line ends and NULs between messages: two line ends are a ping, anything else of the kind is skipped.
    fn between(&mut self) -> Between {
        const TWO: &[u8] = b"\r\n\r\n";
        if self.wanted.is_some() || self.searched > 0 {
            return Between::Message;
        }
        while let Some(first) = self.buffer.first().copied() {
            if self.buffer.starts_with(TWO) {
                self.buffer.advance(TWO.len());
                return Between::Ping;
            }
            if TWO.starts_with(&self.buffer) {
                return Between::Unknown;
            }
            if !lex::is_filler(first) {
                return Between::Message;
            }
            self.buffer.advance(1);
        }
        Between::Unknown
    }

    /// Length of the whole message once the headers are there.
    fn measure(&mut self) -> Result<Option<usize>, FrameError> {
        if self.wanted.is_some() {
            return Ok(self.wanted);
        }
        // The mark may have begun in the bytes searched last.
        let from = self.searched.saturating_sub(3);
        let window = self.buffer.get(from..self.buffer.len().min(self.limits.head)).unwrap_or_default();
        let Some(at) = window.windows(4).position(|w| w == b"\r\n\r\n") else {
            self.searched = from + window.len();
            return if self.buffer.len() >= self.limits.head {
                Err(self.fail("Headers Too Large", None))
            } else {
                Ok(None)
            };
        };
        let head = from + at + 4;
        match content_length(self.buffer.get(..head).unwrap_or_default()) {
            Some(body) if body <= self.limits.body => {
                self.wanted = Some(head + body);
                Ok(self.wanted)
            }
            Some(_) => Err(self.fail("Body Too Large", Some(head))),
            None => Err(self.fail("No Content-Length", Some(head))),
        }
    }
}

impl Iterator for Framer {
    type Item = Result<Framed, FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.broken {
            return None;
        }
        match self.between() {
            Between::Ping => return Some(Ok(Framed::Ping)),
            Between::Unknown => return None,
            Between::Message => {}
        }
        match self.measure() {
            Err(error) => Some(Err(error)),
            Ok(Some(length)) if self.buffer.len() >= length => {
                (self.wanted, self.searched) = (None, 0);
                Some(Ok(Framed::Message(self.buffer.split_to(length).freeze())))
            }
            Ok(_) => None,
        }
    }
}

/// The one Content-Length of these headers; `None` when there is none, when it is no number, or when two stand there.
fn content_length(head: &[u8]) -> Option<usize> {
    let mut found = None;
    let mut lines = head.split(|b| *b == b'\n').skip(1).peekable();
    while let Some(line) = lines.next() {
        let Some(colon) = line.iter().position(|b| *b == b':') else { continue };
        let (name, value) = line.split_at(colon);
        let name = lex::trim_lines(name);
        if line.first().is_some_and(|b| lex::is_space(*b))
            || !(name.eq_ignore_ascii_case(b"Content-Length") || name.eq_ignore_ascii_case(b"l"))
        {
            continue;
        }
        let mut value = lex::trim_lines(value.get(1..).unwrap_or_default()).to_vec();
        while let Some(more) = lines.next_if(|l| l.first().is_some_and(|b| lex::is_space(*b))) {
            value.extend_from_slice(lex::trim_lines(more));
        }
        let length = lex::saturating(&value, u32::MAX).and_then(|n| usize::try_from(n).ok())?;
        if found.replace(length).is_some() {
            return None;
        }
    }
    found
}
