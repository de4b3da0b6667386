//! Consent to messages: yes, no, or never asked; with its source and time, because a yes without proof is worth
//! nothing.

use serde::{Deserialize, Serialize};

use crate::word::words;

words! {
    /// Where a decision came from.
    Source {
        /// Said or keyed in during a call.
        Call = "call",
        /// Written on paper.
        Paper = "paper",
        /// On a web page.
        Web = "web",
        /// Came with data from another system.
        Import = "import",
    }
}

/// One decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Whether messages are wanted.
    pub wanted: bool,
    /// Where it came from.
    pub source: Source,
    /// When, µs UTC.
    pub at: i64,
}

/// What is known: `None` means nobody ever asked, which allows nothing.
pub type Consent = Option<Decision>;

/// Whether a commercial message may be sent.
pub fn allows(consent: Consent) -> bool {
    consent.is_some_and(|decision| decision.wanted)
}

/// The decision that counts when a new one arrives: the later one. A late report of an older decision (an import, a
/// second desk) never undoes a newer one; at the same moment the refusal counts.
pub fn merge(known: Consent, news: Decision) -> Decision {
    match known {
        Some(old) if old.at > news.at || (old.at == news.at && !old.wanted) => old,
        _ => news,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(wanted: bool, at: i64) -> Decision {
        Decision { wanted, source: Source::Call, at }
    }

    #[test]
    fn never_asked_allows_nothing() {
        assert!(!allows(None));
        assert!(!allows(Some(decision(false, 1))));
        assert!(allows(Some(decision(true, 1))));
    }

    #[test]
    fn the_later_decision_counts_whatever_arrives_first() {
        let (yes, no) = (decision(true, 1), decision(false, 2));
        assert_eq!(merge(Some(yes), no), no);
        assert_eq!(merge(Some(no), yes), no);
        assert_eq!(merge(Some(decision(false, 1)), decision(true, 1)), decision(false, 1));
    }
}
