//! The four transaction state machines of RFC 3261 §17 with the corrections of RFC 6026.
//!
//! They know times and states, not messages: each is told what arrived and says what is to be done with the request or
//! response its keeper stores beside it. One method for each state of the RFC, so that a machine can be read against the
//! figure it stands for.

pub(crate) mod client;
pub(crate) mod client_invite;
pub(crate) mod server;
pub(crate) mod server_invite;

use std::time::{Duration, Instant};

/// Names a transaction inside the user agent. Never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key(pub(crate) u64);

/// What can happen to a client transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientInput {
    /// A response with this status matched the transaction.
    Response(u16),
    /// The instant of `deadline` has come.
    Time,
    /// The transport could not deliver the request.
    TransportFailed,
}

/// What a client transaction wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientOutput {
    /// Nothing.
    Nothing,
    /// Send the request again.
    SendRequest,
    /// Send the ACK of a final response ≥ 300 again; the response itself is absorbed.
    SendAck,
    /// Give the response to the transaction user.
    Deliver,
    /// Send the ACK, then give the response (≥ 300 to an INVITE) to the transaction user.
    AckAndDeliver,
    /// Tell the transaction user that no final response came in time.
    TimedOut,
    /// Tell the transaction user that the request could not be sent.
    TransportFailed,
}

/// What can happen to a server transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServerInput {
    /// The request arrived again.
    Request,
    /// An ACK matched the transaction (INVITE only).
    Ack,
    /// The transaction user answers with this status.
    Respond(u16),
    /// The instant of `deadline` has come.
    Time,
}

/// What a server transaction wants done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServerOutput {
    /// Nothing.
    Nothing,
    /// Send the response (the newest one given) – again, if it was sent before.
    SendResponse,
    /// A response came too late or twice; it is not sent.
    Refused,
    /// Tell the transaction user that its final response was never acknowledged.
    NoAck,
}

/// A retransmission clock: when next, and after how long again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Again {
    pub(crate) at: Instant,
    interval: Duration,
}

impl Again {
    /// Starts with `interval`; `None` on transports that need no repetition.
    pub(crate) fn start(now: Instant, interval: Option<Duration>) -> Option<Self> {
        interval.map(|interval| Self::first(now, interval))
    }

    /// Starts with `interval`.
    pub(crate) fn first(now: Instant, interval: Duration) -> Self {
        Self { at: now + interval, interval }
    }

    /// The one after this, with the interval `next` makes of the present one.
    pub(crate) fn then(self, now: Instant, next: impl FnOnce(Duration) -> Duration) -> Self {
        let interval = next(self.interval);
        Self { at: now + interval, interval }
    }
}

/// The earlier of a repetition and an end.
pub(crate) fn earliest(again: Option<Again>, end: Option<Instant>) -> Option<Instant> {
    match (again.map(|again| again.at), end) {
        (Some(again), Some(end)) => Some(again.min(end)),
        (again, end) => again.or(end),
    }
}
