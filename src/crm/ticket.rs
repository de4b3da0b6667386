//! Tickets: what may follow what, and when an answer is due.

use serde::{Deserialize, Serialize};

use crate::calendar::Hours;
use crate::word::words;

words! {
    /// Where a ticket stands.
    Status {
        /// Somebody must act.
        Open = "open",
        /// Waits for the customer or a supplier.
        Waiting = "waiting",
        /// Done; the customer may still come back.
        Solved = "solved",
        /// Done for good.
        Closed = "closed",
    }
}

words! {
    /// How soon it matters.
    Priority {
        /// When there is time.
        Low = "low",
        /// As usual.
        Normal = "normal",
        /// Before the others.
        High = "high",
        /// Now.
        Urgent = "urgent",
    }
}

words! {
    /// What the customer wants.
    Kind {
        /// Something is to be done.
        Request = "request",
        /// Something went wrong.
        Complaint = "complaint",
        /// Something is to be answered.
        Question = "question",
    }
}

impl Status {
    /// Whether a ticket may go from this status to `next`. Staying is always allowed; a closed ticket can only be
    /// opened again, so that nobody parks work in a state that no list shows.
    pub fn may_become(self, next: Self) -> bool {
        match (self, next) {
            (same, other) if same == other => true,
            (Self::Open | Self::Waiting, _) => true,
            (Self::Solved, Self::Open | Self::Closed) => true,
            (Self::Closed, Self::Open) => true,
            _ => false,
        }
    }

    /// Whether work is left: the statuses the card and the lists count as open.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Waiting)
    }
}

/// Business minutes within which a ticket of a priority is to be solved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promise {
    /// Minutes for `low`.
    pub low: i64,
    /// Minutes for `normal`.
    pub normal: i64,
    /// Minutes for `high`.
    pub high: i64,
    /// Minutes for `urgent`.
    pub urgent: i64,
}

impl Default for Promise {
    /// Five, two and one working days of nine hours, and two hours.
    fn default() -> Self {
        Self { low: 5 * 540, normal: 2 * 540, high: 540, urgent: 120 }
    }
}

impl Promise {
    /// The minutes of a priority.
    pub fn minutes(&self, priority: Priority) -> i64 {
        match priority {
            Priority::Low => self.low,
            Priority::Normal => self.normal,
            Priority::High => self.high,
            Priority::Urgent => self.urgent,
        }
    }

    /// When a ticket opened at `created` (µs UTC) is due, counted in business hours: nights, weekends and holidays do
    /// not count. `None` when the business never opens.
    pub fn due(&self, priority: Priority, created: i64, hours: &Hours) -> Option<i64> {
        hours.after(created, self.minutes(priority))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::{Hours, micros};

    #[test]
    fn a_closed_ticket_can_only_be_opened_again() {
        assert!(Status::Closed.may_become(Status::Open));
        assert!(!Status::Closed.may_become(Status::Waiting));
        assert!(!Status::Closed.may_become(Status::Solved));
        assert!(!Status::Solved.may_become(Status::Waiting));
        assert!(Status::ALL.iter().all(|&from| from.may_become(from)));
        assert!(Status::ALL.iter().all(|&to| Status::Open.may_become(to)));
    }

    #[test]
    fn the_clock_of_a_promise_stops_at_night_and_on_holidays() {
        let hours = Hours::turkish_office();
        // Wednesday 28 October 2026, 11:00; the afternoon, Thursday the 29th and the weekend are off.
        let created = micros(2026, 10, 28, 11, 0);
        let due = |priority| Promise::default().due(priority, created, &hours);
        assert_eq!(due(Priority::Urgent), Some(micros(2026, 10, 28, 13, 0)));
        assert_eq!(due(Priority::High), Some(micros(2026, 10, 30, 16, 0)));
        assert_eq!(due(Priority::Normal), Some(micros(2026, 11, 2, 16, 0)));
    }

    #[test]
    fn words_are_read_back_and_others_are_refused() {
        assert_eq!("urgent".parse(), Ok(Priority::Urgent));
        assert_eq!(Status::Waiting.as_str(), "waiting");
        assert!("Urgent".parse::<Priority>().is_err());
    }
}
