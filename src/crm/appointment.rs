//! Appointments: what a valid one is, and when two of them collide.

use serde::{Deserialize, Serialize};

use crate::word::words;

words! {
    /// Where an appointment stands.
    Status {
        /// Will happen.
        Booked = "booked",
        /// Happened.
        Done = "done",
        /// The customer did not come.
        NoShow = "no_show",
        /// Called off.
        Cancelled = "cancelled",
    }
}

impl Status {
    /// Whether it takes up somebody's time, so that another one may not overlap it.
    pub fn occupies(self) -> bool {
        matches!(self, Self::Booked | Self::Done)
    }
}

/// Shortest appointment, minutes.
pub const MIN_MINUTES: i64 = 5;
/// Longest appointment, minutes.
pub const MAX_MINUTES: i64 = 12 * 60;

const MICROS_PER_MINUTE: i64 = 60_000_000;
const DAYS_AHEAD: i64 = 3 * 366;

/// A stretch of time, µs UTC, `[starts_at, ends_at)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// First moment.
    pub starts_at: i64,
    /// First moment after it.
    pub ends_at: i64,
}

/// What is wrong with a wish for an appointment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotFault {
    /// Not between [`MIN_MINUTES`] and [`MAX_MINUTES`].
    Minutes,
    /// Over already, or more than three years ahead.
    StartsAt,
}

impl SlotFault {
    /// The field it is about.
    pub fn field(self) -> &'static str {
        match self {
            Self::Minutes => "minutes",
            Self::StartsAt => "starts_at",
        }
    }
}

impl Slot {
    /// The slot of a wish. An appointment that is going on may still be written down; one that is over may not.
    ///
    /// # Errors
    /// The [`SlotFault`].
    pub fn wished(starts_at: i64, minutes: i64, now: i64) -> Result<Self, SlotFault> {
        if !(MIN_MINUTES..=MAX_MINUTES).contains(&minutes) {
            return Err(SlotFault::Minutes);
        }
        let latest = now.saturating_add(DAYS_AHEAD * 24 * 60 * MICROS_PER_MINUTE);
        let ends_at = starts_at.checked_add(minutes * MICROS_PER_MINUTE).ok_or(SlotFault::StartsAt)?;
        if ends_at <= now || starts_at > latest {
            return Err(SlotFault::StartsAt);
        }
        Ok(Self { starts_at, ends_at })
    }

    /// Whether two slots share a moment. One that begins when the other ends does not.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.starts_at < other.ends_at && other.starts_at < self.ends_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(from: i64, to: i64) -> Slot {
        Slot { starts_at: from, ends_at: to }
    }

    #[test]
    fn neighbours_do_not_overlap() {
        assert!(!slot(0, 10).overlaps(&slot(10, 20)));
        assert!(slot(0, 11).overlaps(&slot(10, 20)));
        assert!(slot(0, 30).overlaps(&slot(10, 20)) && slot(10, 20).overlaps(&slot(0, 30)));
    }

    #[test]
    fn a_wish_must_be_sane() {
        let now = 1_000 * MICROS_PER_MINUTE;
        assert_eq!(Slot::wished(now, 4, now), Err(SlotFault::Minutes));
        assert_eq!(Slot::wished(now, MAX_MINUTES + 1, now), Err(SlotFault::Minutes));
        assert_eq!(Slot::wished(now - 30 * MICROS_PER_MINUTE, 30, now), Err(SlotFault::StartsAt));
        assert_eq!(Slot::wished(i64::MAX - 1, 30, now), Err(SlotFault::StartsAt));
        let going_on = Slot::wished(now - 10 * MICROS_PER_MINUTE, 30, now).unwrap();
        assert_eq!(going_on.ends_at - going_on.starts_at, 30 * MICROS_PER_MINUTE);
    }
}
