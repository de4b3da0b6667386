//! The dates of a calendar file (RFC 5545): all-day events and events within one day, once or every year.

use std::collections::BTreeMap;
use std::ops::Range;

use super::calendar::DayHours;
use super::value::{Day, WHOLE_DAY};

/// What a calendar file says.
#[derive(Debug, Default)]
pub struct Calendar {
    /// Days with their hours.
    pub days: BTreeMap<Day, DayHours>,
    /// Lines that cannot be used.
    pub faults: Vec<Fault>,
}

/// A line that cannot be used.
#[derive(Debug)]
pub struct Fault {
    /// Bytes of the text.
    pub span: Range<usize>,
    /// Why, as a phrase of the catalogue.
    pub detail: String,
}

/// A content line: folded lines put together (§3.1), parameters and value apart.
struct Line {
    name: String,
    parameters: String,
    value: String,
    span: Range<usize>,
}

/// A moment as written: a date, and minutes since midnight where there is a time.
#[derive(Clone, Copy)]
struct Moment {
    date: jiff::civil::Date,
    minute: Option<u16>,
}

#[derive(Default)]
struct Event {
    summary: String,
    start: Option<(Moment, Range<usize>)>,
    end: Option<Moment>,
    yearly: bool,
    faulty: bool,
}

/// Reads the text of a calendar file.
pub fn read(text: &str) -> Calendar {
    let mut calendar = Calendar::default();
    let mut event: Option<Event> = None;
    for line in lines(text) {
        match (line.name.as_str(), line.value.as_str()) {
            ("BEGIN", "VEVENT") => event = Some(Event::default()),
            ("END", "VEVENT") => {
                if let Some(event) = event.take() {
                    calendar.add(event);
                }
            }
            _ => {
                if let Some(event) = &mut event {
                    calendar.property(event, &line);
                }
            }
        }
    }
    calendar
}

impl Calendar {
    fn fault(&mut self, span: Range<usize>, detail: &str) {
        self.faults.push(Fault { span, detail: detail.to_owned() });
    }

    fn property(&mut self, event: &mut Event, line: &Line) {
        let known = match line.name.as_str() {
            "SUMMARY" => {
                event.summary = unescape(&line.value);
                true
            }
            "DTSTART" => {
                event.start = moment(line).map(|moment| (moment, line.span.clone()));
                event.start.is_some()
            }
            "DTEND" => {
                event.end = moment(line);
                event.end.is_some()
            }
            "RRULE" => {
                event.yearly = is_yearly(&line.value);
                event.yearly
            }
            _ => true,
        };
        if !known {
            event.faulty = true;
            let detail = if line.name == "RRULE" { "@ics-rule" } else { "@ics-moment" };
            self.fault(line.span.clone(), detail);
        }
    }

    fn add(&mut self, event: Event) {
        let Some((start, span)) = event.start.filter(|_| !event.faulty) else {
            return;
        };
        let Some(days) = days(start, event.end) else {
            self.fault(span, "@ics-span");
            return;
        };
        for (date, open) in days {
            let year = (!event.yearly).then(|| date.year());
            let day = Day { year, month: date.month(), day: date.day() };
            self.days.insert(day, DayHours { name: event.summary.clone(), open: vec![open] });
        }
    }
}

/// The days of an event with the minutes it covers. The end of an all-day event is the day after it (§3.6.1).
fn days(start: Moment, end: Option<Moment>) -> Option<Vec<(jiff::civil::Date, (u16, u16))>> {
    let Some(from) = start.minute else {
        let last = match end {
            Some(end) => end.date.yesterday().ok()?,
            None => start.date,
        };
        let days: Vec<_> =
            start.date.series(jiff::Span::new().days(1)).take(367).take_while(|day| *day <= last).collect();
        return (!days.is_empty() && days.len() <= 366).then(|| days.into_iter().map(|day| (day, WHOLE_DAY)).collect());
    };
    let end = end?;
    let to = match end.minute? {
        0 if end.date == start.date.tomorrow().ok()? => WHOLE_DAY.1,
        minute if end.date == start.date => minute,
        _ => return None,
    };
    (from < to).then(|| vec![(start.date, (from, to))])
}

/// `20260320` or `20260319T130000`. Moments in UTC are not read: on which local day they fall is another question.
fn moment(line: &Line) -> Option<Moment> {
    let (date, time) =
        line.value.split_once('T').map_or((line.value.as_str(), None), |(date, time)| (date, Some(time)));
    if date.len() != 8
        || (line.parameters.contains("VALUE=DATE") && time.is_some() && !line.parameters.contains("DATE-TIME"))
    {
        return None;
    }
    let year = number(date.get(..4))?.parse().ok()?;
    let month = number(date.get(4..6))?.parse().ok()?;
    let day = number(date.get(6..))?.parse().ok()?;
    let date = jiff::civil::Date::new(year, month, day).ok()?;
    let minute = match time {
        None => None,
        Some(time) if time.len() == 6 => {
            let hours: u16 = number(time.get(..2))?.parse().ok()?;
            let minutes: u16 = number(time.get(2..4))?.parse().ok()?;
            Some((hours < 24 && minutes < 60).then_some(hours * 60 + minutes)?)
        }
        Some(_) => return None,
    };
    Some(Moment { date, minute })
}

fn number(text: Option<&str>) -> Option<&str> {
    text.filter(|text| text.bytes().all(|b| b.is_ascii_digit()))
}

/// Every year on the same date, without an end or exceptions.
fn is_yearly(rule: &str) -> bool {
    let harmless = |part: &str| matches!(part, "FREQ=YEARLY" | "INTERVAL=1" | "") || part.starts_with("WKST=");
    rule.split(';').any(|part| part == "FREQ=YEARLY") && rule.split(';').all(harmless)
}

fn unescape(text: &str) -> String {
    text.replace("\\,", ",").replace("\\;", ";").replace("\\n", " ").replace("\\N", " ").replace("\\\\", "\\")
}

/// Content lines; a line that begins with a blank goes on with the one before (§3.1).
fn lines(text: &str) -> Vec<Line> {
    let mut joined: Vec<(String, Range<usize>)> = Vec::new();
    let mut at = 0;
    for raw in text.split_inclusive('\n') {
        let line = raw.trim_end_matches(['\r', '\n']);
        match (line.strip_prefix([' ', '\t']), joined.last_mut()) {
            (Some(rest), Some((last, _))) => last.push_str(rest),
            _ => joined.push((line.to_owned(), at..at + line.len())),
        }
        at += raw.len();
    }
    joined.into_iter().filter_map(|(line, span)| content_line(&line, span)).collect()
}

fn content_line(line: &str, span: Range<usize>) -> Option<Line> {
    let (head, value) = line.split_once(':')?;
    let (name, parameters) = head.split_once(';').unwrap_or((head, ""));
    let (name, parameters) = (name.to_ascii_uppercase(), parameters.to_ascii_uppercase());
    Some(Line { name, parameters, value: value.trim().to_owned(), span })
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::config::value::Day;

    #[test]
    fn all_day_half_day_yearly_and_folded_events_are_read() {
        let text = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260320\r\nDTEND;VALUE=DATE:20260323\r\n\
                    SUMMARY:Ramazan\r\n  Bayramı\\, 1-3\r\nEND:VEVENT\r\n\
                    BEGIN:VEVENT\r\nDTSTART;TZID=Europe/Istanbul:20260319T130000\r\nDTEND;TZID=Europe/Istanbul:20260320T000000\r\n\
                    SUMMARY:Arife\r\nEND:VEVENT\r\n\
                    BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20201029\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:Cumhuriyet\r\nEND:VEVENT\r\n";
        let calendar = read(text);
        assert!(calendar.faults.is_empty(), "{:?}", calendar.faults);
        assert_eq!(calendar.days.len(), 5);
        let day = |year, month, day| calendar.days.get(&Day { year, month, day });
        assert_eq!(day(Some(2026), 3, 22).map(|d| d.name.as_str()), Some("Ramazan Bayramı, 1-3"));
        assert_eq!(day(Some(2026), 3, 23), None, "the end of an all-day event is not in it");
        assert_eq!(day(Some(2026), 3, 19).map(|d| d.open.clone()), Some(vec![(780, 1440)]));
        assert!(day(None, 10, 29).is_some());
    }

    #[test]
    fn what_cannot_be_used_is_named_with_its_line() {
        let text = "BEGIN:VEVENT\nDTSTART:20260319T100000Z\nDTEND:20260319T110000Z\nEND:VEVENT\n\
                    BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260101\nRRULE:FREQ=WEEKLY\nEND:VEVENT\n\
                    BEGIN:VEVENT\nDTSTART:20260319T100000\nDTEND:20260321T110000\nEND:VEVENT\n";
        let calendar = read(text);
        let details: Vec<&str> = calendar.faults.iter().map(|fault| fault.detail.as_str()).collect();
        assert_eq!(details, ["@ics-moment", "@ics-moment", "@ics-rule", "@ics-span"]);
        assert_eq!(&text[calendar.faults[0].span.clone()], "DTSTART:20260319T100000Z");
        assert!(calendar.days.is_empty());
    }
}
