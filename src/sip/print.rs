//! Messages as bytes, RFC 3261 §7. Content-Length is always written, and is always the length of the body.

use bytes::Bytes;

use crate::header::Headers;
use crate::message::{Message, Request, Response};

impl Message {
    /// The bytes to send.
    pub fn to_bytes(&self) -> Bytes {
        match self {
            Self::Request(request) => request.to_bytes(),
            Self::Response(response) => response.to_bytes(),
        }
    }
}

impl Request {
    /// The bytes to send.
    pub fn to_bytes(&self) -> Bytes {
        let mut out = Vec::with_capacity(capacity(&self.headers, &self.body));
        out.extend_from_slice(self.method.as_str().as_bytes());
        out.push(b' ');
        out.extend_from_slice(self.uri.as_str().as_bytes());
        out.extend_from_slice(b" SIP/2.0\r\n");
        rest(out, &self.headers, &self.body)
    }
}

impl Response {
    /// The bytes to send.
    pub fn to_bytes(&self) -> Bytes {
        let mut out = Vec::with_capacity(capacity(&self.headers, &self.body));
        out.extend_from_slice(format!("SIP/2.0 {:03} ", self.status).as_bytes());
        out.extend(self.reason.iter().map(|b| if b"\r\n".contains(b) { b' ' } else { *b }));
        out.extend_from_slice(b"\r\n");
        rest(out, &self.headers, &self.body)
    }
}

fn rest(mut out: Vec<u8>, headers: &Headers, body: &Bytes) -> Bytes {
    for header in headers.iter().filter(|h| !h.name.is("Content-Length")) {
        out.extend_from_slice(header.name.as_str().as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(&header.value);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
    out.extend_from_slice(body);
    out.into()
}

fn capacity(headers: &Headers, body: &Bytes) -> usize {
    128 + body.len() + headers.iter().map(|h| h.name.as_str().len() + h.value.len() + 4).sum::<usize>()
}
