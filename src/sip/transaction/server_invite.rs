//! INVITE server transaction: RFC 3261 §17.2.1 figure 7, as corrected by RFC 6026 §7.1 (state Accepted).
//!
//! The 100 Trying is sent by the keeper in the same breath as the request is taken, so Proceeding always has a response
//! to repeat.

use std::time::Instant;

use super::{Again, ServerInput, ServerOutput, earliest};
use crate::timer::Timers;

/// Where the transaction is in figure 7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Proceeding,
    Completed { retransmit: Option<Again>, give_up: Instant },
    Confirmed { end: Instant },
    Accepted { end: Instant },
    Terminated,
}

/// One INVITE of a peer.
#[derive(Debug)]
pub(crate) struct ServerInvite {
    state: State,
    timers: Timers,
    reliable: bool,
}

impl ServerInvite {
    /// The request has just arrived.
    pub(crate) fn new(timers: Timers, reliable: bool) -> Self {
        Self { state: State::Proceeding, timers, reliable }
    }

    /// Drives the machine.
    pub(crate) fn handle(&mut self, now: Instant, input: ServerInput) -> ServerOutput {
        match self.state {
            State::Proceeding => self.proceeding(now, input),
            State::Completed { retransmit, give_up } => self.completed(now, input, retransmit, give_up),
            State::Confirmed { end } => self.confirmed(now, input, end),
            State::Accepted { end } => self.accepted(now, input, end),
            State::Terminated => ServerOutput::Refused,
        }
    }

    /// When to call with `Time`.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Completed { retransmit, give_up } => earliest(retransmit, Some(give_up)),
            State::Confirmed { end } | State::Accepted { end } => Some(end),
            State::Proceeding | State::Terminated => None,
        }
    }

    /// Nothing more will come of it.
    pub(crate) fn is_over(&self) -> bool {
        self.state == State::Terminated
    }

    /// No final response was given yet.
    pub(crate) fn is_open(&self) -> bool {
        self.state == State::Proceeding
    }

    fn proceeding(&mut self, now: Instant, input: ServerInput) -> ServerOutput {
        match input {
            ServerInput::Request => ServerOutput::SendResponse,
            ServerInput::Respond(status) => {
                self.respond(now, status);
                ServerOutput::SendResponse
            }
            ServerInput::Ack | ServerInput::Time => ServerOutput::Nothing,
        }
    }

    fn respond(&mut self, now: Instant, status: u16) {
        if status < 200 {
            return;
        }
        self.state = if status < 300 {
            State::Accepted { end: now + self.timers.l() }
        } else {
            let retransmit = Again::start(now, self.timers.g(self.reliable));
            State::Completed { retransmit, give_up: now + self.timers.h() }
        };
    }

    fn completed(
        &mut self,
        now: Instant,
        input: ServerInput,
        retransmit: Option<Again>,
        give_up: Instant,
    ) -> ServerOutput {
        match input {
            ServerInput::Request => ServerOutput::SendResponse,
            ServerInput::Respond(_) => ServerOutput::Refused,
            ServerInput::Ack => {
                let linger = self.timers.i(self.reliable);
                self.state = if linger.is_zero() { State::Terminated } else { State::Confirmed { end: now + linger } };
                ServerOutput::Nothing
            }
            ServerInput::Time if now >= give_up => {
                self.state = State::Terminated;
                ServerOutput::NoAck
            }
            ServerInput::Time => match retransmit {
                Some(again) if now >= again.at => {
                    let timers = self.timers;
                    let retransmit = Some(again.then(now, |interval| timers.doubled(interval)));
                    self.state = State::Completed { retransmit, give_up };
                    ServerOutput::SendResponse
                }
                _ => ServerOutput::Nothing,
            },
        }
    }

    fn confirmed(&mut self, now: Instant, input: ServerInput, end: Instant) -> ServerOutput {
        self.absorb(now, input, end)
    }

    /// Retransmitted INVITEs are absorbed: the 2xx is repeated by the call itself until its ACK comes (RFC 6026 §7.1).
    fn accepted(&mut self, now: Instant, input: ServerInput, end: Instant) -> ServerOutput {
        self.absorb(now, input, end)
    }

    fn absorb(&mut self, now: Instant, input: ServerInput, end: Instant) -> ServerOutput {
        match input {
            ServerInput::Respond(_) => ServerOutput::Refused,
            ServerInput::Time if now >= end => {
                self.state = State::Terminated;
                ServerOutput::Nothing
            }
            ServerInput::Request | ServerInput::Ack | ServerInput::Time => ServerOutput::Nothing,
        }
    }
}
