//! The whole contract between the switch and the world: [`Input`] carries news and commands in, [`Output`] carries wishes,
//! questions and answers out.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use crm::card::Caller;
use media::order::{Group, Heard, Order, StreamKey};
use sip::user_agent::{Destination, Source, StreamId};

use crate::event::Event;
use crate::id::{CallId, Extension, MenuId, QueueId, UserId};
use crate::plan::Plan;

/// Both clocks at one moment. Timers use `instant`; records use `wall`.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// Monotonic.
    pub instant: Instant,
    /// Microseconds since 1970 UTC.
    pub wall: i64,
}

impl Now {
    /// What the wall clock shows, or will or did show, at another instant if nobody sets it.
    pub fn wall_at(self, at: Instant) -> i64 {
        let micros = |span: std::time::Duration| i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        let ahead = micros(at.saturating_duration_since(self.instant));
        self.wall.saturating_add(ahead).saturating_sub(micros(self.instant.saturating_duration_since(at)))
    }
}

/// What the world tells the switch.
#[derive(Debug, Clone)]
pub enum Input {
    /// One whole SIP message: a datagram, or a frame cut out of a stream.
    Datagram(Source, Bytes),
    /// A TCP connection is gone.
    StreamClosed(StreamId),
    /// A message could not be sent (refused, unreachable).
    Unreachable(Destination),
    /// A leg's sound reports.
    Media(StreamKey, Heard),
    /// A person wants something. The answer comes as [`Output::Reply`] with the same number.
    Command {
        /// Chosen by the asker, given back in the reply.
        ticket: u64,
        /// Who asks; the switch checks that the call is theirs (or that they may act on any).
        by: Actor,
        /// What is wanted.
        command: Command,
    },
    /// The answer to [`Output::Ask`].
    Found(CallId, Box<Caller>),
    /// A new configuration. Calls in progress keep the one they began with.
    Plan(Arc<Plan>),
    /// Nothing but time passed.
    Tick,
    /// While `true`, new calls get 503 + Retry-After because the journal or the work in hand is above its mark.
    Pressure(bool),
    /// Take no new calls (503 + Retry-After); calls in progress go on. Comes before `HangUpAll`.
    Drain,
    /// The drain time is over: BYE every call with ending `shutdown`.
    HangUpAll,
}

/// Who gives a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The person.
    pub user: UserId,
    /// Supervisors and admins may act on calls that are not theirs.
    pub any_call: bool,
}

/// What a person may ask of the switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Choose a status ("Mesaiye başla" is `Available`).
    SetStatus(Status),
    /// Answer the ringing phone by NOTIFY `Event: talk`, where it allows that event.
    Answer(CallId),
    /// Give the offer back to the queue.
    Decline(CallId),
    /// Hang up.
    HangUp(CallId),
    /// Music to the caller, silence to the agent.
    Hold(CallId),
    /// Back to talking.
    Resume(CallId),
    /// Blind transfer of the caller: `ivr:ana-menu`, `queue:satis`, `ext:102`. Refused where nobody is to be reached; a
    /// caller whom a colleague does not take comes back.
    Transfer(CallId, Target),
    /// The agent saved the result of an ended call; wrap-up ends.
    Complete {
        /// Which call.
        call: CallId,
        /// Disposition from the configured list (`resolved`, `callback`, …).
        disposition: String,
        /// Free text.
        note: String,
    },
    /// Thirty more seconds of wrap-up, twice at most.
    ExtendWrapUp,
    /// Ready before the wrap-up time is over.
    EndWrapUp,
}

/// What a person chose (not what the switch does with them, see [`State`]).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", tag = "status", content = "reason")]
pub enum Status {
    /// Off shift.
    Off,
    /// Takes calls.
    Available,
    /// On a break, with the reason in words.
    Break(String),
    /// Set by the switch after two missed offers; the person sets `Available` again.
    Unreachable,
}

/// What the switch does with an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing.
    Idle,
    /// Their phone rings.
    Ringing,
    /// They talk.
    Talking,
    /// They talk, but the caller hears music.
    Holding,
    /// The call is over, its result is not yet saved.
    WrapUp,
}

/// Where a call may be sent, the one address grammar of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// `queue:destek`
    Queue(QueueId),
    /// `ivr:ana-menu`
    Menu(MenuId),
    /// `ext:101`
    Extension(Extension),
    /// `repeat` (menus only)
    Repeat,
    /// `language` (menus only): the next language of the menu
    Language,
    /// `hangup`
    HangUp,
}

/// Why a command was refused; the page says it in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No such call, or it is over.
    NoSuchCall,
    /// The call is somebody else's.
    NotYours,
    /// Not possible in this state (resume of a call that is not held …).
    WrongState,
    /// The phone does not allow `Event: talk`: lift the handset.
    LiftHandset,
    /// No such target.
    NoSuchTarget,
    /// The person has no extension.
    NoExtension,
    /// No phone is registered to the extension, so `Available` would only miss calls.
    NoPhone,
    /// Nobody can be reached at the target: no phone is registered there, or the queue would send the caller away.
    TargetUnreachable,
    /// The target is in a call.
    TargetBusy,
}

/// What the switch wants of the world.
#[derive(Debug, Clone)]
pub enum Output {
    /// Send these bytes.
    Send(Destination, Bytes),
    /// An order to a leg's sound. `Group` is the call's.
    Media(Group, StreamKey, Order),
    /// Name the recording file of a group; comes before its first `Record` order.
    NameRecording(Group, CallId),
    /// Who is this? Answer with [`Input::Found`] within 300 ms or the call goes on without.
    Ask(CallId, Asked),
    /// It happened; tell desks and journal.
    Event(Event),
    /// The answer to a command.
    Reply(u64, Result<(), Refusal>),
    /// Somebody tried a wrong SIP secret: for the log and the figures.
    WrongSecret(WrongSecret),
    /// Whoever is at the other end of that connection is one of ours: the right secret came over it, or it is a trunk's.
    Proven(StreamId),
    /// Where an extension is registered from now on, to be kept over a restart; the newest word counts.
    Registered(Extension, Vec<Registration>),
}

/// One place an extension is registered at, as it is kept over a restart ([`crate::exchange::Exchange::restore_registration`]).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Registration {
    /// The Contact URI.
    pub contact: String,
    /// Path, nearest first.
    pub path: Vec<String>,
    /// Over TCP; else UDP.
    pub tcp: bool,
    /// Where requests are sent.
    pub remote: SocketAddr,
    /// Whether a connection there can be made anew.
    pub reconnects: bool,
    /// When it ends, µs UTC.
    pub expires_at: i64,
    /// Call-ID of the REGISTER.
    pub call_id: String,
    /// CSeq number of the REGISTER.
    pub cseq: u32,
    /// Preference in thousandths.
    pub q: u16,
    /// `+sip.instance` and `reg-id`.
    pub instance: Option<(String, Option<u32>)>,
    /// User-Agent.
    pub user_agent: Option<String>,
    /// Event packages the phone takes.
    pub events: Vec<String>,
}

/// A wrong SIP secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongSecret {
    /// Who tried, as the socket saw it.
    pub source: SocketAddr,
    /// The user name that was tried, as it was written.
    pub user: String,
    /// How many of that user from there, lately.
    pub failures: u32,
    /// This one made the ban, which lasts so long.
    pub ban: Option<Duration>,
}

/// The question of [`Output::Ask`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Caller's number as the trunk sent it; `None` when withheld.
    pub number: Option<String>,
    /// Display name as sent, untrusted.
    pub display: Option<String>,
    /// Set when the caller is one of our own extensions.
    pub internal: Option<Extension>,
}
