//! The configuration as its owner meets it: a folder of files, and what santral says about it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

mod command_line;
mod control;
mod digests;
mod findings;
mod folder;
mod golden;
mod languages;
mod places;
mod reload;
mod sample;
mod secrets;
mod sounds;
