//! One call as the user agent keeps it: its dialog, how far the INVITE has come, and what is open within the dialog.

use std::time::Instant;

use bytes::Bytes;

use crate::dialog::Dialog;
use crate::dialog::offer::Offer;
use crate::dialog::reliable::Reliable;
use crate::dialog::unacknowledged::Unacknowledged;
use crate::header::Headers;
use crate::transaction::Key;
use crate::user_agent::challenge::Account;

/// More early dialogs of one forked INVITE than this are not remembered.
const MOST_BRANCHES: usize = 8;
/// More event packages than this are not remembered.
const MOST_PACKAGES: usize = 16;

/// A call.
#[derive(Debug)]
pub(crate) struct Session {
    /// Tags, targets and routes.
    pub(crate) dialog: Dialog,
    /// How far the INVITE has come.
    pub(crate) phase: Phase,
    /// What challenges of the far end may be answered with.
    pub(crate) account: Option<Account>,
    /// Our 2xx whose ACK has not come.
    pub(crate) unacknowledged: Option<Unacknowledged>,
    /// Our reliable provisional responses.
    pub(crate) reliable: Option<Reliable>,
    /// Our re-INVITE.
    pub(crate) offer: Option<Offer>,
    /// The far end's re-INVITE or UPDATE, which the owner has not decided on.
    pub(crate) asked: Option<Asked>,
    /// Tags of the early dialogs of our INVITE.
    branches: Vec<String>,
    /// Event packages the far end takes.
    packages: Vec<String>,
}

/// How far the INVITE of a call has come.
#[derive(Debug)]
pub(crate) enum Phase {
    /// The far end's INVITE has no final answer yet.
    Incoming(Incoming),
    /// Our INVITE has no final answer yet.
    Outgoing(Outgoing),
    /// Answered by a 2xx.
    Confirmed {
        /// The CSeq number of our INVITE whose 2xx brought an offer we have not answered, and its transaction.
        owes_ack: Option<(Key, u32)>,
    },
    /// The owner has hung up: our BYE is under way, or waits for the ACK of our 2xx (§15).
    Closing {
        /// More headers for the BYE.
        extra: Vec<(String, String)>,
    },
}

/// The far end's INVITE.
#[derive(Debug)]
pub(crate) struct Incoming {
    /// Its transaction.
    pub(crate) transaction: Key,
    /// It carried no offer, so our 2xx does.
    pub(crate) offerless: bool,
    /// The caller requires reliable provisional responses.
    pub(crate) wants_reliable: bool,
    /// The provisional response to be repeated, and when, lest proxies give up the call (§13.3.1.1).
    pub(crate) repeat: Option<(u16, Bytes, Instant)>,
}

/// Our INVITE.
#[derive(Debug)]
pub(crate) struct Outgoing {
    /// Its transaction.
    pub(crate) transaction: Key,
    /// What the owner wants of it now.
    pub(crate) wanted: Wanted,
    /// A provisional response has come, so a CANCEL may be sent (§9.1).
    pub(crate) heard: bool,
    /// The CANCEL is sent.
    pub(crate) cancelled: bool,
    /// When the call is given up: timer C, or 64 × T1 after a CANCEL.
    pub(crate) until: Option<Instant>,
}

/// What the owner wants of an INVITE under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// An answer.
    Answer,
    /// Its end; then `Failed` with this status if nobody says another, or silence.
    End(Option<u16>),
}

/// A re-INVITE or UPDATE of the far end that waits for the owner.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Its transaction.
    pub(crate) transaction: Key,
    /// An UPDATE: no ACK will come.
    pub(crate) update: bool,
    /// It has no offer, so our 2xx does.
    pub(crate) offerless: bool,
    /// The target from now on, if we accept.
    pub(crate) target: Vec<crate::Address>,
}

impl Session {
    /// A call at its beginning.
    pub(crate) fn new(dialog: Dialog, phase: Phase, account: Option<Account>) -> Self {
        Self {
            dialog,
            phase,
            account,
            unacknowledged: None,
            reliable: None,
            offer: None,
            asked: None,
            branches: Vec::new(),
            packages: Vec::new(),
        }
    }

    /// The far end's INVITE while it waits for our final answer.
    pub(crate) fn incoming(&mut self) -> Option<&mut Incoming> {
        match &mut self.phase {
            Phase::Incoming(incoming) => Some(incoming),
            _ => None,
        }
    }

    /// Our INVITE while it waits for a final answer.
    pub(crate) fn outgoing(&mut self) -> Option<&mut Outgoing> {
        match &mut self.phase {
            Phase::Outgoing(outgoing) => Some(outgoing),
            _ => None,
        }
    }

    /// Whether the call is answered and not being ended.
    pub(crate) fn is_confirmed(&self) -> bool {
        matches!(self.phase, Phase::Confirmed { .. })
    }

    /// Whether the owner has let go of it.
    pub(crate) fn is_closing(&self) -> bool {
        matches!(self.phase, Phase::Closing { .. })
    }

    /// Whether a request of the far end belongs to this call.
    pub(crate) fn is(&self, call_id: &[u8], remote_tag: Option<&str>) -> bool {
        let early = matches!(self.phase, Phase::Outgoing(_))
            && self.dialog.call_id == call_id
            && self.branches.iter().any(|branch| Some(branch.as_str()) == remote_tag);
        early || self.dialog.is(call_id, remote_tag)
    }

    /// Remembers an early dialog of our INVITE.
    pub(crate) fn note_branch(&mut self, tag: Option<String>) {
        if let Some(tag) = tag.filter(|tag| self.branches.len() < MOST_BRANCHES && !self.branches.contains(tag)) {
            self.branches.push(tag);
        }
    }

    /// Remembers the event packages in a message of the far end.
    pub(crate) fn note_packages(&mut self, headers: &Headers) {
        for package in headers.allow_events() {
            if self.packages.len() < MOST_PACKAGES && !self.allows_event(&package) {
                self.packages.push(package.into_owned());
            }
        }
    }

    /// Whether the far end takes this event package.
    pub(crate) fn allows_event(&self, package: &str) -> bool {
        self.packages.iter().any(|known| known.eq_ignore_ascii_case(package))
    }

    /// When time matters to this call next.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let phase = match &self.phase {
            Phase::Incoming(incoming) => {
                let repeat = incoming.repeat.as_ref().map(|(_, _, at)| *at);
                let reliable = self.reliable.as_ref().and_then(Reliable::deadline);
                repeat.into_iter().chain(reliable).min()
            }
            Phase::Outgoing(outgoing) => outgoing.until,
            Phase::Confirmed { .. } => self.offer.as_ref().and_then(Offer::deadline),
            Phase::Closing { .. } => None,
        };
        phase.into_iter().chain(self.unacknowledged.as_ref().map(Unacknowledged::deadline)).min()
    }
}
