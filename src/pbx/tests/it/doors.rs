//! Who gets in, who does not, and what strangers learn.

use std::time::Duration;

use pbx::event::What;
use pbx::id::Extension;

use crate::plans::plan;
use crate::world::World;

fn status_of_dialling(world: &mut World, stranger: bool, number: &str) -> Option<u16> {
    let phone = if stranger { world.phone("900") } else { world.caller("05321112233") };
    world.dial(phone, number);
    world.run_ms(3_000);
    world.phones[phone.0].last_status
}

fn invite(from: &str, to: &str, branch: &str) -> Vec<u8> {
    format!(
        "INVITE sip:{to}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.9.9:5060;branch=z9hG4bK{branch};rport\r\n\
         From: <sip:{from}@127.0.0.1>;tag=1{branch}\r\nTo: <sip:{to}@127.0.0.1>\r\nCall-ID: {branch}@x\r\n\
         CSeq: 1 INVITE\r\nContact: <sip:{from}@192.168.9.9>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    )
    .into_bytes()
}

/// The status lines a raw INVITE gets.
fn answers(world: &mut World, from: &str, to: &str, branch: &str) -> Vec<String> {
    let before = world.log.len();
    world.raw("192.168.9.9:5060".parse().unwrap(), &invite(from, to, branch));
    world.run_ms(50);
    let lines = world.log[before..].iter().filter_map(|l| l.split("← ").nth(1));
    lines.map(str::to_owned).collect()
}

#[test]
fn outside_is_denied_to_everybody_by_default() {
    let mut world = World::new(plan());
    for number in ["00442071234567", "09001234567", "+9005551234", "02129998877"] {
        assert_eq!(status_of_dialling(&mut world, true, number), Some(403), "{number}");
    }
    let zeynep = world.agent("101");
    world.dial(zeynep, "00442071234567");
    world.run_ms(500);
    assert_eq!(world.phones[zeynep.0].last_status, Some(403));
}

#[test]
fn a_stranger_gets_the_same_answer_for_existing_and_missing_numbers() {
    let mut world = World::new(plan());
    let mut seen = std::collections::BTreeSet::new();
    for (n, (from, to)) in
        [("101", "102"), ("101", "777"), ("888", "102"), ("888", "777"), ("x", "500")].iter().enumerate()
    {
        let answers = answers(&mut world, from, to, &format!("a{n}"));
        seen.insert(answers);
    }
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert!(seen.first().unwrap().iter().any(|line| line.contains("401")), "{seen:?}");
    assert_eq!(world.count(|w| matches!(w, What::CallStarted { .. })), 0, "a stranger makes no call record");
}

#[test]
fn a_wrong_secret_and_an_unknown_name_are_refused_alike() {
    let mut world = World::new(plan());
    let unknown = world.phone("900");
    world.dial(unknown, "102");
    world.run_ms(3_000);
    assert!(matches!(world.phones[unknown.0].last_status, Some(401 | 403)));
    world.register(unknown);
    world.run_ms(1_000);
    assert!(!world.switch.registered(&Extension::new("900")));
    assert_eq!(world.count(|w| matches!(w, What::CallStarted { .. })), 0);
}

#[test]
fn a_phone_cannot_register_as_somebody_else() {
    let mut world = World::new(plan());
    let phone = world.phone("102");
    world.phones[phone.0].number = "101".to_owned();
    world.register(phone);
    world.run_ms(500);
    assert!(!world.switch.registered(&Extension::new("101")));
}

#[test]
fn a_trunk_reaches_our_numbers_however_they_are_written_and_nothing_else() {
    let mut world = World::new(plan());
    for number in ["+902121234567", "00902121234567", "02121234567", "2121234567", "500"] {
        assert_eq!(status_of_dialling(&mut world, false, number), Some(200), "{number}");
    }
    assert_eq!(status_of_dialling(&mut world, false, "101"), Some(404));
    assert_eq!(status_of_dialling(&mut world, false, "00442071234567"), Some(404));
    assert_eq!(world.reason(5), "not-found");
}

#[test]
fn a_guest_on_this_machine_reaches_numbers_and_only_where_that_is_allowed() {
    let mut world = World::new(plan());
    let guest = world.guest("05321112233");
    world.dial(guest, "500");
    world.run_ms(300);
    assert_eq!(world.phones[guest.0].last_status, Some(200));
    let other = world.guest("05321112233");
    world.dial(other, "101");
    world.run_ms(300);
    assert_eq!(world.phones[other.0].last_status, Some(401));

    let mut closed = plan();
    closed.guests_from_loopback = false;
    let mut world = World::new(closed);
    let guest = world.guest("05321112233");
    world.dial(guest, "500");
    world.run_ms(300);
    assert_eq!(world.phones[guest.0].last_status, Some(401));
}

#[test]
fn methods_without_a_call_have_no_effect_for_strangers() {
    let mut world = World::new(plan());
    for method in ["MESSAGE", "SUBSCRIBE", "PUBLISH", "REFER", "INFO", "NOTIFY", "UPDATE"] {
        let text = String::from_utf8(invite("x", "101", method)).unwrap().replace("INVITE", method);
        let before = world.log.len();
        world.raw("192.168.9.9:5060".parse().unwrap(), text.as_bytes());
        world.run_ms(50);
        let answer =
            world.log[before..].iter().find_map(|l| l.split("← SIP/2.0 ").nth(1)).unwrap_or_default().to_owned();
        let status: u16 = answer.split(' ').next().and_then(|s| s.parse().ok()).unwrap_or(0);
        assert!((400..600).contains(&status), "{method}: {answer}");
    }
    assert!(world.events.is_empty());
}

#[test]
fn presence_is_told_when_the_first_phone_comes_and_the_last_one_goes() {
    let mut world = World::new(plan());
    let presence = |world: &World| {
        let told = world.events.iter().filter_map(|e| match &e.what {
            What::PresenceChanged { registered, .. } => Some(*registered),
            _ => None,
        });
        told.collect::<Vec<_>>()
    };
    let (desk, mobile) = (world.phone("101"), world.phone("101"));
    world.register(desk);
    world.register(mobile);
    world.run_ms(100);
    assert_eq!(presence(&world), [true]);
    world.unregister(desk);
    world.run_ms(100);
    assert_eq!(presence(&world), [true]);
    world.run(Duration::from_secs(3_700));
    assert_eq!(presence(&world), [true, false], "a registration that is not renewed runs out");
}

#[test]
fn a_withheld_number_is_not_told_and_a_trusted_trunks_assertion_is_believed() {
    let mut world = World::new(plan());
    let hidden = world.caller("anonymous");
    world.dial(hidden, "501");
    let asserted = world.caller("05320000000");
    let pai = bytes::Bytes::from_static(b"\"Firma\" <sip:+902125550000@10.0.0.50>");
    world.phones[asserted.0].extra = vec![("P-Asserted-Identity".to_owned(), pai)];
    world.dial(asserted, "501");
    let private = world.caller("05320000000");
    world.phones[private.0].extra = vec![("Privacy".to_owned(), bytes::Bytes::from_static(b"id"))];
    world.dial(private, "501");
    world.run_ms(300);
    assert_eq!(world.record(0).from, None);
    assert_eq!(
        (world.record(1).from.as_deref(), world.record(1).display.as_deref()),
        (Some("+902125550000"), Some("Firma"))
    );
    assert_eq!(world.record(2).from, None);
}

#[test]
fn a_bye_of_a_stranger_for_a_live_call_does_nothing() {
    let mut world = World::new(plan());
    let caller = world.caller("05321112233");
    world.dial(caller, "501");
    world.run_ms(200);
    let text = String::from_utf8(invite("x", "501", "guess")).unwrap().replace("INVITE", "BYE");
    world.raw("192.168.9.9:5060".parse().unwrap(), text.as_bytes());
    world.run_ms(200);
    assert_eq!(world.switch.calls_active(), 1);
}
