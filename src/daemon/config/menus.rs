//! `[ivr.…]`: what a caller hears and where the keys lead.

use std::collections::BTreeMap;
use std::time::Duration;

use pbx::contract::Target;
use pbx::id::MenuId;
use pbx::plan::MenuPlan;

use super::code::Code;
use super::fields::{Fields, node_text};
use super::merge::Merged;
use super::reading::{By, Reading, Stop};
use super::tree::Table;
use super::{name, rules, sounds, target};

const TIMEOUT: Duration = Duration::from_secs(5);
const RETRIES: i64 = 2;
const MOST_RETRIES: i64 = 10;
/// Keys a telephone has.
const PHONE_KEYS: &str = "0123456789*#";

/// Where the keys of a menu lead.
struct Keys {
    keys: BTreeMap<char, Target>,
    on_timeout: Target,
    on_invalid: Target,
}

/// Reads `[ivr.…]`.
pub fn menus(reading: &mut Reading<'_>, merged: &Merged) -> BTreeMap<MenuId, MenuPlan> {
    let mut menus = BTreeMap::new();
    for (entry, fields) in merged.items("ivr", &mut reading.report) {
        let from = Stop::Menu(entry.key.clone());
        let menu = menu(reading, &fields, &from, &entry.key);
        if menu.prompt.is_empty()
            && menu.greeting.is_empty()
            && fields.entry("prompt").is_none()
            && !menu.keys.is_empty()
        {
            reading.report.add(&entry.key_place, Code::MenuSilent).with("name", &entry.key);
        }
        fields.finish(&mut reading.report);
        menus.insert(MenuId::new(&entry.key), menu);
    }
    menus
}

fn menu(reading: &mut Reading<'_>, fields: &Fields<'_>, from: &Stop, id: &str) -> MenuPlan {
    let languages = languages(reading, fields);
    let keys = keys(reading, fields, from);
    MenuPlan {
        name: name::name(reading, fields, id),
        when: rules::rules(reading, fields, from),
        greeting: sounds::spoken(reading, fields, "greeting", &languages),
        notice: sounds::spoken(reading, fields, "notice", &languages),
        prompt: sounds::spoken(reading, fields, "prompt", &languages),
        timeout: fields.duration("timeout", &mut reading.report).unwrap_or(TIMEOUT),
        retries: retries(reading, fields),
        direct_dial: fields.boolean("direct_dial", &mut reading.report).unwrap_or(false),
        keys: keys.keys,
        on_timeout: keys.on_timeout,
        on_invalid: keys.on_invalid,
        languages,
    }
}

fn retries(reading: &mut Reading<'_>, fields: &Fields<'_>) -> u32 {
    let given = fields.number("retries", (1, MOST_RETRIES), &mut reading.report);
    u32::try_from(given.unwrap_or(RETRIES)).unwrap_or(1)
}

/// The menu's languages; without a list, those of the business.
fn languages(reading: &mut Reading<'_>, fields: &Fields<'_>) -> Vec<String> {
    let mut languages = Vec::new();
    for node in fields.list("languages", &mut reading.report) {
        if let Some((code, place)) = node_text("languages", node, &mut reading.report) {
            sounds::check_language(reading, code, place);
            languages.push(code.to_owned());
        }
    }
    if languages.is_empty() { reading.languages.clone() } else { languages }
}

fn keys(reading: &mut Reading<'_>, fields: &Fields<'_>, from: &Stop) -> Keys {
    let mut keys = Keys { keys: BTreeMap::new(), on_timeout: Target::HangUp, on_invalid: Target::Repeat };
    if let Some((table, _)) = fields.table("keys", &mut reading.report) {
        read_keys(reading, table, from, &mut keys);
    }
    keys
}

fn read_keys(reading: &mut Reading<'_>, table: &Table, from: &Stop, keys: &mut Keys) {
    for entry in &table.entries {
        let mut letters = entry.key.chars();
        match (entry.key.as_str(), letters.next(), letters.next()) {
            ("timeout", ..) => {
                if let Some(to) = target::way(reading, from, By::Timeout, entry, "timeout") {
                    keys.on_timeout = to;
                }
            }
            ("invalid", ..) => {
                if let Some(to) = target::way(reading, from, By::Caller, entry, "invalid") {
                    keys.on_invalid = to;
                }
            }
            (key, Some(letter), None) if PHONE_KEYS.contains(letter) => {
                if let Some(to) = target::way(reading, from, By::Caller, entry, &format!("@key {key}")) {
                    keys.keys.insert(letter, to);
                }
            }
            (key, ..) => {
                let found = reading.report.add(&entry.key_place, Code::BadMenuKey).with("value", key);
                found.with("known", "0-9, *, #, timeout, invalid");
            }
        }
    }
}
