//! Agents' phones that are broken, forward, or do not disturb.

use std::time::Duration;

use pbx::contract::{State, Status};
use pbx::event::{OfferEnd, What};

use crate::plans::{plan, with_queue};
use crate::world::{OnRing, PhoneId, World};

fn one_agent(on_ring: OnRing) -> (World, PhoneId) {
    let mut world = World::new(plan());
    let zeynep = world.agent("101");
    world.on_ring(zeynep, on_ring);
    let caller = world.caller("05321112233");
    world.dial(caller, "501");
    (world, zeynep)
}

fn ends(world: &World) -> Vec<(OfferEnd, Option<u16>)> {
    let end = |what: &What| match what {
        What::CallOfferEnded { reason, said, .. } => Some((*reason, said.as_ref().map(|said| said.status))),
        _ => None,
    };
    world.events.iter().filter_map(|event| end(&event.what)).collect()
}

#[test]
fn a_broken_phone_is_no_missed_call_and_the_shift_goes_on() {
    for status in [500, 503, 302, 301, 404, 410, 488, 501, 606] {
        let (mut world, zeynep) = one_agent(OnRing::Refuse(status));
        world.run(Duration::from_secs(30));
        assert_eq!(world.agent_state("zeynep").0, Status::Available, "{status}");
        assert_eq!(world.count(|what| matches!(what, What::CallMissed { .. })), 0, "{status}");
        assert_eq!(ends(&world)[0], (OfferEnd::Failed, Some(status)));
        assert!(
            (2..=3).contains(&world.phones[zeynep.0].rang),
            "{status}: rang {} times in 30 s",
            world.phones[zeynep.0].rang
        );
        world.on_ring(zeynep, OnRing::AnswerAfter(100));
        world.run(Duration::from_secs(40));
        assert_eq!(world.agent_state("zeynep").1, State::Talking, "{status}: served as soon as the phone is well");
        let agent = world.switch.agents().find(|agent| agent.user().as_str() == "zeynep").unwrap();
        assert!(agent.phone().is_none(), "a talk proves that it is well");
    }
}

#[test]
fn agent_and_supervisor_are_told_what_the_phone_said_and_until_when_it_rests() {
    let (mut world, _) = one_agent(OnRing::Refuse(500));
    world.run_ms(500);
    let told = world.events.iter().rev().find_map(|event| match &event.what {
        What::AgentState { phone: Some(phone), state: State::Idle, .. } => Some((event.at, phone.clone())),
        _ => None,
    });
    let (at, phone) = told.expect("the agent's state says it");
    assert_eq!((phone.said.status, phone.times), (500, 1));
    assert!(phone.said.reason.is_some());
    assert_eq!(phone.until.map(|until| until - at), Some(5_000_000));
    let free = world.events.iter().rev().find_map(|event| match &event.what {
        What::QueueStats { queue, free, available, .. } if queue.as_str() == "destek" => Some((*free, *available)),
        _ => None,
    });
    world.run_ms(1_000);
    assert!(free.is_some());
    let figures = world.events.iter().rev().find_map(|event| match &event.what {
        What::QueueStats { queue, free, available, .. } if queue.as_str() == "destek" => Some((*free, *available)),
        _ => None,
    });
    assert_eq!(figures, Some((0, 1)), "nobody is free while the only phone rests");
}

#[test]
fn another_agents_phone_is_tried_at_once() {
    let mut world = World::new(plan());
    let (zeynep, murat) = (world.agent("101"), world.agent("102"));
    world.on_ring(zeynep, OnRing::Refuse(500));
    world.on_ring(murat, OnRing::AnswerAfter(100));
    let caller = world.caller("05321112233");
    world.dial(caller, "501");
    world.run_ms(1_000);
    assert_eq!(world.agent_state("murat").1, State::Talking);
}

#[test]
fn another_phone_of_the_same_agent_rings_on() {
    let mut world = World::new(plan());
    let (desk, mobile) = (world.agent("101"), world.phone("101"));
    world.register(mobile);
    world.run_ms(100);
    world.on_ring(desk, OnRing::Refuse(503));
    world.on_ring(mobile, OnRing::AnswerAfter(1_000));
    let caller = world.caller("05321112233");
    world.dial(caller, "501");
    world.run_ms(2_000);
    assert!(world.phones[mobile.0].is_talking());
    assert!(ends(&world).iter().all(|(end, _)| *end == OfferEnd::Answered), "{:?}", ends(&world));
}

#[test]
fn a_phone_on_do_not_disturb_is_tried_less_and_less_often() {
    for (status, after) in [(480, None), (486, None), (603, None), (600, None), (486, Some(50))] {
        let (mut world, zeynep) = one_agent(after.map_or(OnRing::Refuse(status), |ms| OnRing::RefuseAfter(ms, status)));
        world.run(Duration::from_secs(4 * 60));
        let rang = world.phones[zeynep.0].rang;
        // After 5, 10, 20, 40 and then every 60 seconds.
        assert!((4..=8).contains(&rang), "{status}: rang {rang} times in four minutes");
        assert_eq!(world.agent_state("zeynep").0, Status::Available);
        assert!(
            ends(&world).iter().all(|end| *end == (OfferEnd::Declined, Some(status))),
            "{status}: {:?}",
            ends(&world)
        );
    }
}

#[test]
fn a_queue_of_phones_that_all_refuse_is_as_good_as_empty() {
    let mut world = World::new(with_queue("destek", |queue| queue.overflow_when_empty = true));
    let zeynep = world.agent("101");
    world.on_ring(zeynep, OnRing::Refuse(486));
    let caller = world.caller("05321112233");
    world.dial(caller, "501");
    world.run(Duration::from_secs(30));
    assert_eq!(world.reason(0), "no-agent", "after the third refusal nobody is there");
    assert_eq!(world.phones[zeynep.0].rang, 3);
    world.run(Duration::from_secs(60));
    world.on_ring(zeynep, OnRing::AnswerAfter(100));
    let next = world.caller("05321112244");
    world.dial(next, "501");
    world.run_ms(1_000);
    assert_eq!(world.agent_state("zeynep").1, State::Talking, "when it has rested it is tried again");
}

#[test]
fn who_says_available_again_is_rung_at_once() {
    let (mut world, zeynep) = one_agent(OnRing::Refuse(486));
    world.run(Duration::from_secs(40));
    world.on_ring(zeynep, OnRing::AnswerAfter(100));
    world.want("zeynep", crate::world::Want::Status(Status::Available)).unwrap();
    world.run_ms(500);
    assert_eq!(world.agent_state("zeynep").1, State::Talking);
}
