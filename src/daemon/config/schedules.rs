//! `[schedule.…]`: weekly hours, days with hours of their own, calendar files, and exceptions.

use std::collections::BTreeMap;

use pbx::id::ScheduleId;
use pbx::plan::Schedule;

use super::calendar::{self, DayHours, Hours};
use super::code::Code;
use super::fields::{Fields, join, node_text, wrong_type};
use super::files::stays_inside;
use super::merge::Merged;
use super::reading::Reading;
use super::source::{Place, Report};
use super::tree::{Entry, Node, Value};
use super::value::{self, DateFault, Interval, WEEKDAYS, WHOLE_DAY};
use super::{general, ics, rules};

/// A schedule as written, before its exceptions are taken out.
struct Written {
    timezone: String,
    hours: Hours,
    except: Vec<(String, Place)>,
    place: Place,
}

/// Reads `[schedule.…]`.
pub fn schedules(reading: &mut Reading<'_>, merged: &Merged) -> BTreeMap<ScheduleId, Schedule> {
    let mut written = BTreeMap::new();
    for (entry, fields) in merged.items("schedule", &mut reading.report) {
        let schedule = schedule(reading, entry, &fields);
        fields.finish(&mut reading.report);
        written.insert(entry.key.clone(), schedule);
    }
    let names: Vec<&String> = written.keys().collect();
    let mut done = BTreeMap::new();
    for name in names {
        let hours = resolve(&written, name, &mut Vec::new(), &mut reading.report);
        let (Some(hours), Some(schedule)) = (hours, written.get(name)) else {
            continue;
        };
        if hours.never_opens() {
            reading.report.add(&schedule.place, Code::ScheduleNeverOpens).with("name", name);
        }
        done.insert(ScheduleId::new(name), hours.into_schedule(schedule.timezone.clone()));
    }
    done
}

/// The hours of a schedule without the hours of those it excepts. `None` when they except each other in a circle.
fn resolve(
    written: &BTreeMap<String, Written>,
    name: &str,
    above: &mut Vec<String>,
    report: &mut Report,
) -> Option<Hours> {
    let schedule = written.get(name)?;
    above.push(name.to_owned());
    let mut hours = schedule.hours.clone();
    let mut whole = true;
    for (other, place) in &schedule.except {
        if above.contains(other) {
            // The circle is seen once from each of its schedules; one finding, at the first, is enough.
            if above.first() == above.iter().min() && above.first() == Some(other) {
                let circle = join(above.iter().map(String::as_str).chain([other.as_str()]));
                report.add(place, Code::ScheduleLoop).with("circle", circle);
            }
            whole = false;
            continue;
        }
        if above.len() == 1 {
            check_zones(written, schedule, other, place, report);
        }
        match resolve(written, other, above, report) {
            Some(excepted) => hours = calendar::without(&hours, &excepted),
            None => whole = whole && !written.contains_key(other),
        }
    }
    above.pop();
    whole.then_some(hours)
}

fn check_zones(
    written: &BTreeMap<String, Written>,
    schedule: &Written,
    other: &str,
    place: &Place,
    report: &mut Report,
) {
    if let Some(excepted) = written.get(other)
        && excepted.timezone != schedule.timezone
    {
        let found = report.add(place, Code::ScheduleZones).with("name", other);
        found.with("zone", &excepted.timezone).with("own", &schedule.timezone);
    }
}

fn schedule(reading: &mut Reading<'_>, entry: &Entry, fields: &Fields<'_>) -> Written {
    let timezone = general::timezone(fields, &mut reading.report).unwrap_or_else(|| reading.timezone.clone());
    let mut hours = Hours { weekly: weekly(fields, &mut reading.report), days: BTreeMap::new() };
    for node in fields.list("dates", &mut reading.report) {
        dates(node, &mut hours, &mut reading.report);
    }
    if let Some((file, place)) = fields.text("ics", &mut reading.report) {
        calendar_file(reading, file, place, &mut hours);
    }
    let except = except(reading, fields);
    Written { timezone, hours, except, place: entry.key_place.clone() }
}

fn except(reading: &mut Reading<'_>, fields: &Fields<'_>) -> Vec<(String, Place)> {
    let mut names = Vec::new();
    for node in fields.list("except", &mut reading.report) {
        if let Some((name, place)) = node_text("except", node, &mut reading.report)
            && rules::schedule_id(reading, name, place, "except").is_some()
        {
            names.push((name.to_owned(), place.clone()));
        }
    }
    names
}

/// `weekly = { mon-fri = ["09:00-12:30", "13:30-18:00"], sat = ["10:00-14:00"] }`
fn weekly(fields: &Fields<'_>, report: &mut Report) -> [Vec<Interval>; 7] {
    let mut week: [Vec<Interval>; 7] = Default::default();
    let mut given = [false; 7];
    let Some((table, _)) = fields.table("weekly", report) else {
        return week;
    };
    for entry in &table.entries {
        let Some(days) = value::weekdays(&entry.key) else {
            report.add(&entry.key_place, Code::BadWeekday).with("value", &entry.key).with("known", join(WEEKDAYS));
            continue;
        };
        let open = intervals(&entry.node, report);
        for day in days {
            if given[day] {
                report.add(&entry.key_place, Code::DayTwice).with("value", WEEKDAYS[day]);
            }
            given[day] = true;
            week[day].clone_from(&open);
        }
    }
    week
}

/// A list of `HH:MM-HH:MM`, in order and without overlap.
fn intervals(node: &Node, report: &mut Report) -> Vec<Interval> {
    let Value::List(list) = &node.value else {
        return wrong_type("hours", node, "@list", report).unwrap_or_default();
    };
    let mut open: Vec<Interval> = Vec::new();
    for node in list {
        let Some((text, place)) = node_text("hours", node, report) else {
            continue;
        };
        let Some((from, to)) = value::interval(text) else {
            report.add(place, Code::BadInterval).with("value", text);
            continue;
        };
        if from >= to {
            report.add(place, Code::IntervalReversed).with("value", text);
        } else if open.iter().any(|(other_from, other_to)| from < *other_to && *other_from < to) {
            report.add(place, Code::IntervalOverlap).with("value", text);
        } else {
            open.push((from, to));
        }
    }
    open.sort_unstable();
    open
}

/// One entry of `dates`: a text (the whole day), or `{ date, hours, name }`.
fn dates(node: &Node, hours: &mut Hours, report: &mut Report) {
    match &node.value {
        Value::Text(text) | Value::Date(text) => add_dates(text, &node.place, &whole_day(""), hours, report),
        Value::Table(table) => {
            let fields = Fields::new(table, &node.place);
            let open = fields.entry("hours").map(|entry| intervals(&entry.node, report));
            let name = fields.text("name", report).map_or("", |(name, _)| name).to_owned();
            let date = fields.required("date", report);
            fields.finish(report);
            let day = DayHours { name, open: open.unwrap_or_else(|| vec![WHOLE_DAY]) };
            match date.map(|entry| (&entry.node.value, &entry.node.place)) {
                Some((Value::Text(text) | Value::Date(text), place)) => add_dates(text, place, &day, hours, report),
                Some(_) => {
                    date.and_then(|entry| wrong_type::<()>("date", &entry.node, "@date", report));
                }
                None => {}
            }
        }
        _ => {
            wrong_type::<()>("dates", node, "@date", report);
        }
    }
}

fn whole_day(name: &str) -> DayHours {
    DayHours { name: name.to_owned(), open: vec![WHOLE_DAY] }
}

fn add_dates(text: &str, place: &Place, day: &DayHours, hours: &mut Hours, report: &mut Report) {
    let dates = match value::dates(text) {
        Ok(dates) => dates,
        Err(fault) => {
            let code = if fault == DateFault::NoSuchDay { Code::NoSuchDay } else { Code::BadDate };
            report.add(place, code).with("value", text);
            return;
        }
    };
    for date in dates {
        if hours.days.insert(date, day.clone()).is_some() {
            report.add(place, Code::DateTwice).with("value", text);
        }
    }
}

/// `ics = "bayramlar.ics"`: every event of the file is a day, or hours of a day, of this schedule.
fn calendar_file(reading: &mut Reading<'_>, file: &str, place: &Place, hours: &mut Hours) {
    let text = if stays_inside(file) { reading.source.read(file).ok() } else { None };
    let Some(text) = text.and_then(|bytes| String::from_utf8(bytes).ok()) else {
        let file = reading.source.shown(file).display().to_string();
        reading.report.add(place, Code::CalendarUnreadable).with("file", file);
        return;
    };
    let number = reading.report.add_source(reading.source.shown(file).display().to_string(), &text, false);
    let calendar = ics::read(&text);
    for fault in calendar.faults {
        reading.report.add(&Place::new(number, fault.span), Code::CalendarLine).with("detail", fault.detail);
    }
    for (date, day) in calendar.days {
        // What the TOML file says about a day is more particular than what the calendar says.
        hours.days.entry(date).or_insert(day);
    }
}
