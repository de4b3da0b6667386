//! Stories of kept data, each told on SQLite and, when `SANTRAL_TEST_POSTGRES_URL` names a server, on PostgreSQL.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, reason = "tests")]

mod bulk;
mod callbacks;
mod claim;
mod desk;
mod devices;
mod events;
mod faults;
mod migrations;
mod opened;
mod plans;
mod races;
mod registrations;
mod sample;
mod search;
mod story;
