//! The small grammars inside texts: time spans, hours, days, dates, port ranges.

use std::ops::RangeInclusive;
use std::time::Duration;

/// Time spans that make sense for a telephone.
pub const DURATIONS: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(86_400);

/// `20s`, `5m`, `1m30s`, `500ms`, `1h`.
pub fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest.get(..digits)?.parse().ok()?;
        let units = &rest[digits..];
        let letters = units.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(units.len());
        let millis: u64 = match &units[..letters] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return None,
        };
        total = total.checked_add(Duration::from_millis(number.checked_mul(millis)?))?;
        rest = &units[letters..];
    }
    Some(total)
}

/// Minutes of one day, `[from, to)`. The end may be `24:00`.
pub type Interval = (u16, u16);

/// The whole day.
pub const WHOLE_DAY: Interval = (0, 1440);

/// `09:00-12:30`, in minutes since midnight. The order of the two is for the caller to judge.
pub fn interval(text: &str) -> Option<Interval> {
    let (from, to) = text.split_once('-')?;
    Some((clock(from.trim())?, clock(to.trim())?))
}

fn clock(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let two_digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    if !two_digits(hours) || !two_digits(minutes) {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    let at = hours * 60 + minutes;
    (minutes < 60 && at <= WHOLE_DAY.1).then_some(at)
}

/// Days of the week as the file names them, Monday first.
pub const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// `mon`, `mon-fri`, `sat-mon` (over the week's end): which days, Monday is 0.
pub fn weekdays(text: &str) -> Option<Vec<usize>> {
    let day = |name: &str| WEEKDAYS.iter().position(|known| *known == name.trim());
    let Some((from, to)) = text.split_once('-') else {
        return Some(vec![day(text)?]);
    };
    let (from, to) = (day(from)?, day(to)?);
    let days = (to + 7 - from) % 7;
    Some((0..=days).map(|step| (from + step) % 7).collect())
}

/// A day of one year, or of every year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    /// `None` = every year.
    pub year: Option<i16>,
    /// 1–12.
    pub month: i8,
    /// 1–31.
    pub day: i8,
}

/// Why a date is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateFault {
    /// Not the form of a date.
    Form,
    /// The form of a date, but no calendar has the day.
    NoSuchDay,
    /// A range that ends before it begins, or is longer than a year.
    Range,
}

/// `2026-03-20`, `*-10-29`, or `2026-03-20..2026-03-22` with both ends in it.
pub fn dates(text: &str) -> Result<Vec<Day>, DateFault> {
    let Some((from, to)) = text.split_once("..") else {
        return Ok(vec![date(text.trim())?]);
    };
    let (from, to) = (civil(date(from.trim())?)?, civil(date(to.trim())?)?);
    let mut days = Vec::new();
    let mut day = from;
    while day <= to && days.len() <= 366 {
        days.push(Day { year: Some(day.year()), month: day.month(), day: day.day() });
        day = day.tomorrow().map_err(|_| DateFault::Range)?;
    }
    if days.is_empty() || days.len() > 366 { Err(DateFault::Range) } else { Ok(days) }
}

/// One date. The 29th of February of every year is a date: it comes every four years.
fn date(text: &str) -> Result<Day, DateFault> {
    let mut parts = text.split('-');
    let (Some(year), Some(month), Some(day), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(DateFault::Form);
    };
    let digits = |part: &str, length: usize| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
    if !(year == "*" || digits(year, 4)) || !digits(month, 2) || !digits(day, 2) {
        return Err(DateFault::Form);
    }
    let year = if year == "*" { None } else { Some(year.parse().map_err(|_| DateFault::Form)?) };
    let month = month.parse().map_err(|_| DateFault::Form)?;
    let day = day.parse().map_err(|_| DateFault::Form)?;
    jiff::civil::Date::new(year.unwrap_or(2024), month, day).map_err(|_| DateFault::NoSuchDay)?;
    Ok(Day { year, month, day })
}

/// A day of one year as a calendar date. A range cannot be of every year: write its days one by one.
fn civil(day: Day) -> Result<jiff::civil::Date, DateFault> {
    let year = day.year.ok_or(DateFault::Form)?;
    jiff::civil::Date::new(year, day.month, day.day).map_err(|_| DateFault::NoSuchDay)
}

/// `20000-20999`.
pub fn port_range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-')?;
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first > 0 && first < last).then_some((first, last))
}

/// Letters, digits and inner hyphens between dots (RFC 1123 §2.1), and not an IP address. Names with other letters stand here
/// in the form browsers send, `xn--…`.
pub fn is_host_name(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label) && text.parse::<std::net::IpAddr>().is_err()
}

/// The host name inside something that was copied from a browser's address line.
pub fn host_of_url(text: &str) -> Option<&str> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = rest.split(['/', ':', '?']).next()?.trim();
    is_host_name(host).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::{DateFault, Day, dates, duration, host_of_url, interval, is_host_name, port_range, weekdays};
    use std::time::Duration;

    #[test]
    fn spans_of_time_are_numbers_with_units() {
        assert_eq!(duration("20s"), Some(Duration::from_secs(20)));
        assert_eq!(duration("1m30s"), Some(Duration::from_secs(90)));
        assert_eq!(duration("500ms"), Some(Duration::from_millis(500)));
        for bad in ["", "20", "s", "20 s", "-5s", "5d", "99999999999999999999s"] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn hours_are_two_digits_and_the_day_ends_at_24() {
        assert_eq!(interval("09:00-12:30"), Some((540, 750)));
        assert_eq!(interval("00:00-24:00"), Some((0, 1440)));
        for bad in ["9:00-12:00", "09:00", "09:60-10:00", "00:00-24:01", "09.00-10.00", "+9:00-10:00"] {
            assert_eq!(interval(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_range_of_weekdays_may_go_over_the_weekend() {
        assert_eq!(weekdays("mon-fri"), Some(vec![0, 1, 2, 3, 4]));
        assert_eq!(weekdays("sat-mon"), Some(vec![5, 6, 0]));
        assert_eq!(weekdays("sun"), Some(vec![6]));
        assert_eq!(weekdays("monday"), None);
    }

    #[test]
    fn dates_are_of_a_year_of_every_year_or_a_range() {
        assert_eq!(dates("*-10-29"), Ok(vec![Day { year: None, month: 10, day: 29 }]));
        let feast = dates("2026-03-20..2026-03-22");
        assert_eq!(feast.map(|days| days.len()), Ok(3));
        let over_the_month = dates("2026-02-27..2026-03-02");
        assert_eq!(over_the_month.map(|days| days.len()), Ok(4));
        assert_eq!(dates("2026-02-29"), Err(DateFault::NoSuchDay));
        assert_eq!(dates("29.10.2026"), Err(DateFault::Form));
        assert_eq!(dates("2026-03-22..2026-03-20"), Err(DateFault::Range));
        assert_eq!(dates("*-03-20..*-03-22"), Err(DateFault::Form));
    }

    #[test]
    fn a_port_range_goes_upwards() {
        assert_eq!(port_range("20000-20999"), Some((20_000, 20_999)));
        assert_eq!(port_range("20999-20000"), None);
        assert_eq!(port_range("20000-70000"), None);
    }

    #[test]
    fn a_host_name_is_bare_and_no_address() {
        for good in ["santral.example", "Santral", "xn--irket-55a.com.tr", "a-b.c"] {
            assert!(is_host_name(good), "{good}");
        }
        for bad in
            ["", "santral.example:8080", "https://a.example", "a..b", "-a", "a-", "192.0.2.1", "şirket.com.tr", "a b"]
        {
            assert!(!is_host_name(bad), "{bad}");
        }
        assert_eq!(host_of_url("https://santral.example:8443/desk?x"), Some("santral.example"));
        assert_eq!(host_of_url("https://192.0.2.1/"), None);
    }
}
