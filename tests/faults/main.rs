//! Faults of disk and database under calls and REST traffic: whatever fails, the books balance afterwards. Every test runs
//! on SQLite and, when `SANTRAL_TEST_POSTGRES_URL` names a server, on PostgreSQL. `SANTRAL_SEED` plays one seed again,
//! `SANTRAL_ROUNDS` asks for more than the few of the short form.
#![allow(clippy::disallowed_methods, reason = "these tests stand outside the program and measure real time")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so by failing")]
#![allow(missing_docs, reason = "a test's name is its documentation")]
#![allow(dead_code, reason = "the world is shared with the other whole-daemon tests")]

mod away;
mod books;
mod caller;
mod chance;
mod database;
mod keys;
mod live;
mod phones;
mod second;
#[path = "../it/world/mod.rs"]
mod world;
