//! What went over the wire, counted since the start. Whatever a stranger sends, the rows are these and no others.

use crate::Method;
use crate::method::KNOWN;

/// Both ways.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// What came.
    pub received: OneWay,
    /// What was sent.
    pub sent: OneWay,
    /// Messages that could not be read, or broke the rules that every message must keep (RFC 3261 §8.2, §16.3).
    pub malformed: u64,
}

/// Messages of one way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OneWay {
    requests: [u64; KNOWN.len()],
    /// Of methods without a name of their own.
    others: u64,
    responses: [u64; CLASSES.len()],
    /// Those that were the repetition of another, as far as it was still known.
    pub repeated: u64,
}

/// The classes of responses, RFC 3261 §7.2.
const CLASSES: [&str; 6] = ["1xx", "2xx", "3xx", "4xx", "5xx", "6xx"];

impl OneWay {
    /// Requests by method; those of all unknown methods together are `other`.
    pub fn requests(&self) -> impl Iterator<Item = (&str, u64)> {
        let known = KNOWN.iter().map(Method::as_str).zip(self.requests);
        known.chain([("other", self.others)])
    }

    /// Responses by class, `1xx` to `6xx`.
    pub fn responses(&self) -> impl Iterator<Item = (&'static str, u64)> {
        CLASSES.into_iter().zip(self.responses)
    }

    pub(crate) fn request(&mut self, method: &[u8]) {
        let known = KNOWN.iter().position(|known| known.as_str().as_bytes() == method);
        match known.and_then(|row| self.requests.get_mut(row)) {
            Some(count) => *count += 1,
            None => self.others += 1,
        }
    }

    pub(crate) fn response(&mut self, status: u16) {
        let class = usize::from(status / 100).checked_sub(1);
        if let Some(count) = class.and_then(|row| self.responses.get_mut(row)) {
            *count += 1;
        }
    }

    /// A message as it was printed.
    pub(crate) fn printed(&mut self, bytes: &[u8]) {
        let line = bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
        let mut words = line.split(|byte| *byte == b' ');
        let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if first == b"SIP/2.0" {
            self.response(crate::lex::number(second).and_then(|status| u16::try_from(status).ok()).unwrap_or(0));
        } else {
            self.request(first);
        }
    }
}
