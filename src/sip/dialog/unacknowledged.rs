//! A 2xx to an INVITE, repeated by the call itself until its ACK comes: RFC 3261 §13.3.1.4. On every transport, since a
//! hop behind the first may be UDP.

use std::time::Instant;

use bytes::Bytes;

use crate::timer::Timers;
use crate::transaction::Again;
use crate::user_agent::Destination;

/// A 2xx under way.
#[derive(Debug)]
pub(crate) struct Unacknowledged {
    /// CSeq number of the INVITE it answers.
    pub(crate) cseq: u32,
    /// It answers the INVITE the dialog began with, not a re-INVITE.
    pub(crate) first: bool,
    /// It carries an offer, so the ACK must bring the answer.
    pub(crate) offers: bool,
    /// Where it goes.
    pub(crate) destination: Destination,
    /// The response.
    pub(crate) bytes: Bytes,
    again: Again,
    give_up: Instant,
    timers: Timers,
}

/// Which INVITE a 2xx answers; see the fields of [`Unacknowledged`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answers {
    pub(crate) cseq: u32,
    pub(crate) first: bool,
    pub(crate) offers: bool,
}

/// What time has brought.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Passed {
    /// Nothing is due.
    Nothing,
    /// Send the 2xx again.
    Repeat,
    /// 64 × T1 without ACK: the call is to be ended by BYE.
    GiveUp,
}

impl Unacknowledged {
    /// The 2xx has just been sent.
    pub(crate) fn new(now: Instant, timers: Timers, answers: Answers, destination: Destination, bytes: Bytes) -> Self {
        let Answers { cseq, first, offers } = answers;
        let again = Again::first(now, timers.t1);
        Self { cseq, first, offers, destination, bytes, again, give_up: now + timers.patience(), timers }
    }

    /// When to call `time_passed`.
    pub(crate) fn deadline(&self) -> Instant {
        self.again.at.min(self.give_up)
    }

    /// Time has passed.
    pub(crate) fn time_passed(&mut self, now: Instant) -> Passed {
        if now >= self.give_up {
            return Passed::GiveUp;
        }
        if now < self.again.at {
            return Passed::Nothing;
        }
        let timers = self.timers;
        self.again = self.again.then(now, |interval| timers.doubled(interval));
        Passed::Repeat
    }
}
