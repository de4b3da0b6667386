//! Legs of sound and the ports under them: opened, refused, reported, closed. A port goes back only when its leg is gone.

use std::time::{Duration, Instant};

use media::order::{Heard, Order, PlayId, StreamKey};

use super::Exchange;
use crate::call::{Purpose, Stage};
use crate::contract::Now;
use crate::ending::Reason;
use crate::event::What;
use crate::id::CallNo;
use crate::ivr;

/// How long the media thread may take to open a leg, however many ports it finds taken.
const OPEN_TIME: Duration = Duration::from_secs(2);
/// How long it may take to report a leg closed.
const CLOSE_TIME: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LegState {
    Opening(Instant),
    Open,
    Closing(Instant),
}

/// One leg, from the loan of its port to the return of it.
#[derive(Debug)]
pub(super) struct Leg {
    pub(super) call: CallNo,
    pub(super) port: u16,
    pub(super) state: LegState,
}

impl Exchange {
    /// Lends a port and has it opened. `false` when no port is free.
    pub(super) fn open_leg(&mut self, now: Now, no: CallNo, key: StreamKey) -> bool {
        self.open_leg_until(now, no, key, now.instant + OPEN_TIME)
    }

    fn open_leg_until(&mut self, now: Now, no: CallNo, key: StreamKey, until: Instant) -> bool {
        let Some(port) = self.ports.lend(now.instant) else { return false };
        self.legs.insert(key, Leg { call: no, port, state: LegState::Opening(until) });
        self.leg_times.insert((until, key));
        self.order(no, key, Order::Open { port });
        true
    }

    /// Has a leg closed. Its port stays lent until the media thread says so.
    pub(super) fn close_leg(&mut self, now: Now, key: StreamKey) {
        let until = now.instant + CLOSE_TIME;
        let Some(leg) = self.legs.get(&key) else { return };
        let no = leg.call;
        if matches!(leg.state, LegState::Closing(_)) {
            return;
        }
        self.set_leg_state(key, LegState::Closing(until));
        self.order(no, key, Order::Close);
    }

    /// Port of a leg, for its SDP.
    pub(super) fn leg_port(&self, key: StreamKey) -> u16 {
        self.legs.get(&key).map_or(0, |leg| leg.port)
    }

    /// A leg's sound reports.
    pub(super) fn heard(&mut self, now: Now, key: StreamKey, heard: Heard) {
        if let Heard::Recorded { millis, lost_frames } = heard {
            return self.recorded(now, key, millis, lost_frames);
        }
        let Some((no, state)) = self.legs.get(&key).map(|leg| (leg.call, leg.state)) else { return };
        match (heard, state) {
            (Heard::Opened, LegState::Opening(_)) => {
                self.set_leg_state(key, LegState::Open);
                self.leg_opened(now, no, key);
            }
            (Heard::PortTaken, LegState::Opening(until)) => self.port_taken(now, no, key, until),
            (Heard::PortTaken, LegState::Closing(_)) => self.forget_leg(now, key, true),
            (Heard::Closed(_), _) => {
                self.forget_leg(now, key, false);
                if !matches!(state, LegState::Closing(_)) {
                    self.leg_failed(now, no, key, Reason::Other);
                }
            }
            (Heard::Digit(digit), LegState::Open) => self.digit(now, no, key, digit),
            (Heard::PlayDone(id), LegState::Open) => self.play_done(now, no, key, id),
            (Heard::Silent, LegState::Open) => self.silent(now, no, key),
            _ => {}
        }
    }

    /// Time passed for legs: a port that never opened is given up, a leg that never reported its end is forgotten.
    pub(super) fn leg_clock(&mut self, now: Now) {
        while let Some(&(at, key)) = self.leg_times.first() {
            if at > now.instant {
                break;
            }
            self.leg_times.remove(&(at, key));
            let Some((no, state)) = self.legs.get(&key).map(|leg| (leg.call, leg.state)) else { continue };
            match state {
                LegState::Opening(_) => {
                    self.close_leg(now, key);
                    self.leg_failed(now, no, key, Reason::NoPorts);
                }
                LegState::Closing(_) => self.forget_leg(now, key, false),
                LegState::Open => {}
            }
        }
    }

    fn set_leg_state(&mut self, key: StreamKey, state: LegState) {
        let Some(leg) = self.legs.get_mut(&key) else { return };
        if let LegState::Opening(at) | LegState::Closing(at) = leg.state {
            self.leg_times.remove(&(at, key));
        }
        if let LegState::Opening(at) | LegState::Closing(at) = state {
            self.leg_times.insert((at, key));
        }
        leg.state = state;
    }

    fn forget_leg(&mut self, now: Now, key: StreamKey, taken: bool) {
        let Some(leg) = self.legs.remove(&key) else { return };
        if let LegState::Opening(at) | LegState::Closing(at) = leg.state {
            self.leg_times.remove(&(at, key));
        }
        if taken {
            self.ports.retire(now.instant, leg.port);
        } else {
            self.ports.give_back(now.instant, leg.port);
        }
    }

    /// Somebody else holds that port: it is left alone, and another is tried while there is time.
    fn port_taken(&mut self, now: Now, no: CallNo, key: StreamKey, until: Instant) {
        self.forget_leg(now, key, true);
        if now.instant >= until || !self.open_leg_until(now, no, key, until) {
            self.leg_failed(now, no, key, Reason::NoPorts);
        }
    }

    /// Ports that other programs were seen to hold are not tried for a while.
    pub fn avoid_ports(&mut self, now: Now, ports: &[u16]) {
        self.ports.avoid(now.instant, ports);
    }

    fn leg_opened(&mut self, now: Now, no: CallNo, key: StreamKey) {
        let Some(call) = self.call(no) else { return };
        if call.caller.leg == key {
            call.caller.open = true;
            if matches!(call.stage, Stage::Opening(_)) {
                self.set_out(now, no);
            }
        } else if call.offer_mut(key).is_some() {
            self.ring(now, no, key);
        }
    }

    fn leg_failed(&mut self, now: Now, no: CallNo, key: StreamKey, reason: Reason) {
        let Some(call) = self.call(no) else { return };
        let talks = call.talker.as_ref().is_some_and(|talker| talker.leg == key);
        if call.caller.leg == key || talks {
            self.end(now, no, reason);
        } else {
            self.offer_fell_through(now, no, key);
        }
    }

    pub(super) fn play_done(&mut self, now: Now, no: CallNo, key: StreamKey, id: PlayId) {
        let Some(call) = self.call(no) else { return };
        if call.caller.leg != key {
            return;
        }
        match call.play_ended(id) {
            Some(Purpose::Menu) => self.tell_menu(now, no, ivr::Heard::PlayDone),
            Some(Purpose::Notice) => self.notice_over(now, no),
            Some(Purpose::Announcement) => self.play_music(now, no),
            Some(Purpose::Music) | None => {}
        }
    }

    fn silent(&mut self, now: Now, no: CallNo, key: StreamKey) {
        let Some(call) = self.call(no) else { return };
        let watched = call.caller.leg == key || call.talker.as_ref().is_some_and(|talker| talker.leg == key);
        if watched {
            self.end(now, no, Reason::RtpTimeout);
        }
    }

    /// The recorder closed a file, perhaps after the call's end.
    fn recorded(&mut self, now: Now, key: StreamKey, millis: u64, lost_frames: u64) {
        let Some(no) = self.recorded.get(&key).copied() else { return };
        let live = self.calls.get(&no).map(|call| call.id.clone());
        let Some(call) = live.or_else(|| self.ended.get(&no).map(|ended| ended.id.clone())) else { return };
        self.recorded.retain(|_, owner| *owner != no);
        self.emit(
            now,
            match millis {
                0 => What::RecordingMissing { call, lost_frames },
                _ => What::RecordingReady { call, millis, lost_frames },
            },
        );
    }
}
