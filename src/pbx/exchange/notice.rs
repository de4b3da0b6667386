//! The recording notice of a queue: for callers no menu has told yet. It cannot be skipped, and nobody is rung for a
//! caller who still hears it, so that no talk and no recording can begin before it is over.

use media::order::Order;

use super::Exchange;
use crate::call::{self, Playing, Purpose};
use crate::contract::Now;
use crate::event::What;
use crate::id::CallNo;

impl Exchange {
    /// Plays the queue's notice, where it has one and the caller has heard none. Says whether it plays.
    pub(super) fn give_notice(&mut self, now: Now, no: CallNo) -> bool {
        let id = self.play_id();
        let Some(call) = self.call(no).filter(|call| call.notice_due) else { return false };
        let Some((_, sound)) = call.queue_notice() else { return false };
        let sounds = vec![sound];
        let until = Some(call::play_limit(now.instant, &sounds));
        call.caller.playing = Some(Playing { id, purpose: Purpose::Notice, until });
        let leg = call.caller.leg;
        self.order(no, leg, Order::Play { id, sounds, repeat: false });
        true
    }

    /// It was heard to the end: from now on the caller waits like everybody else, or has waited too long already.
    pub(super) fn notice_over(&mut self, now: Now, no: CallNo) {
        self.note_queue_notice(now, no, true);
        self.dirty = true;
        let Some(id) = self.calls.get(&no).and_then(|call| call.queue().cloned()) else { return };
        let Some(queue) = self.queues.get(&id) else { return };
        if queue.is_overdue(no) {
            return self.waited_too_long(now, no, &id);
        }
        let place = queue.place(no);
        let announces = self.calls.get(&no).is_some_and(call::Call::is_told_its_place);
        self.play_music(now, no);
        if let Some(place) = place.filter(|_| announces) {
            self.announce(now, no, place);
        }
    }

    /// The caller leaves while it plays.
    pub(super) fn cut_notice(&mut self, now: Now, no: CallNo) {
        let Some(call) = self.call(no).filter(|call| call.hears_notice()) else { return };
        let leg = call.caller.leg;
        call.caller.playing = None;
        self.order(no, leg, Order::StopPlay);
        self.note_queue_notice(now, no, false);
    }

    fn note_queue_notice(&mut self, now: Now, no: CallNo, complete: bool) {
        let Some(call) = self.call(no) else { return };
        let Some((language, sound)) = call.queue_notice() else { return };
        call.notice_due &= !complete;
        let what = What::CallNotice { call: call.id.clone(), notice: sound.name.clone(), language, complete };
        self.emit(now, what);
    }
}
