//! What a phone refuses within a dialog is refused for that one request: it says nothing about any other.

use pbx::event::What;

use crate::plans::plan;
use crate::world::{OnRing, PhoneId, Want, World};

/// Neither of these ends a dialog.
const REFUSALS: [u16; 5] = [405, 415, 489, 501, 603];

/// A description without telephone-event: keys for this phone go as INFO.
fn without_events(world: &mut World, phone: PhoneId) {
    let media = world.phones[phone.0].media;
    let (ip, port) = (media.ip(), media.port());
    world.phones[phone.0].description =
        Some(format!("v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8\r\n"));
}

fn connected(world: &World, one: PhoneId, other: PhoneId) -> bool {
    world.media.connected(world.phones[one.0].media, world.phones[other.0].media)
}

/// For every offer so far, whether the page can answer it.
fn offers(world: &World) -> Vec<bool> {
    let offer = |what: &What| match what {
        What::CallOffered { remote_answer, .. } => Some(*remote_answer),
        _ => None,
    };
    world.events.iter().filter_map(|event| offer(&event.what)).collect()
}

/// Zeynep talks with the first caller, and Murat's phone rings for the second.
fn one_talks_and_one_rings() -> (World, PhoneId, PhoneId, PhoneId, PhoneId) {
    let mut world = World::new(plan());
    let zeynep = world.agent("101");
    world.on_ring(zeynep, OnRing::AnswerAfter(100));
    without_events(&mut world, zeynep);
    let first = world.caller("05321112233");
    without_events(&mut world, first);
    world.dial(first, "501");
    world.run_ms(1_000);
    assert!(connected(&world, first, zeynep), "{}", world.log.join("\n"));
    let murat = world.agent("102");
    let second = world.caller("05420000000");
    world.dial(second, "501");
    world.run_ms(300);
    assert!(world.phones[murat.0].is_ringing(), "{}", world.log.join("\n"));
    assert_eq!(offers(&world), [true, true]);
    (world, first, zeynep, second, murat)
}

#[test]
fn a_talking_phone_that_refuses_a_key_as_info_goes_on_talking_and_leaves_the_one_that_rings_alone() {
    for status in REFUSALS {
        let (mut world, first, zeynep, second, murat) = one_talks_and_one_rings();
        world.phones[zeynep.0].refuses_info = Some(status);
        world.inform(first, "application/dtmf-relay", "Signal=5\r\nDuration=100\r\n");
        world.run_ms(1_000);
        assert!(world.last_to(zeynep, "INFO ").is_some(), "the key went on to it");
        assert_eq!(offers(&world), [true, true], "{status}: nothing is offered anew");
        assert!(connected(&world, first, zeynep), "{status}");
        assert_eq!(world.want("murat", Want::Answer), Ok(()), "{status}");
        world.run_ms(200);
        assert!(connected(&world, second, murat) && connected(&world, first, zeynep), "{status}");
    }
}

#[test]
fn a_phone_that_refuses_to_hear_how_its_transfer_goes_does_not_stop_it() {
    for status in REFUSALS {
        let (mut world, first, zeynep, second, murat) = one_talks_and_one_rings();
        let elif = world.agent("103");
        world.phones[zeynep.0].refuses_notify = Some(status);
        world.refer(zeynep, "103");
        world.run_ms(500);
        assert!(world.last_to(zeynep, "NOTIFY ").is_some(), "it was told");
        assert!(world.phones[elif.0].is_ringing(), "{status}");
        assert_eq!(offers(&world), [true, true, true], "{status}: nothing is offered anew");
        for (user, caller, phone) in [("elif", first, elif), ("murat", second, murat)] {
            assert_eq!(world.want(user, Want::Answer), Ok(()), "{status}: {user}");
            world.run_ms(200);
            assert!(connected(&world, caller, phone), "{status}: {user}");
        }
    }
}

/// What a phone answers to this request, later than it should.
fn late_answer(request: &str, line: &str) -> String {
    let copied = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"];
    let lines = request.lines().filter(|line| copied.iter().any(|name| line.starts_with(name)));
    let lines: String = lines.map(|line| format!("{line}\r\n")).collect();
    format!("SIP/2.0 {line}\r\n{lines}Content-Length: 0\r\n\r\n")
}

#[test]
fn a_late_refusal_of_an_earlier_request_changes_nothing_and_that_of_the_last_one_does() {
    let mut world = World::new(plan());
    let zeynep = world.agent("101");
    world.phones[zeynep.0].ignores_notify = true;
    let caller = world.caller("05321112233");
    world.dial(caller, "501");
    world.run_ms(200);
    let mut asked = Vec::new();
    for _ in 0..2 {
        assert_eq!(world.want("zeynep", Want::Answer), Ok(()));
        world.run_ms(100);
        asked.push(world.last_to(zeynep, "NOTIFY ").unwrap());
    }
    assert_ne!(asked[0], asked[1]);
    let from = world.phones[zeynep.0].address;
    world.raw(from, late_answer(&asked[0], "405 Method Not Allowed").as_bytes());
    world.run_ms(100);
    assert_eq!(offers(&world), [true], "{}", world.log.join("\n"));
    assert!(world.phones[zeynep.0].is_ringing());
    world.raw(from, late_answer(&asked[1], "405 Method Not Allowed").as_bytes());
    world.run_ms(100);
    assert_eq!(offers(&world), [true, false], "{}", world.log.join("\n"));
}
