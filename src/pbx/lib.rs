//! The switch and the call centre, decided in pure machines. See docs/ARCHITECTURE.md.
//!
//! [`exchange::Exchange`] is the one machine the shell drives; it alone knows the others, which do not know each other.
pub mod agent;
pub mod call;
pub mod contract;
pub mod digests;
pub mod ending;
pub mod event;
pub mod exchange;
pub mod guesses;
pub mod id;
pub mod ivr;
pub mod place;
pub mod plan;
pub mod press;
pub mod queue;
pub mod recent;
pub mod record;
pub mod rng;
pub mod route;
pub mod schedule;
pub mod text;

/// Whose an address is, for every bound on what one stranger may have.
pub use sip::digest::network;
