//! Business hours and the holidays of Türkiye.

use jiff::civil::{Date, Weekday, date};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan};

/// One public holiday.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holiday {
    /// The day.
    pub day: Date,
    /// Name for people.
    pub name: &'static str,
    /// Whether only the afternoon is off (from 13:00).
    pub half: bool,
}

const fn full(day: Date, name: &'static str) -> Holiday {
    Holiday { day, name, half: false }
}

const fn half(day: Date, name: &'static str) -> Holiday {
    Holiday { day, name, half: true }
}

/// The holidays of 2026 and 2027. The religious ones move with the moon and by decree, so they are data, not a formula.
pub const HOLIDAYS: [Holiday; 34] = [
    full(date(2026, 1, 1), "Yılbaşı"),
    half(date(2026, 3, 19), "Ramazan Bayramı arifesi"),
    full(date(2026, 3, 20), "Ramazan Bayramı 1. gün"),
    full(date(2026, 3, 21), "Ramazan Bayramı 2. gün"),
    full(date(2026, 3, 22), "Ramazan Bayramı 3. gün"),
    full(date(2026, 4, 23), "Ulusal Egemenlik ve Çocuk Bayramı"),
    full(date(2026, 5, 1), "Emek ve Dayanışma Günü"),
    full(date(2026, 5, 19), "Atatürk’ü Anma, Gençlik ve Spor Bayramı"),
    half(date(2026, 5, 26), "Kurban Bayramı arifesi"),
    full(date(2026, 5, 27), "Kurban Bayramı 1. gün"),
    full(date(2026, 5, 28), "Kurban Bayramı 2. gün"),
    full(date(2026, 5, 29), "Kurban Bayramı 3. gün"),
    full(date(2026, 5, 30), "Kurban Bayramı 4. gün"),
    full(date(2026, 7, 15), "Demokrasi ve Millî Birlik Günü"),
    full(date(2026, 8, 30), "Zafer Bayramı"),
    half(date(2026, 10, 28), "Cumhuriyet Bayramı arifesi"),
    full(date(2026, 10, 29), "Cumhuriyet Bayramı"),
    full(date(2027, 1, 1), "Yılbaşı"),
    half(date(2027, 3, 8), "Ramazan Bayramı arifesi"),
    full(date(2027, 3, 9), "Ramazan Bayramı 1. gün"),
    full(date(2027, 3, 10), "Ramazan Bayramı 2. gün"),
    full(date(2027, 3, 11), "Ramazan Bayramı 3. gün"),
    full(date(2027, 4, 23), "Ulusal Egemenlik ve Çocuk Bayramı"),
    full(date(2027, 5, 1), "Emek ve Dayanışma Günü"),
    half(date(2027, 5, 15), "Kurban Bayramı arifesi"),
    full(date(2027, 5, 16), "Kurban Bayramı 1. gün"),
    full(date(2027, 5, 17), "Kurban Bayramı 2. gün"),
    full(date(2027, 5, 18), "Kurban Bayramı 3. gün"),
    full(date(2027, 5, 19), "Kurban Bayramı 4. gün"),
    full(date(2027, 5, 19), "Atatürk’ü Anma, Gençlik ve Spor Bayramı"),
    full(date(2027, 7, 15), "Demokrasi ve Millî Birlik Günü"),
    full(date(2027, 8, 30), "Zafer Bayramı"),
    half(date(2027, 10, 28), "Cumhuriyet Bayramı arifesi"),
    full(date(2027, 10, 29), "Cumhuriyet Bayramı"),
];

/// The first holiday that falls on a day.
pub fn holiday_on(day: Date) -> Option<&'static Holiday> {
    HOLIDAYS.iter().find(|holiday| holiday.day == day)
}

/// The time zone of Türkiye: UTC+3 all year since 2016.
pub fn turkish_time() -> TimeZone {
    TimeZone::fixed(Offset::constant(3))
}

/// Minute of the day at which a half holiday begins.
const NOON: i64 = 13 * 60;
const MICROS_PER_MINUTE: i64 = 60_000_000;
const MINUTES_PER_DAY: i64 = 24 * 60;
/// Days looked at before a business counts as one that never opens.
const HORIZON: usize = 400;

/// When a business works: the base of every promise made in working time.
#[derive(Debug, Clone)]
pub struct Hours {
    /// Its time zone.
    pub zone: TimeZone,
    /// Monday first: open intervals in minutes since midnight, `[from, to)`, in order.
    pub weekly: [Vec<(i64, i64)>; 7],
    /// Days that differ.
    pub holidays: Vec<Holiday>,
}

impl Hours {
    /// Monday to Friday 09:00–18:00 with the holidays of Türkiye.
    pub fn turkish_office() -> Self {
        let day = vec![(9 * 60, 18 * 60)];
        let weekly = [day.clone(), day.clone(), day.clone(), day.clone(), day, vec![], vec![]];
        Self { zone: turkish_time(), weekly, holidays: HOLIDAYS.to_vec() }
    }

    /// The open intervals of a day, in minutes since midnight.
    pub fn open_on(&self, day: Date) -> Vec<(i64, i64)> {
        let usual = &self.weekly[weekday_index(day.weekday())];
        let off: Vec<&Holiday> = self.holidays.iter().filter(|holiday| holiday.day == day).collect();
        if off.iter().any(|holiday| !holiday.half) {
            return Vec::new();
        }
        let closing = if off.is_empty() { MINUTES_PER_DAY } else { NOON };
        usual.iter().map(|&(from, to)| (from, to.min(closing))).filter(|&(from, to)| from < to).collect()
    }

    /// The moment when `minutes` of open time have passed since `start` (µs UTC). `None` when the business does not
    /// open within the next year or the moment cannot be written.
    pub fn after(&self, start: i64, minutes: i64) -> Option<i64> {
        let local = Timestamp::from_microsecond(start).ok()?.to_zoned(self.zone.clone());
        let mut day = local.date();
        let midnight = |day: Date| Some(day.to_zoned(self.zone.clone()).ok()?.timestamp().as_microsecond());
        let mut left = minutes.max(0).checked_mul(MICROS_PER_MINUTE)?;
        for _ in 0..HORIZON {
            let zero = midnight(day)?;
            for (from, to) in self.open_on(day) {
                let (opens, closes) = (zero + from * MICROS_PER_MINUTE, zero + to * MICROS_PER_MINUTE);
                let begin = opens.max(start);
                if begin >= closes {
                    continue;
                }
                if left <= closes - begin {
                    return Some(begin + left);
                }
                left -= closes - begin;
            }
            day = day.checked_add(1.day()).ok()?;
        }
        None
    }
}

fn weekday_index(day: Weekday) -> usize {
    usize::try_from(day.to_monday_zero_offset()).unwrap_or_default()
}

/// The day, in a zone, of a moment (µs UTC).
pub fn day_of(at: i64, zone: &TimeZone) -> Option<Date> {
    Some(Timestamp::from_microsecond(at).ok()?.to_zoned(zone.clone()).date())
}

/// Turkish local time as µs UTC, for tests and samples.
#[cfg(test)]
pub(crate) fn micros(year: i16, month: i8, day: i8, hour: i8, minute: i8) -> i64 {
    let local = date(year, month, day).at(hour, minute, 0, 0);
    local.to_zoned(turkish_time()).unwrap().timestamp().as_microsecond()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_days_close_at_one_and_holidays_do_not_open() {
        let hours = Hours::turkish_office();
        assert_eq!(hours.open_on(date(2026, 10, 28)), [(540, 780)]);
        assert!(hours.open_on(date(2026, 10, 29)).is_empty());
        assert_eq!(hours.open_on(date(2026, 10, 30)), [(540, 1080)]);
        assert!(hours.open_on(date(2026, 10, 31)).is_empty(), "a Saturday");
    }

    #[test]
    fn every_year_has_its_fixed_holidays() {
        for year in [2026, 2027] {
            for (month, day) in [(1, 1), (4, 23), (5, 1), (5, 19), (7, 15), (8, 30), (10, 29)] {
                assert!(holiday_on(date(year, month, day)).is_some_and(|h| !h.half), "{day}.{month}.{year}");
            }
            assert!(holiday_on(date(year, 10, 28)).is_some_and(|h| h.half));
        }
        assert!(HOLIDAYS.windows(2).all(|pair| pair[0].day <= pair[1].day), "in order");
    }

    #[test]
    fn working_time_skips_nights_and_long_holidays() {
        let hours = Hours::turkish_office();
        // Tuesday 26 May 2026 at noon is the eve of a four-day feast that ends on a Saturday.
        let start = micros(2026, 5, 26, 12, 0);
        assert_eq!(hours.after(start, 60), Some(micros(2026, 5, 26, 13, 0)));
        assert_eq!(hours.after(start, 61), Some(micros(2026, 6, 1, 9, 1)));
        assert_eq!(hours.after(micros(2026, 6, 6, 22, 0), 0), Some(micros(2026, 6, 8, 9, 0)), "from Saturday night");
    }

    #[test]
    fn a_business_that_never_opens_promises_nothing() {
        let hours = Hours { weekly: Default::default(), ..Hours::turkish_office() };
        assert_eq!(hours.after(0, 1), None);
    }
}
