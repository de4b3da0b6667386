//! The configuration folder: TOML files in, one immutable [`Plan`] and the shell's [`Settings`] out, or every mistake
//! at once with its line, in Turkish or English.
//!
//! Loading is a function of the files and the environment. A reload is the same function again, and [`compare`].
//!
//! [`compare`]: compare::compare

mod calendar;
mod cause;
mod code;
pub mod compare;
mod diagnostic;
mod duplicates;
mod expand;
mod fields;
mod files;
mod general;
mod ics;
mod menus;
mod merge;
mod name;
mod nearest;
mod notices;
mod people;
mod queues;
mod reading;
pub mod render;
mod rules;
mod schedules;
pub mod secrets;
mod settings;
mod sounds;
mod source;
mod target;
mod tree;
mod value;
mod watch;
mod ways;
pub mod words;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crm::number::Home;
use pbx::id::Extension;
use pbx::plan::Plan;

pub use cause::cause;
pub use code::{Code, Severity};
pub use diagnostic::Diagnostic;
pub use files::{Source, sample};
pub use settings::{Business, Limits, Listen, Log, LogFormat, LogLevel, Settings};
pub use watch::Watch;
pub use words::Language;

use merge::Merged;
use reading::{Ids, Reading};
use source::Report;

/// A configuration without errors.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// For the switch.
    pub plan: Plan,
    /// For the shell.
    pub settings: Settings,
    /// What somebody should look at.
    pub warnings: Vec<Diagnostic>,
    /// The TOML files it was read from.
    pub files: Vec<PathBuf>,
    /// Extensions nobody gave a secret. Theirs is random and known to nobody, so no phone can register to them:
    /// a service calls [`secrets::ensure`] before loading, and the demo puts its published one in.
    pub without_secret: Vec<Extension>,
}

/// Loads the configuration. `env` is the process's environment: `SANTRAL__TABLE__KEY` overrides `santral.toml`, and
/// values may be `${env:X}` or `${file:/path}`.
///
/// # Errors
/// Every error found, and the warnings with them.
pub fn load(source: &Source, env: &BTreeMap<String, String>) -> Result<Loaded, Vec<Diagnostic>> {
    let (merged, report) = read_tables(source, env);
    let mut reading = Reading {
        report,
        source,
        ids: Ids::default(),
        languages: Vec::new(),
        timezone: String::new(),
        sounds: BTreeMap::new(),
        ways: Vec::new(),
    };
    reading.ids = Ids::collect(&merged, &mut reading.report);
    let loaded = build(&mut reading, &merged);
    let failed = reading.report.has_errors();
    let warnings = reading.report.into_findings();
    if failed { Err(warnings) } else { Ok(Loaded { warnings, ..loaded }) }
}

/// Reads every table. With errors the result is not fit for use, but reading on finds the other errors.
fn build(reading: &mut Reading<'_>, merged: &Merged) -> Loaded {
    let business = general::business(reading, merged);
    reading.languages.clone_from(&business.languages);
    reading.timezone.clone_from(&business.timezone);
    let languages = business.languages.clone();
    let (settings, general) = general::settings(reading, merged, business);
    let extensions = people::extensions(reading, merged);
    let home = Home::of(&settings.business.country).unwrap_or(Home::TURKIYE);
    let plan = Plan {
        realm: general.realm,
        digest: general.digest,
        ban: general.ban,
        advertised: general.advertised,
        home: home.clone(),
        languages,
        rtp_ports: general.rtp_ports,
        max_calls: settings.limits.max_calls,
        rtp_timeout: general.rtp_timeout,
        hold_timeout: general.hold_timeout,
        guests_from_loopback: general.guests_from_loopback,
        trunks: people::trunks(reading, merged),
        schedules: schedules::schedules(reading, merged),
        numbers: rules::numbers(reading, merged, &home),
        menus: menus::menus(reading, merged),
        queues: queues::queues(reading, merged, &extensions.plans),
        extensions: extensions.plans,
        sounds: sounds::system(reading),
    };
    ways::check(reading, merged);
    notices::check(reading, merged, &plan.menus, &plan.queues);
    let files = reading.source.tables().unwrap_or_default();
    let files = files.iter().map(|name| reading.source.shown(name)).collect();
    Loaded { plan, settings, warnings: Vec::new(), files, without_secret: extensions.without_secret }
}

/// Reads and merges all TOML files, and puts the environment's settings over them.
fn read_tables(source: &Source, env: &BTreeMap<String, String>) -> (Merged, Report) {
    let mut report = Report::default();
    let mut tables = Vec::new();
    match source.tables() {
        Ok(names) if names.is_empty() => {
            let folder = source.shown("").display().to_string();
            report.add_for_file(Code::FolderEmpty, folder.clone()).with("folder", folder);
        }
        Ok(names) => tables.extend(names.iter().filter_map(|name| read_table(source, name, &mut report))),
        Err(error) => {
            let folder = source.shown("").display().to_string();
            let found = report.add_for_file(Code::FolderUnreadable, folder.clone());
            found.with("folder", folder).with("detail", cause(&error));
        }
    }
    for folder in source.strange_folders() {
        let shown = source.shown(&folder).display().to_string();
        report.add_for_file(Code::FolderNotRead, shown.clone()).with("folder", shown);
    }
    let mut merged = Merged::new(tables, &mut report);
    for (table, entry) in expand::overrides(env, &mut report) {
        merged.set(&table, entry, &mut report);
    }
    // Last, so that a value the environment replaces need not be to be had.
    merged.expand(env, &mut report);
    (merged, report)
}

fn read_table(source: &Source, name: &str, report: &mut Report) -> Option<tree::Table> {
    let shown = source.shown(name).display().to_string();
    let bytes = match source.read(name) {
        Ok(bytes) => bytes,
        Err(error) => {
            report.add_for_file(Code::FileUnreadable, shown).with("detail", cause(&error));
            return None;
        }
    };
    let Ok(text) = String::from_utf8(bytes) else {
        report.add_for_file(Code::NotUtf8, shown);
        return None;
    };
    let number = report.add_source(shown, &text, name == secrets::FILE);
    Some(tree::parse(&text, number, report))
}
