//! Both databases get the same files.

use std::collections::BTreeMap;
use std::path::Path;

fn files(database: &str) -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(database);
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read_to_string(entry.path()).unwrap()))
        .collect()
}

#[test]
fn both_databases_have_the_same_migrations_and_only_portable_types() {
    let (sqlite, postgres) = (files("sqlite"), files("postgres"));
    assert!(!sqlite.is_empty());
    assert_eq!(sqlite.keys().collect::<Vec<_>>(), postgres.keys().collect::<Vec<_>>());
    for (name, text) in sqlite.iter().chain(&postgres) {
        for word in ["INTEGER", "SERIAL", "AUTOINCREMENT", "TIMESTAMP", "JSONB", "UUID", "REAL", "NUMERIC", "VARCHAR"] {
            let found = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("--"))
                .any(|line| line.split(|c: char| !c.is_alphanumeric()).any(|part| part.eq_ignore_ascii_case(word)));
            assert!(!found, "{name} uses {word}");
        }
    }
}
