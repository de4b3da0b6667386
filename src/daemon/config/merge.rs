//! All files as one: tables of the same name from several files are put together, and nothing may be said twice.

use std::collections::BTreeMap;

use super::code::Code;
use super::expand;
use super::fields::{Fields, join, wrong_type};
use super::nearest::nearest;
use super::source::{FileNumber, Place, Report};
use super::tree::{Entry, Table, Value};

/// Tables with settings: `[listen]`, `[db]`, …
pub const SETTINGS: [&str; 9] = ["business", "listen", "sip", "rtp", "db", "recordings", "limits", "log", "metrics"];
/// Tables of tables by id: `[queue.destek]`, `[ivr.ana-menu]`, …
pub const COLLECTIONS: [&str; 6] = ["extension", "trunk", "number", "schedule", "ivr", "queue"];
/// The table of `secrets.toml`: `[secret]`, `101 = "…"`.
pub const SECRET: &str = "secret";

/// The tables of all files.
pub struct Merged {
    tables: BTreeMap<&'static str, Merging>,
    empty: Merging,
}

struct Merging {
    table: Table,
    place: Place,
}

impl Merging {
    fn new(place: Place) -> Self {
        Self { table: Table::default(), place }
    }
}

impl Merged {
    /// Puts the tables of the files together.
    pub fn new(files: Vec<Table>, report: &mut Report) -> Self {
        let nowhere = Merging::new(Place::new(FileNumber::FIRST, 0..0));
        let mut merged = Self { tables: BTreeMap::new(), empty: nowhere };
        for entry in files.into_iter().flat_map(|file| file.entries) {
            merged.take(entry, report);
        }
        merged
    }

    fn take(&mut self, entry: Entry, report: &mut Report) {
        let Some(name) = known_table(&entry.key) else {
            let found = report.add(&entry.key_place, Code::UnknownTable).with("key", &entry.key);
            found.with("known", join(known_tables())).with_some("suggestion", nearest(&entry.key, known_tables()));
            return;
        };
        let Value::Table(table) = entry.node.value else {
            wrong_type::<()>(name, &entry.node, "@table", report);
            return;
        };
        let all = self.tables.entry(name).or_insert_with(|| Merging::new(entry.key_place));
        for inner in table.entries {
            match all.table.get(&inner.key) {
                Some(first) => {
                    let first = report.locate(&first.key_place);
                    let id = format!("{name}.{}", inner.key);
                    report.add(&inner.key_place, Code::Twice).with("id", id).with("first", first);
                }
                None => all.table.entries.push(inner),
            }
        }
    }

    /// Puts a value of the environment over what the files say.
    pub fn set(&mut self, table: &str, entry: Entry, report: &mut Report) {
        let Some(name) = SETTINGS.into_iter().find(|known| *known == table) else {
            let found = report.add(&entry.key_place, Code::BadOverride).with("name", table);
            found.with("known", join(SETTINGS)).with_some("suggestion", nearest(table, SETTINGS));
            return;
        };
        let all = self.tables.entry(name).or_insert_with(|| Merging::new(entry.key_place.clone()));
        all.table.entries.retain(|old| old.key != entry.key);
        all.table.entries.push(entry);
    }

    /// Fills in what values take from the environment and from files.
    pub fn expand(&mut self, env: &BTreeMap<String, String>, report: &mut Report) {
        for all in self.tables.values_mut() {
            expand::expand(&mut all.table, env, report);
        }
    }

    /// A table of settings, empty when no file has it.
    pub fn settings(&self, name: &str) -> Fields<'_> {
        let found = self.tables.get(name).unwrap_or(&self.empty);
        Fields::new(&found.table, &found.place)
    }

    /// Whether some file has the table.
    pub fn has(&self, name: &str) -> bool {
        self.tables.contains_key(name)
    }

    /// The entries of a collection, whatever they hold.
    pub fn entries(&self, name: &str) -> &[Entry] {
        self.tables.get(name).map_or(&[], |found| &found.table.entries)
    }

    /// The tables of a collection with their ids.
    pub fn items(&self, name: &str, report: &mut Report) -> Vec<(&Entry, Fields<'_>)> {
        let mut items = Vec::new();
        for entry in self.entries(name) {
            match &entry.node.value {
                Value::Table(table) => items.push((entry, Fields::new(table, &entry.key_place))),
                _ => {
                    wrong_type::<()>(&entry.key, &entry.node, "@table", report);
                }
            }
        }
        items
    }
}

fn known_tables() -> impl Iterator<Item = &'static str> {
    SETTINGS.into_iter().chain(COLLECTIONS).chain([SECRET])
}

fn known_table(name: &str) -> Option<&'static str> {
    known_tables().find(|known| *known == name)
}
