//! See docs/ARCHITECTURE.md.
pub mod contract;
pub mod event;
pub mod id;
pub mod plan;
