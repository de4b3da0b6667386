//! What a reload changed, for the log and for the person who asked for it.

use std::collections::BTreeMap;

use super::Loaded;

/// The difference between two configurations.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Changes {
    /// `+queue:satis`, `-ext:103`, `~ivr:ana-menu`, `~sip.realm`.
    pub changed: Vec<String>,
    /// Settings whose new value only a restart takes in (`listen.http`).
    pub needs_restart: Vec<String>,
}

impl Changes {
    /// Whether nothing is different.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.needs_restart.is_empty()
    }
}

/// What is different in `new`.
pub fn compare(old: &Loaded, new: &Loaded) -> Changes {
    let (a, b) = (&old.plan, &new.plan);
    let mut changed = Vec::new();
    by_id("ext", &a.extensions, &b.extensions, &mut changed);
    by_id("trunk", &a.trunks, &b.trunks, &mut changed);
    by_id("number", &a.numbers, &b.numbers, &mut changed);
    by_id("schedule", &a.schedules, &b.schedules, &mut changed);
    by_id("ivr", &a.menus, &b.menus, &mut changed);
    by_id("queue", &a.queues, &b.queues, &mut changed);
    let single = [
        ("sip.realm", a.realm != b.realm),
        ("sip.digest", a.digest != b.digest),
        ("sip.ban", a.ban != b.ban),
        ("sip.guests_from_loopback", a.guests_from_loopback != b.guests_from_loopback),
        ("listen.advertise", a.advertised != b.advertised),
        ("rtp.ports", a.rtp_ports != b.rtp_ports),
        ("rtp.timeout", a.rtp_timeout != b.rtp_timeout),
        ("rtp.hold_timeout", a.hold_timeout != b.hold_timeout),
        ("limits.max_calls", a.max_calls != b.max_calls),
        ("limits.drain", old.settings.limits.drain != new.settings.limits.drain),
        ("business", old.settings.business != new.settings.business),
        ("sounds", a.sounds != b.sounds),
    ];
    changed.extend(single.iter().filter(|(_, differs)| *differs).map(|(key, _)| format!("~{key}")));
    let needs_restart = old.settings.needs_restart(&new.settings).into_iter().map(str::to_owned).collect();
    Changes { changed, needs_restart }
}

fn by_id<K: Ord + std::fmt::Display, V: PartialEq>(
    kind: &str,
    old: &BTreeMap<K, V>,
    new: &BTreeMap<K, V>,
    changed: &mut Vec<String>,
) {
    let gone = old.keys().filter(|id| !new.contains_key(*id)).map(|id| format!("-{kind}:{id}"));
    changed.extend(gone);
    for (id, item) in new {
        match old.get(id) {
            None => changed.push(format!("+{kind}:{id}")),
            Some(before) if before != item => changed.push(format!("~{kind}:{id}")),
            Some(_) => {}
        }
    }
}
