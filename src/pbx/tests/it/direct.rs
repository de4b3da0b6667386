//! Calls to an extension, from colleagues and from outside.

use pbx::contract::State;
use pbx::event::{Direction, What};

use crate::plans::plan;
use crate::world::{Act, OnRing, Want, World};

#[test]
fn a_colleague_is_dialled_hears_ringing_and_is_answered_by_the_phone() {
    let mut world = World::new(plan());
    let (zeynep, murat) = (world.agent("101"), world.agent("102"));
    world.dial(zeynep, "102");
    world.run_ms(200);
    assert!(world.phones[murat.0].is_ringing());
    assert!(!world.phones[zeynep.0].is_talking(), "only the phone answers");
    assert_eq!((world.agent_state("zeynep").1, world.agent_state("murat").1), (State::Talking, State::Ringing));
    world.want("murat", Want::Answer).unwrap();
    world.run_ms(200);
    assert!(world.media.connected(world.phones[zeynep.0].media, world.phones[murat.0].media));
    let record = world.record(0);
    assert_eq!((record.direction, record.from.as_deref()), (Direction::Internal, Some("101")));
    world.hang_up(murat);
    world.run_ms(100);
    assert_eq!(world.reason(0), "agent-hung-up");
    assert_eq!((world.agent_state("zeynep").1, world.agent_state("murat").1), (State::Idle, State::Idle));
    world.run_ms(10_000);
    world.assert_at_rest();
}

#[test]
fn a_colleague_who_talks_is_busy_and_one_without_a_phone_does_not_answer() {
    let mut world = World::new(plan());
    let (zeynep, murat) = (world.agent("101"), world.agent("102"));
    let other = world.phone("104");
    world.register(other);
    world.run_ms(100);
    world.dial(zeynep, "102");
    world.run_ms(200);
    world.dial(other, "102");
    world.run_ms(300);
    assert_eq!((world.phones[other.0].last_status, world.reason(1)), (Some(486), "busy".to_owned()));
    world.dial(other, "103");
    world.run_ms(300);
    assert_eq!((world.phones[other.0].last_status, world.reason(2)), (Some(480), "no-answer".to_owned()));
    assert!(world.phones[murat.0].is_ringing());
}

#[test]
fn nobody_can_call_themselves() {
    let mut world = World::new(plan());
    let zeynep = world.agent("101");
    world.dial(zeynep, "101");
    world.run_ms(200);
    assert_eq!(world.phones[zeynep.0].last_status, Some(486));
    assert_eq!(world.phones[zeynep.0].rang, 0);
}

#[test]
fn a_declined_direct_call_is_busy_and_an_unanswered_one_is_a_miss() {
    let mut world = World::new(plan());
    let (zeynep, murat) = (world.agent("101"), world.agent("102"));
    world.dial(zeynep, "102");
    world.run_ms(200);
    world.want("murat", Want::Decline).unwrap();
    world.run_ms(100);
    assert_eq!((world.phones[zeynep.0].last_status, world.reason(0)), (Some(486), "busy".to_owned()));
    world.dial(zeynep, "102");
    world.run_ms(20_500);
    assert_eq!((world.phones[zeynep.0].last_status, world.reason(1)), (Some(480), "no-answer".to_owned()));
    assert_eq!(world.count(|w| matches!(w, What::CallMissed { .. })), 1);
    assert!(!world.phones[murat.0].is_ringing());
}

#[test]
fn a_caller_from_a_menu_hears_ringing_then_busy_and_then_is_let_go() {
    let mut world = World::new(plan());
    let phone = world.phone("104");
    world.register(phone);
    world.on_ring(phone, OnRing::RefuseAfter(2_000, 486));
    let caller = world.caller("05321112233");
    world.dial(caller, "500");
    world.run_ms(2_000);
    world.presses(caller, "3");
    world.run_ms(100);
    let media = world.phones[caller.0].media;
    assert_eq!(world.media.plays_to(media), ["Ringback"]);
    world.run_ms(2_100);
    assert_eq!(world.media.plays_to(media), ["Busy"]);
    world.run_ms(4_000);
    assert_eq!(world.reason(0), "busy");
    assert!(!world.phones[caller.0].is_alive());
}

#[test]
fn a_number_that_leads_straight_to_an_extension_is_answered_by_the_phone() {
    let mut world = World::new(plan());
    let zeynep = world.agent("101");
    world.on_ring(zeynep, OnRing::AnswerAfter(2_000));
    let caller = world.caller("05321112233");
    world.dial(caller, "503");
    world.run_ms(1_000);
    assert!(!world.phones[caller.0].is_talking());
    world.run_ms(1_500);
    assert!(world.media.connected(world.phones[caller.0].media, world.phones[zeynep.0].media));
    world.hang_up(caller);
    world.run_ms(100);
    assert_eq!(world.agent_state("zeynep").1, State::WrapUp, "a call from outside is finished like one of a queue");
}

#[test]
fn a_phone_without_a_person_is_told_of_by_its_number() {
    let mut world = World::new(plan());
    let phone = world.phone("104");
    world.register(phone);
    let zeynep = world.agent("101");
    world.on_ring(phone, OnRing::AnswerAfter(100));
    world.dial(zeynep, "104");
    world.run_ms(500);
    assert_eq!(world.record(0).agent.map(|a| a.to_string()).as_deref(), Some("ext:104"));
}

#[test]
fn an_agent_who_dials_out_while_a_queue_rings_them_is_let_off_it() {
    let mut world = World::new(plan());
    let zeynep = world.agent("101");
    let murat = world.agent("102");
    let caller = world.caller("05321112233");
    world.dial(caller, "501");
    world.run_ms(200);
    assert!(world.phones[zeynep.0].is_ringing());
    world.dial(zeynep, "103");
    world.run_ms(300);
    assert!(world.phones[murat.0].is_ringing(), "the caller goes to the next");
}

#[test]
fn cancel_at_any_moment_of_a_direct_call_leaves_nothing() {
    for at in 0..60 {
        let mut world = World::seeded(plan(), at);
        let (zeynep, murat) = (world.agent("101"), world.agent("102"));
        world.on_ring(murat, OnRing::AnswerAfter(30));
        world.later(0, Act::Dial(zeynep, "102".to_owned()));
        world.later(at * 2, Act::HangUp(zeynep));
        world.run_ms(60_000);
        world.assert_at_rest();
        assert_eq!(
            world.count(|w| matches!(w, What::CallStarted { .. })),
            world.count(|w| matches!(w, What::CallEnded { .. }))
        );
        assert!(!world.phones[murat.0].is_alive(), "at {at}");
    }
}
