//! Sends a caller from place to place: the one way into menus, queues and to colleagues.

use crate::call::{MOST_HOPS, Stage};
use crate::contract::{Now, Target};
use crate::ending::Reason;
use crate::id::CallNo;
use crate::route::{self, Destination, Facts, Way};

use super::Exchange;

impl Exchange {
    /// The look-up is done or too late: the rules of what was dialled decide the way.
    pub(super) fn find_way(&mut self, now: Now, no: CallNo) {
        let Some(call) = self.call(no) else { return };
        let way = match &call.destination {
            Destination::Extension(extension) => {
                Some(Way { target: Target::Extension(extension.clone()), priority: 0, closed: false })
            }
            Destination::Number(key) => {
                let rules = call.plan.numbers.get(key).map(|number| number.rules.as_slice()).unwrap_or_default();
                route::first_fit(&call.plan, rules, &facts(call, now))
            }
        };
        let Some(way) = way else { return self.end(now, no, Reason::NotFound) };
        if way.target == Target::HangUp {
            return self.end(now, no, if way.closed { Reason::Closed } else { Reason::MenuHangup });
        }
        let open = call.caller.open;
        call.stage = Stage::Opening(way);
        if open {
            self.set_out(now, no);
        }
    }

    /// Way and media are there: the caller is answered, unless a colleague's phone has to answer first.
    pub(super) fn set_out(&mut self, now: Now, no: CallNo) {
        let Some(call) = self.call(no) else { return };
        let Stage::Opening(way) = &call.stage else { return };
        let way = way.clone();
        if !matches!(way.target, Target::Extension(_)) && !self.answer_caller(now, no) {
            return;
        }
        self.take_way(now, no, &way, Reason::MenuHangup);
    }

    /// Goes a way, with its priority.
    pub(super) fn take_way(&mut self, now: Now, no: CallNo, way: &Way, at_hangup: Reason) {
        let Some(call) = self.call(no) else { return };
        call.priority = call.priority.saturating_add(way.priority);
        let at_hangup = if way.closed { Reason::Closed } else { at_hangup };
        self.go(now, no, &way.target, at_hangup);
    }

    /// Goes to a target. `at_hangup` is the reason if that target is to hang up.
    pub(super) fn go(&mut self, now: Now, no: CallNo, target: &Target, at_hangup: Reason) {
        let Some(call) = self.call(no) else { return };
        call.hops += 1;
        if call.hops > MOST_HOPS {
            return self.end(now, no, Reason::Other);
        }
        match target {
            Target::Menu(id) => {
                let rules = call.plan.menus.get(id).map(|menu| menu.when.as_slice()).unwrap_or_default();
                match route::first_fit(&call.plan, rules, &facts(call, now)) {
                    Some(way) => self.take_way(now, no, &way, at_hangup),
                    None => self.enter_menu(now, no, id),
                }
            }
            Target::Queue(id) => self.enqueue(now, no, id),
            Target::Extension(extension) => self.dial(now, no, extension),
            Target::HangUp => self.end(now, no, at_hangup),
            Target::Repeat | Target::Language => self.end(now, no, Reason::Other),
        }
    }
}

/// What the rules may look at.
fn facts(call: &crate::call::Call, now: Now) -> Facts<'_> {
    let found = call.found.as_ref();
    let number = found.and_then(|caller| caller.number.as_deref()).or(call.number.as_deref());
    Facts { number, segment: found.and_then(|caller| caller.segment.as_deref()), wall: now.wall }
}
