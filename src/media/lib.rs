//! Sound as values and machines: RTP, G.711, digits, prompts, the relay between two legs, recordings.
//!
//! Nothing here opens a socket or a file, or reads a clock. The door is [`deck::Deck`]: every leg of one media thread as
//! one machine. [`order`] says what may be asked of it and what it reports.

pub mod deck;
pub mod digits;
pub mod egress;
pub mod g711;
pub mod latch;
pub mod order;
mod outbox;
pub mod peaks;
pub mod player;
pub mod ports;
pub mod reception;
pub mod rtcp;
pub mod sound;
mod stream;
pub mod tap;
pub mod timeline;
pub mod tone;
pub mod wav;
pub mod wire;

/// Samples (and RTP timestamp units) in one second; G.711 and telephone-event both use it.
pub const RATE: u32 = 8_000;

/// Samples in one 20 ms packet.
pub const FRAME: usize = 160;

/// The time one packet of [`FRAME`] samples lasts.
pub const FRAME_TIME: std::time::Duration = std::time::Duration::from_millis(20);

/// A time span in RTP units of 125 µs.
#[must_use]
pub fn rtp_units(span: std::time::Duration) -> u64 {
    u64::try_from(span.as_micros() / 125).unwrap_or(u64::MAX)
}
