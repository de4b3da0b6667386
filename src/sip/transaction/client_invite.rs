//! INVITE client transaction: RFC 3261 §17.1.1 figure 5, as corrected by RFC 6026 §7.2 (state Accepted).

use std::time::Instant;

use super::{Again, ClientInput, ClientOutput, earliest};
use crate::timer::Timers;

/// Where the transaction is in figure 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Calling { retransmit: Option<Again>, give_up: Instant },
    Proceeding { give_up: Instant },
    Completed { end: Instant },
    Accepted { end: Instant },
    Terminated,
}

/// One INVITE of ours.
#[derive(Debug)]
pub(crate) struct ClientInvite {
    state: State,
    timers: Timers,
    reliable: bool,
}

impl ClientInvite {
    /// The request has just been sent.
    pub(crate) fn new(now: Instant, timers: Timers, reliable: bool) -> Self {
        let retransmit = Again::start(now, timers.a(reliable));
        let state = State::Calling { retransmit, give_up: now + timers.b() };
        Self { state, timers, reliable }
    }

    /// Drives the machine.
    pub(crate) fn handle(&mut self, now: Instant, input: ClientInput) -> ClientOutput {
        match self.state {
            State::Calling { retransmit, give_up } => self.calling(now, input, retransmit, give_up),
            State::Proceeding { give_up } => self.proceeding(now, input, give_up),
            State::Completed { end } => self.completed(now, input, end),
            State::Accepted { end } => self.accepted(now, input, end),
            State::Terminated => ClientOutput::Nothing,
        }
    }

    /// When to call with `Time`.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Calling { retransmit, give_up } => earliest(retransmit, Some(give_up)),
            State::Proceeding { give_up } => Some(give_up),
            State::Completed { end } | State::Accepted { end } => Some(end),
            State::Terminated => None,
        }
    }

    /// Nothing more will come of it.
    pub(crate) fn is_over(&self) -> bool {
        self.state == State::Terminated
    }

    /// No response at all has come yet.
    pub(crate) fn is_unheard(&self) -> bool {
        matches!(self.state, State::Calling { .. })
    }

    /// A final response has come.
    pub(crate) fn is_final(&self) -> bool {
        !matches!(self.state, State::Calling { .. } | State::Proceeding { .. })
    }

    /// The call was given up without a final response. A 2xx that is still under way must find somebody who
    /// acknowledges and ends it, so the transaction stays as if it had been accepted.
    pub(crate) fn abandon(&mut self, now: Instant) {
        self.state = State::Accepted { end: now + self.timers.m() };
    }

    fn calling(
        &mut self,
        now: Instant,
        input: ClientInput,
        retransmit: Option<Again>,
        give_up: Instant,
    ) -> ClientOutput {
        match input {
            ClientInput::Response(status) => self.first_response(now, status),
            ClientInput::TransportFailed => {
                self.state = State::Terminated;
                ClientOutput::TransportFailed
            }
            ClientInput::Time if now >= give_up => {
                self.state = State::Terminated;
                ClientOutput::TimedOut
            }
            ClientInput::Time => match retransmit {
                Some(again) if now >= again.at => {
                    // Timer A doubles without bound; timer B ends it.
                    let retransmit = Some(again.then(now, |interval| interval * 2));
                    self.state = State::Calling { retransmit, give_up };
                    ClientOutput::SendRequest
                }
                _ => ClientOutput::Nothing,
            },
        }
    }

    fn first_response(&mut self, now: Instant, status: u16) -> ClientOutput {
        if status < 200 {
            return self.provisional_response(now);
        }
        self.final_response(now, status)
    }

    /// The RFC lets this state last for ever. The call ends it after timer C by a CANCEL; should even that come to nothing,
    /// or the call be gone, the transaction ends itself.
    fn provisional_response(&mut self, now: Instant) -> ClientOutput {
        self.state = State::Proceeding { give_up: now + self.timers.c() + self.timers.patience() };
        ClientOutput::Deliver
    }

    fn proceeding(&mut self, now: Instant, input: ClientInput, give_up: Instant) -> ClientOutput {
        match input {
            ClientInput::Response(status) if status < 200 => self.provisional_response(now),
            ClientInput::Response(status) => self.final_response(now, status),
            ClientInput::Time if now >= give_up => {
                self.state = State::Terminated;
                ClientOutput::TimedOut
            }
            ClientInput::Time | ClientInput::TransportFailed => ClientOutput::Nothing,
        }
    }

    fn final_response(&mut self, now: Instant, status: u16) -> ClientOutput {
        if status < 300 {
            self.state = State::Accepted { end: now + self.timers.m() };
            return ClientOutput::Deliver;
        }
        let linger = self.timers.d(self.reliable);
        self.state = if linger.is_zero() { State::Terminated } else { State::Completed { end: now + linger } };
        ClientOutput::AckAndDeliver
    }

    fn completed(&mut self, now: Instant, input: ClientInput, end: Instant) -> ClientOutput {
        match input {
            ClientInput::Response(300..) => ClientOutput::SendAck,
            ClientInput::Response(_) => ClientOutput::Nothing,
            ClientInput::TransportFailed => {
                // The ACK could not be sent; the call has failed already, so there is nobody left to tell.
                self.state = State::Terminated;
                ClientOutput::Nothing
            }
            ClientInput::Time => self.end_at(now, end),
        }
    }

    fn accepted(&mut self, now: Instant, input: ClientInput, end: Instant) -> ClientOutput {
        match input {
            ClientInput::Response(200..300) => ClientOutput::Deliver,
            ClientInput::Response(_) | ClientInput::TransportFailed => ClientOutput::Nothing,
            ClientInput::Time => self.end_at(now, end),
        }
    }

    fn end_at(&mut self, now: Instant, end: Instant) -> ClientOutput {
        if now >= end {
            self.state = State::Terminated;
        }
        ClientOutput::Nothing
    }
}
