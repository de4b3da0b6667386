//! Tests of the sip crate seen from outside: bytes in, values and bytes out.
#![allow(clippy::disallowed_methods, reason = "a test may take any instant as its beginning")]
#![allow(missing_docs, reason = "test names say what they test")]

mod digest;
mod headers;
mod ipv6;
mod judge;
mod load;
mod messages;
mod oracle;
mod property;
mod sdp;
mod stream;
mod torture_own;
mod torture_rfc4475;
mod uris;
