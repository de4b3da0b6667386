//! The record of a call: a fold of its events. Nothing else may write one.

use crm::card::{Caller, Match};
use serde::{Deserialize, Serialize};

use crate::event::{Direction, EndClass, Ending, Event, What};
use crate::id::{CallId, Extension, QueueId, TrunkId, UserId};

/// One step in a menu.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IvrStep {
    /// The menu.
    pub menu: String,
    /// The key, or `timeout` / `invalid`.
    pub key: String,
}

/// How a recording notice was heard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeHeard {
    /// Sound file, the version of the notice.
    pub notice: String,
    /// Language.
    pub language: String,
    /// To the end or not.
    pub complete: bool,
    /// When it was over, µs UTC.
    pub at: i64,
}

/// State of the recording's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingState {
    /// Being written.
    Recording,
    /// Closed and whole.
    Ready,
    /// Not on the disk.
    Missing,
    /// Cut off by a crash and made playable.
    Repaired,
}

/// The recording of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// Length, ms.
    pub millis: u64,
    /// Frames written as silence.
    pub lost_frames: u64,
    /// State of the file.
    pub state: RecordingState,
    /// When it began, µs UTC.
    pub started_at: i64,
}

/// Where a call is, as its events tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Arrived; a menu speaks or is about to.
    #[default]
    Menu,
    /// Waits in a queue.
    Queued,
    /// At least one phone rings for it.
    Ringing,
    /// They talk.
    Talking,
    /// The caller hears music.
    Held,
    /// Over.
    Ended,
}

/// Everything that is known of a call, live or ended. Times are µs UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallRecord {
    /// Its id.
    pub id: CallId,
    /// Revision: that of the last event folded in.
    pub rev: u64,
    /// Direction.
    pub direction: Direction,
    /// Number as sent; `None` when withheld.
    pub from: Option<String>,
    /// Display name as sent, untrusted.
    pub display: Option<String>,
    /// What was dialled.
    pub to: String,
    /// Trunk it came by.
    pub trunk: Option<TrunkId>,
    /// Who it was, with the card as it stood.
    pub caller: Option<Caller>,
    /// Queue it waited in last.
    pub queue: Option<QueueId>,
    /// Who talked last.
    pub agent: Option<UserId>,
    /// Their extension.
    pub extension: Option<Extension>,
    /// Language spoken last.
    pub language: Option<String>,
    /// Keys in menus, in order.
    pub ivr: Vec<IvrStep>,
    /// The recording notice.
    pub notice: Option<NoticeHeard>,
    /// Who is being rung now.
    pub ringing: Vec<UserId>,
    /// Who was rung and did not lift.
    pub missed_by: Vec<UserId>,
    /// Where it is.
    pub phase: Phase,
    /// Start.
    pub started_at: i64,
    /// When it entered the last queue.
    pub queued_at: Option<i64>,
    /// First answer by a person.
    pub answered_at: Option<i64>,
    /// End.
    pub ended_at: Option<i64>,
    /// Waiting in queues or ringing, ms, in all.
    pub wait_ms: u64,
    /// Talking (hold included), ms, in all.
    pub talk_ms: u64,
    /// Since when the present talk goes.
    pub talking_since: Option<i64>,
    /// The ending.
    pub ending: Option<Ending>,
    /// The recording.
    pub recording: Option<Recording>,
    /// Result saved by the agent.
    pub disposition: Option<String>,
    /// Note saved by the agent.
    pub note: Option<String>,
    /// Who saved it.
    pub completed_by: Option<UserId>,
}

impl CallRecord {
    /// A record before its first event.
    pub fn new(id: CallId) -> Self {
        Self {
            id,
            rev: 0,
            direction: Direction::In,
            from: None,
            display: None,
            to: String::new(),
            trunk: None,
            caller: None,
            queue: None,
            agent: None,
            extension: None,
            language: None,
            ivr: Vec::new(),
            notice: None,
            ringing: Vec::new(),
            missed_by: Vec::new(),
            phase: Phase::Menu,
            started_at: 0,
            queued_at: None,
            answered_at: None,
            ended_at: None,
            wait_ms: 0,
            talk_ms: 0,
            talking_since: None,
            ending: None,
            recording: None,
            disposition: None,
            note: None,
            completed_by: None,
        }
    }

    /// The record of a call out of all its events, in order.
    pub fn fold<'a>(id: CallId, events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut record = Self::new(id);
        events.into_iter().for_each(|event| record.apply(event));
        record
    }

    /// Folds one event in. Events of other calls, and those already folded in, change nothing.
    pub fn apply(&mut self, event: &Event) {
        if event.what.call() != Some(&self.id) || event.rev <= self.rev {
            return;
        }
        self.rev = event.rev;
        self.arrival(event);
        self.menus(event);
        self.ringing(event);
        self.talk(event);
        self.result(event);
    }

    /// Customer and name, when exactly one was recognised.
    pub fn customer(&self) -> Option<(&str, &str)> {
        match &self.caller.as_ref()?.matched {
            Match::One { customer, name } => Some((customer, name)),
            _ => None,
        }
    }

    /// The name to show: the customer's, the colleague's, else what the phone sent.
    pub fn caller_name(&self) -> Option<&str> {
        match self.caller.as_ref().map(|caller| &caller.matched) {
            Some(Match::One { name, .. } | Match::Internal { name }) => Some(name),
            _ => self.display.as_deref(),
        }
    }

    /// Whether a caller from outside wanted somebody and reached nobody: a call that ended unanswered and not as a
    /// completed one (a menu that did its work is no miss). A single agent's miss is [`CallRecord::missed_by`].
    pub fn is_missed(&self) -> bool {
        let failed = self.ending.as_ref().is_some_and(|ending| ending.class != EndClass::Completed);
        self.direction == Direction::In && self.answered_at.is_none() && failed
    }

    fn arrival(&mut self, event: &Event) {
        match &event.what {
            What::CallStarted { direction, from, display, to, trunk, .. } => {
                self.started_at = event.at;
                self.direction = *direction;
                self.from.clone_from(from);
                self.display.clone_from(display);
                self.to.clone_from(to);
                self.trunk.clone_from(trunk);
            }
            What::MatchResolved { caller, .. } => {
                self.caller = Some((**caller).clone());
            }
            _ => {}
        }
    }

    fn menus(&mut self, event: &Event) {
        match &event.what {
            What::CallIvr { menu, key, language, .. } => {
                self.language = Some(language.clone());
                self.stop_waiting(event.at);
                if let Some(key) = key {
                    self.ivr.push(IvrStep { menu: menu.clone(), key: key.clone() });
                } else {
                    self.phase = Phase::Menu;
                }
            }
            What::CallNotice { notice, language, complete, .. } => {
                let (notice, language) = (notice.clone(), language.clone());
                self.notice = Some(NoticeHeard { notice, language, complete: *complete, at: event.at });
            }
            _ => {}
        }
    }

    fn ringing(&mut self, event: &Event) {
        match &event.what {
            What::CallQueued { queue, .. } => {
                self.stop_waiting(event.at);
                self.queue = Some(queue.clone());
                self.queued_at = Some(event.at);
                self.phase = Phase::Queued;
            }
            What::CallOffered { agent, .. } => {
                if !self.ringing.contains(agent) {
                    self.ringing.push(agent.clone());
                }
                self.phase = Phase::Ringing;
            }
            What::CallOfferEnded { agent, .. } => {
                self.ringing.retain(|a| a != agent);
                if self.ringing.is_empty() && self.phase == Phase::Ringing {
                    self.phase = if self.queued_at.is_some() { Phase::Queued } else { Phase::Menu };
                }
            }
            What::CallMissed { agent, .. } if !self.missed_by.contains(agent) => self.missed_by.push(agent.clone()),
            _ => {}
        }
    }

    fn talk(&mut self, event: &Event) {
        match &event.what {
            What::CallAnswered { agent, extension, waited_ms, .. } => {
                self.queued_at = None;
                self.wait_ms += waited_ms;
                self.agent = Some(agent.clone());
                self.extension = Some(extension.clone());
                self.answered_at.get_or_insert(event.at);
                self.talking_since = Some(event.at);
                self.phase = Phase::Talking;
            }
            What::CallHeld { .. } => self.phase = Phase::Held,
            What::CallResumed { .. } => self.phase = Phase::Talking,
            What::CallTransferred { .. } => {
                self.stop_talking(event.at);
                self.phase = Phase::Menu;
            }
            What::RecordingStarted { .. } => {
                let state = RecordingState::Recording;
                self.recording = Some(Recording { millis: 0, lost_frames: 0, state, started_at: event.at });
            }
            What::RecordingReady { millis, lost_frames, .. } => {
                let started_at = self.recording.as_ref().map_or(event.at, |r| r.started_at);
                let (millis, lost_frames) = (*millis, *lost_frames);
                self.recording = Some(Recording { millis, lost_frames, state: RecordingState::Ready, started_at });
            }
            What::RecordingMissing { lost_frames, .. } => {
                let lost = self.recording.take().filter(|_| *lost_frames > 0);
                let (lost_frames, state) = (*lost_frames, RecordingState::Missing);
                self.recording = lost.map(|recording| Recording { lost_frames, state, ..recording });
            }
            _ => {}
        }
    }

    fn result(&mut self, event: &Event) {
        match &event.what {
            What::CallEnded { ending, .. } if self.ending.is_none() => {
                self.stop_waiting(event.at);
                self.stop_talking(event.at);
                self.ringing.clear();
                // An end written after a crash is told by another clock than the beginning.
                self.ended_at = Some(event.at.max(self.started_at));
                self.ending = Some(ending.clone());
                self.phase = Phase::Ended;
            }
            What::CallCompleted { agent, disposition, note, .. } => {
                self.disposition = Some(disposition.clone());
                self.note = Some(note.clone());
                self.completed_by = Some(agent.clone());
            }
            _ => {}
        }
    }

    /// A wait that ended without an answer still counts as one.
    fn stop_waiting(&mut self, at: i64) {
        if let Some(since) = self.queued_at.take() {
            self.wait_ms += millis_between(since, at);
        }
    }

    fn stop_talking(&mut self, at: i64) {
        if let Some(since) = self.talking_since.take() {
            self.talk_ms += millis_between(since, at);
        }
    }
}

fn millis_between(from: i64, to: i64) -> u64 {
    u64::try_from(to.saturating_sub(from) / 1_000).unwrap_or(0)
}
