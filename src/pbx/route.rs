//! Who may call what, and where a dialled number leads.
//!
//! Strangers learn nothing: an existing and a missing number are answered alike (a challenge for what could be one of
//! ours, a refusal for what could only be outside). Outside is denied by default.

use std::net::IpAddr;

use crm::number;

use crate::contract::Target;
use crate::ending::Reason;
use crate::id::{Extension, ScheduleId, TrunkId};
use crate::plan::{Condition, Plan, Rule};
use crate::schedule;

/// Longest thing that may be dialled.
const LONGEST_DIALLED: usize = 32;
/// Internal numbers are at most this long, unless an extension of the plan is longer.
const USUAL_INTERNAL: usize = 6;

/// Who a call comes from, once that is settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// A provider, recognised by its address.
    Trunk(TrunkId),
    /// One of our phones, recognised by digest.
    Extension(Extension),
    /// Somebody on this machine, where the plan lets them in (the demo).
    Guest,
}

/// What to do with an INVITE before its credentials are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gate {
    /// Let in as this.
    Open(Peer),
    /// Let in as a guest if it carries no credentials.
    OpenToGuests,
    /// 401.
    Challenge,
    /// 403.
    Closed,
}

/// Where a permitted call goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// One of [`Plan::numbers`], by its key.
    Number(String),
    /// A colleague.
    Extension(Extension),
}

/// What the rules look at.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Caller's number key, `None` when withheld.
    pub number: Option<&'a str>,
    /// The card's segment.
    pub segment: Option<&'a str>,
    /// Microseconds since 1970 UTC.
    pub wall: i64,
}

/// What a rule decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Where to.
    pub target: Target,
    /// Added to the caller's priority.
    pub priority: i32,
    /// Whether the rule is one for closed hours; a `hangup` is then called `closed`.
    pub closed: bool,
}

/// The first decision about an INVITE: by address, and by the shape of what was dialled.
pub fn gate(plan: &Plan, source: IpAddr, dialled: &str) -> Gate {
    let source = source.to_canonical();
    if let Some((id, _)) = plan.trunks.iter().find(|(_, trunk)| trunk.addresses.contains(&source)) {
        return Gate::Open(Peer::Trunk(id.clone()));
    }
    if plan.guests_from_loopback && source.is_loopback() && number_key(plan, dialled).is_some() {
        return Gate::OpenToGuests;
    }
    if looks_internal(plan, dialled) || number_key(plan, dialled).is_some() { Gate::Challenge } else { Gate::Closed }
}

/// Where a known peer's call goes.
///
/// # Errors
/// [`Reason::NotFound`] or [`Reason::Forbidden`].
pub fn destination(plan: &Plan, peer: &Peer, dialled: &str) -> Result<Destination, Reason> {
    if let Some(key) = number_key(plan, dialled) {
        return Ok(Destination::Number(key.to_owned()));
    }
    let extension = Extension::new(dialled);
    match peer {
        Peer::Trunk(_) => Err(Reason::NotFound),
        Peer::Guest => Err(Reason::Forbidden),
        Peer::Extension(_) if plan.extensions.contains_key(&extension) => Ok(Destination::Extension(extension)),
        Peer::Extension(_) if looks_internal(plan, dialled) => Err(Reason::NotFound),
        Peer::Extension(_) => Err(Reason::Forbidden),
    }
}

/// The first rule that fits.
pub fn first_fit(plan: &Plan, rules: &[Rule], facts: &Facts<'_>) -> Option<Way> {
    let rule = rules.iter().find(|rule| rule.when.iter().all(|condition| holds(plan, condition, facts)))?;
    let closed = rule.when.iter().any(|condition| matches!(condition, Condition::Closed(_)));
    Some(Way { target: rule.goto.clone(), priority: rule.priority, closed })
}

/// Whether the plan knows such a target.
pub fn exists(plan: &Plan, target: &Target) -> bool {
    match target {
        Target::Queue(id) => plan.queues.contains_key(id),
        Target::Menu(id) => plan.menus.contains_key(id),
        Target::Extension(extension) => plan.extensions.contains_key(extension),
        Target::Repeat | Target::Language | Target::HangUp => true,
    }
}

/// The address of a target as people write it (`queue:destek`).
pub fn address(target: &Target) -> String {
    match target {
        Target::Queue(id) => format!("queue:{id}"),
        Target::Menu(id) => format!("ivr:{id}"),
        Target::Extension(extension) => format!("ext:{extension}"),
        Target::Repeat => "repeat".to_owned(),
        Target::Language => "language".to_owned(),
        Target::HangUp => "hangup".to_owned(),
    }
}

fn holds(plan: &Plan, condition: &Condition, facts: &Facts<'_>) -> bool {
    let open = |id: &ScheduleId| plan.schedules.get(id).map(|s| schedule::hours(s, facts.wall).is_open());
    match condition {
        Condition::Open(id) => open(id) == Some(true),
        Condition::Closed(id) => open(id) == Some(false),
        Condition::CallerBegins(prefix) => facts.number.is_some_and(|number| number.starts_with(prefix.as_str())),
        Condition::Withheld => facts.number.is_none(),
        Condition::Segment(segment) => facts.segment == Some(segment.as_str()),
    }
}

/// The key under which a dialled number stands in the plan, however it is written.
fn number_key<'a>(plan: &'a Plan, dialled: &str) -> Option<&'a str> {
    let as_written = plan.numbers.get_key_value(dialled);
    let found = as_written.or_else(|| plan.numbers.get_key_value(&number::key(dialled, &plan.home)?));
    found.map(|(key, _)| key.as_str())
}

/// Whether the text could be an internal number of this plan: the same answer for those that exist and those that do not.
fn looks_internal(plan: &Plan, dialled: &str) -> bool {
    let longest = plan.extensions.keys().map(|e| e.as_str().len()).max().unwrap_or(0).max(USUAL_INTERNAL);
    let zero_is_ours = plan.extensions.keys().any(|e| e.as_str().starts_with('0'));
    let plain = !dialled.is_empty() && dialled.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'*' | b'#'));
    plain && dialled.len() <= longest.min(LONGEST_DIALLED) && (zero_is_ours || !dialled.starts_with('0'))
}
