//! Keys that come as INFO, alone or beside RFC 4733.

use pbx::event::What;

use crate::plans::plan;
use crate::world::{MediaLog, OnRing, PhoneId, Want, World};

/// A caller who hears the menu.
fn in_menu() -> (World, PhoneId) {
    let mut world = World::new(plan());
    let caller = world.caller("05321112233");
    world.dial(caller, "500");
    world.run_ms(2_000);
    (world, caller)
}

fn keys(world: &World) -> Vec<String> {
    let key = |what: &What| if let What::CallIvr { key, .. } = what { key.clone() } else { None };
    world.events.iter().filter_map(|event| key(&event.what)).collect()
}

fn status(world: &mut World, phone: PhoneId, kind: &str, body: &str) -> Option<u16> {
    world.phones[phone.0].info_status = None;
    world.inform(phone, kind, body);
    world.run_ms(50);
    world.phones[phone.0].info_status
}

#[test]
fn a_key_by_info_is_heard_though_the_phone_lists_telephone_event() {
    for (kind, body) in [
        ("application/dtmf-relay", "Signal=2\r\nDuration=160\r\n"),
        ("Application/DTMF-Relay", "signal = 2\r\n"),
        ("application/dtmf", "2"),
        ("application/dtmf;charset=x", " 2\r\n"),
    ] {
        let (mut world, caller) = in_menu();
        assert_eq!(status(&mut world, caller, kind, body), Some(200), "{kind} {body:?}");
        assert_eq!(world.record(0).queue.map(|q| q.to_string()).as_deref(), Some("destek"), "{kind} {body:?}");
    }
}

#[test]
fn ten_is_the_star_and_not_a_one() {
    let (mut world, caller) = in_menu();
    for (body, key) in [("Signal=10\r\n", "*"), ("Signal=11\r\n", "#"), ("Signal=*\r\n", "*")] {
        let before = keys(&world).len();
        assert_eq!(status(&mut world, caller, "application/dtmf-relay", body), Some(200));
        world.run_ms(1_000);
        let after = keys(&world);
        assert!(
            after.len() > before && after.last().is_some_and(|last| last == key || last == "invalid"),
            "{body}: {after:?}"
        );
        assert!(!after.iter().any(|key| key == "1"), "{after:?}");
    }
}

#[test]
fn what_is_not_understood_is_refused_with_what_is() {
    let (mut world, caller) = in_menu();
    for (kind, body) in [
        ("application/dtmf-relay", "Signal=55"),
        ("application/dtmf-relay", "hallo"),
        ("application/dtmf", "123"),
        ("text/plain", "2"),
        ("application/media_control+xml", "<x/>"),
        ("", "2"),
    ] {
        assert_eq!(status(&mut world, caller, kind, body), Some(415), "{kind} {body}");
        let answer = world.last_to(caller, "SIP/2.0 415").unwrap();
        assert!(answer.contains("Accept: application/dtmf-relay, application/dtmf"), "{answer}");
    }
    assert_eq!(status(&mut world, caller, "", ""), Some(200), "an empty INFO asks whether we are there");
    assert!(keys(&world).is_empty());
    assert_eq!(world.switch.calls_active(), 1);
}

#[test]
fn a_press_that_comes_as_info_and_as_sound_counts_once_and_two_presses_count_twice() {
    let (mut world, caller) = in_menu();
    let press = |world: &mut World, first_info: bool| {
        if first_info {
            world.inform(caller, "application/dtmf-relay", "Signal=9\r\n");
            world.run_ms(300);
            world.presses(caller, "9");
        } else {
            world.presses(caller, "9");
            world.run_ms(100);
            world.inform(caller, "application/dtmf-relay", "Signal=9\r\n");
            world.run_ms(100);
        }
        world.run_ms(1_500);
    };
    press(&mut world, true);
    assert_eq!(keys(&world).len(), 1, "{:?}", keys(&world));
    press(&mut world, false);
    assert_eq!(keys(&world).len(), 2, "{:?}", keys(&world));
}

#[test]
fn a_key_by_info_in_a_talk_reaches_the_other_side_once() {
    let mut world = World::new(plan());
    let zeynep = world.agent("101");
    world.on_ring(zeynep, OnRing::AnswerAfter(100));
    let caller = world.caller("05321112233");
    world.dial(caller, "501");
    world.run_ms(1_000);
    let leg = |world: &World, phone: PhoneId| world.media.leg_to(world.phones[phone.0].media).unwrap();
    let (of_caller, of_zeynep) = (leg(&world, caller), leg(&world, zeynep));
    let heard = |world: &World| {
        let log = world.media.log.iter();
        let digits = log.filter_map(|(leg, log)| match log {
            MediaLog::Digits(digits) => Some((*leg, digits.clone())),
            _ => None,
        });
        digits.collect::<Vec<_>>()
    };
    assert_eq!(status(&mut world, zeynep, "application/dtmf-relay", "Signal=5\r\nDuration=100\r\n"), Some(200));
    assert_eq!(heard(&world), [(of_caller, "5".to_owned())]);
    assert_eq!(status(&mut world, caller, "application/dtmf", "#"), Some(200));
    assert_eq!(heard(&world)[1..], [(of_zeynep, "#".to_owned())]);
    for phone in [caller, zeynep] {
        world.run_ms(2_000);
        world.presses(phone, "7");
        assert_eq!(status(&mut world, phone, "application/dtmf-relay", "Signal=7\r\n"), Some(200));
    }
    assert_eq!(heard(&world).len(), 2, "sound packets of the same press are relayed as they are");
    world.want("zeynep", Want::Hold).unwrap();
    world.run_ms(2_000);
    assert_eq!(status(&mut world, zeynep, "application/dtmf-relay", "Signal=8\r\n"), Some(200));
    assert_eq!(heard(&world).len(), 2, "on hold nobody hears it");
}
