//! `[extension.…]`, `[secret]` and `[trunk.…]`: who may talk to the switch.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use pbx::id::{Extension, TrunkId, UserId};
use pbx::plan::{ExtensionPlan, Secret, TrunkPlan};

use super::code::Code;
use super::fields::{Fields, node_text};
use super::general::DIGESTS;
use super::merge::{Merged, SECRET};
use super::reading::Reading;
use super::secrets;
use super::source::Place;
use super::tree::{Entry, Value};

/// How long an extension rings when dialled directly and nothing else is said.
const RING: Duration = Duration::from_secs(30);
/// Characters below which a secret can be guessed by trying.
const SHORTEST_SECRET: usize = 12;
/// Calls of a trunk at the same time, when nothing else is said.
const TRUNK_CALLS: usize = 30;

/// The extensions, and those among them nobody gave a secret.
pub struct Extensions {
    /// By number.
    pub plans: BTreeMap<Extension, ExtensionPlan>,
    /// These have a random secret of this loading, which no phone can know.
    pub without_secret: Vec<Extension>,
}

/// Reads the extensions with their secrets.
pub fn extensions(reading: &mut Reading<'_>, merged: &Merged) -> Extensions {
    let mut secrets = secrets_of_file(reading, merged);
    let mut found = Extensions { plans: BTreeMap::new(), without_secret: Vec::new() };
    let mut users: BTreeMap<String, String> = BTreeMap::new();
    let mut auth_users: BTreeMap<String, String> = BTreeMap::new();
    for (entry, fields) in merged.items("extension", &mut reading.report) {
        check_extension(reading, entry);
        let given = secrets.remove(&entry.key);
        let (plan, has_secret) = extension(reading, entry, &fields, given);
        if let Some(user) = &plan.user {
            unique(reading, &mut users, user.as_str(), entry, &fields, ("user", Code::UserTwice));
        }
        unique(reading, &mut auth_users, &plan.auth_user, entry, &fields, ("auth_user", Code::AuthUserTwice));
        fields.finish(&mut reading.report);
        let number = Extension::new(&entry.key);
        if !has_secret {
            found.without_secret.push(number.clone());
        }
        found.plans.insert(number, plan);
    }
    for (number, (_, place)) in secrets {
        reading.report.add(place, Code::SecretOrphan).with("name", number);
    }
    found
}

type Given<'m> = (&'m str, &'m Place);

fn secrets_of_file<'m>(reading: &mut Reading<'_>, merged: &'m Merged) -> BTreeMap<String, Given<'m>> {
    check_mode(reading);
    let entries = merged.entries(SECRET).iter();
    entries.filter_map(|e| Some((e.key.clone(), node_text(&e.key, &e.node, &mut reading.report)?))).collect()
}

fn check_mode(reading: &mut Reading<'_>) {
    if let Some(mode) = reading.source.mode(secrets::FILE)
        && mode & 0o077 != 0
    {
        let file = reading.source.shown(secrets::FILE).display().to_string();
        let found = reading.report.add_for_file(Code::SecretsOpen, file.clone());
        found.with("mode", format!("{mode:04o}")).with("file", file);
    }
}

fn check_extension(reading: &mut Reading<'_>, entry: &Entry) {
    let digits = entry.key.bytes().all(|b| b.is_ascii_digit());
    if !digits || !(2..=8).contains(&entry.key.len()) {
        reading.report.add(&entry.key_place, Code::ExtensionCharacters).with("name", &entry.key);
    }
}

fn extension(
    reading: &mut Reading<'_>,
    entry: &Entry,
    fields: &Fields<'_>,
    given: Option<Given<'_>>,
) -> (ExtensionPlan, bool) {
    let report = &mut reading.report;
    let name = fields.required_text("name", report).map_or("", |(name, _)| name).to_owned();
    let user = fields.text("user", report).map(|(user, _)| UserId::new(user));
    let auth_user = fields.text("auth_user", report).map_or(entry.key.as_str(), |(user, _)| user).to_owned();
    let ring = fields.duration("ring", report).unwrap_or(RING);
    let digest = fields.choice("digest", &DIGESTS, report);
    let own = fields.text("secret", report);
    if let (Some((_, place)), Some((_, other))) = (own, given) {
        let other = report.locate(other);
        report.add(place, Code::SecretTwice).with("name", &entry.key).with("first", other);
    }
    let secret = own.or(given);
    if let Some((secret, place)) = secret {
        check_secret(
            reading,
            secret,
            place,
            &[&entry.key, &auth_user, &name, user.as_ref().map_or("", UserId::as_str)],
        );
    }
    let text = secret.map_or_else(|| secrets::random().unwrap_or_default(), |(secret, _)| secret.to_owned());
    (ExtensionPlan { user, name, auth_user, digest, secret: Secret(text), ring }, secret.is_some())
}

/// Numbers are dialled by machines all day long to find secrets that are names and numbers.
fn check_secret(reading: &mut Reading<'_>, secret: &str, place: &Place, guesses: &[&str]) {
    let plain = secret.to_lowercase();
    if guesses.iter().any(|guess| plain == guess.to_lowercase()) {
        reading.report.add(place, Code::SecretGuessable).with("name", guesses[0]);
    } else if secret.chars().count() < SHORTEST_SECRET {
        let found = reading.report.add(place, Code::SecretShort).with("name", guesses[0]);
        found.with("least", SHORTEST_SECRET.to_string());
    }
}

/// Reports what two extensions share and must not.
fn unique(
    reading: &mut Reading<'_>,
    seen: &mut BTreeMap<String, String>,
    value: &str,
    entry: &Entry,
    fields: &Fields<'_>,
    (key, code): (&'static str, Code),
) {
    if let Some(other) = seen.insert(value.to_owned(), entry.key.clone()) {
        let place = fields.entry(key).map_or(&entry.key_place, |given| &given.node.place);
        reading.report.add(place, code).with("value", value).with("name", &entry.key).with("other", other);
    }
}

/// Reads `[trunk.…]`.
pub fn trunks(reading: &mut Reading<'_>, merged: &Merged) -> BTreeMap<TrunkId, TrunkPlan> {
    let mut trunks = BTreeMap::new();
    let mut owners: BTreeMap<IpAddr, String> = BTreeMap::new();
    for (entry, fields) in merged.items("trunk", &mut reading.report) {
        let addresses = addresses(reading, &fields, &entry.key, &mut owners);
        let plan = TrunkPlan {
            addresses,
            trusted_identity: fields.boolean("trusted_identity", &mut reading.report).unwrap_or(false),
            max_calls: fields.count("max_calls", 10_000, &mut reading.report).unwrap_or(TRUNK_CALLS),
        };
        fields.finish(&mut reading.report);
        trunks.insert(TrunkId::new(&entry.key), plan);
    }
    trunks
}

fn addresses(
    reading: &mut Reading<'_>,
    fields: &Fields<'_>,
    trunk: &str,
    owners: &mut BTreeMap<IpAddr, String>,
) -> Vec<IpAddr> {
    let list = fields.list("addresses", &mut reading.report);
    let other_kind = fields.entry("addresses").is_some_and(|entry| !matches!(entry.node.value, Value::List(_)));
    if list.is_empty() && !other_kind {
        reading.report.add(fields.place(), Code::TrunkWithoutAddress).with("name", trunk);
    }
    let mut addresses = Vec::new();
    for node in list {
        let Some((text, place)) = node_text("addresses", node, &mut reading.report) else {
            continue;
        };
        let Ok(address) = text.parse::<IpAddr>() else {
            reading.report.add(place, Code::BadAddress).with("key", "addresses").with("value", text);
            continue;
        };
        if let Some(other) = owners.insert(address, trunk.to_owned()) {
            reading.report.add(place, Code::TrunkAddressTwice).with("value", text).with("other", other);
        }
        addresses.push(address);
    }
    addresses
}

/// Numbers of the extensions in the files that no file gives a secret, for [`secrets::ensure`].
pub fn missing_secrets(merged: &Merged) -> Vec<String> {
    let has_own = |entry: &&Entry| match &entry.node.value {
        Value::Table(table) => table.get("secret").is_some(),
        _ => true,
    };
    let in_file = |entry: &&Entry| merged.entries(SECRET).iter().any(|secret| secret.key == entry.key);
    let extensions = merged.entries("extension").iter();
    extensions.filter(|e| !has_own(e) && !in_file(e)).map(|entry| entry.key.clone()).collect()
}
