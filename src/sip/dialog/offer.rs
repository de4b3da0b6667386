//! Our own re-INVITEs in one dialog: one at a time, and the waiting of RFC 3261 §14.1 when both sides offer at once.

use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::rng::Rng;
use crate::transaction::Key;

/// After this many collisions the 491 is told to the owner.
const MOST_COLLISIONS: u8 = 8;

/// What we want the session to become.
#[derive(Debug)]
pub(crate) struct Offer {
    /// The session description.
    pub(crate) sdp: Bytes,
    /// Where it stands.
    pub(crate) state: OfferState,
    /// A newer wish, which came while this one was under way.
    pub(crate) then: Option<Bytes>,
    collisions: u8,
}

/// Where an offer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OfferState {
    /// Until no other INVITE is open in the dialog.
    Waiting,
    /// Sent; the transaction.
    Sent(Key),
    /// Collided; to be sent again at this instant.
    Collided(Instant),
}

impl Offer {
    /// To be sent as soon as the dialog allows.
    pub(crate) fn new(sdp: Bytes) -> Self {
        Self { sdp, state: OfferState::Waiting, then: None, collisions: 0 }
    }

    /// A newer wish: it replaces this one if that is not under way, else it comes after it.
    pub(crate) fn replace(&mut self, sdp: Bytes) {
        match self.state {
            OfferState::Sent(_) => self.then = Some(sdp),
            OfferState::Waiting | OfferState::Collided(_) => self.sdp = sdp,
        }
    }

    /// The far end answered 491. Gives false when that was once too often.
    pub(crate) fn collided(&mut self, now: Instant, rng: &mut Rng, we_chose_call_id: bool) -> bool {
        self.collisions += 1;
        if self.collisions > MOST_COLLISIONS {
            return false;
        }
        if let Some(newer) = self.then.take() {
            self.sdp = newer;
        }
        self.state = OfferState::Collided(now + wait(rng, we_chose_call_id));
        true
    }

    /// When to look again.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self.state {
            OfferState::Collided(at) => Some(at),
            OfferState::Waiting | OfferState::Sent(_) => None,
        }
    }
}

/// 2.1–4 s for the side that chose the Call-ID, 0–2 s for the other, in steps of 10 ms: the two never meet again.
fn wait(rng: &mut Rng, we_chose_call_id: bool) -> Duration {
    let steps = if we_chose_call_id { 210 + rng.below(191) } else { rng.below(201) };
    Duration::from_millis(steps * 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_of_the_call_id_waits_longer_than_the_other_side_ever_does() {
        let mut rng = Rng::new(5);
        for _ in 0..2000 {
            let owner = wait(&mut rng, true).as_millis();
            let other = wait(&mut rng, false).as_millis();
            assert!((2100..=4000).contains(&owner) && owner.is_multiple_of(10), "{owner}");
            assert!(other <= 2000 && other.is_multiple_of(10), "{other}");
        }
    }
}
