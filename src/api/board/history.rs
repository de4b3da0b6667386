//! Events that are worth telling a desk that was away: missed calls and changed data. Never an offer of a finished call.

use std::collections::VecDeque;

use pbx::id::UserId;

use super::{Person, Sent};

/// How many are kept.
const KEPT: usize = 1000;
/// How long they are kept, µs.
const KEPT_FOR: i64 = 24 * 3600 * 1_000_000;

/// The last thousand of the last day.
#[derive(Debug)]
pub struct History {
    kept: VecDeque<Kept>,
    /// Everything after this number is here.
    complete_after: u64,
}

#[derive(Debug)]
struct Kept {
    at: i64,
    /// `None`: for everybody.
    whose: Option<UserId>,
    sent: Sent,
}

impl History {
    /// Knows nothing of what was before this number.
    pub fn since(seq: u64) -> Self {
        Self { kept: VecDeque::new(), complete_after: seq }
    }

    /// Keeps one more.
    pub fn keep(&mut self, at: i64, whose: Option<UserId>, sent: Sent) {
        self.kept.push_back(Kept { at, whose, sent });
        self.forget(at);
    }

    /// What this person did not see after `seq`, and whether something in between is no longer known.
    pub fn since_seq(&mut self, seq: u64, now: i64, person: &Person) -> (Vec<Sent>, bool) {
        self.forget(now);
        let theirs = |kept: &&Kept| {
            kept.sent.seq > seq
                && (person.role.sees_every_call() || kept.whose.as_ref().is_none_or(|name| *name == person.name))
        };
        let missed = self.kept.iter().filter(theirs).map(|kept| kept.sent.clone()).collect();
        (missed, seq < self.complete_after)
    }

    fn forget(&mut self, now: i64) {
        let old = |kept: &Kept| kept.at + KEPT_FOR < now;
        while self.kept.len() > KEPT || self.kept.front().is_some_and(old) {
            let Some(gone) = self.kept.pop_front() else { return };
            self.complete_after = self.complete_after.max(gone.sent.seq);
        }
    }
}
