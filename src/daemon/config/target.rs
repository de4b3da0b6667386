//! The address grammar: `queue:destek`, `ivr:ana-menu`, `ext:101`, `repeat`, `language`, `hangup`.

use std::collections::BTreeSet;

use pbx::contract::Target;
use pbx::id::{Extension, MenuId, QueueId};

use super::code::Code;
use super::fields::{join, node_text};
use super::nearest::nearest;
use super::reading::{By, Ids, Reading, Stop, Way};
use super::source::{Place, Report};
use super::tree::Entry;

/// Kinds of address with a name after the colon.
const KINDS: [&str; 3] = ["queue", "ivr", "ext"];
/// Addresses without one.
const WORDS: [&str; 3] = ["repeat", "language", "hangup"];
/// Kinds the grammar has, but this version does not serve.
const LATER: [&str; 5] = ["agent", "voicemail", "number", "appointment", "webhook"];

/// Reads the address an entry holds, and notes the way that leads there. `at` names the entry in a finding.
pub fn way(reading: &mut Reading<'_>, from: &Stop, by: By, entry: &Entry, at: &str) -> Option<Target> {
    let (text, place) = node_text(&entry.key, &entry.node, &mut reading.report)?;
    let to = target(&reading.ids, text, place, at, &mut reading.report)?;
    if matches!(to, Target::Repeat | Target::Language) && !matches!(from, Stop::Menu(_)) {
        reading.report.add(place, Code::TargetOnlyInMenu).with("value", text);
        return None;
    }
    reading.ways.push(Way { from: from.clone(), by, to: to.clone(), place: place.clone() });
    Some(to)
}

/// Reads one address and checks that what it names exists.
fn target(ids: &Ids, text: &str, place: &Place, at: &str, report: &mut Report) -> Option<Target> {
    match text.split_once(':') {
        Some(("queue", name)) => {
            known(ids, "queue", name, place, at, report)?;
            Some(Target::Queue(QueueId::new(name)))
        }
        Some(("ivr", name)) => {
            known(ids, "ivr", name, place, at, report)?;
            Some(Target::Menu(MenuId::new(name)))
        }
        Some(("ext", name)) => {
            known(ids, "ext", name, place, at, report)?;
            Some(Target::Extension(Extension::new(name)))
        }
        Some((kind, _)) if LATER.contains(&kind) => {
            report.add(place, Code::TargetUnsupported).with("kind", kind).with("at", at);
            None
        }
        None if text == "repeat" => Some(Target::Repeat),
        None if text == "language" => Some(Target::Language),
        None if text == "hangup" => Some(Target::HangUp),
        _ => {
            let found = report.add(place, Code::BadTarget).with("value", text).with("at", at);
            found.with_some("suggestion", suggestion(ids, text));
            None
        }
    }
}

/// Reports an address whose name is nobody's.
fn known(ids: &Ids, kind: &str, name: &str, place: &Place, at: &str, report: &mut Report) -> Option<()> {
    let (names, code) = match kind {
        "queue" => (&ids.queues, Code::UnknownQueue),
        "ivr" => (&ids.menus, Code::UnknownMenu),
        _ => (&ids.extensions, Code::UnknownExtension),
    };
    if names.contains(name) {
        return Some(());
    }
    let near = nearest(name, names.iter().map(String::as_str)).map(|near| format!("{kind}:{near}"));
    let near = near.or_else(|| of_another_kind(ids, name));
    missing(report, place, code, name, at, names).with_some("suggestion", near);
    None
}

/// Reports a name that is nobody's, with the names there are.
pub fn missing<'r>(
    report: &'r mut Report,
    place: &Place,
    code: Code,
    name: &str,
    at: &str,
    names: &BTreeSet<String>,
) -> &'r mut super::diagnostic::Diagnostic {
    let defined = if names.is_empty() { "@none".to_owned() } else { join(names.iter().map(String::as_str)) };
    report.add(place, code).with("name", name).with("at", at).with("defined", defined)
}

/// What a malformed address may have meant: `destek` for `queue:destek`, `kuyruk:destek`, `hangpu`.
fn suggestion(ids: &Ids, text: &str) -> Option<String> {
    let (kind, name) = text.split_once(':').map_or((None, text), |(kind, name)| (Some(kind), name));
    let name = name.trim();
    of_another_kind(ids, name).or_else(|| match kind {
        Some(kind) => nearest(kind, KINDS).map(|kind| format!("{kind}:{name}")),
        None => nearest(text, WORDS).map(str::to_owned),
    })
}

/// The address of a name, whatever it names.
fn of_another_kind(ids: &Ids, name: &str) -> Option<String> {
    let kinds = [("queue", &ids.queues), ("ivr", &ids.menus), ("ext", &ids.extensions)];
    kinds.into_iter().find(|(_, names)| names.contains(name)).map(|(kind, _)| format!("{kind}:{name}"))
}
