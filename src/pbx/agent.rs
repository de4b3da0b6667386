//! One agent: what the person chose, what the switch does with them, and how long they finish after a call.

use std::time::{Duration, Instant};

use crate::contract::{Refusal, State, Status};
use crate::event::PhoneSaid;
use crate::id::{CallId, Extension, UserId};

/// Missed offers in a row after which an agent counts as away from the desk.
pub const MISSES_ALLOWED: u32 = 2;
/// What one extension of the wrap-up adds.
pub const EXTRA_WRAP_UP: Duration = Duration::from_secs(30);
/// How often the wrap-up may be extended.
pub const EXTENSIONS_ALLOWED: u32 = 2;
/// How long a phone is left alone that refused a call or failed; twice as long each further time in a row.
pub const PHONE_REST: Duration = Duration::from_secs(5);
/// At most so long.
pub const LONGEST_PHONE_REST: Duration = Duration::from_secs(60);
/// After so many refusals in a row nobody is counted as available for the time their phone rests.
pub const REFUSALS_ALLOWED: u32 = 3;

/// A phone that takes no calls: it does not disturb, forwards, or is broken. That is not the person's miss, and their
/// shift goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneRefusal {
    /// What it said last.
    pub said: PhoneSaid,
    /// How often in a row.
    pub times: u32,
    /// Until when it is left alone.
    pub rests_until: Option<Instant>,
}

/// An agent. Every method that changes something leaves a mark for [`Agent::take_change`].
#[derive(Debug, Clone)]
pub struct Agent {
    user: UserId,
    extension: Option<Extension>,
    status: Status,
    state: State,
    call: Option<CallId>,
    misses: u32,
    idle_since: Instant,
    wrap_up_until: Option<Instant>,
    phone: Option<PhoneRefusal>,
    extended: u32,
    changed: bool,
}

impl Agent {
    /// An agent at the start of the switch: off shift.
    pub fn new(now: Instant, user: UserId, extension: Extension) -> Self {
        Self {
            user,
            extension: Some(extension),
            status: Status::Off,
            state: State::Idle,
            call: None,
            misses: 0,
            idle_since: now,
            wrap_up_until: None,
            phone: None,
            extended: 0,
            changed: false,
        }
    }

    /// Who.
    pub fn user(&self) -> &UserId {
        &self.user
    }

    /// Their internal number; `None` once the configuration has none for them.
    pub fn extension(&self) -> Option<&Extension> {
        self.extension.as_ref()
    }

    /// What they chose.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// What the switch does with them.
    pub fn state(&self) -> State {
        self.state
    }

    /// The call they are busy with.
    pub fn call(&self) -> Option<&CallId> {
        self.call.as_ref()
    }

    /// Missed offers in a row.
    pub fn misses(&self) -> u32 {
        self.misses
    }

    /// Since when they do nothing.
    pub fn idle_since(&self) -> Instant {
        self.idle_since
    }

    /// When wrap-up ends by itself.
    pub fn wrap_up_until(&self) -> Option<Instant> {
        self.wrap_up_until
    }

    /// Their phone, while it refuses calls.
    pub fn phone(&self) -> Option<&PhoneRefusal> {
        self.phone.as_ref()
    }

    /// When something becomes due by time.
    pub fn deadline(&self) -> Option<Instant> {
        let rest = self.phone.as_ref().and_then(|phone| phone.rests_until);
        [self.wrap_up_until, rest].into_iter().flatten().min()
    }

    /// Whether a queue may ring them (whether a phone is registered is another question).
    pub fn is_free(&self) -> bool {
        let rests = self.phone.as_ref().is_some_and(|phone| phone.rests_until.is_some());
        self.is_available() && self.state == State::Idle && !rests
    }

    /// Whether callers may hope for them: they take calls, and their phone does not keep refusing.
    pub fn is_reachable(&self) -> bool {
        let refuses = |phone: &PhoneRefusal| phone.times >= REFUSALS_ALLOWED && phone.rests_until.is_some();
        self.is_available() && !self.phone.as_ref().is_some_and(refuses)
    }

    /// Whether they take calls today, be it not at this moment.
    pub fn is_available(&self) -> bool {
        self.status == Status::Available && self.extension.is_some()
    }

    /// Whether a direct call would find them busy.
    pub fn is_engaged(&self) -> bool {
        matches!(self.state, State::Ringing | State::Talking | State::Holding)
    }

    /// Whether something changed since the last question.
    pub fn take_change(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// The person chooses. `Unreachable` is the switch's word, not theirs.
    ///
    /// # Errors
    /// [`Refusal::WrongState`] for `Unreachable`, [`Refusal::NoExtension`] for `Available` without an extension.
    pub fn choose(&mut self, now: Instant, status: Status) -> Result<(), Refusal> {
        if status == Status::Unreachable {
            return Err(Refusal::WrongState);
        }
        if status == Status::Available && self.extension.is_none() {
            return Err(Refusal::NoExtension);
        }
        self.misses = 0;
        self.changed |= self.phone.take().is_some();
        if self.status != status {
            self.status = status;
            self.idle_since = now;
            self.changed = true;
        }
        Ok(())
    }

    /// Sets a status remembered from before a restart.
    pub fn restore(&mut self, status: Status) {
        self.changed |= self.status != status;
        self.status = status;
    }

    /// Their phone begins to ring (or they dial out themselves: then [`Agent::answered`] follows at once).
    pub fn offered(&mut self, call: CallId) {
        self.become_busy(State::Ringing, call);
    }

    /// The offer is over without them. A miss counts; the second in a row makes them unreachable.
    pub fn offer_ended(&mut self, now: Instant, call: &CallId, missed: bool) {
        if self.state != State::Ringing || self.call.as_ref() != Some(call) {
            return;
        }
        self.become_idle(now);
        if !missed {
            return;
        }
        self.phone = None;
        self.misses += 1;
        if self.misses >= MISSES_ALLOWED && self.status == Status::Available {
            self.status = Status::Unreachable;
        }
    }

    /// Their phone refused the call or failed. It is left alone for a while, longer each time.
    pub fn phone_refused(&mut self, now: Instant, call: &CallId, said: PhoneSaid) {
        if self.state != State::Ringing || self.call.as_ref() != Some(call) {
            return;
        }
        self.become_idle(now);
        let before = self.phone.as_ref().map_or(0, |phone| phone.times);
        let rest = (PHONE_REST * 2_u32.pow(before.min(8))).min(LONGEST_PHONE_REST);
        self.phone = Some(PhoneRefusal { said, times: before.saturating_add(1), rests_until: Some(now + rest) });
    }

    /// They talk.
    pub fn answered(&mut self, call: CallId) {
        self.misses = 0;
        self.phone = None;
        self.become_busy(State::Talking, call);
    }

    /// The caller hears music.
    pub fn held(&mut self, call: &CallId) {
        self.switch(call, State::Talking, State::Holding);
    }

    /// They talk again.
    pub fn resumed(&mut self, call: &CallId) {
        self.switch(call, State::Holding, State::Talking);
    }

    /// Their talk is over; `wrap_up` of zero makes them idle at once.
    pub fn talk_ended(&mut self, now: Instant, call: &CallId, wrap_up: Duration) {
        if self.call.as_ref() != Some(call) || !matches!(self.state, State::Talking | State::Holding) {
            return;
        }
        if wrap_up.is_zero() {
            return self.become_idle(now);
        }
        self.state = State::WrapUp;
        self.wrap_up_until = Some(now + wrap_up);
        self.extended = 0;
        self.changed = true;
    }

    /// Thirty more seconds.
    ///
    /// # Errors
    /// [`Refusal::WrongState`] outside of wrap-up or after the second time.
    pub fn extend_wrap_up(&mut self) -> Result<(), Refusal> {
        match self.wrap_up_until {
            Some(until) if self.extended < EXTENSIONS_ALLOWED => {
                self.wrap_up_until = Some(until + EXTRA_WRAP_UP);
                self.extended += 1;
                self.changed = true;
                Ok(())
            }
            _ => Err(Refusal::WrongState),
        }
    }

    /// Ready before the time is over.
    ///
    /// # Errors
    /// [`Refusal::WrongState`] outside of wrap-up.
    pub fn end_wrap_up(&mut self, now: Instant) -> Result<(), Refusal> {
        if self.state != State::WrapUp {
            return Err(Refusal::WrongState);
        }
        self.become_idle(now);
        Ok(())
    }

    /// Time passed.
    pub fn tick(&mut self, now: Instant) {
        if self.wrap_up_until.is_some_and(|until| now >= until) {
            self.become_idle(now);
        }
        if let Some(phone) = self.phone.as_mut().filter(|phone| phone.rests_until.is_some_and(|until| now >= until)) {
            phone.rests_until = None;
            self.changed = true;
        }
    }

    /// The configuration gives them this extension now, or none.
    pub fn assign(&mut self, extension: Option<Extension>) {
        if extension.is_none() && self.status != Status::Off {
            self.status = Status::Off;
            self.changed = true;
        }
        self.extension = extension;
    }

    fn switch(&mut self, call: &CallId, from: State, to: State) {
        if self.state == from && self.call.as_ref() == Some(call) {
            self.state = to;
            self.changed = true;
        }
    }

    fn become_busy(&mut self, state: State, call: CallId) {
        self.state = state;
        self.call = Some(call);
        self.wrap_up_until = None;
        self.changed = true;
    }

    fn become_idle(&mut self, now: Instant) {
        self.state = State::Idle;
        self.call = None;
        self.wrap_up_until = None;
        self.idle_since = now;
        self.changed = true;
    }
}
