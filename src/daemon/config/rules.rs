//! `when = [ … ]`: conditions and where they lead, for numbers and menus alike; and the numbers themselves.

use std::collections::BTreeMap;

use crm::number::{self, Home};
use pbx::id::ScheduleId;
use pbx::plan::{Condition, NumberPlan, Rule};

use super::code::Code;
use super::fields::{Fields, wrong_type};
use super::merge::Merged;
use super::nearest::nearest;
use super::reading::{By, Reading, Stop};
use super::source::Place;
use super::target;
use super::tree::{Entry, Node, Value};

/// Priorities a rule may add.
const PRIORITIES: (i64, i64) = (-100, 100);

/// Reads `[number.…]`; in the plan each stands under its identity, so that callers may write it as they like.
pub fn numbers(reading: &mut Reading<'_>, merged: &Merged, home: &Home) -> BTreeMap<String, NumberPlan> {
    let mut numbers = BTreeMap::new();
    let identity = |text: &str| number::key(text, home).unwrap_or_else(|| text.to_owned());
    let extensions = merged.entries("extension").iter();
    let extensions: BTreeMap<String, &Entry> = extensions.map(|entry| (identity(&entry.key), entry)).collect();
    let mut known: BTreeMap<String, &Entry> = BTreeMap::new();
    for (entry, fields) in merged.items("number", &mut reading.report) {
        let identity = identity(&entry.key);
        check_number(reading, &entry.key, &entry.key_place);
        if let Some(extension) = extensions.get(&identity) {
            clash(reading, Code::ExtensionIsNumber, entry, extension);
        }
        match known.get(&identity) {
            Some(first) => clash(reading, Code::NumberTwice, entry, first),
            None => {
                known.insert(identity.clone(), entry);
            }
        }
        let from = Stop::Number(entry.key.clone());
        let mut rules = rules(reading, &fields, &from);
        rules.extend(last_rule(reading, &fields, &from));
        fields.finish(&mut reading.report);
        numbers.insert(identity, NumberPlan { rules });
    }
    numbers
}

fn check_number(reading: &mut Reading<'_>, number: &str, place: &Place) {
    let digits = number.strip_prefix('+').unwrap_or(number);
    if !(2..=15).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        reading.report.add(place, Code::NumberCharacters).with("name", number);
    }
}

/// Whoever dials the one might mean the other.
fn clash(reading: &mut Reading<'_>, code: Code, entry: &Entry, other: &Entry) {
    let first = reading.report.locate(&other.key_place);
    let found = reading.report.add(&entry.key_place, code).with("name", &entry.key);
    found.with("other", &other.key).with("first", first);
}

/// The rule that fits when no other did.
fn last_rule(reading: &mut Reading<'_>, fields: &Fields<'_>, from: &Stop) -> Option<Rule> {
    let priority = priority(reading, fields);
    let goto = fields.required("goto", &mut reading.report)?;
    let goto = target::way(reading, from, By::Caller, goto, "goto")?;
    Some(Rule { when: Vec::new(), goto, priority })
}

/// Reads a table's `when`.
pub fn rules(reading: &mut Reading<'_>, fields: &Fields<'_>, from: &Stop) -> Vec<Rule> {
    let list = fields.list("when", &mut reading.report);
    list.iter().filter_map(|node| rule(reading, node, from)).collect()
}

fn rule(reading: &mut Reading<'_>, node: &Node, from: &Stop) -> Option<Rule> {
    let Value::Table(table) = &node.value else {
        return wrong_type("when", node, "@table", &mut reading.report);
    };
    let fields = Fields::new(table, &node.place);
    let when = conditions(reading, &fields);
    let expression = fields.entry("if");
    if let Some(expression) = expression {
        reading.report.add(&expression.key_place, Code::ExpressionUnsupported);
    }
    let priority = priority(reading, &fields);
    let goto = fields.required("goto", &mut reading.report);
    let goto = goto.and_then(|entry| target::way(reading, from, By::Rule, entry, "goto"));
    let conditional = ["schedule", "not_schedule", "caller_begins", "withheld", "segment"];
    if expression.is_none() && !conditional.iter().any(|key| table.get(key).is_some()) {
        reading.report.add(&node.place, Code::RuleWithoutCondition);
    }
    fields.finish(&mut reading.report);
    Some(Rule { when, goto: goto?, priority })
}

fn conditions(reading: &mut Reading<'_>, fields: &Fields<'_>) -> Vec<Condition> {
    let open = schedule(reading, fields, "schedule").map(Condition::Open);
    let closed = schedule(reading, fields, "not_schedule").map(Condition::Closed);
    let begins = caller_begins(reading, fields).map(Condition::CallerBegins);
    let withheld = withheld(reading, fields).map(|()| Condition::Withheld);
    let segment = fields.text("segment", &mut reading.report).map(|(name, _)| Condition::Segment(name.to_owned()));
    [open, closed, begins, withheld, segment].into_iter().flatten().collect()
}

fn schedule(reading: &mut Reading<'_>, fields: &Fields<'_>, key: &'static str) -> Option<ScheduleId> {
    let (name, place) = fields.text(key, &mut reading.report)?;
    schedule_id(reading, name, place, key)
}

/// A reference to a schedule, checked.
pub fn schedule_id(reading: &mut Reading<'_>, name: &str, place: &Place, at: &str) -> Option<ScheduleId> {
    if reading.ids.schedules.contains(name) {
        return Some(ScheduleId::new(name));
    }
    let names = &reading.ids.schedules;
    let near = nearest(name, names.iter().map(String::as_str)).map(str::to_owned);
    target::missing(&mut reading.report, place, Code::UnknownSchedule, name, at, names).with_some("suggestion", near);
    None
}

fn caller_begins(reading: &mut Reading<'_>, fields: &Fields<'_>) -> Option<String> {
    let (begin, place) = fields.text("caller_begins", &mut reading.report)?;
    let digits = begin.strip_prefix('+');
    if digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())) {
        return Some(begin.to_owned());
    }
    let found = reading.report.add(place, Code::UnknownValue).with("key", "caller_begins").with("value", begin);
    found.with("known", "+90212…, +49…");
    None
}

/// `withheld = true`. Its opposite is no condition: a rule further down is for those callers.
fn withheld(reading: &mut Reading<'_>, fields: &Fields<'_>) -> Option<()> {
    if fields.boolean("withheld", &mut reading.report)? {
        return Some(());
    }
    let place = fields.entry("withheld").map_or(fields.place(), |entry| &entry.node.place);
    let found = reading.report.add(place, Code::UnknownValue).with("key", "withheld").with("value", "false");
    found.with("known", "true");
    None
}

fn priority(reading: &mut Reading<'_>, fields: &Fields<'_>) -> i32 {
    let given = fields.number("priority", PRIORITIES, &mut reading.report);
    given.and_then(|value| i32::try_from(value).ok()).unwrap_or(0)
}
