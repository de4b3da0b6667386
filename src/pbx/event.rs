//! Everything that can happen, as values. Desks, journal, webhooks and automation share this one catalogue.
//!
//! The JSON is `{"type": "call.queued", "data": {…}}`; field names here are the public ones of docs/API.md.

use crm::card::Caller;
use serde::{Deserialize, Serialize};

use crate::contract::{State, Status};
use crate::id::{CallId, Extension, QueueId, TrunkId, UserId};

/// One thing that happened.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Event {
    /// `evt_` and a UUIDv7, unique, rising in time.
    pub id: String,
    /// Microseconds since 1970 UTC.
    pub at: i64,
    /// Revision of the subject, rising by one: a desk drops what is not newer than what it holds.
    pub rev: u64,
    /// What it is.
    #[serde(flatten)]
    pub what: What,
}

/// Which way the call was set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From outside.
    In,
    /// Between extensions.
    Internal,
}

/// Why an offer ended without this agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferEnd {
    /// This agent answered.
    Answered,
    /// A colleague was quicker (ring-all).
    AnsweredElsewhere,
    /// Nobody lifted in time: a miss.
    Timeout,
    /// The caller hung up first.
    CallerGone,
    /// The agent gave it back, or the phone answered busy.
    Declined,
    /// The phone could not take it (an error, a redirection, nothing there): no miss of the agent's.
    Failed,
    /// The switch took it back (queue changed, shutdown).
    Withdrawn,
}

/// What a phone answered instead of ringing or being lifted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneSaid {
    /// SIP status of its final answer.
    pub status: u16,
    /// In its own words (the text of Reason, RFC 3326, else the reason phrase); untrusted text.
    pub reason: Option<String>,
}

/// An agent's phone that takes no calls at present.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneTrouble {
    /// What it said last.
    #[serde(flatten)]
    pub said: PhoneSaid,
    /// How often in a row.
    pub times: u32,
    /// Until when it is left alone, µs UTC; `None` once it may be tried again.
    pub until: Option<i64>,
}

/// Class of an ending; pessimistic until a call earns better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndClass {
    /// Somebody talked, or the menu did its work.
    Completed,
    /// The caller left before anybody answered.
    Abandoned,
    /// We could or would not serve it (closed, full, refused).
    Rejected,
    /// Something broke.
    Failed,
}

/// Who ended it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// The caller.
    Caller,
    /// The agent or called extension.
    Agent,
    /// The switch.
    System,
}

/// The one ending of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// Class.
    pub class: EndClass,
    /// One word of a closed list, kebab-case: `normal`, `caller-hung-up`, `agent-hung-up`, `menu-hangup`, `closed`,
    /// `no-agent`, `queue-full`, `max-wait`, `rtp-timeout`, `no-ack`, `no-codec`, `address-family`, `no-ports`, `not-found`, `forbidden`,
    /// `busy`, `no-answer`, `shutdown`, `interrupted`, `overload`, `other`. See `pbx::ending`.
    pub reason: String,
    /// Who.
    pub by: EndedBy,
}

/// The kinds of event and their data.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum What {
    /// A caller arrived.
    #[serde(rename = "call.started")]
    CallStarted {
        /// Which call.
        call: CallId,
        /// Direction.
        direction: Direction,
        /// Number as sent, `None` when withheld.
        from: Option<String>,
        /// Display name as sent; untrusted text.
        display: Option<String>,
        /// What was dialled.
        to: String,
        /// Trunk, when it came by one.
        trunk: Option<TrunkId>,
    },
    /// Who the caller is (or that we do not know).
    #[serde(rename = "match.resolved")]
    MatchResolved {
        /// Which call.
        call: CallId,
        /// The answer.
        caller: Box<Caller>,
    },
    /// A menu spoke to the caller, or the caller pressed a key.
    #[serde(rename = "call.ivr")]
    CallIvr {
        /// Which call.
        call: CallId,
        /// The menu.
        menu: String,
        /// Key pressed; `None` on entry; `timeout` and `invalid` in words.
        key: Option<String>,
        /// Language spoken.
        language: String,
    },
    /// The recording notice was played, how far and in which language (KVKK).
    #[serde(rename = "call.notice")]
    CallNotice {
        /// Which call.
        call: CallId,
        /// Sound file, which is the version of the notice.
        notice: String,
        /// Language.
        language: String,
        /// Whether it was heard to the end.
        complete: bool,
    },
    /// Waits in a queue.
    #[serde(rename = "call.queued")]
    CallQueued {
        /// Which call.
        call: CallId,
        /// The queue.
        queue: QueueId,
        /// Place, from 1.
        position: u32,
    },
    /// An agent's phone rings for it.
    #[serde(rename = "call.offered")]
    CallOffered {
        /// Which call.
        call: CallId,
        /// The agent.
        agent: UserId,
        /// Their extension.
        extension: Extension,
        /// The queue, unless it was dialled directly.
        queue: Option<QueueId>,
        /// How long the caller has waited in the queue, ms.
        waited_ms: u64,
        /// When ringing stops, µs UTC.
        expires_at: i64,
        /// Whether F2 can answer this phone (it allows `Event: talk`).
        remote_answer: bool,
    },
    /// The offer is over.
    #[serde(rename = "call.offer_ended")]
    CallOfferEnded {
        /// Which call.
        call: CallId,
        /// The agent.
        agent: UserId,
        /// Why.
        reason: OfferEnd,
        /// What the phone said, where it refused or failed.
        #[serde(default)]
        said: Option<PhoneSaid>,
    },
    /// The agent's phone answered and the two are connected.
    #[serde(rename = "call.answered")]
    CallAnswered {
        /// Which call.
        call: CallId,
        /// The agent.
        agent: UserId,
        /// Their extension.
        extension: Extension,
        /// Ms between entering the queue (or the start) and now.
        waited_ms: u64,
    },
    /// Music to the caller.
    #[serde(rename = "call.held")]
    CallHeld {
        /// Which call.
        call: CallId,
        /// By whom.
        agent: UserId,
    },
    /// Talking again.
    #[serde(rename = "call.resumed")]
    CallResumed {
        /// Which call.
        call: CallId,
        /// By whom.
        agent: UserId,
    },
    /// Sent elsewhere.
    #[serde(rename = "call.transferred")]
    CallTransferred {
        /// Which call.
        call: CallId,
        /// By whom.
        agent: UserId,
        /// Address, `queue:satis`.
        to: String,
    },
    /// The colleague a caller was transferred to did not take them: they come back to who sent them on, or to the queue.
    #[serde(rename = "call.returned")]
    CallReturned {
        /// Which call.
        call: CallId,
        /// Who had sent it on.
        agent: UserId,
        /// Why: `busy`, `no-answer`.
        reason: String,
        /// Where it goes now, `ext:101` or `queue:destek`.
        to: String,
    },
    /// Rung an agent and nobody lifted (one per agent and offer).
    #[serde(rename = "call.missed")]
    CallMissed {
        /// Which call.
        call: CallId,
        /// The agent.
        agent: UserId,
    },
    /// Recording began; the file is `YYYY/MM/DD/<call>.wav` in the business's time zone's day.
    #[serde(rename = "call.recording_started")]
    RecordingStarted {
        /// Which call.
        call: CallId,
    },
    /// The file is closed and can be played.
    #[serde(rename = "call.recording_ready")]
    RecordingReady {
        /// Which call.
        call: CallId,
        /// Length, ms.
        millis: u64,
        /// Frames written as silence because the disk was late or full.
        lost_frames: u64,
    },
    /// The recording came to no file: nothing was heard before the end, or the disk took none of it.
    #[serde(rename = "call.recording_missing")]
    RecordingMissing {
        /// Which call.
        call: CallId,
        /// Frames that were heard and are lost; 0 when nothing was heard.
        lost_frames: u64,
    },
    /// Over. Exactly one per call.
    #[serde(rename = "call.ended")]
    CallEnded {
        /// Which call.
        call: CallId,
        /// The ending.
        ending: Ending,
    },
    /// The agent saved the result.
    #[serde(rename = "call.completed")]
    CallCompleted {
        /// Which call.
        call: CallId,
        /// By whom.
        agent: UserId,
        /// Disposition.
        disposition: String,
        /// Free text.
        note: String,
    },
    /// An agent's status or state changed.
    #[serde(rename = "agent.state")]
    AgentState {
        /// The agent.
        agent: UserId,
        /// What they chose.
        status: Status,
        /// What the switch does with them.
        state: State,
        /// The call they are busy with.
        call: Option<CallId>,
        /// When wrap-up ends, µs UTC.
        until: Option<i64>,
        /// Their phone, while it refuses calls or fails.
        #[serde(default)]
        phone: Option<PhoneTrouble>,
    },
    /// A queue's figures, at most once a second.
    #[serde(rename = "queue.stats")]
    QueueStats {
        /// The queue.
        queue: QueueId,
        /// Callers waiting.
        waiting: u32,
        /// Longest wait now, ms.
        longest_ms: u64,
        /// Since when the one who waits longest waits, µs UTC; `None` when nobody does.
        #[serde(default)]
        waiting_since: Option<i64>,
        /// Members available and idle.
        free: u32,
        /// Members available at all.
        available: u32,
    },
    /// A phone registered or went away.
    #[serde(rename = "presence.changed")]
    PresenceChanged {
        /// The extension.
        extension: Extension,
        /// Whether at least one phone is registered.
        registered: bool,
    },
}

impl What {
    /// The call it is about, if it is about one.
    pub fn call(&self) -> Option<&CallId> {
        match self {
            What::CallStarted { call, .. }
            | What::MatchResolved { call, .. }
            | What::CallIvr { call, .. }
            | What::CallNotice { call, .. }
            | What::CallQueued { call, .. }
            | What::CallOffered { call, .. }
            | What::CallOfferEnded { call, .. }
            | What::CallAnswered { call, .. }
            | What::CallHeld { call, .. }
            | What::CallResumed { call, .. }
            | What::CallTransferred { call, .. }
            | What::CallReturned { call, .. }
            | What::CallMissed { call, .. }
            | What::RecordingStarted { call }
            | What::RecordingReady { call, .. }
            | What::RecordingMissing { call, .. }
            | What::CallEnded { call, .. }
            | What::CallCompleted { call, .. } => Some(call),
            What::AgentState { .. } | What::QueueStats { .. } | What::PresenceChanged { .. } => None,
        }
    }

    /// The public name of the kind (`call.queued`).
    pub fn kind(&self) -> &'static str {
        match self {
            What::CallStarted { .. } => "call.started",
            What::MatchResolved { .. } => "match.resolved",
            What::CallIvr { .. } => "call.ivr",
            What::CallNotice { .. } => "call.notice",
            What::CallQueued { .. } => "call.queued",
            What::CallOffered { .. } => "call.offered",
            What::CallOfferEnded { .. } => "call.offer_ended",
            What::CallAnswered { .. } => "call.answered",
            What::CallHeld { .. } => "call.held",
            What::CallResumed { .. } => "call.resumed",
            What::CallTransferred { .. } => "call.transferred",
            What::CallReturned { .. } => "call.returned",
            What::CallMissed { .. } => "call.missed",
            What::RecordingStarted { .. } => "call.recording_started",
            What::RecordingReady { .. } => "call.recording_ready",
            What::RecordingMissing { .. } => "call.recording_missing",
            What::CallEnded { .. } => "call.ended",
            What::CallCompleted { .. } => "call.completed",
            What::AgentState { .. } => "agent.state",
            What::QueueStats { .. } => "queue.stats",
            What::PresenceChanged { .. } => "presence.changed",
        }
    }
}
