//! Blind transfers: who is reached, who is not, and the caller whom nobody may cut off.

use std::time::Duration;

use pbx::contract::{Refusal, State, Status};
use pbx::event::What;
use pbx::record::RecordingState;

use crate::plans::{ext, menu, plan, queue, with_queue};
use crate::world::{OnRing, PhoneId, Want, World};

/// A caller from `destek` talks to Zeynep.
fn talking() -> (World, PhoneId, PhoneId) {
    talking_in(plan())
}

fn talking_in(plan: pbx::plan::Plan) -> (World, PhoneId, PhoneId) {
    let mut world = World::new(plan);
    let zeynep = world.agent("101");
    world.on_ring(zeynep, OnRing::AnswerAfter(100));
    let caller = world.caller("05321112233");
    world.dial(caller, "501");
    world.run_ms(1_000);
    assert!(connected(&world, caller, zeynep), "{}", world.log.join("\n"));
    world.on_ring(zeynep, OnRing::Ring);
    (world, caller, zeynep)
}

fn connected(world: &World, one: PhoneId, other: PhoneId) -> bool {
    world.media.connected(world.phones[one.0].media, world.phones[other.0].media)
}

/// What the NOTIFYs of a REFER said, in order.
fn notified(world: &World, phone: PhoneId) -> Vec<String> {
    let to = world.phones[phone.0].address;
    let notifies = world.sent.iter().filter(|(at, text)| *at == to && text.starts_with("NOTIFY "));
    let said = notifies.filter_map(|(_, text)| text.split("\r\n\r\nSIP/2.0 ").nth(1));
    said.map(|line| line.trim().to_owned()).collect()
}

fn returned(world: &World) -> Vec<(String, String)> {
    let back = |what: &What| match what {
        What::CallReturned { reason, to, .. } => Some((reason.clone(), to.clone())),
        _ => None,
    };
    world.events.iter().filter_map(|event| back(&event.what)).collect()
}

#[test]
fn a_blind_transfer_sends_the_caller_on_and_the_agent_into_wrap_up() {
    let (mut world, caller, zeynep) = talking();
    let murat = world.agent("102");
    assert_eq!(world.want("zeynep", Want::Transfer(queue("satis"))), Ok(()));
    world.run_ms(200);
    assert!(!world.phones[zeynep.0].is_alive());
    assert_eq!(world.agent_state("zeynep").1, State::WrapUp);
    assert!(world.phones[murat.0].is_ringing());
    world.want("murat", Want::Answer).unwrap();
    world.run_ms(100);
    assert!(connected(&world, caller, murat));
    assert_eq!(world.record(0).agent.map(|a| a.to_string()).as_deref(), Some("murat"));
    world.hang_up(caller);
    world.run_ms(100);
    let readies = world.count(|what| matches!(what, What::RecordingReady { .. }));
    assert_eq!(readies, 1, "one call has one file");
    assert_eq!(world.story(0).iter().filter(|kind| **kind == "call.ended").count(), 1);
}

#[test]
fn a_transfer_to_a_menu_and_to_an_extension_work_alike() {
    let (mut world, caller, _) = talking();
    let murat = world.agent("102");
    assert_eq!(world.want("zeynep", Want::Transfer(menu("ana"))), Ok(()));
    world.run_ms(700);
    assert_eq!(world.media.plays_to(world.phones[caller.0].media), ["tr/notice"]);
    world.run_ms(1_500);
    world.presses(caller, "102");
    world.run_ms(100);
    assert!(world.phones[murat.0].is_ringing());
}

#[test]
fn a_transfer_to_nowhere_or_to_oneself_is_refused() {
    let (mut world, _, _) = talking();
    for target in [queue("yok"), ext("999"), menu("yok"), ext("101"), pbx::contract::Target::HangUp] {
        assert_eq!(world.want("zeynep", Want::Transfer(target)), Err(Refusal::NoSuchTarget));
    }
}

#[test]
fn a_refer_from_the_phone_is_a_blind_transfer() {
    let (mut world, caller, zeynep) = talking();
    let murat = world.agent("102");
    world.refer(zeynep, "102");
    world.run_ms(200);
    assert_eq!(world.phones[zeynep.0].refer_status, Some(202));
    assert!(world.phones[murat.0].is_ringing() && world.phones[zeynep.0].is_alive());
    assert_eq!(notified(&world, zeynep), ["100 Trying", "180 Ringing"]);
    world.want("murat", Want::Answer).unwrap();
    world.run_ms(200);
    assert_eq!(notified(&world, zeynep), ["100 Trying", "180 Ringing", "200 OK"]);
    assert!(connected(&world, caller, murat) && !world.phones[zeynep.0].is_alive());
}

#[test]
fn a_refer_to_outside_is_refused_and_the_talk_goes_on() {
    let (mut world, caller, zeynep) = talking();
    world.refer(zeynep, "00905321112233");
    world.run_ms(200);
    assert_eq!(world.phones[zeynep.0].refer_status, Some(603));
    assert!(connected(&world, caller, zeynep));
}

#[test]
fn a_transfer_to_who_cannot_be_reached_is_refused_and_the_talk_goes_on() {
    let (mut world, caller, zeynep) = talking();
    assert_eq!(world.want("zeynep", Want::Transfer(ext("104"))), Err(Refusal::TargetUnreachable), "no phone");
    let murat = world.agent("102");
    world.on_ring(murat, OnRing::AnswerAfter(100));
    let other = world.caller("05321112244");
    world.dial(other, "501");
    world.run_ms(1_000);
    assert_eq!(world.want("zeynep", Want::Transfer(ext("102"))), Err(Refusal::TargetBusy));
    assert!(connected(&world, caller, zeynep) && connected(&world, other, murat));
    assert_eq!(world.count(|what| matches!(what, What::CallTransferred { .. })), 0);
}

#[test]
fn a_transfer_to_a_queue_that_would_send_the_caller_away_is_refused() {
    let deserted = with_queue("satis", |queue| {
        queue.overflow_when_empty = true;
        queue.members.retain(|member| member.extension.as_str() == "103");
    });
    let (mut world, caller, zeynep) = talking_in(deserted);
    assert_eq!(world.want("zeynep", Want::Transfer(queue("satis"))), Err(Refusal::TargetUnreachable));
    assert!(connected(&world, caller, zeynep));
}

#[test]
fn a_caller_whom_the_colleague_does_not_take_comes_back_to_who_sent_them() {
    for on_ring in [
        OnRing::Refuse(486),
        OnRing::Refuse(500),
        OnRing::RefuseAfter(800, 603),
        OnRing::Ring,
        OnRing::Dead,
        OnRing::AnswerNonsense,
    ] {
        let (mut world, caller, zeynep) = talking();
        let murat = world.agent("102");
        world.on_ring(murat, on_ring);
        assert_eq!(world.want("zeynep", Want::Transfer(ext("102"))), Ok(()));
        for _ in 0..400 {
            world.run_ms(100);
            assert!(world.phones[caller.0].is_alive());
            if world.phones[zeynep.0].is_ringing() {
                break;
            }
        }
        assert!(world.phones[zeynep.0].is_ringing(), "{on_ring:?}: {}", world.log.join("\n"));
        let reason =
            if matches!(on_ring, OnRing::Refuse(486) | OnRing::RefuseAfter(..)) { "busy" } else { "no-answer" };
        assert_eq!(returned(&world), [(reason.to_owned(), "ext:101".to_owned())], "{on_ring:?}");
        world.want("zeynep", Want::Answer).unwrap();
        world.run_ms(200);
        assert!(connected(&world, caller, zeynep), "{on_ring:?}");
    }
}

#[test]
fn nobody_at_either_end_leads_back_to_the_queue_and_never_to_a_cut() {
    let (mut world, caller, zeynep) = talking();
    let murat = world.agent("102");
    assert_eq!(world.want("zeynep", Want::Transfer(ext("102"))), Ok(()));
    world.run_ms(1_000);
    world.phones[zeynep.0].unplug();
    world.run(Duration::from_secs(60));
    let wanted = [("no-answer".to_owned(), "ext:101".to_owned()), ("no-answer".to_owned(), "queue:destek".to_owned())];
    assert_eq!(returned(&world), wanted, "{}", world.log.join("\n"));
    world.want("murat", Want::Status(Status::Available)).unwrap();
    world.on_ring(murat, OnRing::AnswerAfter(100));
    world.run(Duration::from_secs(60));
    assert!(connected(&world, caller, murat), "{}", world.log.join("\n"));
}

#[test]
fn a_referring_phone_is_told_the_failure_and_rings_for_the_caller_again() {
    let (mut world, caller, zeynep) = talking();
    let murat = world.agent("102");
    world.on_ring(murat, OnRing::RefuseAfter(500, 486));
    world.refer(zeynep, "102");
    world.run_ms(2_000);
    assert_eq!(notified(&world, zeynep), ["100 Trying", "180 Ringing", "486 Busy Here"]);
    assert!(world.phones[zeynep.0].is_ringing(), "{}", world.log.join("\n"));
    world.want("zeynep", Want::Answer).unwrap();
    world.run_ms(200);
    assert!(connected(&world, caller, zeynep));
}

#[test]
fn a_refer_to_who_cannot_be_reached_is_refused_at_once() {
    let (mut world, caller, zeynep) = talking();
    world.refer(zeynep, "104");
    world.run_ms(200);
    assert_eq!(world.phones[zeynep.0].refer_status, Some(480));
    assert!(connected(&world, caller, zeynep) && notified(&world, zeynep).is_empty());
}

#[test]
fn a_caller_who_gives_up_ends_the_referrers_wait() {
    let (mut world, caller, zeynep) = talking();
    let _murat = world.agent("102");
    world.refer(zeynep, "102");
    world.run_ms(500);
    world.hang_up(caller);
    world.run_ms(500);
    assert_eq!(notified(&world, zeynep).last().map(String::as_str), Some("487 Request Terminated"));
    world.run(Duration::from_secs(60));
    world.assert_at_rest();
}

#[test]
fn a_recording_goes_on_with_the_colleague_and_with_who_gets_the_caller_back() {
    let (mut world, caller, zeynep) = talking();
    let murat = world.agent("102");
    world.on_ring(murat, OnRing::AnswerAfter(500));
    world.run_ms(5_000);
    world.want("zeynep", Want::Transfer(ext("102"))).unwrap();
    world.run_ms(1_000);
    assert!(connected(&world, caller, murat));
    assert!(world.media.records(world.phones[caller.0].media) && world.media.records(world.phones[murat.0].media));
    world.run_ms(5_000);
    world.hang_up(caller);
    world.run_ms(200);
    let record = world.record(0);
    assert_eq!(record.recording.map(|recording| recording.state), Some(RecordingState::Ready));
    assert_eq!(world.count(|what| matches!(what, What::RecordingReady { .. })), 1, "one call has one file");
    assert_eq!(world.agent_state("zeynep").1, State::WrapUp);
    assert!(!world.phones[zeynep.0].is_alive());
}

#[test]
fn a_referring_phone_is_told_once_that_several_phones_ring() {
    let (mut world, _caller, zeynep) = talking();
    let (_desk, mobile) = (world.agent("102"), world.agent("102"));
    world.on_ring(mobile, OnRing::AnswerAfter(500));
    world.refer(zeynep, "102");
    world.run_ms(2_000);
    assert_eq!(notified(&world, zeynep), ["100 Trying", "180 Ringing", "200 OK"]);
}
