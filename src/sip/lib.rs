//! See docs/ARCHITECTURE.md.
pub mod user_agent;
