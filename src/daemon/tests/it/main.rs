//! The shell from outside: one binary for all of its tests, so that the daemon is linked once.

mod config;
