//! The floors of the house: who may import what. Cargo forbids it between crates; here it is read from the manifests, so
//! that a forbidden dependency is seen in the review of a test and not only in a diff of a manifest. Inside a crate the
//! `use crate::` lines are held against a table.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn dependencies(member: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("src").join(member).join("Cargo.toml")).unwrap();
    let manifest: toml::Table = text.parse().unwrap();
    manifest["dependencies"].as_table().unwrap().keys().cloned().collect()
}

#[test]
fn a_pure_floor_knows_nothing_of_the_outside_world() {
    let outside = ["tokio", "sqlx", "axum", "hyper", "mio", "socket2", "rustix", "tracing", "log", "rand", "getrandom"];
    for member in ["sip", "media", "crm", "pbx"] {
        let found: Vec<_> = dependencies(member).into_iter().filter(|name| outside.contains(&name.as_str())).collect();
        assert!(found.is_empty(), "{member} depends on {found:?}");
    }
}

#[test]
fn floors_import_downwards_only() {
    let members = ["sip", "media", "crm", "pbx", "store", "api", "daemon"];
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("sip", &[][..]),
        ("media", &[]),
        ("crm", &[]),
        ("pbx", &["sip", "media", "crm"]),
        ("store", &["crm", "pbx"]),
        ("api", &["store", "crm", "pbx"]),
        ("daemon", &["sip", "media", "crm", "pbx", "store", "api"]),
    ]);
    for member in members {
        for name in dependencies(member).iter().filter(|name| members.contains(&name.as_str())) {
            assert!(allowed[member].contains(&name.as_str()), "{member} must not import {name}");
        }
    }
}

#[test]
fn a_pure_floor_opens_no_socket_no_file_and_reads_no_clock() {
    let words = [
        "std::fs",
        "std::net::UdpSocket",
        "std::net::Tcp",
        "std::thread",
        "std::process",
        "std::env",
        "Instant::now",
        "SystemTime",
        "println!",
        "eprintln!",
    ];
    for member in ["sip", "media", "crm", "pbx"] {
        for (path, text) in sources(&root().join("src").join(member)) {
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for word in words {
                let found = code.lines().find(|line| line.contains(word) && !line.trim_start().starts_with("//"));
                assert!(found.is_none(), "{}: {}", path.display(), found.unwrap_or_default());
            }
        }
    }
}

/// Inside `pbx` the machines do not import each other; only `exchange` knows them all. (`call` is not a machine but what
/// `exchange` keeps of a call: it holds the menu the caller is in.)
#[test]
fn the_machines_of_the_switch_do_not_know_each_other() {
    let machines = ["ivr", "queue", "agent", "schedule", "route"];
    for machine in machines {
        for (path, text) in sources(&root().join("src/pbx")) {
            let name = path.strip_prefix(root().join("src/pbx")).unwrap().to_string_lossy().into_owned();
            let owner = name.split(['/', '.']).next().unwrap_or_default().to_owned();
            if !machines.contains(&owner.as_str()) || owner == machine {
                continue;
            }
            // A route reads opening hours; that is what it is for.
            if owner == "route" && machine == "schedule" {
                continue;
            }
            let import = format!("crate::{machine}::");
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            assert!(!code.contains(&import), "{name} imports {machine}");
        }
    }
}

#[test]
fn only_one_place_starts_tasks() {
    for member in ["store", "api", "daemon"] {
        for (path, text) in sources(&root().join("src").join(member)) {
            if path.ends_with("daemon/tasks.rs") {
                continue;
            }
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            assert!(!code.contains("tokio::spawn"), "{} starts a task", path.display());
        }
    }
}

#[test]
fn no_source_file_is_longer_than_six_hundred_lines() {
    for (path, text) in sources(&root().join("src")) {
        let lines = text.lines().count();
        assert!(lines <= 600, "{} has {lines} lines", path.display());
    }
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |folder: &str| {
        let entries = std::fs::read_dir(root().join("migrations").join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect::<BTreeSet<_>>()
    };
    assert_eq!(names("sqlite"), names("postgres"));
    assert!(!names("sqlite").is_empty());
}

fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if !path.ends_with("tests") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push((path.clone(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty());
    found
}
