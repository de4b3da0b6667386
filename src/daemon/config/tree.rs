//! A TOML text as a tree in which every key and value knows its place, and in which a fault does not hide the next one.
//!
//! Reading into structs by `serde` would stop at the first unknown key of a file and say so in English only.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::code::Code;
use super::duplicates;
use super::source::{FileNumber, Place, Report};

/// The parser's word for a key or table that stands twice.
const DUPLICATE: &str = "duplicate key";

/// A value and where it stands.
#[derive(Debug, Clone)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Its place.
    pub place: Place,
}

/// A TOML value.
#[derive(Debug, Clone)]
pub enum Value {
    /// A string.
    Text(String),
    /// An integer that fits 64 bits.
    Integer(i64),
    /// Any other number.
    Float,
    /// `true` or `false`.
    Boolean(bool),
    /// A date or time, as written.
    Date(String),
    /// `[…]`
    List(Vec<Node>),
    /// `{…}` or `[…]` on a line of its own.
    Table(Table),
}

/// A table, its entries in the order of the file.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// The entries.
    pub entries: Vec<Entry>,
}

/// A key with its value.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_place: Place,
    /// What it holds.
    pub node: Node,
}

impl Table {
    /// The entry of a key.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }
}

impl Value {
    /// What it is, as a phrase of the catalogue.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "@text",
            Value::Integer(_) | Value::Float => "@number",
            Value::Boolean(_) => "@boolean",
            Value::Date(_) => "@date",
            Value::List(_) => "@list",
            Value::Table(_) => "@table",
        }
    }
}

/// Reads a TOML text. Faults of its grammar go to the report; what could be read around them is given back.
pub fn parse(text: &str, file: FileNumber, report: &mut Report) -> Table {
    let (table, faults) = DeTable::parse_recoverable(text);
    let mut last_line_end = None;
    let mut twice: Vec<Vec<String>> = Vec::new();
    for fault in faults {
        let span = fault.span().unwrap_or(text.len()..text.len());
        if let Some(found) = duplicates::of(text, &span).filter(|_| fault.message() == DUPLICATE) {
            // Of a table that stands twice every key may stand twice too: that is one mistake.
            if !twice.iter().any(|known| found.path.starts_with(known)) {
                let first = report.locate(&Place::new(file, found.first));
                let id = found.path.join(".");
                report.add(&Place::new(file, span), Code::Twice).with("id", id).with("first", first);
                twice.push(found.path);
            }
            continue;
        }
        // One broken line makes the parser stumble several times; the first stumble is the one to mend.
        if last_line_end.is_some_and(|end| span.start <= end) {
            continue;
        }
        last_line_end = Some(text[floor(text, span.start)..].find('\n').map_or(text.len(), |end| span.start + end));
        let what = fault.message().split(", expected").next().unwrap_or("").to_owned();
        report.add(&Place::new(file, span), Code::Syntax).with("detail", format!("@syntax {what}"));
    }
    table_of(table.get_ref(), file)
}

fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn table_of(table: &DeTable<'_>, file: FileNumber) -> Table {
    let mut entries: Vec<(usize, Entry)> = Vec::new();
    for (key, value) in table {
        let entry = Entry {
            key: key.get_ref().to_string(),
            key_place: Place::new(file, key.span()),
            node: node_of(value.get_ref(), value.span(), file),
        };
        entries.push((key.span().start, entry));
    }
    entries.sort_by_key(|(start, _)| *start);
    Table { entries: entries.into_iter().map(|(_, entry)| entry).collect() }
}

fn node_of(value: &DeValue<'_>, span: Range<usize>, file: FileNumber) -> Node {
    let value = match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).map_or(Value::Float, Value::Integer)
        }
        DeValue::Float(_) => Value::Float,
        DeValue::Boolean(value) => Value::Boolean(*value),
        DeValue::Datetime(date) => Value::Date(date.to_string()),
        DeValue::Array(list) => {
            Value::List(list.iter().map(|item| node_of(item.get_ref(), item.span(), file)).collect())
        }
        DeValue::Table(table) => Value::Table(table_of(table, file)),
    };
    Node { value, place: Place::new(file, span) }
}
