//! Reliable provisional responses, the answering side of RFC 3262 §3: one at a time, repeated until its PRACK comes.

use std::collections::VecDeque;
use std::time::Instant;

use crate::Response;
use crate::dialog::unacknowledged::Passed;
use crate::timer::Timers;
use crate::transaction::Again;

/// The reliable provisional responses of one INVITE.
#[derive(Debug)]
pub(crate) struct Reliable {
    next_rseq: u32,
    sent: Option<Sent>,
    waiting: VecDeque<Response>,
}

#[derive(Debug)]
struct Sent {
    rseq: u32,
    response: Response,
    again: Again,
    give_up: Instant,
}

/// More than this many provisional responses are never kept waiting for a PRACK.
const MOST_WAITING: usize = 8;

impl Reliable {
    /// `first_rseq` is drawn from 1..2^31 (§3).
    pub(crate) fn new(first_rseq: u32) -> Self {
        Self { next_rseq: first_rseq, sent: None, waiting: VecDeque::new() }
    }

    /// Takes a response to be sent reliably. Gives it back, numbered, if it may be sent now; else it waits for the PRACK
    /// of the one before it.
    pub(crate) fn send(&mut self, now: Instant, timers: Timers, response: Response) -> Option<Response> {
        if self.sent.is_some() {
            if self.waiting.len() < MOST_WAITING {
                self.waiting.push_back(response);
            }
            return None;
        }
        Some(self.number(now, timers, response))
    }

    /// A PRACK with this RSeq came: `None` if it acknowledges nothing (481), else the next response to send, if any.
    pub(crate) fn acknowledge(&mut self, now: Instant, timers: Timers, rseq: u32) -> Option<Option<Response>> {
        self.sent.take_if(|sent| sent.rseq == rseq)?;
        let next = self.waiting.pop_front();
        Some(next.map(|response| self.number(now, timers, response)))
    }

    /// When to call `time_passed`.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.sent.as_ref().map(|sent| sent.again.at.min(sent.give_up))
    }

    /// Time has passed; the response is the one to repeat.
    pub(crate) fn time_passed(&mut self, now: Instant) -> (Passed, Option<&Response>) {
        let Some(sent) = &mut self.sent else {
            return (Passed::Nothing, None);
        };
        if now >= sent.give_up {
            return (Passed::GiveUp, None);
        }
        if now < sent.again.at {
            return (Passed::Nothing, None);
        }
        // Unlike a 2xx, the interval doubles without bound (§3).
        sent.again = sent.again.then(now, |interval| interval * 2);
        (Passed::Repeat, Some(&sent.response))
    }

    fn number(&mut self, now: Instant, timers: Timers, mut response: Response) -> Response {
        let rseq = self.next_rseq;
        self.next_rseq = self.next_rseq.wrapping_add(1);
        response.headers.set("Require", "100rel");
        response.headers.set("RSeq", rseq.to_string());
        let again = Again::first(now, timers.t1);
        self.sent = Some(Sent { rseq, response: response.clone(), again, give_up: now + timers.patience() });
        response
    }
}
