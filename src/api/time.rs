//! Times on the wire: RFC 3339 with the offset of the business.

use jiff::Timestamp;
use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;

/// `2026-11-22T14:05:00+03:00`; milliseconds are kept when there are any.
pub fn rfc3339(zone: &TimeZone, micros: i64) -> String {
    let millis = micros.div_euclid(1000);
    let stamp = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH);
    stamp.display_with_offset(zone.to_offset(stamp)).to_string()
}

/// The moment of a text with any offset, µs since 1970 UTC. No place on earth is a day or more from Greenwich.
pub fn parse(text: &str) -> Option<i64> {
    let offset = Pieces::parse(text).ok()?.to_numeric_offset();
    if offset.is_some_and(|offset| offset.seconds().abs() >= 24 * 3600) {
        return None;
    }
    text.parse::<Timestamp>().ok().map(|stamp| stamp.as_microsecond())
}

/// A day or a moment as the start of a range: `2026-11-22` is that day's first moment in the business's zone.
pub fn parse_from(zone: &TimeZone, text: &str) -> Option<i64> {
    parse(text).or_else(|| day_start(zone, text, 0))
}

/// The same as the end of a range: `2026-11-22` is the next day's first moment.
pub fn parse_to(zone: &TimeZone, text: &str) -> Option<i64> {
    parse(text).or_else(|| day_start(zone, text, 1))
}

/// The folder of a moment's day, `2026/11/22`.
pub fn day_path(zone: &TimeZone, micros: i64) -> String {
    let stamp = Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH);
    stamp.to_zoned(zone.clone()).strftime("%Y/%m/%d").to_string()
}

fn day_start(zone: &TimeZone, text: &str, days_later: i64) -> Option<i64> {
    // A moment whose offset is none would be read as its day.
    if text.contains(['T', 't', ' ']) {
        return None;
    }
    let day: jiff::civil::Date = text.parse().ok()?;
    let day = day.checked_add(jiff::Span::new().days(days_later)).ok()?;
    Some(day.to_zoned(zone.clone()).ok()?.timestamp().as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn istanbul() -> TimeZone {
        TimeZone::get("Europe/Istanbul").unwrap()
    }

    #[test]
    fn a_moment_carries_the_offset_of_the_business() {
        let micros = parse("2026-11-22T11:05:00Z").unwrap();
        assert_eq!(rfc3339(&istanbul(), micros), "2026-11-22T14:05:00+03:00");
        assert_eq!(rfc3339(&istanbul(), micros + 120_999), "2026-11-22T14:05:00.12+03:00");
    }

    #[test]
    fn a_day_is_the_business_day_not_the_utc_day() {
        let from = parse_from(&istanbul(), "2026-11-22").unwrap();
        let to = parse_to(&istanbul(), "2026-11-22").unwrap();
        assert_eq!(rfc3339(&istanbul(), from), "2026-11-22T00:00:00+03:00");
        assert_eq!(to - from, 24 * 3600 * 1_000_000);
        assert_eq!(day_path(&istanbul(), from), "2026/11/22");
        assert_eq!(day_path(&TimeZone::UTC, from), "2026/11/21");
    }

    #[test]
    fn nonsense_is_no_time() {
        for text in [
            "",
            "yarın",
            "2026-13-40",
            "2026-11-22T25:00:00Z",
            "2026-11-22T10:00:00+25:00",
            "2026-11-22T10:00:00-24:00",
        ] {
            assert_eq!(parse_from(&istanbul(), text), None, "{text}");
        }
    }
}
