//! `${env:X}` and `${file:…}` in values (never in keys), and `SANTRAL__TABLE__KEY` over them.

use std::collections::BTreeMap;

use toml::de::DeValue;

use super::cause::cause;
use super::code::Code;
use super::source::{Place, Report};
use super::tree::{self, Node, Table, Value};

/// Puts what the environment and files hold into every text of the table. `$${` stands for a plain `${`.
pub fn expand(table: &mut Table, env: &BTreeMap<String, String>, report: &mut Report) {
    for entry in &mut table.entries {
        expand_node(&mut entry.node, env, report);
    }
}

fn expand_node(node: &mut Node, env: &BTreeMap<String, String>, report: &mut Report) {
    match &mut node.value {
        Value::Text(text) if text.contains("${") => *text = expand_text(text, &node.place, env, report),
        Value::List(list) => list.iter_mut().for_each(|item| expand_node(item, env, report)),
        Value::Table(table) => expand(table, env, report),
        _ => {}
    }
}

fn expand_text(text: &str, place: &Place, env: &BTreeMap<String, String>, report: &mut Report) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(before) = before.strip_suffix('$') {
            out.push_str(before);
            out.push_str("${");
            rest = after;
            continue;
        }
        out.push_str(before);
        let Some((inside, after)) = after.split_once('}') else {
            report.add(place, Code::BadExpansion);
            return out;
        };
        out.push_str(&value_of(inside, place, env, report));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// What stands for one `${…}`; nothing when it is not to be had, and then the report says so.
fn value_of(inside: &str, place: &Place, env: &BTreeMap<String, String>, report: &mut Report) -> String {
    match inside.split_once(':') {
        Some(("env", name)) => env.get(name).cloned().unwrap_or_else(|| {
            report.add(place, Code::VariableMissing).with("name", name);
            String::new()
        }),
        Some(("file", path)) => match std::fs::read_to_string(path) {
            Ok(text) => text.trim_end_matches(['\r', '\n']).to_owned(),
            Err(error) => {
                report.add(place, Code::ValueFileMissing).with("name", path).with("detail", cause(&error));
                String::new()
            }
        },
        _ => {
            report.add(place, Code::BadExpansion);
            String::new()
        }
    }
}

/// The settings given by the environment: table, key and value of every `SANTRAL__TABLE__KEY`.
///
/// The value is read as TOML where it is a number, a boolean or a list, and as text otherwise, so nobody has to put
/// quotes into quotes. A finding about it names the variable.
pub fn overrides(env: &BTreeMap<String, String>, report: &mut Report) -> Vec<(String, tree::Entry)> {
    let ours = env.iter().filter_map(|(name, value)| Some((name, name.strip_prefix("SANTRAL__")?, value)));
    ours.filter_map(|(name, path, value)| {
        let text = as_toml(value);
        let file = report.add_source(format!("${name}"), format!("{name} = {text}"), is_secret(name));
        let parsed = tree::parse(&format!("{name} = {text}"), file, report);
        let mut entry = parsed.entries.into_iter().next()?;
        let Some((table, key)) = path.split_once("__").filter(|(_, key)| !key.contains("__")) else {
            report.add(&entry.key_place, Code::BadOverride).with("name", name);
            return None;
        };
        entry.key = key.to_lowercase();
        Some((table.to_lowercase(), entry))
    })
    .collect()
}

/// A database address may carry a password, so of that variable no value is shown.
fn is_secret(name: &str) -> bool {
    ["URL", "SECRET", "PASSWORD"].iter().any(|word| name.contains(word))
}

fn as_toml(value: &str) -> String {
    let parsed = DeValue::parse(value);
    match parsed.as_ref().map(|value| value.get_ref()) {
        Ok(DeValue::Integer(_) | DeValue::Boolean(_) | DeValue::Array(_)) => value.to_owned(),
        _ => toml::Value::String(value.to_owned()).to_string(),
    }
}
