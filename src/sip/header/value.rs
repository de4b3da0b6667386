//! Typed values of single header fields.

use std::fmt;

use bytes::Bytes;

use crate::lex;
use crate::method::Method;
use crate::params::Params;

/// CSeq, RFC 3261 §20.16.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CSeq {
    /// The sequence number. RFC 3261 §8.1.1.5 keeps new ones below 2^31; any 32-bit value is read.
    pub number: u32,
    /// The method.
    pub method: Method,
}

impl CSeq {
    /// Reads a value; `None` when it is malformed or the number does not fit 32 bits.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let text = lex::trim(value);
        let gap = text.iter().position(|b| lex::is_space(*b))?;
        let (number, method) = text.split_at(gap);
        Some(Self { number: lex::number(number)?, method: Method::parse(lex::trim(method))? })
    }
}

impl fmt::Display for CSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.method)
    }
}

/// A media type of Content-Type or Accept: `application/sdp`, with its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaType {
    /// `application`, in lower case.
    pub kind: String,
    /// `sdp`, in lower case.
    pub subtype: String,
    /// boundary, charset, q, …
    pub params: Params,
}

impl MediaType {
    /// Reads a value; `None` when it is malformed.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let whole = Bytes::copy_from_slice(value);
        let end = lex::find_outside(&whole, b';').unwrap_or(whole.len());
        let (range, params) = whole.split_at(end);
        let slash = range.iter().position(|b| *b == b'/')?;
        let word = |t: &[u8]| lex::is_token(t).then(|| String::from_utf8_lossy(t).to_ascii_lowercase());
        Some(Self {
            kind: word(lex::trim(range.get(..slash)?))?,
            subtype: word(lex::trim(range.get(slash + 1..)?))?,
            params: Params::parse(&whole, params)?,
        })
    }

    /// Whether it is that type, parameters aside.
    pub fn is(&self, kind: &str, subtype: &str) -> bool {
        self.kind == kind && self.subtype == subtype
    }
}
