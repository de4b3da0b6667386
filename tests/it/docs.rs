//! The documents tell the truth: every function and file that docs/ARCHITECTURE.md names exists, and every dependency is
//! listed with its reason.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn document(name: &str) -> String {
    std::fs::read_to_string(root().join("docs").join(name)).unwrap()
}

/// The code spans of a Markdown text, without those of fenced blocks.
fn spans(text: &str) -> Vec<&str> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            found.extend(line.split('`').skip(1).step_by(2));
        }
    }
    found
}

/// A path of the document: from the repository, or from `src/`.
fn resolve(path: &str) -> Option<PathBuf> {
    [root().join(path), root().join("src").join(path)].into_iter().find(|path| path.is_file())
}

fn defines(file: &Path, function: &str) -> bool {
    let text = std::fs::read_to_string(file).unwrap();
    let head = format!("fn {function}");
    text.match_indices(&head).any(|(at, _)| text[at + head.len()..].starts_with(['(', '<']))
}

#[test]
fn every_function_the_architecture_names_exists() {
    let text = document("ARCHITECTURE.md");
    let pairs: BTreeSet<(&str, &str)> = spans(&text)
        .into_iter()
        .filter_map(|span| span.split_once("::"))
        .filter(|(file, _)| file.ends_with(".rs"))
        .collect();
    assert!(pairs.len() > 100, "only {} functions are named; has the way of writing them changed?", pairs.len());
    let wrong: Vec<String> = pairs
        .into_iter()
        .filter(|(file, function)| !resolve(file).is_some_and(|file| defines(&file, function)))
        .map(|(file, function)| format!("{file}::{function}"))
        .collect();
    assert!(wrong.is_empty(), "docs/ARCHITECTURE.md names what does not exist: {wrong:#?}");
}

#[test]
fn the_map_of_a_crate_names_all_its_modules_and_no_others() {
    let text = document("ARCHITECTURE.md");
    for member in ["sip", "media", "crm", "pbx", "store", "api", "daemon"] {
        let heading = format!("### `{member}` ");
        let (_, rest) = text.split_once(&heading).unwrap_or_else(|| panic!("no map of {member}"));
        let chapter = rest.split("\n#").next().unwrap_or_default();
        let folder = root().join("src").join(member);
        let named: BTreeSet<&str> = spans(chapter).into_iter().collect();
        let gone: Vec<&&str> = named
            .iter()
            .filter(|name| name.ends_with(".rs") || name.ends_with('/'))
            .filter(|name| !folder.join(name).exists() && !in_a_folder(&folder, name))
            .collect();
        assert!(gone.is_empty(), "the map of {member} names what is gone: {gone:?}");
        for entry in std::fs::read_dir(&folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let is_module = name.ends_with(".rs") && !["lib.rs", "build.rs"].contains(&name.as_str());
            assert!(!is_module || named.contains(name.as_str()), "the map of {member} lacks {name}");
        }
    }
}

/// `inbound.rs` may stand behind its folder's name.
fn in_a_folder(folder: &Path, name: &str) -> bool {
    let mut entries = std::fs::read_dir(folder).unwrap();
    entries.any(|entry| entry.unwrap().path().join(name).is_file())
}

#[test]
fn every_invariant_names_what_keeps_it() {
    let text = document("ARCHITECTURE.md");
    let mut count = 0;
    for told in text.split("**Invariant:**").skip(1) {
        let told = told.split("\n\n").next().unwrap_or_default();
        let keeper = spans(told).into_iter().any(|span| span.contains(".rs::") || resolve(span).is_some());
        assert!(keeper, "nothing is said to keep this invariant:{told}");
        count += 1;
    }
    assert!(count >= 20, "only {count} invariants");
}

#[test]
fn every_dependency_is_listed_and_nothing_else_is() {
    let text = document("DEPENDENCIES.md");
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let first_column = rows.filter_map(|row| row.split('|').nth(1));
    let listed: BTreeSet<String> = first_column.flat_map(spans).map(str::to_owned).collect();
    let existing = dependencies();
    let missing: Vec<_> = existing.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&existing).collect();
    assert!(missing.is_empty(), "docs/DEPENDENCIES.md lacks {missing:?}");
    assert!(gone.is_empty(), "docs/DEPENDENCIES.md lists what nobody depends on: {gone:?}");
}

/// The names in all manifests, without our own crates.
fn dependencies() -> BTreeSet<String> {
    let members = ["sip", "media", "crm", "pbx", "store", "api", "daemon"];
    let mut manifests: Vec<PathBuf> = members.iter().map(|member| root().join("src").join(member)).collect();
    manifests.extend([root(), root().join("fuzz")]);
    let mut names = BTreeSet::new();
    for folder in manifests {
        let manifest: toml::Table = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap().parse().unwrap();
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let table = manifest.get(section).and_then(toml::Value::as_table);
            names.extend(table.into_iter().flat_map(|table| table.keys().cloned()));
        }
    }
    for package in ["web/package.json", "tests/browser/package.json"] {
        let text = std::fs::read_to_string(root().join(package)).unwrap();
        let package: serde_json::Value = serde_json::from_str(&text).unwrap();
        for section in ["dependencies", "devDependencies"] {
            let table = package[section].as_object();
            names.extend(table.into_iter().flat_map(|table| table.keys().cloned()));
        }
    }
    names.retain(|name| !members.contains(&name.as_str()));
    names
}
