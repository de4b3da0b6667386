//! Callers in menus.

use std::time::Duration;

use pbx::contract::Target;
use pbx::event::What;

use crate::plans::{ext, plan, queue, tr_en, with_menu};
use crate::world::{PhoneId, World};

fn in_menu(world: &mut World) -> PhoneId {
    let caller = world.caller("05321112233");
    world.dial(caller, "500");
    world.run_ms(200);
    caller
}

fn keys(world: &World) -> Vec<String> {
    let key = |what: &What| match what {
        What::CallIvr { key, .. } => Some(key.clone().unwrap_or_else(|| "entry".to_owned())),
        _ => None,
    };
    world.events.iter().filter_map(|e| key(&e.what)).collect()
}

#[test]
fn the_caller_hears_greeting_notice_and_menu_and_a_key_leads_to_the_queue() {
    let mut world = World::new(plan());
    let caller = in_menu(&mut world);
    let media = world.phones[caller.0].media;
    assert_eq!(world.media.plays_to(media), ["tr/greeting"]);
    world.run_ms(500);
    assert_eq!(world.media.plays_to(media), ["tr/notice"]);
    world.run_ms(1_000);
    assert_eq!(world.media.plays_to(media), ["tr/menu"]);
    world.presses(caller, "2");
    assert_eq!(world.record(0).queue.map(|q| q.to_string()).as_deref(), Some("destek"));
    assert_eq!(world.media.plays_to(media), ["music"]);
    let notice = world.record(0).notice.expect("the notice is on record");
    assert!(notice.complete && notice.language == "tr");
}

#[test]
fn a_key_cuts_the_greeting_short_but_not_the_notice_and_is_used_after_it() {
    let mut world = World::new(plan());
    let caller = in_menu(&mut world);
    world.presses(caller, "2");
    assert_eq!(world.media.plays_to(world.phones[caller.0].media), ["tr/notice"]);
    world.run_ms(500);
    assert!(world.record(0).queue.is_none(), "the notice is heard to the end");
    world.run_ms(600);
    assert_eq!(world.record(0).queue.map(|q| q.to_string()).as_deref(), Some("destek"));
    assert!(world.record(0).notice.is_some_and(|notice| notice.complete));
}

#[test]
fn hanging_up_during_the_notice_leaves_it_on_record_as_not_heard() {
    let mut world = World::new(plan());
    let caller = in_menu(&mut world);
    world.run_ms(700);
    world.hang_up(caller);
    world.run_ms(100);
    assert_eq!(world.record(0).notice.map(|notice| notice.complete), Some(false));
    assert_eq!(world.reason(0), "caller-hung-up");
}

#[test]
fn the_notice_is_heard_once_per_call() {
    let mut world = World::new(with_menu(|menu| {
        menu.keys.insert('4', Target::Menu(pbx::id::MenuId::new("ana")));
    }));
    let caller = in_menu(&mut world);
    world.run_ms(2_000);
    world.presses(caller, "4");
    world.run_ms(600);
    assert_eq!(world.media.plays_to(world.phones[caller.0].media), ["tr/menu"]);
    assert_eq!(world.count(|what| matches!(what, What::CallNotice { .. })), 1);
}

#[test]
fn silence_repeats_the_prompt_and_then_goes_where_the_menu_says() {
    let mut world = World::new(plan());
    in_menu(&mut world);
    world.run_ms(1_500 + 2_000 + 4_000);
    assert_eq!(keys(&world), ["entry", "timeout"]);
    world.run_ms(6_000);
    assert_eq!(keys(&world), ["entry", "timeout", "timeout"]);
    assert_eq!(world.record(0).queue.map(|q| q.to_string()).as_deref(), Some("destek"));
}

#[test]
fn a_meaningless_key_is_said_to_be_so_and_the_menu_comes_again() {
    let mut world = World::new(plan());
    let caller = in_menu(&mut world);
    world.run_ms(2_000);
    world.presses(caller, "7");
    assert_eq!(world.media.plays_to(world.phones[caller.0].media), ["invalid", "tr/menu"]);
    world.presses(caller, "7");
    assert_eq!(keys(&world), ["entry", "invalid", "invalid"]);
    assert_eq!(world.record(0).queue.map(|q| q.to_string()).as_deref(), Some("destek"), "two rounds are all");
}

#[test]
fn nine_says_it_again_without_using_up_a_round() {
    let mut world = World::new(plan());
    let caller = in_menu(&mut world);
    world.run_ms(2_000);
    for _ in 0..5 {
        world.presses(caller, "9");
        assert_eq!(world.media.plays_to(world.phones[caller.0].media), ["tr/menu"]);
        world.run_ms(500);
    }
    assert!(world.record(0).queue.is_none());
}

#[test]
fn star_changes_the_language_of_everything_that_follows() {
    let mut world = World::new(plan());
    let caller = in_menu(&mut world);
    world.run_ms(2_000);
    world.presses(caller, "*");
    assert_eq!(world.media.plays_to(world.phones[caller.0].media), ["en/menu"]);
    world.presses(caller, "2");
    assert_eq!(world.record(0).language.as_deref(), Some("en"));
}

#[test]
fn a_known_customers_language_is_spoken_from_the_first_word() {
    let mut world = World::new(plan());
    world.caller_card = Some(crm::card::Caller {
        matched: crm::card::Match::None { previous_calls: 1 },
        number: Some("+4915112345678".to_owned()),
        display_number: None,
        language: Some("en".to_owned()),
        segment: None,
        card: None,
    });
    let caller = in_menu(&mut world);
    assert_eq!(world.media.plays_to(world.phones[caller.0].media), ["en/greeting"]);
}

#[test]
fn an_extension_may_be_keyed_in_and_a_key_that_begins_one_waits_for_more() {
    let mut world = World::new(plan());
    let zeynep = world.agent("101");
    let caller = in_menu(&mut world);
    world.run_ms(2_000);
    world.presses(caller, "10");
    assert!(!world.phones[zeynep.0].is_ringing());
    world.presses(caller, "1");
    world.run_ms(50);
    assert!(world.phones[zeynep.0].is_ringing());
    assert_eq!(keys(&world), ["entry", "101"]);

    let other = world.caller("05329998877");
    world.dial(other, "500");
    world.run_ms(2_200);
    world.presses(other, "1");
    assert_eq!(world.switch.waiting(&pbx::id::QueueId::new("satis")), 0);
    world.run(pbx::ivr::INTER_DIGIT);
    assert_eq!(world.switch.waiting(&pbx::id::QueueId::new("satis")), 1);
}

#[test]
fn a_rule_of_the_menu_sends_its_callers_on_before_anything_is_played() {
    let mut world = World::new(with_menu(|menu| {
        let when = vec![pbx::plan::Condition::CallerBegins("0532".to_owned())];
        menu.when = vec![pbx::plan::Rule { when, goto: queue("destek"), priority: 7 }];
    }));
    let caller = in_menu(&mut world);
    assert_eq!(world.media.plays_to(world.phones[caller.0].media), ["music"]);
    assert!(keys(&world).is_empty());
}

#[test]
fn a_lost_report_of_a_sounds_end_does_not_strand_the_caller() {
    let mut world = World::new(plan());
    in_menu(&mut world);
    world.media.faults.lost = 1_000;
    world.run(Duration::from_secs(60));
    assert_eq!(world.record(0).queue.map(|q| q.to_string()).as_deref(), Some("destek"));
}

#[test]
fn menus_that_send_callers_round_in_a_circle_end_the_call() {
    let mut world = World::new(with_menu(|menu| menu.when = vec![crate::plans::goto(crate::plans::menu("ana"))]));
    in_menu(&mut world);
    world.run_ms(100);
    assert_eq!(world.reason(0), "other");
    world.run_ms(6_000);
    world.assert_at_rest();
}

#[test]
fn a_menu_without_any_sound_still_takes_keys() {
    let mut world = World::new(with_menu(|menu| {
        menu.greeting.clear();
        menu.notice.clear();
        menu.prompt.clear();
        menu.keys.insert('5', ext("101"));
        menu.timeout = Duration::ZERO;
    }));
    let zeynep = world.agent("101");
    let caller = in_menu(&mut world);
    world.presses(caller, "5");
    world.run_ms(100);
    assert!(world.phones[zeynep.0].is_ringing());
}

#[test]
fn a_language_without_a_recording_falls_back_to_one_that_has_it() {
    let mut world = World::new(with_menu(|menu| {
        menu.prompt = tr_en("menu", 2_000);
        menu.prompt.remove("en");
    }));
    let caller = in_menu(&mut world);
    world.run_ms(2_000);
    world.presses(caller, "*");
    assert_eq!(world.media.plays_to(world.phones[caller.0].media), ["tr/menu"]);
}

#[test]
fn hangup_in_a_menu_is_a_completed_call() {
    let mut world = World::new(plan());
    let caller = in_menu(&mut world);
    world.run_ms(2_000);
    world.presses(caller, "8");
    world.run_ms(100);
    let ending = world.ending(0);
    assert_eq!((ending.class, ending.reason.as_str()), (pbx::event::EndClass::Completed, "menu-hangup"));
    assert!(!world.phones[caller.0].is_alive());
}
