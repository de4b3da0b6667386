//! The customer side, pure: values and rules without clock, disk or socket. See docs/ARCHITECTURE.md.

pub mod appointment;
pub mod calendar;
pub mod callback;
pub mod card;
pub mod consent;
pub mod money;
pub mod number;
pub mod order;
pub mod text;
pub mod ticket;
pub mod word;
