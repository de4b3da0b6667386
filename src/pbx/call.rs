//! One call as a value: who calls, where it stands, whose phones ring for it, who talks.
//!
//! What happens to a call is decided here where the call alone decides it; what touches agents, queues, ports or dialogs
//! is decided by the exchange.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use crm::card::Caller;
use media::order::{Group, PlayId, Sound, StreamKey};
use sip::bindings::Binding;
use sip::sdp::Agreed;
use sip::user_agent::{DialogId, RequestId};

use crate::contract::Now;
use crate::ending::{Fate, Reason};
use crate::event::{Direction, PhoneSaid};
use crate::id::{CallId, CallNo, Extension, QueueId, UserId};
use crate::ivr::Ivr;
use crate::plan::Plan;
use crate::press::Presses;
use crate::route::{Destination, Peer, Way};

/// How long the look-up of the caller may take.
pub const ASK_TIME: Duration = Duration::from_millis(300);
/// Longest time without a human's doing in menus.
pub const MENU_TIME: Duration = Duration::from_secs(30 * 60);
/// Longest talk.
pub const TALK_TIME: Duration = Duration::from_secs(4 * 60 * 60);
/// How long a caller who was answered hears the busy tone.
pub const BUSY_TIME: Duration = Duration::from_secs(4);
/// How often a call may be sent on without the caller pressing a key.
pub const MOST_HOPS: u32 = 16;
/// How much later than it should a sound's end may be reported before it is taken as ended.
const LATE_PLAY: Duration = Duration::from_secs(2);

/// Where a call stands.
#[derive(Debug)]
pub enum Stage {
    /// Who calls is being looked up.
    Asking {
        /// When to go on without.
        until: Instant,
    },
    /// The way is known, the caller's media port is not open yet (the port has its own deadline).
    Opening(Way),
    /// In a menu.
    Menu {
        /// The visit.
        ivr: Box<Ivr>,
        /// When the switch gives up on it.
        until: Instant,
    },
    /// In a queue.
    Queued {
        /// Which.
        queue: QueueId,
        /// Since when.
        entered: Instant,
    },
    /// A colleague's phones ring, or are about to.
    Calling {
        /// Since when they wait for somebody, the queue that sent them on included.
        since: Instant,
    },
    /// Talking to [`Call::talker`].
    Talking {
        /// When it is cut.
        until: Instant,
    },
    /// The caller hears a busy tone before the end.
    Sorry {
        /// When it ends.
        until: Instant,
        /// What it ends with.
        reason: Reason,
    },
}

/// What the running sound of the caller is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A menu speaks.
    Menu,
    /// A queue gives the recording notice.
    Notice,
    /// The place in the queue is said.
    Announcement,
    /// Hold music; never ends by itself.
    Music,
}

/// A sound that plays to the caller.
#[derive(Debug, Clone, Copy)]
pub struct Playing {
    /// Number of the order.
    pub id: PlayId,
    /// What for.
    pub purpose: Purpose,
    /// When it counts as ended even if nobody says so.
    pub until: Option<Instant>,
}

/// What the far end of a leg described last, and what we described.
#[derive(Debug, Clone, Default)]
pub struct Session {
    /// The far end's offer that our next answer is for.
    pub offer: Option<Bytes>,
    /// Our version number, RFC 3264 §8.
    pub version: u64,
    /// Whether the far end takes no sound now (it holds us).
    pub on_hold: bool,
    /// Whether our own offer awaits its answer in an ACK.
    pub answer_due: bool,
    /// What offer and answer settled last; a later offer of ours keeps its m-lines and payload types (RFC 3264 §8).
    pub agreed: Option<Agreed>,
}

/// One of the phones an offer rings.
#[derive(Debug, Clone)]
pub struct Fork {
    /// Its dialog.
    pub dialog: DialogId,
    /// Whether it said that it takes `Event: talk`, and has not refused one.
    pub talks: bool,
    /// Whether it refused the `Event: talk` it was sent, whatever it says of itself.
    pub refuses: bool,
    /// The last NOTIFY that asked it to lift.
    pub asked: Option<RequestId>,
    /// Whether it reported that it rings, so that a request within the dialog can reach it.
    pub rings: bool,
    /// The other ways to the same device, for when this one is gone (RFC 5626 §6).
    pub ways: Vec<Binding>,
}

/// An agent's phones that ring (or whose port is being opened for them).
#[derive(Debug)]
pub struct Offer {
    /// The extension.
    pub extension: Extension,
    /// Its owner; `ext:<number>` for a phone without one.
    pub agent: UserId,
    /// Whether the owner is an agent of ours.
    pub has_agent: bool,
    /// Queue, unless dialled directly.
    pub queue: Option<QueueId>,
    /// The leg that will carry the sound.
    pub leg: StreamKey,
    /// One dialog for each registered phone.
    pub forks: Vec<Fork>,
    /// How long it rings.
    pub ring: Duration,
    /// When ringing stops; `None` while the port is not open yet.
    pub until: Option<Instant>,
    /// The same in µs UTC.
    pub until_wall: i64,
    /// Waited so far, ms.
    pub waited_ms: u64,
    /// Whether the page can answer it.
    pub remote_answer: bool,
    /// What the last of its phones said that refused or failed.
    pub said: Option<PhoneSaid>,
    /// Whether all of them did.
    pub refused: bool,
}

impl Session {
    /// Whether keys may come and go as RFC 4733 packets.
    pub fn takes_events(&self) -> bool {
        self.agreed.as_ref().is_some_and(|agreed| agreed.telephone_event.is_some())
    }
}

/// Who the caller talks to.
#[derive(Debug)]
pub struct Talker {
    /// Their extension.
    pub extension: Extension,
    /// The person.
    pub agent: UserId,
    /// Whether that is an agent of ours.
    pub has_agent: bool,
    /// The queue they answered from.
    pub queue: Option<QueueId>,
    /// Their dialog.
    pub dialog: DialogId,
    /// Their leg.
    pub leg: StreamKey,
    /// Their session.
    pub session: Session,
    /// Held from the page.
    pub held_by_page: bool,
    /// Held from the phone.
    pub held_by_phone: bool,
    /// The last keys, for those that come two ways.
    pub presses: Presses,
}

impl Talker {
    /// Whether the caller hears music.
    pub fn holds(&self) -> bool {
        self.held_by_page || self.held_by_phone
    }
}

/// The way back of a caller who was transferred.
#[derive(Debug, Clone)]
pub struct Return {
    /// Who transferred.
    pub by: UserId,
    /// Their extension, until it was tried.
    pub extension: Option<Extension>,
    /// The queue they had answered from.
    pub queue: Option<QueueId>,
}

/// How far the recording of a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recording {
    /// Not begun.
    None,
    /// Running.
    Running,
    /// Closed; a call has one file, so it does not begin again.
    Closed,
}

/// The caller's side.
#[derive(Debug)]
pub struct CallerSide {
    /// Dialog of the INVITE that began it all.
    pub dialog: DialogId,
    /// Whether that dialog still lives.
    pub alive: bool,
    /// Whether our 200 is sent.
    pub answered: bool,
    /// The leg.
    pub leg: StreamKey,
    /// Whether the leg's port is open.
    pub open: bool,
    /// The session.
    pub session: Session,
    /// What plays.
    pub playing: Option<Playing>,
    /// The last keys, for those that come two ways.
    pub presses: Presses,
}

/// A call.
#[derive(Debug)]
pub struct Call {
    /// Number within this run.
    pub no: CallNo,
    /// Id for everybody.
    pub id: CallId,
    /// The plan it began with, kept to its end.
    pub plan: Arc<Plan>,
    /// Which way.
    pub direction: Direction,
    /// Who it comes from.
    pub peer: Peer,
    /// Where it was allowed to go.
    pub destination: Destination,
    /// Caller's number as sent.
    pub number: Option<String>,
    /// Display name as sent, cleaned.
    pub display: Option<String>,
    /// Who it is, once found.
    pub found: Option<Caller>,
    /// Language to speak.
    pub language: String,
    /// Priority in queues.
    pub priority: i32,
    /// Whether the recording notice is still to be given.
    pub notice_due: bool,
    /// Sent on this often since a human did something.
    pub hops: u32,
    /// Where it stands.
    pub stage: Stage,
    /// The caller.
    pub caller: CallerSide,
    /// Phones that ring.
    pub offers: Vec<Offer>,
    /// Who talks.
    pub talker: Option<Talker>,
    /// Where the caller comes back to when the colleague they were transferred to does not take them.
    pub back: Option<Return>,
    /// The dialog of the phone whose REFER sent the caller on, while it waits to hear what came of it.
    pub referrer: Option<DialogId>,
    /// The status it was told last.
    pub referrer_told: Option<u16>,
    /// Recording.
    pub recording: Recording,
    /// Legs that were written to the file.
    pub recorded: Vec<StreamKey>,
    /// Everybody who talked, for completing the call afterwards.
    pub agents: Vec<UserId>,
    /// The agent who is the caller of an internal call.
    pub caller_agent: Option<UserId>,
    /// Ending.
    pub fate: Fate,
    /// Revision of the last event.
    pub rev: u64,
    /// When it began, by both clocks. Everything that is told of a call is told by the clock it began with, so that a
    /// wall clock that is set meanwhile neither lengthens nor shortens it.
    pub began: Now,
    /// When it is looked at next, as the exchange noted it.
    pub wake: Option<Instant>,
}

impl Call {
    /// The group of its sound.
    pub fn group(&self) -> Group {
        Group(self.no.0)
    }

    /// The queue it waits in.
    pub fn queue(&self) -> Option<&QueueId> {
        match &self.stage {
            Stage::Queued { queue, .. } => Some(queue),
            _ => None,
        }
    }

    /// Since when it has been waiting for a person: in the queue, also where that one sent it on to a colleague, else
    /// since the colleague was dialled.
    pub fn waiting_since(&self) -> Instant {
        match &self.stage {
            Stage::Queued { entered, .. } => *entered,
            Stage::Calling { since } => *since,
            _ => self.began.instant,
        }
    }

    /// The same for a caller who is about to be sent on: a wait that already runs goes on, any other begins now.
    pub fn waited_from(&self, now: Instant) -> Instant {
        match &self.stage {
            Stage::Queued { .. } | Stage::Calling { .. } => self.waiting_since(),
            _ => now,
        }
    }

    /// When something becomes due by time. Queues keep their own clock.
    pub fn deadline(&self) -> Option<Instant> {
        let stage = match &self.stage {
            Stage::Asking { until } | Stage::Talking { until } | Stage::Sorry { until, .. } => Some(*until),
            Stage::Menu { ivr, until } => ivr.deadline().map_or(Some(*until), |at| Some(at.min(*until))),
            Stage::Opening(_) | Stage::Queued { .. } | Stage::Calling { .. } => None,
        };
        let offers = self.offers.iter().filter_map(|offer| offer.until);
        let playing = self.caller.playing.and_then(|playing| playing.until);
        let talker = self.talker.as_ref().and_then(|talker| talker.presses.deadline());
        let keys = self.caller.presses.deadline().into_iter().chain(talker);
        offers.chain(stage).chain(playing).chain(keys).min()
    }

    /// Offers whose ringing time is over.
    pub fn overdue_offer(&self, now: Instant) -> Option<StreamKey> {
        let over = |offer: &&Offer| offer.until.is_some_and(|until| now >= until);
        self.offers.iter().find(over).map(|offer| offer.leg)
    }

    /// The offer that rings on that leg.
    pub fn offer_mut(&mut self, leg: StreamKey) -> Option<&mut Offer> {
        self.offers.iter_mut().find(|offer| offer.leg == leg)
    }

    /// The offer to that person.
    pub fn offer_to(&self, user: &UserId) -> Option<&Offer> {
        self.offers.iter().find(|offer| offer.agent == *user)
    }

    /// Takes an offer out of the call.
    pub fn take_offer(&mut self, leg: StreamKey) -> Option<Offer> {
        let at = self.offers.iter().position(|offer| offer.leg == leg)?;
        Some(self.offers.remove(at))
    }

    /// Whether that person talks in it.
    pub fn is_talking(&self, user: &UserId) -> bool {
        self.talker.as_ref().is_some_and(|talker| talker.agent == *user)
    }

    /// The sound that ended, if it is the one that plays. Late reports of older ones are nothing.
    pub fn play_ended(&mut self, id: PlayId) -> Option<Purpose> {
        let playing = self.caller.playing.filter(|playing| playing.id == id)?;
        self.caller.playing = None;
        Some(playing.purpose)
    }

    /// The sound that should have ended by now though nobody said so.
    pub fn overdue_play(&self, now: Instant) -> Option<PlayId> {
        let playing = self.caller.playing.filter(|playing| playing.until.is_some_and(|until| now >= until))?;
        Some(playing.id)
    }

    /// Whether the queue's recording notice plays.
    pub fn hears_notice(&self) -> bool {
        self.caller.playing.is_some_and(|playing| playing.purpose == Purpose::Notice)
    }

    /// The recording notice of the queue it waits in, with its language: the caller's, else the business's first that
    /// the queue has.
    pub fn queue_notice(&self) -> Option<(String, Arc<Sound>)> {
        let notice = &self.plan.queues.get(self.queue()?)?.notice;
        let languages = std::iter::once(&self.language).chain(&self.plan.languages);
        let spoken = languages.filter_map(|language| notice.get_key_value(language)).next();
        spoken.or_else(|| notice.iter().next()).map(|(language, sound)| (language.clone(), Arc::clone(sound)))
    }

    /// Whether the queue it waits in says the place to its callers.
    pub fn is_told_its_place(&self) -> bool {
        self.queue().and_then(|id| self.plan.queues.get(id)).is_some_and(|rules| rules.announce.is_some())
    }

    /// Hold music of the queue it waits or was answered in, else of the first queue that has any.
    pub fn music(&self) -> Option<Arc<Sound>> {
        let queue = self.queue().or_else(|| self.talker.as_ref().and_then(|talker| talker.queue.as_ref()));
        let own = queue.and_then(|id| self.plan.queues.get(id)).and_then(|queue| queue.music.clone());
        own.or_else(|| self.plan.queues.values().find_map(|queue| queue.music.clone()))
    }
}

/// When a sound of that length must have ended.
pub fn play_limit(now: Instant, sounds: &[Arc<Sound>]) -> Instant {
    let samples: usize = sounds.iter().map(|sound| sound.samples.len()).sum();
    let length = Duration::from_micros(u64::try_from(samples).unwrap_or(u64::MAX / 125).saturating_mul(125));
    now + length.min(MENU_TIME) + LATE_PLAY
}
