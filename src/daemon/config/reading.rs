//! What the readers of all tables share: the report, the known ids, the sounds, and who sends callers where.

use std::collections::BTreeSet;

use pbx::contract::Target;

use super::code::Code;
use super::files::Source;
use super::merge::Merged;
use super::sounds::Sounds;
use super::source::{Place, Report};

/// One loading in progress.
pub struct Reading<'s> {
    /// Findings so far.
    pub report: Report,
    /// Where files come from.
    pub source: &'s Source,
    /// Every id there is, known before the first reference is read.
    pub ids: Ids,
    /// Languages of the business.
    pub languages: Vec<String>,
    /// Zone of the business.
    pub timezone: String,
    /// Sounds read so far.
    pub sounds: Sounds,
    /// Ways a caller can go.
    pub ways: Vec<Way>,
}

/// The ids of all files.
#[derive(Debug, Default)]
pub struct Ids {
    /// Queues.
    pub queues: BTreeSet<String>,
    /// Menus.
    pub menus: BTreeSet<String>,
    /// Extensions.
    pub extensions: BTreeSet<String>,
    /// Schedules.
    pub schedules: BTreeSet<String>,
}

/// One way a caller can go.
#[derive(Debug, Clone)]
pub struct Way {
    /// From where.
    pub from: Stop,
    /// What sends them.
    pub by: By,
    /// To where.
    pub to: Target,
    /// Where it is written.
    pub place: Place,
}

/// A place on a caller's way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// A number of ours.
    Number(String),
    /// A menu.
    Menu(String),
    /// A queue.
    Queue(String),
}

/// What sends a caller on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A key, or a number that was dialled: the caller did something.
    Caller,
    /// A rule looked at on arrival.
    Rule,
    /// Nothing was pressed.
    Timeout,
    /// The queue gave up.
    Overflow,
}

impl Ids {
    /// Collects the ids. One that breaks the address grammar is reported.
    pub fn collect(merged: &Merged, report: &mut Report) -> Self {
        Self {
            queues: named(merged, "queue", report),
            menus: named(merged, "ivr", report),
            schedules: named(merged, "schedule", report),
            extensions: merged.entries("extension").iter().map(|entry| entry.key.clone()).collect(),
        }
    }
}

fn named(merged: &Merged, collection: &str, report: &mut Report) -> BTreeSet<String> {
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    for entry in merged.entries(collection) {
        if entry.key.is_empty() || !entry.key.chars().all(letter) {
            report.add(&entry.key_place, Code::BadId).with("id", &entry.key);
        }
    }
    merged.entries(collection).iter().map(|entry| entry.key.clone()).collect()
}
