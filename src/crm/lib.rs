//! See docs/ARCHITECTURE.md.
pub mod card;
