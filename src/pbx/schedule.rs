//! Whether the business is open at a moment, on its own clocks.
//!
//! Zones come from the database compiled into the binary, so an answer does not depend on the machine it is asked on.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZoneDatabase;

use crate::plan::{Schedule, SpecialDay};

/// What a schedule says about a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hours {
    /// Open by the weekly hours.
    Open,
    /// Closed by the weekly hours.
    Closed,
    /// A special day that is closed all day, with its name.
    Holiday(String),
    /// A special day with hours of its own, and whether it is open now.
    ShortDay {
        /// Name of the day.
        name: String,
        /// Whether it is open now.
        open: bool,
    },
    /// The zone's name is in no database: nothing can be said, so it counts as closed.
    NoSuchZone,
}

impl Hours {
    /// Whether callers are to be served.
    pub fn is_open(&self) -> bool {
        matches!(self, Hours::Open | Hours::ShortDay { open: true, .. })
    }
}

/// The state of a schedule at `wall` (µs since 1970 UTC).
pub fn hours(schedule: &Schedule, wall: i64) -> Hours {
    let Some(local) = local_time(&schedule.timezone, wall) else {
        return Hours::NoSuchZone;
    };
    let minute = minute_of_day(local);
    match special_day(schedule, local) {
        Some(day) if day.open.is_empty() => Hours::Holiday(day.name.clone()),
        Some(day) => Hours::ShortDay { name: day.name.clone(), open: within(&day.open, minute) },
        None if within(weekly(schedule, local), minute) => Hours::Open,
        None => Hours::Closed,
    }
}

/// Whether a zone of that IANA name exists.
pub fn zone_exists(name: &str) -> bool {
    TimeZoneDatabase::bundled().get(name).is_ok()
}

/// What the clock on the wall of the business shows.
fn local_time(zone: &str, wall: i64) -> Option<DateTime> {
    let zone = TimeZoneDatabase::bundled().get(zone).ok()?;
    let moment = Timestamp::from_microsecond(wall).ok()?;
    Some(zone.to_datetime(moment))
}

/// A day of one year is more particular than a day of every year.
fn special_day(schedule: &Schedule, local: DateTime) -> Option<&SpecialDay> {
    let fits = |day: &&SpecialDay| day.month == local.month() && day.day == local.day();
    let of_year = schedule.days.iter().filter(fits).find(|day| day.year == Some(local.year()));
    of_year.or_else(|| schedule.days.iter().filter(fits).find(|day| day.year.is_none()))
}

fn weekly(schedule: &Schedule, local: DateTime) -> &[(u16, u16)] {
    let day = usize::try_from(local.weekday().to_monday_zero_offset()).unwrap_or(0);
    schedule.weekly.get(day).map_or(&[], Vec::as_slice)
}

fn minute_of_day(local: DateTime) -> u16 {
    u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).unwrap_or(0)
}

fn within(open: &[(u16, u16)], minute: u16) -> bool {
    open.iter().any(|(from, to)| (*from..*to).contains(&minute))
}
