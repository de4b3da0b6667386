//! Drives a caller's visit to a menu.

use media::order::Order;

use super::Exchange;
use crate::call::{self, Playing, Purpose, Stage};
use crate::contract::{Now, Target};
use crate::ending::Reason;
use crate::event::What;
use crate::id::{CallNo, MenuId};
use crate::ivr::{Act, Heard, Ivr};

impl Exchange {
    /// The caller enters a menu.
    pub(super) fn enter_menu(&mut self, now: Now, no: CallNo, id: &MenuId) {
        let Some(call) = self.call(no) else { return };
        let (plan, language, due) = (call.plan.clone(), call.language.clone(), call.notice_due);
        let Some(ivr) = Ivr::enter(now.instant, &plan, id, &language, due) else {
            return self.end(now, no, Reason::Other);
        };
        call.stage = Stage::Menu { ivr: Box::new(ivr), until: now.instant + call::MENU_TIME };
        self.drive_menu(now, no);
    }

    /// Tells the menu something, if the caller is in one.
    pub(super) fn tell_menu(&mut self, now: Now, no: CallNo, heard: Heard) {
        let Some(call) = self.call(no) else { return };
        if let Stage::Menu { ivr, .. } = &mut call.stage {
            ivr.handle(now.instant, heard);
            self.drive_menu(now, no);
        }
    }

    /// The caller leaves before the menu is done.
    pub(super) fn leave_menu(&mut self, now: Now, no: CallNo) {
        let Some(call) = self.call(no) else { return };
        if let Stage::Menu { ivr, .. } = &mut call.stage {
            ivr.abandon();
            self.drive_menu(now, no);
        }
    }

    /// The menu spoke for longer than anybody listens.
    pub(super) fn menu_over_long(&mut self, now: Now, no: CallNo) {
        self.end(now, no, Reason::MenuHangup);
    }

    fn drive_menu(&mut self, now: Now, no: CallNo) {
        while let Some((act, menu, language)) = self.next_act(no) {
            match act {
                Act::Play(sounds) => self.play_menu(now, no, sounds),
                Act::Stop => self.stop_play(no),
                Act::Note(key) => self.note_menu(now, no, &menu, key, language),
                Act::Notice { name, complete } => self.note_notice(now, no, name, language, complete),
                Act::Speak(language) => {
                    if let Some(call) = self.call(no) {
                        call.language = language;
                    }
                }
                Act::Go(target) => return self.leave_for(now, no, &target),
            }
        }
    }

    fn next_act(&mut self, no: CallNo) -> Option<(Act, MenuId, String)> {
        match &mut self.call(no)?.stage {
            Stage::Menu { ivr, .. } => {
                let act = ivr.poll()?;
                Some((act, ivr.menu().clone(), ivr.language().to_owned()))
            }
            _ => None,
        }
    }

    fn leave_for(&mut self, now: Now, no: CallNo, target: &Target) {
        self.stop_play(no);
        self.go(now, no, target, Reason::MenuHangup);
    }

    fn play_menu(&mut self, now: Now, no: CallNo, sounds: Vec<std::sync::Arc<media::order::Sound>>) {
        let id = self.play_id();
        let Some(call) = self.call(no) else { return };
        let until = call::play_limit(now.instant, &sounds);
        call.caller.playing = Some(Playing { id, purpose: Purpose::Menu, until: Some(until) });
        let leg = call.caller.leg;
        self.order(no, leg, Order::Play { id, sounds, repeat: false });
    }

    /// Silence to the caller, if something plays.
    pub(super) fn stop_play(&mut self, no: CallNo) {
        let Some(call) = self.call(no) else { return };
        let leg = call.caller.leg;
        if call.caller.playing.take().is_some() {
            self.order(no, leg, Order::StopPlay);
        }
    }

    fn note_menu(&mut self, now: Now, no: CallNo, menu: &MenuId, key: Option<String>, language: String) {
        let Some(call) = self.call(no) else { return };
        let what = What::CallIvr { call: call.id.clone(), menu: menu.as_str().to_owned(), key, language };
        self.emit(now, what);
    }

    fn note_notice(&mut self, now: Now, no: CallNo, notice: String, language: String, complete: bool) {
        let Some(call) = self.call(no) else { return };
        call.notice_due &= !complete;
        let what = What::CallNotice { call: call.id.clone(), notice, language, complete };
        self.emit(now, what);
    }
}
