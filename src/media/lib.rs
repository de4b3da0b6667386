//! See docs/ARCHITECTURE.md.
pub mod order;
