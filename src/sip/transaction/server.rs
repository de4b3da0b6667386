//! Non-INVITE server transaction: RFC 3261 §17.2.2 figure 8.

use std::time::Instant;

use super::{ServerInput, ServerOutput};
use crate::timer::Timers;

/// Where the transaction is in figure 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Trying { give_up: Instant },
    Proceeding { give_up: Instant },
    Completed { end: Instant },
    Terminated,
}

/// One request of a peer that is neither INVITE nor ACK.
#[derive(Debug)]
pub(crate) struct Server {
    state: State,
    timers: Timers,
    reliable: bool,
}

impl Server {
    /// The request has just arrived. If nobody answers it within 64 × T1 its sender has given up (timer F), and so do
    /// we: the RFC leaves an unanswered transaction standing for ever.
    pub(crate) fn new(now: Instant, timers: Timers, reliable: bool) -> Self {
        Self { state: State::Trying { give_up: now + timers.patience() }, timers, reliable }
    }

    /// Drives the machine.
    pub(crate) fn handle(&mut self, now: Instant, input: ServerInput) -> ServerOutput {
        match self.state {
            State::Trying { give_up } => self.trying(now, input, give_up),
            State::Proceeding { give_up } => self.proceeding(now, input, give_up),
            State::Completed { end } => self.completed(now, input, end),
            State::Terminated => ServerOutput::Refused,
        }
    }

    /// When to call with `Time`.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Trying { give_up } | State::Proceeding { give_up } => Some(give_up),
            State::Completed { end } => Some(end),
            State::Terminated => None,
        }
    }

    /// Nothing more will come of it.
    pub(crate) fn is_over(&self) -> bool {
        self.state == State::Terminated
    }

    fn trying(&mut self, now: Instant, input: ServerInput, give_up: Instant) -> ServerOutput {
        match input {
            ServerInput::Respond(status) => self.respond(now, status, give_up),
            // Nothing was sent yet that could be sent again.
            ServerInput::Request | ServerInput::Ack => ServerOutput::Nothing,
            ServerInput::Time => self.end_at(now, give_up),
        }
    }

    fn proceeding(&mut self, now: Instant, input: ServerInput, give_up: Instant) -> ServerOutput {
        match input {
            ServerInput::Respond(status) => self.respond(now, status, give_up),
            ServerInput::Request => ServerOutput::SendResponse,
            ServerInput::Ack => ServerOutput::Nothing,
            ServerInput::Time => self.end_at(now, give_up),
        }
    }

    fn completed(&mut self, now: Instant, input: ServerInput, end: Instant) -> ServerOutput {
        match input {
            ServerInput::Respond(_) => ServerOutput::Refused,
            ServerInput::Request => ServerOutput::SendResponse,
            ServerInput::Ack => ServerOutput::Nothing,
            ServerInput::Time => self.end_at(now, end),
        }
    }

    fn respond(&mut self, now: Instant, status: u16, give_up: Instant) -> ServerOutput {
        let linger = self.timers.j(self.reliable);
        self.state = match status {
            ..200 => State::Proceeding { give_up },
            _ if linger.is_zero() => State::Terminated,
            _ => State::Completed { end: now + linger },
        };
        ServerOutput::SendResponse
    }

    fn end_at(&mut self, now: Instant, end: Instant) -> ServerOutput {
        if now >= end {
            self.state = State::Terminated;
        }
        ServerOutput::Nothing
    }
}
