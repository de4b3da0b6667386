//! The API as its callers see it: routes by `oneshot`, desks over real sockets.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "tests start their own tasks and fail by panicking"
)]

mod access;
mod boards;
mod callbacks;
mod customers;
mod desks;
mod documents;
mod doors;
mod floors;
mod house;
mod pages;
mod recordings;
mod serving;
mod sessions;
mod work;
