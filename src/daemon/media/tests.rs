//! Threads, sockets and files for real, on loopback; the disk that is full is a pretended one.
#![allow(clippy::disallowed_methods, reason = "these tests live in real time")]

mod call;
mod crash;
mod full_disk;
mod phone;
mod reports;
