//! Whole-daemon tests: the real binary, real sockets, real phones (SIPp, baresip, rsipstack), a real database.
#![allow(clippy::disallowed_methods, reason = "these tests stand outside the program and measure real time")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so by failing")]
#![allow(missing_docs, reason = "a test's name is its documentation")]

mod world;

mod bodies;
mod calls;
mod command_line;
mod config;
mod crash;
mod crowds;
mod docs;
mod floors;
mod foreign_phone;
mod held_ports;
mod hostile;
mod registrar;
mod stop;
