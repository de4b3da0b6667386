//! The deck in virtual time: whole calls, bad networks and attackers without a socket or a second of waiting.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test needs an origin of time, and fails by panic"
)]

mod bench_call;
mod bridge;
mod digits;
mod playing;
mod recording;
mod reports;
