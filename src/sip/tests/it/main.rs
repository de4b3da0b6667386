//! Tests of the sip crate seen from outside: bytes in, values and bytes out.
#![allow(clippy::disallowed_methods, reason = "a test may take any instant as its beginning")]
#![allow(missing_docs, reason = "test names say what they test")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod bindings;
mod branches;
mod calls;
mod chaos;
mod digest;
mod headers;
mod ipv6;
mod judge;
mod load;
mod messages;
mod oracle;
mod pair;
mod peer;
mod property;
mod races;
mod reach;
mod refusals;
mod sdp;
mod stream;
mod tally;
mod torture_own;
mod torture_rfc4475;
mod uris;
