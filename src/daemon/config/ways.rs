//! What can only be seen when all files are read: menus nobody reaches, and callers sent round in circles.

use std::collections::{BTreeMap, BTreeSet};

use pbx::contract::Target;

use super::code::Code;
use super::merge::Merged;
use super::reading::{By, Reading, Stop, Way};

/// Checks where callers can go.
pub fn check(reading: &mut Reading<'_>, merged: &Merged) {
    let mut steps: BTreeMap<Stop, Vec<Stop>> = BTreeMap::new();
    for way in &reading.ways {
        if let Some(to) = stop(way) {
            steps.entry(way.from.clone()).or_default().push(to);
        }
    }
    report_unreachable(reading, merged, &steps);
    report_loops(reading);
}

/// Where a way ends, when that is a stop of ours. `repeat` begins the same menu again.
fn stop(way: &Way) -> Option<Stop> {
    match &way.to {
        Target::Queue(id) => Some(Stop::Queue(id.as_str().to_owned())),
        Target::Menu(id) => Some(Stop::Menu(id.as_str().to_owned())),
        Target::Repeat | Target::Language => Some(way.from.clone()),
        Target::Extension(_) | Target::HangUp => None,
    }
}

fn report_unreachable(reading: &mut Reading<'_>, merged: &Merged, steps: &BTreeMap<Stop, Vec<Stop>>) {
    let mut reached: BTreeSet<&Stop> = BTreeSet::new();
    let mut next: Vec<&Stop> = steps.keys().filter(|stop| matches!(stop, Stop::Number(_))).collect();
    while let Some(stop) = next.pop() {
        if reached.insert(stop) {
            next.extend(steps.get(stop).into_iter().flatten());
        }
    }
    for entry in merged.entries("ivr") {
        if !reached.contains(&Stop::Menu(entry.key.clone())) {
            reading.report.add(&entry.key_place, Code::MenuUnreachable).with("name", &entry.key);
        }
    }
}

/// Follows the ways of a caller who does nothing. Rules are not followed: two of them may exclude each other
/// (open here, closed there), and then a circle on paper is none.
fn report_loops(reading: &mut Reading<'_>) {
    let idle = |way: &&Way| matches!(way.by, By::Timeout | By::Overflow);
    let ways: Vec<Way> = reading.ways.iter().filter(idle).cloned().collect();
    let mut told: BTreeSet<Stop> = BTreeSet::new();
    for first in &ways {
        if told.contains(&first.from) {
            continue;
        }
        let Some(circle) = circle(&ways, first) else {
            continue;
        };
        told.extend(circle.iter().cloned());
        let queues_only = circle.iter().all(|stop| matches!(stop, Stop::Queue(_)));
        let code = if queues_only { Code::OverflowLoop } else { Code::MenuLoop };
        let names = circle.iter().chain([&first.from]).map(name).collect::<Vec<_>>().join(" → ");
        reading.report.add(&first.place, code).with("circle", names);
    }
}

/// The stops from `first` back to where it began, when it comes back. Every stop has one idle way at most.
fn circle(ways: &[Way], first: &Way) -> Option<Vec<Stop>> {
    let mut stops = vec![first.from.clone()];
    let mut at = stop(first)?;
    while at != first.from {
        if stops.contains(&at) {
            return None;
        }
        let way = ways.iter().find(|way| way.from == at)?;
        stops.push(at);
        at = stop(way)?;
    }
    Some(stops)
}

/// The stop in the address grammar.
fn name(stop: &Stop) -> String {
    match stop {
        Stop::Number(number) => number.clone(),
        Stop::Menu(id) => format!("ivr:{id}"),
        Stop::Queue(id) => format!("queue:{id}"),
    }
}
