//! What stands twice in one file: where the first one is, and under which name.
//!
//! The parser tells the second place only, and goes on to complain about every key of a table whose header stands twice.
//! Both are answered by reading the text again up to the second place, with a key of our own in its stead: beside that
//! key, in the same table, lies the first.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// A key that no text of ours has.
const PROBE: &str = "santral--probe";

/// Something that stands twice.
pub struct Duplicate {
    /// Its name from the top of the file: `extension`, `101`.
    pub path: Vec<String>,
    /// The key of the first, in bytes.
    pub first: Range<usize>,
}

/// Looks for the first of what stands a second time at `second` (the key, in bytes).
pub fn of(text: &str, second: &Range<usize>) -> Option<Duplicate> {
    let key = decoded(text.get(second.clone())?)?;
    let before = text.get(..second.start)?;
    // What follows a key is `=`, or the end of a header.
    [format!("{before}{PROBE} = 0\n"), format!("{before}{PROBE}]\n")].iter().find_map(|probed| {
        let (table, _) = DeTable::parse_recoverable(probed);
        let mut path = Vec::new();
        let first = beside_probe(table.get_ref(), &key, &mut path)?;
        path.push(key.clone());
        Some(Duplicate { path, first })
    })
}

/// The key without its quotes.
fn decoded(key: &str) -> Option<String> {
    let line = format!("{key} = 0");
    let table = DeTable::parse(&line).ok()?;
    table.get_ref().keys().next().map(|key| key.get_ref().to_string())
}

/// The place of `key` in the table that holds the probe; `path` becomes that table's.
fn beside_probe(table: &DeTable<'_>, key: &str, path: &mut Vec<String>) -> Option<Range<usize>> {
    if table.keys().any(|known| known.get_ref() == PROBE) {
        return table.keys().find(|known| known.get_ref() == key).map(|known| known.span());
    }
    table.iter().find_map(|(name, value)| {
        path.push(name.get_ref().to_string());
        let found = inside(value.get_ref(), key, path);
        if found.is_none() {
            path.pop();
        }
        found
    })
}

fn inside(value: &DeValue<'_>, key: &str, path: &mut Vec<String>) -> Option<Range<usize>> {
    match value {
        DeValue::Table(table) => beside_probe(table, key, path),
        DeValue::Array(list) => list.iter().find_map(|item| inside(item.get_ref(), key, path)),
        _ => None,
    }
}
