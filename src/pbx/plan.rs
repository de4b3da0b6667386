//! The whole configuration of the switch as one immutable value. The shell makes it from files; the switch only reads it.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crm::number::Home;
use media::order::Sound;
use sip::digest::Offer;

use crate::contract::Target;
use crate::id::{Extension, MenuId, QueueId, ScheduleId, TrunkId, UserId};

/// One text or sound per language code (`tr`, `en`).
pub type PerLanguage<T> = BTreeMap<String, T>;

/// Everything the switch needs to know.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Digest realm, shown to phones.
    pub realm: String,
    /// Which digests a challenge offers, and in which order. Secrets are random and long, so MD5 in front, for phones that
    /// look at nothing but the first, costs nothing an attacker can use.
    pub digest: Offer,
    /// What becomes of whoever tries wrong secrets.
    pub ban: BanPlan,
    /// What we write into Contact and SDP for peers.
    pub advertised: Advertised,
    /// By whose numbering plan national numbers are read.
    pub home: Home,
    /// Languages of the business, the first is the default.
    pub languages: Vec<String>,
    /// RTP ports, both even; `first..=last`, each pair is (n, n+1).
    pub rtp_ports: (u16, u16),
    /// Calls in progress above which new ones get 503.
    pub max_calls: usize,
    /// Silence after which a call is dead.
    pub rtp_timeout: Duration,
    /// The same while held.
    pub hold_timeout: Duration,
    /// Whether a caller without registration may reach `numbers` from loopback (the demo).
    pub guests_from_loopback: bool,
    /// Extensions by number.
    pub extensions: BTreeMap<Extension, ExtensionPlan>,
    /// Trunks.
    pub trunks: BTreeMap<TrunkId, TrunkPlan>,
    /// Our numbers by their identity (`crm::number::key`), and where each goes.
    pub numbers: BTreeMap<String, NumberPlan>,
    /// Schedules.
    pub schedules: BTreeMap<ScheduleId, Schedule>,
    /// Menus.
    pub menus: BTreeMap<MenuId, MenuPlan>,
    /// Queues.
    pub queues: BTreeMap<QueueId, QueuePlan>,
    /// System sounds per language: digits and words for the position announcement (`position`, `n1`..`n20`, `transfer`, `goodbye`, `invalid`).
    pub sounds: PerLanguage<BTreeMap<String, Arc<Sound>>>,
}

/// When wrong SIP secrets are too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BanPlan {
    /// So many of one user from one source make a ban; 0 never does.
    pub after: u32,
    /// Within this time.
    pub within: Duration,
    /// How long it lasts.
    pub time: Duration,
}

/// Addresses we tell others.
#[derive(Debug, Clone, PartialEq)]
pub struct Advertised {
    /// SIP address for Via and Contact.
    pub sip: SocketAddr,
    /// RTP address for SDP.
    pub media: IpAddr,
}

/// One internal number.
#[derive(Debug, Clone, PartialEq)]
pub struct ExtensionPlan {
    /// The person, when it is an agent's.
    pub user: Option<UserId>,
    /// Name shown to colleagues.
    pub name: String,
    /// Digest user name; differs from the number where the owner wants that.
    pub auth_user: String,
    /// Digest secret in clear, as generated; never logged.
    pub secret: Secret,
    /// Which digests its phones are offered, where that differs from the house's.
    pub digest: Option<Offer>,
    /// How long it rings when dialled directly.
    pub ring: Duration,
}

/// A secret that does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A SIP provider that is recognised by its addresses (registering trunks come with the trunk issue).
#[derive(Debug, Clone, PartialEq)]
pub struct TrunkPlan {
    /// Addresses calls may come from.
    pub addresses: Vec<IpAddr>,
    /// Whether P-Asserted-Identity and Remote-Party-ID of this trunk are believed.
    pub trusted_identity: bool,
    /// Calls at the same time.
    pub max_calls: usize,
}

/// One number of ours.
#[derive(Debug, Clone, PartialEq)]
pub struct NumberPlan {
    /// First rule that fits wins; the last has no condition.
    pub rules: Vec<Rule>,
}

/// A condition and a place.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// All must hold.
    pub when: Vec<Condition>,
    /// Where to.
    pub goto: Target,
    /// Added to the caller's priority in queues.
    pub priority: i32,
}

/// One condition of a rule.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// The schedule is open now.
    Open(ScheduleId),
    /// The schedule is closed now.
    Closed(ScheduleId),
    /// The caller's number key begins with this (E.164 with `+`).
    CallerBegins(String),
    /// The caller withheld the number.
    Withheld,
    /// The card's segment.
    Segment(String),
}

/// Opening hours.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// IANA name.
    pub timezone: String,
    /// Monday first; each day's open intervals in minutes since local midnight, `[from, to)`.
    pub weekly: [Vec<(u16, u16)>; 7],
    /// Days that differ: what is open on them (empty = closed all day; half days have an interval).
    pub days: Vec<SpecialDay>,
}

/// One day (of one year or of every year) with its own hours.
#[derive(Debug, Clone, PartialEq)]
pub struct SpecialDay {
    /// `None` = every year.
    pub year: Option<i16>,
    /// 1–12.
    pub month: i8,
    /// 1–31.
    pub day: i8,
    /// Name for people ("Cumhuriyet Bayramı").
    pub name: String,
    /// Open intervals, minutes.
    pub open: Vec<(u16, u16)>,
}

/// One menu.
#[derive(Debug, Clone, PartialEq)]
pub struct MenuPlan {
    /// Name for people.
    pub name: PerLanguage<String>,
    /// Languages in order; the caller's own is preferred.
    pub languages: Vec<String>,
    /// Rules looked at before anything is played.
    pub when: Vec<Rule>,
    /// Played once.
    pub greeting: PerLanguage<Arc<Sound>>,
    /// Recording notice: played once per call, cannot be skipped; keys pressed meanwhile are kept.
    pub notice: PerLanguage<Arc<Sound>>,
    /// Played at each round.
    pub prompt: PerLanguage<Arc<Sound>>,
    /// How long to wait for a key after the prompt.
    pub timeout: Duration,
    /// Rounds before giving up.
    pub retries: u32,
    /// Whether an extension's number may be keyed in.
    pub direct_dial: bool,
    /// Key → where.
    pub keys: BTreeMap<char, Target>,
    /// Nothing pressed in the last round.
    pub on_timeout: Target,
    /// A key without a meaning.
    pub on_invalid: Target,
}

/// How a queue chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// All free members at once.
    RingAll,
    /// The member idle for longest.
    LongestIdle,
    /// One after the other.
    RoundRobin,
}

/// One queue.
#[derive(Debug, Clone, PartialEq)]
pub struct QueuePlan {
    /// Name for people.
    pub name: PerLanguage<String>,
    /// How it chooses.
    pub strategy: Strategy,
    /// Members.
    pub members: Vec<Member>,
    /// How long one offer rings.
    pub ring: Duration,
    /// Wrap-up time.
    pub wrap_up: Duration,
    /// Longest wait.
    pub max_wait: Duration,
    /// Most callers.
    pub max_len: usize,
    /// Hold music.
    pub music: Option<Arc<Sound>>,
    /// Recording notice to callers who have heard none in this call: played on entering, cannot be skipped, and nobody
    /// is rung before it is over. Empty = none.
    pub notice: PerLanguage<Arc<Sound>>,
    /// Say the place in the queue, first at once and then this often.
    pub announce: Option<Duration>,
    /// Whether calls are recorded.
    pub record: bool,
    /// What happens after `max_wait`, when full, or when nobody is logged in.
    pub overflow: Target,
    /// `true`: with no available member the caller overflows at once.
    pub overflow_when_empty: bool,
    /// Service level: seconds.
    pub sla_within: Duration,
}

/// A member of a queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Their extension.
    pub extension: Extension,
    /// Lower tiers first; a higher one joins after `join_after`.
    pub tier: u8,
    /// When this tier starts to ring, counted from entering the queue.
    pub join_after: Duration,
}
