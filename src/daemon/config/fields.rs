//! Takes a table apart key by key. What is of the wrong kind, missing or left over goes to the report.

use std::cell::RefCell;
use std::time::Duration;

use super::code::Code;
use super::nearest::nearest;
use super::source::{Place, Report};
use super::tree::{Entry, Node, Table, Value};
use super::value;

/// A table being read. Every getter notes its key, so that [`Fields::finish`] knows which keys nobody asked for.
pub struct Fields<'t> {
    table: &'t Table,
    place: &'t Place,
    asked: RefCell<Vec<&'static str>>,
}

impl<'t> Fields<'t> {
    /// `place` is where a missing key is reported: the table's name.
    pub fn new(table: &'t Table, place: &'t Place) -> Self {
        Self { table, place, asked: RefCell::default() }
    }

    /// Where the table is named.
    pub fn place(&self) -> &'t Place {
        self.place
    }

    /// The entry of a key.
    pub fn entry(&self, key: &'static str) -> Option<&'t Entry> {
        let mut asked = self.asked.borrow_mut();
        if !asked.contains(&key) {
            asked.push(key);
        }
        self.table.get(key)
    }

    /// The entry of a key that must be there.
    pub fn required(&self, key: &'static str, report: &mut Report) -> Option<&'t Entry> {
        let entry = self.entry(key);
        if entry.is_none() {
            report.add(self.place, Code::MissingKey).with("key", key);
        }
        entry
    }

    /// A text, with its place.
    pub fn text(&self, key: &'static str, report: &mut Report) -> Option<(&'t str, &'t Place)> {
        text(self.entry(key)?, report)
    }

    /// A text that must be there.
    pub fn required_text(&self, key: &'static str, report: &mut Report) -> Option<(&'t str, &'t Place)> {
        text(self.required(key, report)?, report)
    }

    /// `true` or `false`.
    pub fn boolean(&self, key: &'static str, report: &mut Report) -> Option<bool> {
        let entry = self.entry(key)?;
        match entry.node.value {
            Value::Boolean(value) => Some(value),
            _ => wrong_type(key, &entry.node, "@boolean", report),
        }
    }

    /// A whole number within `least..=most`.
    pub fn number(&self, key: &'static str, (least, most): (i64, i64), report: &mut Report) -> Option<i64> {
        let entry = self.entry(key)?;
        match entry.node.value {
            Value::Integer(value) if (least..=most).contains(&value) => Some(value),
            Value::Integer(_) => {
                let found = report.add(&entry.node.place, Code::OutOfRange).with("key", key);
                found.with("least", least.to_string()).with("most", most.to_string());
                None
            }
            _ => wrong_type(key, &entry.node, "@number", report),
        }
    }

    /// A count within `1..=most`.
    pub fn count(&self, key: &'static str, most: u32, report: &mut Report) -> Option<usize> {
        self.number(key, (1, i64::from(most)), report).and_then(|value| usize::try_from(value).ok())
    }

    /// A time span (`"20s"`, `"1m30s"`) of at least a hundred milliseconds and at most a day.
    pub fn duration(&self, key: &'static str, report: &mut Report) -> Option<Duration> {
        let entry = self.entry(key)?;
        if let Value::Integer(number) = entry.node.value {
            let found = report.add(&entry.node.place, Code::BadDuration).with("key", key);
            found.with("value", number.to_string()).with("suggestion", format!("\"{number}s\""));
            return None;
        }
        let (written, place) = text(entry, report)?;
        let span = value::duration(written).filter(|span| value::DURATIONS.contains(span));
        if span.is_none() {
            report.add(place, Code::BadDuration).with("key", key).with("value", written);
        }
        span
    }

    /// One word of a closed list.
    pub fn choice<T: Copy>(&self, key: &'static str, words: &[(&'static str, T)], report: &mut Report) -> Option<T> {
        let (written, place) = self.text(key, report)?;
        let known = words.iter().find(|(word, _)| *word == written);
        if known.is_none() {
            let names = || words.iter().map(|(word, _)| *word);
            let found = report.add(place, Code::UnknownValue).with("key", key).with("value", written);
            found.with("known", join(names())).with_some("suggestion", nearest(written, names()));
        }
        known.map(|(_, value)| *value)
    }

    /// A list, empty when the key is not there.
    pub fn list(&self, key: &'static str, report: &mut Report) -> &'t [Node] {
        let Some(entry) = self.entry(key) else {
            return &[];
        };
        match &entry.node.value {
            Value::List(list) => list,
            _ => wrong_type(key, &entry.node, "@list", report).unwrap_or(&[]),
        }
    }

    /// A table inside this one.
    pub fn table(&self, key: &'static str, report: &mut Report) -> Option<(&'t Table, &'t Place)> {
        let entry = self.entry(key)?;
        match &entry.node.value {
            Value::Table(table) => Some((table, &entry.key_place)),
            _ => wrong_type(key, &entry.node, "@table", report),
        }
    }

    /// Reports the keys nobody asked for.
    pub fn finish(&self, report: &mut Report) {
        let asked = self.asked.borrow();
        for entry in &self.table.entries {
            if asked.contains(&entry.key.as_str()) {
                continue;
            }
            let found = report.add(&entry.key_place, Code::UnknownKey).with("key", &entry.key);
            found.with("known", join(asked.iter().copied()));
            found.with_some("suggestion", nearest(&entry.key, asked.iter().copied()));
        }
    }
}

/// The text of an entry.
fn text<'t>(entry: &'t Entry, report: &mut Report) -> Option<(&'t str, &'t Place)> {
    node_text(&entry.key, &entry.node, report)
}

/// The text of a value; `key` names it in the finding.
pub fn node_text<'t>(key: &str, node: &'t Node, report: &mut Report) -> Option<(&'t str, &'t Place)> {
    match &node.value {
        Value::Text(text) => Some((text, &node.place)),
        _ => wrong_type(key, node, "@text", report),
    }
}

/// Reports a value of another kind than wanted.
pub fn wrong_type<T>(key: &str, node: &Node, wanted: &str, report: &mut Report) -> Option<T> {
    let found = report.add(&node.place, Code::WrongType).with("key", key);
    found.with("wanted", wanted).with("given", node.value.kind());
    None
}

/// Words of a list, for a sentence.
pub fn join<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    words.into_iter().collect::<Vec<_>>().join(", ")
}
