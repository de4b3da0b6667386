//! Stories of calls in virtual time: scripted phones over a made-up network, made-up media, the real switch.
#![allow(missing_docs, reason = "test names say what they test")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on is a failed test")]
#![allow(clippy::disallowed_methods, reason = "virtual time needs some origin; nothing waits on it")]

mod broken;
mod clocks;
mod direct;
mod doors;
mod endings;
mod flows;
mod generated;
mod hours;
mod keys;
mod menus;
mod notices;
mod numbers;
mod plans;
mod queues;
mod refusals;
mod registrar;
mod talks;
mod transfers;
mod world;
