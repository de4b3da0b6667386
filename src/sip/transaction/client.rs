//! Non-INVITE client transaction: RFC 3261 §17.1.2 figure 6.

use std::time::Instant;

use super::{Again, ClientInput, ClientOutput, earliest};
use crate::timer::Timers;

/// Where the transaction is in figure 6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Trying { retransmit: Option<Again>, give_up: Instant },
    Proceeding { retransmit: Option<Again>, give_up: Instant },
    Completed { end: Instant },
    Terminated,
}

/// One request of ours that is neither INVITE nor ACK.
#[derive(Debug)]
pub(crate) struct Client {
    state: State,
    timers: Timers,
    reliable: bool,
}

impl Client {
    /// The request has just been sent.
    pub(crate) fn new(now: Instant, timers: Timers, reliable: bool) -> Self {
        let retransmit = Again::start(now, timers.e(reliable));
        let state = State::Trying { retransmit, give_up: now + timers.f() };
        Self { state, timers, reliable }
    }

    /// Drives the machine.
    pub(crate) fn handle(&mut self, now: Instant, input: ClientInput) -> ClientOutput {
        match self.state {
            State::Trying { retransmit, give_up } => self.trying(now, input, retransmit, give_up),
            State::Proceeding { retransmit, give_up } => self.proceeding(now, input, retransmit, give_up),
            State::Completed { end } => self.completed(now, input, end),
            State::Terminated => ClientOutput::Nothing,
        }
    }

    /// When to call with `Time`.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Trying { retransmit, give_up } | State::Proceeding { retransmit, give_up } => {
                earliest(retransmit, Some(give_up))
            }
            State::Completed { end } => Some(end),
            State::Terminated => None,
        }
    }

    /// Nothing more will come of it.
    pub(crate) fn is_over(&self) -> bool {
        self.state == State::Terminated
    }

    /// No response at all has come yet.
    pub(crate) fn is_unheard(&self) -> bool {
        matches!(self.state, State::Trying { .. })
    }

    fn trying(
        &mut self,
        now: Instant,
        input: ClientInput,
        retransmit: Option<Again>,
        give_up: Instant,
    ) -> ClientOutput {
        match input {
            ClientInput::Response(status) if status < 200 => {
                self.state = State::Proceeding { retransmit, give_up };
                ClientOutput::Deliver
            }
            ClientInput::Response(_) => self.final_response(now),
            ClientInput::TransportFailed => {
                self.state = State::Terminated;
                ClientOutput::TransportFailed
            }
            ClientInput::Time if now >= give_up => self.timed_out(),
            ClientInput::Time => match retransmit {
                Some(again) if now >= again.at => {
                    let timers = self.timers;
                    let retransmit = Some(again.then(now, |interval| timers.doubled(interval)));
                    self.state = State::Trying { retransmit, give_up };
                    ClientOutput::SendRequest
                }
                _ => ClientOutput::Nothing,
            },
        }
    }

    fn proceeding(
        &mut self,
        now: Instant,
        input: ClientInput,
        retransmit: Option<Again>,
        give_up: Instant,
    ) -> ClientOutput {
        match input {
            ClientInput::Response(status) if status < 200 => ClientOutput::Deliver,
            ClientInput::Response(_) => self.final_response(now),
            ClientInput::TransportFailed => ClientOutput::Nothing,
            ClientInput::Time if now >= give_up => self.timed_out(),
            ClientInput::Time => match retransmit {
                Some(again) if now >= again.at => {
                    // Once heard, the request is repeated every T2.
                    let t2 = self.timers.t2;
                    self.state = State::Proceeding { retransmit: Some(again.then(now, |_| t2)), give_up };
                    ClientOutput::SendRequest
                }
                _ => ClientOutput::Nothing,
            },
        }
    }

    fn completed(&mut self, now: Instant, input: ClientInput, end: Instant) -> ClientOutput {
        if input == ClientInput::Time && now >= end {
            self.state = State::Terminated;
        }
        ClientOutput::Nothing
    }

    fn final_response(&mut self, now: Instant) -> ClientOutput {
        let linger = self.timers.k(self.reliable);
        self.state = if linger.is_zero() { State::Terminated } else { State::Completed { end: now + linger } };
        ClientOutput::Deliver
    }

    fn timed_out(&mut self) -> ClientOutput {
        self.state = State::Terminated;
        ClientOutput::TimedOut
    }
}
