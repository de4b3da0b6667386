//! The shell around the pure floors: files, sockets, threads, tasks. It carries out what `pbx` decides.

pub mod alarm;
pub mod alive;
pub mod claim;
pub mod cli;
pub mod clock;
pub mod command;
pub mod config;
pub mod control;
pub mod ctl;
pub mod demo;
pub mod holder;
pub mod journal;
pub mod latest;
pub mod lock;
pub mod log;
pub mod lookup;
pub mod media;
pub mod metrics;
pub mod people;
pub mod recordings;
pub mod refusal;
pub mod registrations;
pub mod serve;
pub mod service;
pub mod spill;
pub mod spool;
pub mod switchboard;
pub mod tasks;
pub mod transport;
pub mod vitals;

/// Runs the command line and returns the process's exit code.
pub fn run(args: impl IntoIterator<Item = std::ffi::OsString>) -> std::process::ExitCode {
    let code = command::run(args);
    log::finish();
    code
}
