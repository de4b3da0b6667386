//! One number, many spellings; and callers who hide theirs.

use bytes::Bytes;
use pbx::event::What;
use proptest::prelude::*;

use crate::plans::plan;
use crate::world::{OnRing, World};

/// Where a dialled URI leads: the status and the first menu or queue.
fn leads(uri: &str, guest: bool) -> (Option<u16>, Option<String>) {
    let mut world = World::new(plan());
    let caller = if guest { world.guest("05321112233") } else { world.caller("05321112233") };
    world.dial_uri(caller, uri);
    world.run_ms(300);
    let first = world.events.iter().find_map(|event| match &event.what {
        What::CallIvr { menu, .. } => Some(menu.clone()),
        What::CallQueued { queue, .. } => Some(queue.to_string()),
        _ => None,
    });
    (world.phones[caller.0].last_status, first)
}

#[test]
fn every_spelling_of_a_number_of_ours_leads_to_the_same_place() {
    let spellings = [
        "sip:+902121234567@127.0.0.1",
        "sip:+90-212-123-45-67@127.0.0.1;user=phone",
        "sip:+90(212)123.45.67@127.0.0.1",
        "sip:02121234567@127.0.0.1",
        "sip:2121234567@127.0.0.1",
        "sip:902121234567@127.0.0.1",
        "sip:00902121234567@127.0.0.1",
        "sip:%2B902121234567@127.0.0.1",
        "sip:+902121234567;npdi;rn=+902120000000@127.0.0.1",
        "sip:+902121234567;rn=+902120000000;npdi@127.0.0.1",
        "sip:2121234567;phone-context=+90@127.0.0.1",
        "sip:1234567;phone-context=+90212@127.0.0.1",
        "sip:02121234567;phone-context=trunk.example@127.0.0.1",
        "sip:+902121234567;ext=12@127.0.0.1",
        "sip:+902121234567;isub=1@127.0.0.1",
        "tel:+90-212-123-45-67",
        "tel:+902121234567;npdi",
        "tel:1234567;phone-context=+90212",
    ];
    let (wanted, place) = leads("sip:+902121234567@127.0.0.1", false);
    assert_eq!((wanted, place.as_deref()), (Some(200), Some("ana")));
    for uri in spellings {
        for guest in [false, true] {
            assert_eq!(leads(uri, guest), (wanted, place.clone()), "{uri}, guest: {guest}");
        }
    }
    for uri in [
        "sip:4441444@h",
        "sip:904441444@h",
        "sip:+904441444@h",
        "sip:00904441444@h",
        "sip:444-1-444@h",
        "tel:4441444;phone-context=+90",
    ] {
        assert_eq!(leads(uri, false), (wanted, place.clone()), "{uri}");
    }
    assert_eq!(leads("sip:4441445@127.0.0.1", false).0, Some(404));
}

#[test]
fn a_colleagues_number_may_carry_parameters_too() {
    let mut world = World::new(plan());
    let (zeynep, murat) = (world.agent("101"), world.agent("102"));
    world.on_ring(murat, OnRing::AnswerAfter(100));
    world.dial_uri(zeynep, "sip:102;phone-context=santral.local@127.0.0.1;user=phone");
    world.run_ms(500);
    assert_eq!(world.phones[zeynep.0].last_status, Some(200));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn whatever_stands_between_and_around_the_digits(
        prefix in prop::sample::select(vec!["+90", "90", "0090", "0", ""]),
        marks in prop::collection::vec(prop::sample::select(vec!["", "", "-", ".", "("]), 10),
        parameters in prop::collection::vec(prop::sample::select(vec!["npdi", "rn=+9053", "isub=1", "cic=+1-6789", "tgrp=x", "postd=12"]), 0..4),
        tel in any::<bool>(),
    ) {
        let digits: String = "2121234567".chars().zip(&marks).map(|(digit, mark)| format!("{mark}{digit}")).collect();
        let parameters: String = parameters.iter().map(|parameter| format!(";{parameter}")).collect();
        let number = format!("{prefix}{digits}{parameters}");
        let uri = if tel { format!("tel:{number}") } else { format!("sip:{number}@127.0.0.1") };
        prop_assert_eq!(leads(&uri, false), (Some(200), Some("ana".to_owned())), "{}", uri);
    }
}

/// A call with these headers by the trusted trunk; what is told of the caller anywhere.
fn told(number: &str, display: Option<&str>, headers: &[(&str, &str)]) -> (Option<String>, Option<String>) {
    let mut world = World::new(plan());
    let zeynep = world.agent("101");
    let caller = world.caller(number);
    world.phones[caller.0].display = display.map(str::to_owned);
    let extra = headers.iter().map(|(name, value)| ((*name).to_owned(), Bytes::copy_from_slice(value.as_bytes())));
    world.phones[caller.0].extra = extra.collect();
    world.dial(caller, "501");
    world.run_ms(500);
    let record = world.record(0);
    if record.from.is_none() {
        // Hidden means everywhere: no event, and nothing the agent's phone shows.
        let events = serde_json::to_string(&world.events).unwrap();
        let invite = &world.phones[zeynep.0].seen[0];
        let shown = invite.headers.iter().map(|header| String::from_utf8_lossy(&header.value).into_owned());
        for text in shown.chain([events]) {
            for secret in ["5321112233", "2125550000", "Ayşe", "Firma"] {
                assert!(!text.contains(secret), "{headers:?}: {secret} in {text}");
            }
        }
    }
    (record.from, record.display)
}

const PAI: (&str, &str) = ("P-Asserted-Identity", "\"Firma\" <sip:+902125550000@10.0.0.50>");

#[test]
fn who_hides_is_hidden_in_every_spelling_of_the_wish() {
    let rpid = |privacy: &'static str| ("Remote-Party-ID", privacy);
    let wishes: &[&[(&str, &str)]] = &[
        &[("Privacy", "id")],
        &[("Privacy", "Id")],
        &[("Privacy", "USER;critical")],
        &[("Privacy", "header; user ;critical")],
        &[("Privacy", "session"), ("Privacy", "id")],
        &[("privacy", "session,ID")],
        &[PAI, ("Privacy", "id;critical")],
        &[("Privacy", "critical;id"), PAI],
        &[rpid("\"Firma\" <sip:+902125550000@10.0.0.50>;party=calling;privacy=full")],
        &[rpid("<sip:+902125550000@10.0.0.50>;privacy=FULL;screen=yes")],
        &[rpid("<sip:+902125550000@10.0.0.50>;privacy=\"full\"")],
        &[rpid("<sip:+902125550000@10.0.0.50>;privacy=uri-network;party=calling")],
        &[PAI, rpid("<sip:+902125550000@10.0.0.50>;privacy=full")],
    ];
    for headers in wishes {
        assert_eq!(told("05321112233", Some("Ayşe"), headers), (None, None), "{headers:?}");
    }
    assert_eq!(told("anonymous", Some("Ayşe"), &[PAI]), (None, None), "From that hides is a wish too");
    assert_eq!(told("Anonymous", Some("Anonymous"), &[]), (None, None));
}

#[test]
fn who_does_not_hide_is_shown() {
    let both = (Some("+902125550000".to_owned()), Some("Firma".to_owned()));
    assert_eq!(told("05321112233", Some("Ayşe"), &[PAI]), both);
    assert_eq!(told("05321112233", Some("Ayşe"), &[PAI, ("Privacy", "none")]), both);
    assert_eq!(told("05321112233", Some("Ayşe"), &[PAI, ("Privacy", "critical")]), both);
    assert_eq!(told("anonymous", None, &[PAI, ("Privacy", "none")]), both);
    let rpid = ("Remote-Party-ID", "\"Firma\" <sip:+902125550000@10.0.0.50>;party=calling;privacy=off;screen=yes");
    assert_eq!(told("05321112233", Some("Ayşe"), &[rpid]), both);
    let nameless = ("Remote-Party-ID", "\"Firma\" <sip:+902125550000@10.0.0.50>;privacy=name");
    assert_eq!(told("05321112233", Some("Ayşe"), &[nameless]), (both.0.clone(), None), "only the name hides");
    let called = ("Remote-Party-ID", "<sip:+902125550000@10.0.0.50>;party=called;privacy=full");
    assert_eq!(told("05321112233", None, &[called]), (Some("05321112233".to_owned()), None));
    let tel = ("P-Asserted-Identity", "<sip:firma@x>, <tel:+90-212-555-00-00;npdi>");
    assert_eq!(told("05321112233", None, &[tel]).0, both.0);
}

#[test]
fn a_number_of_any_length_is_refused_as_too_long_and_stops_nobody() {
    for marks in ["1/", "1;", "1%20"] {
        let long = marks.repeat(20_000 / marks.len());
        assert_eq!(leads(&format!("sip:{long}@127.0.0.1"), false).0, Some(414), "{marks}");
        let (number, _) = told(&long, None, &[]);
        assert!(number.is_none_or(|number| number.len() <= 64), "{marks}");
    }
}

#[test]
fn what_is_too_long_for_a_number_is_not_cut_into_one() {
    let (wanted, place) = leads("sip:+902121234567@127.0.0.1", false);
    let padded = |marks: usize| format!("sip:+902121234567{}@127.0.0.1", "-".repeat(marks));
    assert_eq!(leads(&padded(200), false), (wanted, place));
    for guest in [false, true] {
        assert_eq!(leads(&padded(300), guest), (Some(414), None), "guest: {guest}");
        assert_eq!(leads(&format!("sip:{}@127.0.0.1", "5".repeat(65)), guest), (Some(414), None), "guest: {guest}");
    }
    let (number, _) = told(&format!("0532111{}2233", "-".repeat(300)), None, &[]);
    assert_eq!(number, None);
}

#[test]
fn a_transfer_to_what_is_too_long_is_refused_and_the_talk_goes_on() {
    let mut world = World::new(plan());
    let (zeynep, _murat) = (world.agent("101"), world.agent("102"));
    world.on_ring(zeynep, OnRing::AnswerAfter(100));
    let caller = world.caller("05321112233");
    world.dial(caller, "501");
    world.run_ms(500);
    world.refer(zeynep, &format!("sip:102{}@127.0.0.1", "-".repeat(300)));
    world.run_ms(500);
    assert!(world.last_to(zeynep, "SIP/2.0 603").is_some());
    assert_eq!(world.switch.calls_active(), 1);
}
