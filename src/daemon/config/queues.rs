//! `[queue.…]`: who answers, in which order, and what happens when nobody does.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use pbx::contract::Target;
use pbx::id::{Extension, QueueId};
use pbx::plan::{ExtensionPlan, Member, QueuePlan, Strategy};

use super::code::Code;
use super::fields::{Fields, wrong_type};
use super::merge::Merged;
use super::nearest::nearest;
use super::reading::{By, Reading, Stop};
use super::tree::{Entry, Node, Value};
use super::{name, sounds, target};

const RING: Duration = Duration::from_secs(20);
const WRAP_UP: Duration = Duration::from_secs(30);
const MAX_WAIT: Duration = Duration::from_secs(300);
const MAX_LEN: usize = 20;
const SLA: Duration = Duration::from_secs(20);
/// A further tier joins this long after the one before it, when nothing else is said.
const TIER_STEP: Duration = Duration::from_secs(30);
const EVERY: Duration = Duration::from_secs(45);

const STRATEGIES: [(&str, Strategy); 3] =
    [("ring-all", Strategy::RingAll), ("longest-idle", Strategy::LongestIdle), ("round-robin", Strategy::RoundRobin)];

type People = BTreeMap<Extension, ExtensionPlan>;

/// Reads `[queue.…]`.
pub fn queues(reading: &mut Reading<'_>, merged: &Merged, people: &People) -> BTreeMap<QueueId, QueuePlan> {
    let mut queues = BTreeMap::new();
    for (entry, fields) in merged.items("queue", &mut reading.report) {
        let queue = queue(reading, &fields, entry, people);
        fields.finish(&mut reading.report);
        queues.insert(QueueId::new(&entry.key), queue);
    }
    queues
}

fn queue(reading: &mut Reading<'_>, fields: &Fields<'_>, entry: &Entry, people: &People) -> QueuePlan {
    let members = members(reading, fields, entry, people);
    let music = sounds::music(reading, fields);
    let languages = reading.languages.clone();
    let notice = sounds::spoken(reading, fields, "notice", &languages);
    let name = name::name(reading, fields, &entry.key);
    let overflow = overflow(reading, fields, &entry.key);
    let report = &mut reading.report;
    QueuePlan {
        name,
        strategy: fields.choice("strategy", &STRATEGIES, report).unwrap_or(Strategy::LongestIdle),
        members,
        ring: fields.duration("ring", report).unwrap_or(RING),
        wrap_up: fields.duration("wrap_up", report).unwrap_or(WRAP_UP),
        max_wait: fields.duration("max_wait", report).unwrap_or(MAX_WAIT),
        max_len: fields.count("max_len", 10_000, report).unwrap_or(MAX_LEN),
        music,
        notice,
        announce: announce(reading, fields),
        record: fields.choice("record", &[("all", true), ("none", false)], &mut reading.report).unwrap_or(true),
        overflow,
        overflow_when_empty: fields.boolean("overflow_when_empty", &mut reading.report).unwrap_or(false),
        sla_within: sla(reading, fields),
    }
}

fn overflow(reading: &mut Reading<'_>, fields: &Fields<'_>, id: &str) -> Target {
    let to = fields.entry("overflow");
    let to = to.and_then(|entry| target::way(reading, &Stop::Queue(id.to_owned()), By::Overflow, entry, "overflow"));
    to.unwrap_or(Target::HangUp)
}

fn members(reading: &mut Reading<'_>, fields: &Fields<'_>, queue: &Entry, people: &People) -> Vec<Member> {
    let list = fields.list("members", &mut reading.report);
    let other_kind = fields.entry("members").is_some_and(|entry| !matches!(entry.node.value, Value::List(_)));
    if list.is_empty() && !other_kind {
        let place = fields.entry("members").map_or(&queue.key_place, |entry| &entry.key_place);
        reading.report.add(place, Code::QueueEmpty).with("name", &queue.key);
    }
    let mut seen = BTreeSet::new();
    let mut members = Vec::new();
    for node in list {
        if let Some(member) = member(reading, node, &mut seen, people) {
            members.push(member);
        }
    }
    members
}

/// One member: `{ ext = "101", tier = 2, join_after = "60s" }`.
fn member(reading: &mut Reading<'_>, node: &Node, seen: &mut BTreeSet<String>, people: &People) -> Option<Member> {
    let Value::Table(table) = &node.value else {
        return wrong_type("members", node, "@member", &mut reading.report);
    };
    let fields = Fields::new(table, &node.place);
    let tier = fields.number("tier", (1, 9), &mut reading.report).and_then(|tier| u8::try_from(tier).ok()).unwrap_or(1);
    let join_after = fields.duration("join_after", &mut reading.report).unwrap_or(TIER_STEP * u32::from(tier - 1));
    let given = fields.required_text("ext", &mut reading.report);
    fields.finish(&mut reading.report);
    let (number, place) = given?;
    if !seen.insert(number.to_owned()) {
        reading.report.add(place, Code::MemberTwice).with("name", number);
    }
    let extension = Extension::new(number);
    match people.get(&extension) {
        Some(plan) if plan.user.is_none() => {
            reading.report.add(place, Code::MemberWithoutUser).with("name", number);
        }
        Some(_) => {}
        None => {
            let names = reading.ids.extensions.clone();
            let near = nearest(number, names.iter().map(String::as_str));
            let found = target::missing(&mut reading.report, place, Code::UnknownExtension, number, "members", &names);
            found.with_some("suggestion", near);
        }
    }
    Some(Member { extension, tier, join_after })
}

/// `announce = { position = true, every = "45s" }`
fn announce(reading: &mut Reading<'_>, fields: &Fields<'_>) -> Option<Duration> {
    let (table, place) = fields.table("announce", &mut reading.report)?;
    let fields = Fields::new(table, place);
    let position = fields.boolean("position", &mut reading.report).unwrap_or(true);
    let every = fields.duration("every", &mut reading.report).unwrap_or(EVERY);
    fields.finish(&mut reading.report);
    position.then_some(every)
}

/// `sla = { within = "20s" }`
fn sla(reading: &mut Reading<'_>, fields: &Fields<'_>) -> Duration {
    let Some((table, place)) = fields.table("sla", &mut reading.report) else {
        return SLA;
    };
    let fields = Fields::new(table, place);
    let within = fields.duration("within", &mut reading.report);
    fields.finish(&mut reading.report);
    within.unwrap_or(SLA)
}
