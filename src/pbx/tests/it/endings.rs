//! Ends that are not a plain hang-up: ports, limits, drain, lost acknowledgements, new plans.

use std::sync::Arc;
use std::time::Duration;

use pbx::contract::{Input, Status};
use pbx::event::What;
use pbx::id::{Extension, UserId};

use crate::plans::plan;
use crate::world::{Lookup, OnRing, Want, World};

#[test]
fn the_eleventh_call_on_ten_ports_is_told_to_come_back_and_every_port_returns() {
    let mut small = plan();
    small.rtp_ports = (20_000, 20_019);
    let mut world = World::new(small);
    let callers: Vec<_> = (0..11).map(|_| world.caller("05321112233")).collect();
    for caller in &callers {
        world.dial(*caller, "501");
    }
    world.run_ms(50);
    assert_eq!(world.phones[callers[10].0].last_status, Some(503));
    assert_eq!(world.reason(10), "no-ports");
    for caller in &callers {
        world.hang_up(*caller);
    }
    world.run(Duration::from_secs(20));
    world.assert_at_rest();
    let again = world.caller("05321112233");
    world.dial(again, "501");
    world.run_ms(100);
    assert_eq!(world.phones[again.0].last_status, Some(200));
}

#[test]
fn a_port_somebody_else_holds_is_passed_over() {
    let mut world = World::new(plan());
    world.media.taken.extend([20_000, 20_002]);
    let caller = world.caller("05321112233");
    world.dial(caller, "501");
    world.run_ms(200);
    assert_eq!(world.phones[caller.0].last_status, Some(200));
    assert_eq!(world.switch.lent_ports(), 1);
}

#[test]
fn sixty_ports_that_others_hold_cost_no_call() {
    let mut world = World::new(plan());
    world.media.taken.extend((20_000..20_120).step_by(2));
    let callers: Vec<_> = (0..5).map(|_| world.caller("05321112233")).collect();
    for caller in &callers {
        world.dial(*caller, "501");
        world.run_ms(400);
        assert_eq!(world.phones[caller.0].last_status, Some(200));
    }
}

#[test]
fn ports_seen_taken_at_the_start_are_not_even_tried() {
    let mut world = World::new(plan());
    let held: Vec<u16> = (20_000..20_120).step_by(2).collect();
    world.media.taken.extend(held.iter().copied());
    world.switch.avoid_ports(world.now(), &held);
    let caller = world.caller("05321112233");
    world.dial(caller, "501");
    world.run_ms(100);
    assert_eq!((world.phones[caller.0].last_status, world.media.ports_used), (Some(200), 1));
}

#[test]
fn a_media_thread_that_never_answers_costs_the_call_and_no_port() {
    let mut world = World::new(plan());
    world.media.faults.lost = 1_000;
    let caller = world.caller("05321112233");
    world.dial(caller, "501");
    world.run_ms(3_000);
    assert_eq!((world.phones[caller.0].last_status, world.reason(0)), (Some(503), "no-ports".to_owned()));
    world.run_ms(10_000);
    assert_eq!(world.switch.lent_ports(), 0);
}

#[test]
fn a_look_up_that_does_not_come_holds_nobody_up() {
    let mut world = World::new(plan());
    world.lookup = Lookup::Never;
    let caller = world.caller("05321112233");
    world.dial(caller, "501");
    world.run_ms(290);
    assert_eq!(world.phones[caller.0].last_status, None);
    world.run_ms(30);
    assert_eq!(world.phones[caller.0].last_status, Some(200));
}

#[test]
fn a_late_look_up_still_puts_the_card_on_the_desk() {
    let mut world = World::new(plan());
    world.lookup = Lookup::After(2_000);
    let caller = world.caller("05321112233");
    world.dial(caller, "501");
    world.run_ms(3_000);
    let kinds = world.story(0);
    let place = |kind| kinds.iter().position(|k| *k == kind).unwrap();
    assert!(place("match.resolved") > place("call.queued"));
}

#[test]
fn above_the_most_calls_new_ones_are_told_to_come_back() {
    let mut small = plan();
    small.max_calls = 1;
    let mut world = World::new(small);
    let (first, second) = (world.caller("05321112233"), world.caller("05321112244"));
    world.dial(first, "501");
    world.dial(second, "501");
    world.run_ms(100);
    assert_eq!((world.phones[first.0].last_status, world.phones[second.0].last_status), (Some(200), Some(503)));
    assert_eq!(world.reason(1), "overload");
}

#[test]
fn drain_refuses_new_calls_and_hang_up_all_says_goodbye_to_the_old() {
    let mut world = World::new(plan());
    let zeynep = world.agent("101");
    world.on_ring(zeynep, OnRing::AnswerAfter(100));
    let caller = world.caller("05321112233");
    world.dial(caller, "501");
    world.run_ms(1_000);
    world.input(Input::Drain);
    let late = world.caller("05321112244");
    world.dial(late, "501");
    world.run_ms(1_000);
    assert_eq!(world.phones[late.0].last_status, Some(503));
    assert!(world.phones[caller.0].is_talking() && world.phones[zeynep.0].is_talking());
    world.input(Input::HangUpAll);
    world.run_ms(100);
    assert!(!world.phones[caller.0].is_alive() && !world.phones[zeynep.0].is_alive());
    assert_eq!(world.reason(0), "shutdown");
    world.run_ms(10_000);
    world.assert_at_rest();
}

#[test]
fn pressure_refuses_new_calls_while_it_lasts() {
    let mut world = World::new(plan());
    world.input(Input::Pressure(true));
    let caller = world.caller("05321112233");
    world.dial(caller, "501");
    world.run_ms(200);
    assert_eq!(world.phones[caller.0].last_status, Some(503));
    world.input(Input::Pressure(false));
    world.dial(caller, "501");
    world.run_ms(200);
    assert_eq!(world.phones[caller.0].last_status, Some(200));
}

#[test]
fn a_caller_who_never_acknowledges_is_let_go() {
    let mut world = World::new(plan());
    let caller = world.caller("05321112233");
    world.dial(caller, "501");
    world.run_ms(10);
    world.phones[caller.0].unplug();
    world.run(Duration::from_secs(40));
    assert!(matches!(world.reason(0).as_str(), "no-ack" | "rtp-timeout"), "{}", world.reason(0));
    world.run(Duration::from_secs(60));
    world.assert_at_rest();
}

#[test]
fn a_call_keeps_the_plan_it_began_with_and_agents_follow_the_new_one() {
    let mut world = World::new(plan());
    let zeynep = world.agent("101");
    world.on_ring(zeynep, OnRing::AnswerAfter(100));
    let caller = world.caller("05321112233");
    world.dial(caller, "500");
    world.run_ms(1_000);
    let mut new = plan();
    new.menus.clear();
    new.extensions.get_mut(&Extension::new("103")).unwrap().user = Some(UserId::new("yeni"));
    world.input(Input::Plan(Arc::new(new)));
    world.run_ms(1_000);
    world.presses(caller, "2");
    world.run_ms(500);
    assert!(world.media.connected(world.phones[caller.0].media, world.phones[zeynep.0].media));
    let users: Vec<_> = world.switch.agents().map(|a| a.user().to_string()).collect();
    assert_eq!(users, ["murat", "yeni", "zeynep"]);
    assert!(world.switch.registered(&Extension::new("101")), "a new plan drops no registration");
}

#[test]
fn an_agent_taken_out_of_the_plan_finishes_the_talk_and_is_gone() {
    let mut world = World::new(plan());
    let zeynep = world.agent("101");
    world.on_ring(zeynep, OnRing::AnswerAfter(100));
    let caller = world.caller("05321112233");
    world.dial(caller, "501");
    world.run_ms(1_000);
    let mut new = plan();
    new.extensions.remove(&Extension::new("101"));
    world.input(Input::Plan(Arc::new(new)));
    world.run_ms(1_000);
    assert!(world.phones[zeynep.0].is_talking());
    assert_eq!(world.agent_state("zeynep").0, Status::Off);
    world.hang_up(caller);
    world.run(Duration::from_secs(40));
    world.assert_at_rest();
    assert!(world.switch.agents().all(|agent| agent.user().as_str() != "zeynep"), "nobody has to reload for it");
}

#[test]
fn a_status_from_before_a_restart_is_taken_up_when_the_phone_is_back() {
    let mut world = World::new(plan());
    let now = world.now();
    world.switch.restore_status(now, &UserId::new("zeynep"), Status::Available);
    let caller = world.caller("05321112233");
    world.dial(caller, "501");
    world.run_ms(300);
    let zeynep = world.phone("101");
    world.register(zeynep);
    world.run_ms(300);
    assert!(world.phones[zeynep.0].is_ringing());
    assert_eq!(world.want("zeynep", Want::Answer), Ok(()));
}

#[test]
fn retransmitted_and_reordered_messages_make_no_second_call() {
    for seed in 0..20 {
        let mut world = World::seeded(plan(), seed);
        let zeynep = world.agent("101");
        world.net = crate::world::NetFaults { loss: 100, twice: 700, late: 300 };
        world.on_ring(zeynep, OnRing::AnswerAfter(500));
        let caller = world.caller("05321112233");
        world.dial(caller, "501");
        world.run_ms(30_000);
        world.hang_up(caller);
        world.run(Duration::from_secs(120));
        world.assert_at_rest();
        assert_eq!(world.count(|w| matches!(w, What::CallStarted { .. })), 1, "seed {seed}");
        assert_eq!(world.count(|w| matches!(w, What::CallEnded { .. })), 1, "seed {seed}");
    }
}

/// A talk whose recorder reports that file.
fn recorded(millis: u64, lost_frames: u64) -> (World, Option<pbx::record::Recording>) {
    let mut world = World::new(plan());
    world.media.report = Some((millis, lost_frames));
    let zeynep = world.agent("101");
    world.on_ring(zeynep, OnRing::AnswerAfter(100));
    let caller = world.caller("05321112233");
    world.dial(caller, "501");
    world.run_ms(400);
    world.hang_up(caller);
    world.run_ms(100);
    let recording = world.record(0).recording;
    (world, recording)
}

#[test]
fn a_recording_of_nothing_is_not_there_and_one_the_disk_refused_is_missing() {
    use pbx::record::RecordingState;
    let (world, recording) = recorded(0, 0);
    assert_eq!(recording, None, "nothing was said, nothing is kept");
    assert!(world.story(0).contains(&"call.recording_missing") && !world.story(0).contains(&"call.recording_ready"));
    let (_, recording) = recorded(0, 15);
    let recording = recording.unwrap();
    assert_eq!((recording.state, recording.millis, recording.lost_frames), (RecordingState::Missing, 0, 15));
    let (_, recording) = recorded(20, 0);
    assert_eq!(recording.map(|recording| (recording.state, recording.millis)), Some((RecordingState::Ready, 20)));
}
