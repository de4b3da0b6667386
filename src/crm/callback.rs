//! Callbacks: callers who are owed a call.

use serde::{Deserialize, Serialize};

use crate::calendar::Hours;
use crate::word::words;

words! {
    /// Why a call is owed.
    Reason {
        /// They called and reached nobody.
        Missed = "missed",
        /// Somebody said they would call back.
        Promised = "promised",
    }
}

words! {
    /// How it ended.
    Outcome {
        /// Somebody talked with them.
        Reached = "reached",
        /// Tried, and given up.
        Unreachable = "unreachable",
        /// Settled in another way.
        NotNeeded = "not_needed",
    }
}

impl Reason {
    /// When a call owed since `since` (µs UTC) is due unless somebody says another time: half an hour of working time
    /// after a miss, one hour after a promise. A business that never opens owes it at once.
    pub fn due(self, since: i64, hours: &Hours) -> i64 {
        let minutes = match self {
            Self::Missed => 30,
            Self::Promised => 60,
        };
        hours.after(since, minutes).unwrap_or(since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::{Hours, micros};

    #[test]
    fn who_called_at_night_is_owed_a_call_in_the_morning() {
        let hours = Hours::turkish_office();
        let friday_evening = micros(2026, 11, 27, 22, 40);
        assert_eq!(Reason::Missed.due(friday_evening, &hours), micros(2026, 11, 30, 9, 30));
        assert_eq!(Reason::Promised.due(micros(2026, 11, 26, 17, 30), &hours), micros(2026, 11, 27, 9, 30));
        let never = Hours { weekly: Default::default(), ..hours };
        assert_eq!(Reason::Missed.due(friday_evening, &never), friday_evening);
    }
}
