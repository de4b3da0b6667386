//! Keys that come as INFO, alone or beside RFC 4733.

use media::order::StreamKey;
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

/// A caller and zeynep who talk, and their legs. A side without `events` has not agreed on telephone-event.
fn in_talk(caller_events: bool, zeynep_events: bool) -> (World, [PhoneId; 2], [StreamKey; 2]) {
    let mut world = World::new(plan());
    let zeynep = world.agent("101");
    world.on_ring(zeynep, OnRing::AnswerAfter(100));
    let caller = world.caller("05321112233");
    for (phone, events) in [(caller, caller_events), (zeynep, zeynep_events)] {
        let media = world.phones[phone.0].media;
        let (ip, port) = (media.ip(), media.port());
        let plain =
            format!("v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8\r\n");
        world.phones[phone.0].description = (!events).then_some(plain);
    }
    world.dial(caller, "501");
    world.run_ms(1_000);
    let legs = [caller, zeynep].map(|phone| world.media.leg_to(world.phones[phone.0].media).unwrap());
    (world, [caller, zeynep], legs)
}

/// The keys that a leg was told to send.
fn dialled(world: &World, leg: StreamKey) -> String {
    let sent = world.media.log.iter().filter(|(of, _)| *of == leg);
    let digits =
        sent.filter_map(|(_, log)| if let MediaLog::Digits(digits) = log { Some(digits.as_str()) } else { None });
    digits.collect()
}

/// A key by INFO and as sound, `apart` ms between the first and the second.
fn both_ways(world: &mut World, phone: PhoneId, key: char, apart: u64, info_first: bool) {
    if !info_first {
        world.presses(phone, &key.to_string());
        world.run_ms(apart.saturating_sub(50));
    }
    world.inform(phone, "application/dtmf-relay", &format!("Signal={key}\r\nDuration=100\r\n"));
    if info_first {
        world.run_ms(apart);
        world.presses(phone, &key.to_string());
    }
    world.run_ms(2_000);
}

#[test]
fn a_press_in_a_talk_that_comes_both_ways_is_heard_once_whichever_comes_first() {
    let (mut world, phones, legs) = in_talk(true, true);
    for phone in phones {
        for (apart, info_first) in [(0, true), (20, true), (300, true), (450, true), (50, false), (500, false)] {
            both_ways(&mut world, phone, '7', apart, info_first);
        }
    }
    assert_eq!(legs.map(|leg| dialled(&world, leg)), ["", ""], "sound packets are relayed as they are");
    for (from, to) in [(0, 1), (1, 0)] {
        let (phone, leg) = (phones[from], legs[to]);
        for body in ["Signal=4", "Signal=2\r\nDuration=250\r\n", "Signal=2", "Signal=#"] {
            assert_eq!(status(&mut world, phone, "application/dtmf-relay", body), Some(200));
        }
        world.run_ms(1_000);
        assert_eq!(dialled(&world, leg), "422#", "those without sound, in their order");
    }
}

#[test]
fn a_key_by_info_of_a_phone_that_sends_no_events_does_not_wait() {
    let (mut world, [caller, zeynep], [of_caller, of_zeynep]) = in_talk(false, true);
    assert_eq!(status(&mut world, caller, "application/dtmf", "#"), Some(200));
    assert_eq!(dialled(&world, of_zeynep), "#");
    assert_eq!(status(&mut world, zeynep, "application/dtmf-relay", "Signal=5\r\n"), Some(200));
    world.run_ms(1_000);
    assert_eq!(dialled(&world, of_caller), "", "it takes no events");
    assert_eq!(world.phones[caller.0].informed, ["Signal=5\r\nDuration=100\r\n"]);
    world.presses(zeynep, "*");
    world.run_ms(1_000);
    assert_eq!(world.phones[caller.0].informed[1..], ["Signal=*\r\nDuration=100\r\n"]);
    assert!(world.phones[zeynep.0].informed.is_empty());
}

#[test]
fn a_key_by_info_is_not_heard_on_hold_nor_after_it() {
    let (mut world, [_, zeynep], [of_caller, _]) = in_talk(true, true);
    world.inform(zeynep, "application/dtmf-relay", "Signal=8\r\n");
    world.run_ms(50);
    world.want("zeynep", Want::Hold).unwrap();
    world.run_ms(2_000);
    assert_eq!(status(&mut world, zeynep, "application/dtmf-relay", "Signal=9\r\n"), Some(200));
    world.want("zeynep", Want::Resume).unwrap();
    world.run_ms(2_000);
    assert_eq!(dialled(&world, of_caller), "");
}
