//! Requests and responses as values, RFC 3261 §7.

use bytes::Bytes;

use crate::header::Headers;
use crate::method::Method;
use crate::uri::Uri;
use crate::{multipart, status};

/// A whole message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Somebody asks.
    Request(Request),
    /// Somebody answers.
    Response(Response),
}

/// A request. Content-Length is not kept among the headers: printing writes the length of `body`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What is asked.
    pub method: Method,
    /// Of whom.
    pub uri: Uri,
    /// The header fields, in order.
    pub headers: Headers,
    /// The body, empty when there is none.
    pub body: Bytes,
}

/// A response. Content-Length is not kept among the headers: printing writes the length of `body`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// 100–699.
    pub status: u16,
    /// The reason phrase, in whatever charset it came; may be empty.
    pub reason: Bytes,
    /// The header fields, in order.
    pub headers: Headers,
    /// The body, empty when there is none.
    pub body: Bytes,
}

impl Message {
    /// The header fields.
    pub fn headers(&self) -> &Headers {
        match self {
            Self::Request(request) => &request.headers,
            Self::Response(response) => &response.headers,
        }
    }

    /// The body.
    pub fn body(&self) -> &Bytes {
        match self {
            Self::Request(request) => &request.body,
            Self::Response(response) => &response.body,
        }
    }
}

impl Request {
    /// A request with no headers and no body yet.
    pub fn new(method: Method, uri: Uri) -> Self {
        Self { method, uri, headers: Headers::new(), body: Bytes::new() }
    }

    /// The session description in the body, alone or as a part of a multipart body.
    pub fn sdp(&self) -> Option<Bytes> {
        multipart::sdp(&self.headers, &self.body)
    }

    /// Puts a body with its type in place.
    pub fn set_body(&mut self, content_type: &str, body: Bytes) {
        self.headers.set("Content-Type", Bytes::copy_from_slice(content_type.as_bytes()));
        self.body = body;
    }
}

impl Response {
    /// A response to a request with these headers: every Via, and the first From, To, Call-ID and CSeq copied (RFC 3261
    /// §8.2.6.2), and Timestamp into a 100. The To tag is the caller's to add.
    pub fn answering(headers: &Headers, status: u16) -> Self {
        let mut copied = Headers::new();
        for header in headers.iter().filter(|h| h.name.is("Via")) {
            copied.push_parsed(header.clone());
        }
        let timestamp = (status == 100).then_some("Timestamp");
        for name in ["From", "To", "Call-ID", "CSeq"].into_iter().chain(timestamp) {
            if let Some(header) = headers.iter().find(|h| h.name.is(name)) {
                copied.push_parsed(header.clone());
            }
        }
        let reason = Bytes::from_static(status::reason(status).as_bytes());
        Self { status, reason, headers: copied, body: Bytes::new() }
    }

    /// The session description in the body, alone or as a part of a multipart body.
    pub fn sdp(&self) -> Option<Bytes> {
        multipart::sdp(&self.headers, &self.body)
    }

    /// Puts a body with its type in place.
    pub fn set_body(&mut self, content_type: &str, body: Bytes) {
        self.headers.set("Content-Type", Bytes::copy_from_slice(content_type.as_bytes()));
        self.body = body;
    }

    /// Whether it is 1xx.
    pub fn is_provisional(&self) -> bool {
        self.status < 200
    }

    /// Whether it is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}
