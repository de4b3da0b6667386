//! Whether a caller can be recorded without having been told: every way from a number to a queue that records, with what
//! was heard on it.
//!
//! A menu gives its notice before it listens to keys, but after its own rules have looked at the caller; a queue gives
//! its notice to whoever waits in it, but not to whom it sends on at once because it is full or nobody is there.

use std::collections::{BTreeMap, BTreeSet};

use pbx::contract::Target;
use pbx::id::{MenuId, QueueId};
use pbx::plan::{MenuPlan, QueuePlan};

use super::code::Code;
use super::merge::Merged;
use super::reading::{By, Reading, Stop, Way};

/// Reports queues that record callers who heard no notice. Of a configuration with errors nothing is said: its ways are
/// not yet what they are meant to be.
pub fn check(
    reading: &mut Reading<'_>,
    merged: &Merged,
    menus: &BTreeMap<MenuId, MenuPlan>,
    queues: &BTreeMap<QueueId, QueuePlan>,
) {
    if reading.report.has_errors() {
        return;
    }
    let untold = untold(&reading.ways, menus);
    for entry in merged.entries("queue") {
        let Some(number) = untold.get(&Stop::Queue(entry.key.clone())) else { continue };
        let silent = |queue: &QueuePlan| queue.record && queue.notice.is_empty();
        if queues.get(&QueueId::new(&entry.key)).is_some_and(silent) {
            let found = reading.report.add(&entry.key_place, Code::RecordedWithoutNotice);
            found.with("name", &entry.key).with("number", number);
        }
    }
}

/// Every stop a caller can come to without having heard a notice, with a number that leads there.
fn untold(ways: &[Way], menus: &BTreeMap<MenuId, MenuPlan>) -> BTreeMap<Stop, String> {
    let numbers: BTreeSet<&str> = ways.iter().filter_map(|way| number(&way.from)).collect();
    let mut reached = BTreeMap::new();
    for number in numbers {
        let mut next = vec![Stop::Number(number.to_owned())];
        while let Some(stop) = next.pop() {
            if reached.contains_key(&stop) {
                continue;
            }
            let silent = |way: &&Way| way.from == stop && !tells(way, menus);
            next.extend(ways.iter().filter(silent).filter_map(target));
            reached.insert(stop, number.to_owned());
        }
    }
    reached
}

fn number(stop: &Stop) -> Option<&str> {
    match stop {
        Stop::Number(number) => Some(number),
        Stop::Menu(_) | Stop::Queue(_) => None,
    }
}

/// Whether the notice was heard by whoever leaves this way.
fn tells(way: &Way, menus: &BTreeMap<MenuId, MenuPlan>) -> bool {
    match &way.from {
        Stop::Menu(id) if way.by != By::Rule => menus.get(&MenuId::new(id)).is_some_and(|menu| !menu.notice.is_empty()),
        Stop::Menu(_) | Stop::Number(_) | Stop::Queue(_) => false,
    }
}

fn target(way: &Way) -> Option<Stop> {
    match &way.to {
        Target::Queue(id) => Some(Stop::Queue(id.as_str().to_owned())),
        Target::Menu(id) => Some(Stop::Menu(id.as_str().to_owned())),
        Target::Extension(_) | Target::Repeat | Target::Language | Target::HangUp => None,
    }
}
