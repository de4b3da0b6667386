//! From the ring to the wrap-up.

use std::time::Duration;

use media::order::{Channel, Codec};
use pbx::contract::{Command, Refusal, State, Status};
use pbx::event::{EndClass, EndedBy, What};

use crate::plans::{plan, queue, with_queue};
use crate::world::{MediaLog, OnRing, PhoneId, World};

/// A caller waits in `destek`, Zeynep's phone rings.
fn ringing() -> (World, PhoneId, PhoneId) {
    let mut world = World::new(plan());
    let zeynep = world.agent("101");
    let caller = world.caller("05321112233");
    world.dial(caller, "501");
    world.run_ms(200);
    assert!(world.phones[zeynep.0].is_ringing());
    (world, caller, zeynep)
}

/// They talk.
fn talking() -> (World, PhoneId, PhoneId) {
    let (mut world, caller, zeynep) = ringing();
    assert_eq!(world.want("zeynep", crate::world::Want::Answer), Ok(()));
    world.run_ms(100);
    assert!(connected(&world, caller, zeynep), "{}", world.log.join("\n"));
    (world, caller, zeynep)
}

fn connected(world: &World, one: PhoneId, other: PhoneId) -> bool {
    world.media.connected(world.phones[one.0].media, world.phones[other.0].media)
}

#[test]
fn a_call_goes_from_the_menu_over_the_queue_to_the_agent_and_is_recorded() {
    let mut world = World::new(plan());
    let zeynep = world.agent("101");
    world.on_ring(zeynep, OnRing::AnswerAfter(3_000));
    let caller = world.caller("05321112233");
    world.dial(caller, "500");
    world.run_ms(2_000);
    world.presses(caller, "2");
    world.run_ms(3_200);
    assert!(connected(&world, caller, zeynep));
    world.run_ms(60_000);
    world.hang_up(caller);
    world.run_ms(100);
    assert!(!world.phones[zeynep.0].is_alive());
    assert_eq!(
        world.story(0),
        [
            "call.started",
            "match.resolved",
            "call.ivr",
            "call.notice",
            "call.ivr",
            "call.queued",
            "call.offered",
            "call.offer_ended",
            "call.answered",
            "call.recording_started",
            "call.ended",
            "call.recording_ready"
        ]
    );
    let record = world.record(0);
    let ending = record.ending.clone().unwrap();
    assert_eq!((ending.class, ending.by), (EndClass::Completed, EndedBy::Caller));
    assert_eq!(record.agent.map(|a| a.to_string()).as_deref(), Some("zeynep"));
    assert!((60_000..60_500).contains(&record.talk_ms), "{}", record.talk_ms);
    assert!((3_000..3_200).contains(&record.wait_ms), "{}", record.wait_ms);
    assert_eq!(record.ivr.len(), 1);
    assert_eq!(world.agent_state("zeynep"), (Status::Available, State::WrapUp));
    world.run_ms(30_000);
    assert_eq!(world.agent_state("zeynep"), (Status::Available, State::Idle));
    world.assert_at_rest();
}

#[test]
fn the_caller_is_on_the_left_and_the_agent_on_the_right() {
    let (world, caller, zeynep) = talking();
    let side = |phone: PhoneId| {
        let leg = world.media.leg_to(world.phones[phone.0].media).unwrap();
        world.media.log.iter().find_map(|(key, log)| match log {
            MediaLog::Record(channel) if *key == leg => Some(*channel),
            _ => None,
        })
    };
    assert_eq!((side(caller), side(zeynep)), (Some(Channel::Left), Some(Channel::Right)));
}

#[test]
fn a_queue_that_does_not_record_leaves_no_file() {
    let mut world = World::new(with_queue("destek", |queue| queue.record = false));
    let zeynep = world.agent("101");
    world.on_ring(zeynep, OnRing::AnswerAfter(100));
    let caller = world.caller("05321112233");
    world.dial(caller, "501");
    world.run_ms(1_000);
    assert!(connected(&world, caller, zeynep));
    assert!(!world.media.log.iter().any(|(_, log)| matches!(log, MediaLog::Record(_))));
    world.hang_up(caller);
    world.run_ms(500);
    assert!(!world.story(0).contains(&"call.recording_started"));
}

#[test]
fn the_phone_shows_the_caller_and_carries_the_calls_id() {
    let (world, _, zeynep) = ringing();
    let invite = &world.phones[zeynep.0].seen[0];
    let id = world.call(0);
    assert_eq!(invite.headers.text("X-Santral-Call").as_deref(), Some(id.as_str()));
    let from = invite.headers.from().unwrap();
    assert_eq!(from.uri.user_decoded().as_deref(), Some("05321112233"));
}

#[test]
fn a_hostile_name_reaches_phone_and_page_as_one_line_of_text() {
    let mut world = World::new(plan());
    let zeynep = world.agent("101");
    let caller = world.caller("05321112233");
    world.phones[caller.0].display = Some("<img src=x> \u{202e}\u{7} Ayşe".to_owned());
    world.dial(caller, "501");
    world.run_ms(200);
    let from = world.phones[zeynep.0].seen[0].headers.from().unwrap();
    assert_eq!(from.display_text().as_deref(), Some("<img src=x>  Ayşe"));
    assert_eq!(world.record(0).display.as_deref(), Some("<img src=x>  Ayşe"));
}

#[test]
fn the_page_answers_a_phone_that_takes_talk_and_says_so_from_the_first_ring() {
    let (mut world, caller, zeynep) = ringing();
    let offered = world.events.iter().find_map(|e| match &e.what {
        What::CallOffered { remote_answer, .. } => Some(*remote_answer),
        _ => None,
    });
    assert_eq!(offered, Some(true));
    assert_eq!(world.want("zeynep", crate::world::Want::Answer), Ok(()));
    world.run_ms(100);
    assert!(connected(&world, caller, zeynep));
}

#[test]
fn a_phone_that_does_not_take_talk_must_be_lifted_by_hand() {
    let mut world = World::new(plan());
    let zeynep = world.phone("101");
    world.phones[zeynep.0].without_talk();
    world.register(zeynep);
    world.run_ms(100);
    world.command("zeynep", Command::SetStatus(Status::Available)).unwrap();
    let caller = world.caller("05321112233");
    world.dial(caller, "501");
    world.run_ms(200);
    assert_eq!(world.want("zeynep", crate::world::Want::Answer), Err(Refusal::LiftHandset));
    assert_eq!(world.count(|w| matches!(w, What::CallOffered { remote_answer: true, .. })), 0);
}

#[test]
fn a_phone_that_refuses_talk_must_be_lifted_by_hand_and_the_page_is_told() {
    for status in [405, 481, 489] {
        let (mut world, caller, zeynep) = ringing();
        world.phones[zeynep.0].refuses_notify = Some(status);
        assert_eq!(world.want("zeynep", crate::world::Want::Answer), Ok(()));
        world.run_ms(100);
        let told = |e: &pbx::event::Event| match &e.what {
            What::CallOffered { remote_answer, .. } => Some((e.rev, *remote_answer)),
            _ => None,
        };
        let offers: Vec<(u64, bool)> = world.events.iter().filter_map(told).collect();
        let said: Vec<bool> = offers.iter().map(|(_, remote_answer)| *remote_answer).collect();
        assert_eq!(said, [true, false], "{status}");
        assert!(offers[0].0 < offers[1].0);
        assert!(world.phones[zeynep.0].is_ringing(), "the call is not lost by it");
        assert_eq!(world.want("zeynep", crate::world::Want::Answer), Err(Refusal::LiftHandset));
        let now = world.now().instant;
        world.phones[zeynep.0].lift(now);
        world.run_ms(1_000);
        assert!(connected(&world, caller, zeynep), "{status}");
    }
}

#[test]
fn a_bye_goes_out_before_the_media_of_its_leg_is_closed() {
    let (mut world, caller, _) = talking();
    world.hang_up(caller);
    let before = world.log.len();
    world.run_ms(100);
    let after = &world.log[before..];
    let bye = after.iter().position(|line| line.contains("← BYE")).expect("the agent's phone gets a BYE");
    let close = after.iter().position(|line| line.contains("Close")).expect("media is closed");
    assert!(bye < close, "{after:#?}");
}

#[test]
fn the_agent_hangs_up_from_the_page() {
    let (mut world, caller, zeynep) = talking();
    assert_eq!(world.want("zeynep", crate::world::Want::HangUp), Ok(()));
    world.run_ms(100);
    assert!(!world.phones[caller.0].is_alive() && !world.phones[zeynep.0].is_alive());
    assert_eq!(world.reason(0), "agent-hung-up");
}

#[test]
fn hold_from_the_page_gives_the_caller_music_and_resume_gives_the_agent_back() {
    let (mut world, caller, zeynep) = talking();
    assert_eq!(world.want("zeynep", crate::world::Want::Hold), Ok(()));
    assert!(!connected(&world, caller, zeynep));
    assert_eq!(world.media.plays_to(world.phones[caller.0].media), ["music"]);
    assert_eq!(world.agent_state("zeynep").1, State::Holding);
    assert_eq!(world.want("zeynep", crate::world::Want::Hold), Err(Refusal::WrongState));
    assert_eq!(world.want("zeynep", crate::world::Want::Resume), Ok(()));
    assert!(connected(&world, caller, zeynep));
    assert_eq!(world.want("zeynep", crate::world::Want::Resume), Err(Refusal::WrongState));
}

#[test]
fn hold_by_the_phone_has_the_same_effect_and_the_page_cannot_undo_it() {
    let (mut world, caller, zeynep) = talking();
    world.hold_by_phone(zeynep, true);
    world.run_ms(100);
    assert_eq!(world.media.plays_to(world.phones[caller.0].media), ["music"]);
    assert_eq!(world.want("zeynep", crate::world::Want::Resume), Err(Refusal::WrongState));
    world.hold_by_phone(zeynep, false);
    world.run_ms(100);
    assert!(connected(&world, caller, zeynep));
    let kinds = world.story(0);
    assert!(kinds.contains(&"call.held") && kinds.contains(&"call.resumed"));
}

#[test]
fn both_kinds_of_hold_must_be_gone_before_they_talk_again() {
    let (mut world, caller, zeynep) = talking();
    world.hold_by_phone(zeynep, true);
    world.run_ms(100);
    assert_eq!(world.want("zeynep", crate::world::Want::Hold), Ok(()));
    world.hold_by_phone(zeynep, false);
    world.run_ms(100);
    assert!(!connected(&world, caller, zeynep));
    assert_eq!(world.want("zeynep", crate::world::Want::Resume), Ok(()));
    assert!(connected(&world, caller, zeynep));
}

#[test]
fn a_caller_who_holds_us_is_sent_nothing_until_they_come_back() {
    let (mut world, caller, _) = talking();
    let media = world.phones[caller.0].media;
    world.hold_by_phone(caller, true);
    world.run_ms(100);
    assert!(!world.media.may_send_to(media));
    assert!(!world.story(0).contains(&"call.held"), "that is no hold of the agent's");
    world.hold_by_phone(caller, false);
    world.run_ms(100);
    assert!(world.media.may_send_to(media));
}

#[test]
fn wrap_up_is_extended_twice_and_ended_by_the_result() {
    let (mut world, caller, _) = talking();
    world.hang_up(caller);
    world.run_ms(20_000);
    assert_eq!(world.command("zeynep", Command::ExtendWrapUp), Ok(()));
    assert_eq!(world.command("zeynep", Command::ExtendWrapUp), Ok(()));
    assert_eq!(world.command("zeynep", Command::ExtendWrapUp), Err(Refusal::WrongState));
    world.run_ms(69_000);
    assert_eq!(world.agent_state("zeynep").1, State::WrapUp);
    assert_eq!(world.want("zeynep", crate::world::Want::Complete), Ok(()));
    assert_eq!(world.agent_state("zeynep").1, State::Idle);
    let record = world.record(0);
    assert_eq!((record.disposition.as_deref(), record.note.as_deref()), (Some("resolved"), Some("tamam")));
}

#[test]
fn nobody_is_rung_in_wrap_up_and_the_next_caller_rings_right_after_it() {
    let (mut world, caller, zeynep) = talking();
    world.hang_up(caller);
    world.run_ms(1_000);
    let next = world.caller("05420000000");
    world.dial(next, "501");
    world.run_ms(20_000);
    assert!(!world.phones[zeynep.0].is_ringing());
    world.command("zeynep", Command::EndWrapUp).unwrap();
    world.run_ms(100);
    assert!(world.phones[zeynep.0].is_ringing());
}

#[test]
fn the_result_of_a_call_may_be_saved_after_wrap_up_but_only_by_who_talked() {
    let (mut world, caller, _) = talking();
    world.agent("102");
    let call = world.call(0);
    let complete = |call| Command::Complete { call, disposition: "sale".to_owned(), note: String::new() };
    assert_eq!(world.command("zeynep", complete(call.clone())), Err(Refusal::WrongState), "they still talk");
    world.hang_up(caller);
    world.run_ms(60_000);
    assert_eq!(world.agent_state("zeynep").1, State::Idle);
    assert_eq!(world.command("murat", complete(call.clone())), Err(Refusal::NotYours));
    assert_eq!(world.command("zeynep", complete(call)), Ok(()));
    assert_eq!(world.record(0).disposition.as_deref(), Some("sale"));
    let unknown = pbx::id::CallId::new("c_unknown");
    assert_eq!(world.command("zeynep", complete(unknown)), Err(Refusal::NoSuchCall));
}

#[test]
fn a_colleague_may_not_touch_the_call_and_a_supervisor_may() {
    let (mut world, caller, zeynep) = talking();
    world.agent("102");
    let call = world.call(0);
    let commands =
        [Command::Hold(call.clone()), Command::HangUp(call.clone()), Command::Transfer(call.clone(), queue("satis"))];
    for command in commands {
        assert_eq!(world.command("murat", command), Err(Refusal::NotYours));
    }
    assert!(connected(&world, caller, zeynep));
    assert_eq!(world.command_as("boss", true, Command::HangUp(call)), Ok(()));
    world.run_ms(100);
    assert_eq!(world.reason(0), "normal");
}

#[test]
fn silence_on_either_leg_ends_both_and_hold_is_given_longer() {
    let (mut world, caller, zeynep) = talking();
    world.phones[caller.0].unplug();
    world.run(Duration::from_secs(29));
    assert!(world.phones[zeynep.0].is_alive());
    world.run(Duration::from_secs(3));
    assert!(!world.phones[zeynep.0].is_alive());
    assert_eq!(world.reason(0), "rtp-timeout");
    world.run(Duration::from_secs(60));
    world.assert_at_rest();

    let (mut world, caller, zeynep) = talking();
    world.hold_by_phone(zeynep, true);
    world.run_ms(100);
    world.phones[zeynep.0].unplug();
    world.run(Duration::from_secs(200));
    assert!(world.phones[caller.0].is_alive());
    world.run(Duration::from_secs(110));
    assert_eq!(world.reason(0), "rtp-timeout");
}

#[test]
fn a_caller_with_only_mu_law_is_served_and_one_with_neither_law_is_refused() {
    let mut world = World::new(plan());
    let caller = world.caller("05321112233");
    world.phones[caller.0].laws = vec![sip::sdp::Law::Pcmu];
    world.dial(caller, "501");
    world.run_ms(100);
    assert_eq!(world.media.codec_to(world.phones[caller.0].media), Some(Codec::Pcmu));
    let other = world.caller("05321112244");
    world.phones[other.0].laws = Vec::new();
    world.dial(other, "501");
    world.run_ms(100);
    assert_eq!(world.phones[other.0].last_status, Some(488));
    assert_eq!(world.reason(1), "no-codec");
}

/// A description of the other address family.
const SIX: &str =
    "v=0\r\no=- 1 1 IN IP6 ::1\r\ns=-\r\nc=IN IP6 ::1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n";

#[test]
fn an_offer_of_the_other_address_family_is_refused_with_the_warning_that_says_so() {
    let mut world = World::new(plan());
    let caller = world.caller("05321112233");
    world.phones[caller.0].description = Some(SIX.to_owned());
    world.dial(caller, "501");
    world.run_ms(200);
    assert_eq!((world.phones[caller.0].last_status, world.reason(0).as_str()), (Some(488), "address-family"));
    let answer = world.last_to(caller, "SIP/2.0 488").unwrap();
    assert!(answer.contains("Warning: 301 santral \"Incompatible network address formats\""), "{answer}");
    world.run(Duration::from_secs(40));
    world.assert_at_rest();
}

#[test]
fn a_phones_answer_of_the_other_address_family_is_a_phone_that_failed() {
    let (mut world, _, zeynep) = ringing();
    world.phones[zeynep.0].description = Some(SIX.to_owned());
    assert_eq!(world.want("zeynep", crate::world::Want::Answer), Ok(()));
    world.run_ms(200);
    assert_eq!(world.agent_state("zeynep"), (Status::Available, State::Idle));
    assert!(!world.phones[zeynep.0].is_alive(), "it is let go");
    let failed = |what: &What| matches!(what, What::CallOfferEnded { said: Some(said), .. } if said.status == 488);
    assert_eq!(world.count(failed), 1);
}

#[test]
fn a_reinvite_of_the_other_address_family_is_refused_and_the_talk_goes_on() {
    let (mut world, caller, zeynep) = talking();
    for phone in [caller, zeynep] {
        let before = world.phones[phone.0].description.replace(SIX.to_owned());
        world.hold_by_phone(phone, false);
        world.run_ms(200);
        assert_eq!(world.phones[phone.0].reinvite_status, Some(488));
        assert!(world.last_to(phone, "SIP/2.0 488").unwrap().contains("Warning: 301 "));
        world.phones[phone.0].description = before;
    }
    assert!(connected(&world, caller, zeynep));
}

#[test]
fn a_late_answer_of_the_other_address_family_ends_the_call_with_the_truth() {
    let mut world = World::new(plan());
    let caller = world.caller("05321112233");
    world.phones[caller.0].offers = false;
    world.phones[caller.0].description = Some(SIX.to_owned());
    world.dial(caller, "501");
    world.run_ms(500);
    assert_eq!(world.reason(0), "address-family");
    assert!(!world.phones[caller.0].is_alive());
}

#[test]
fn an_invite_without_an_offer_is_answered_with_ours() {
    let mut world = World::new(plan());
    let zeynep = world.agent("101");
    world.on_ring(zeynep, OnRing::AnswerAfter(500));
    let caller = world.caller("05321112233");
    world.phones[caller.0].offers = false;
    world.dial(caller, "501");
    world.run_ms(1_000);
    assert!(connected(&world, caller, zeynep));
}

#[test]
fn a_reinvite_without_an_offer_gets_one_in_the_shape_of_the_session() {
    let mut world = World::new(plan());
    let caller = world.caller("05321112233");
    let media = world.phones[caller.0].media;
    let (ip, port) = (media.ip(), media.port());
    world.phones[caller.0].description = Some(format!(
        "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8 96\r\n\
         a=rtpmap:96 telephone-event/8000\r\nm=video 40000 RTP/AVP 31\r\n"
    ));
    world.dial(caller, "501");
    world.run_ms(300);
    world.ask_for_offer(caller);
    world.run_ms(300);
    let offer = world.phones[caller.0].last_description.clone();
    let streams: Vec<&str> = offer.lines().filter(|line| line.starts_with("m=")).collect();
    assert_eq!(streams.len(), 2, "{offer}");
    assert!(streams[0].starts_with("m=audio ") && streams[0].ends_with(" 96"), "{offer}");
    assert!(streams[1].starts_with("m=video 0 "), "{offer}");
    assert!(offer.contains("a=rtpmap:96 telephone-event/8000"), "{offer}");
}

#[test]
fn every_event_of_a_call_has_the_next_revision() {
    let (mut world, caller, _) = talking();
    world.hang_up(caller);
    world.run_ms(40_000);
    let call = world.call(0);
    let revs: Vec<u64> = world.events.iter().filter(|e| e.what.call() == Some(&call)).map(|e| e.rev).collect();
    let expected: Vec<u64> = (1..=revs.len() as u64).collect();
    assert_eq!(revs, expected);
    let mut ids: Vec<_> = world.events.iter().map(|e| e.id.clone()).collect();
    let sent = ids.clone();
    ids.sort();
    ids.dedup();
    assert_eq!(ids, sent, "ids are unique and rise");
}

#[test]
fn a_record_survives_being_written_and_read() {
    let (mut world, caller, _) = talking();
    world.hang_up(caller);
    world.run_ms(100);
    let record = world.record(0);
    let text = serde_json::to_string(&record).unwrap();
    assert_eq!(serde_json::from_str::<pbx::record::CallRecord>(&text).unwrap(), record);
    for event in &world.events {
        let text = serde_json::to_string(event).unwrap();
        let again: pbx::event::Event = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), text);
    }
}
