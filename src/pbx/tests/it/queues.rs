//! Callers in queues and the agents they are offered to.

use std::time::Duration;

use pbx::contract::{Command, Refusal, State, Status, Target};
use pbx::event::{OfferEnd, What};
use pbx::id::QueueId;
use pbx::plan::Strategy;

use crate::plans::{member, plan, queue, queue_plan, with_queue};
use crate::world::{OnRing, PhoneId, Want, World};

fn calls(world: &mut World, number: &str) -> PhoneId {
    let caller = world.caller("05321112233");
    world.dial(caller, number);
    world.run_ms(200);
    caller
}

fn rings(world: &World, phone: PhoneId) -> bool {
    world.phones[phone.0].is_ringing()
}

fn offer_ends(world: &World) -> Vec<(String, OfferEnd)> {
    let end = |what: &What| match what {
        What::CallOfferEnded { agent, reason, .. } => Some((agent.to_string(), *reason)),
        _ => None,
    };
    world.events.iter().filter_map(|e| end(&e.what)).collect()
}

#[test]
fn the_desk_is_told_at_the_very_moment_the_phone_is_called() {
    let mut world = World::new(plan());
    world.agent("101");
    calls(&mut world, "501");
    let invite = world.log.iter().position(|l| l.contains("← INVITE")).unwrap();
    let offered = world.log.iter().position(|l| l.contains("CallOffered")).unwrap();
    let moment = |line: &str| line.split_whitespace().next().unwrap().to_owned();
    assert_eq!(moment(&world.log[invite]), moment(&world.log[offered]));
}

#[test]
fn ring_all_rings_everybody_and_the_first_to_lift_has_the_call() {
    let mut world = World::new(plan());
    let (zeynep, murat, elif) = (world.agent("101"), world.agent("102"), world.agent("103"));
    calls(&mut world, "502");
    assert!(rings(&world, zeynep) && rings(&world, murat) && rings(&world, elif));
    world.want("murat", Want::Answer).unwrap();
    world.run_ms(100);
    assert!(!rings(&world, zeynep) && !rings(&world, elif));
    let mut ends = offer_ends(&world);
    ends.sort_by_key(|(agent, _)| agent.clone());
    let elsewhere = OfferEnd::AnsweredElsewhere;
    let expected = [("elif", elsewhere), ("murat", OfferEnd::Answered), ("zeynep", elsewhere)];
    assert_eq!(ends, expected.map(|(agent, end)| (agent.to_owned(), end)));
    assert_eq!(world.agent_state("zeynep").1, State::Idle);
    assert_eq!(world.switch.agents().map(pbx::agent::Agent::misses).sum::<u32>(), 0, "elsewhere is no miss");
}

#[test]
fn two_phones_lifted_at_once_make_one_talk_and_no_ghost() {
    let mut world = World::new(plan());
    let (zeynep, murat) = (world.agent("101"), world.agent("102"));
    let caller = calls(&mut world, "502");
    world.want("murat", Want::Answer).unwrap();
    world.want("zeynep", Want::Answer).unwrap();
    world.run_ms(500);
    let talking = [zeynep, murat].iter().filter(|p| world.phones[p.0].is_talking()).count();
    assert_eq!(talking, 1, "{}", world.log.join("\n"));
    assert_eq!(world.count(|w| matches!(w, What::CallAnswered { .. })), 1);
    world.hang_up(caller);
    world.run(Duration::from_secs(60));
    world.assert_at_rest();
}

#[test]
fn longest_idle_rings_the_one_who_has_rested_most() {
    let mut world = World::new(plan());
    let zeynep = world.agent("101");
    world.run_ms(1_000);
    let murat = world.agent("102");
    let first = calls(&mut world, "501");
    assert!(rings(&world, zeynep) && !rings(&world, murat));
    world.hang_up(first);
    world.run_ms(100);
    calls(&mut world, "501");
    assert!(rings(&world, murat) && !rings(&world, zeynep), "a ring ends the rest");
}

#[test]
fn round_robin_takes_turns() {
    let members = ["101", "102", "103"];
    let mut plan = plan();
    plan.queues.insert(QueueId::new("destek"), queue_plan(Strategy::RoundRobin, &members));
    let mut world = World::new(plan);
    let phones = members.map(|number| world.agent(number));
    let mut order = Vec::new();
    for _ in 0..6 {
        let caller = calls(&mut world, "501");
        order.push(phones.iter().position(|p| rings(&world, *p)).unwrap());
        world.hang_up(caller);
        world.run_ms(100);
    }
    assert_eq!(order, [0, 1, 2, 0, 1, 2]);
}

#[test]
fn a_miss_goes_to_the_next_agent_and_the_second_miss_in_a_row_makes_unreachable() {
    let mut world = World::new(plan());
    let zeynep = world.agent("101");
    calls(&mut world, "501");
    world.run(Duration::from_secs(15));
    assert_eq!(offer_ends(&world), [("zeynep".to_owned(), OfferEnd::Timeout)]);
    assert_eq!(world.count(|w| matches!(w, What::CallMissed { .. })), 1);
    let murat = world.agent("102");
    assert!(rings(&world, zeynep), "nobody else was there");
    world.run(Duration::from_secs(16));
    assert_eq!(world.agent_state("zeynep"), (Status::Unreachable, State::Idle));
    assert!(rings(&world, murat) && !rings(&world, zeynep));
    world.command("zeynep", Command::SetStatus(Status::Available)).unwrap();
    assert_eq!(world.agent_state("zeynep").0, Status::Available);
}

#[test]
fn an_answer_between_two_misses_keeps_the_agent() {
    let mut world = World::new(with_queue("destek", |queue| queue.wrap_up = Duration::ZERO));
    let zeynep = world.agent("101");
    let first = calls(&mut world, "501");
    world.run(Duration::from_secs(16));
    world.want("zeynep", Want::Answer).unwrap();
    world.run_ms(200);
    world.hang_up(first);
    world.run_ms(200);
    calls(&mut world, "501");
    world.run(Duration::from_secs(15));
    assert_eq!(world.agent_state("zeynep").0, Status::Available);
    assert_eq!(world.phones[zeynep.0].rang, 4);
}

#[test]
fn a_busy_phone_and_a_decline_on_the_page_are_no_misses_and_pause_this_caller_only() {
    let mut world = World::new(plan());
    let zeynep = world.agent("101");
    world.on_ring(zeynep, OnRing::Refuse(486));
    calls(&mut world, "501");
    assert_eq!(offer_ends(&world), [("zeynep".to_owned(), OfferEnd::Declined)]);
    assert_eq!(world.phones[zeynep.0].rang, 1);
    world.on_ring(zeynep, OnRing::Ring);
    world.run(pbx::queue::PAUSE_AFTER_DECLINE);
    assert!(rings(&world, zeynep), "after a while the same caller comes again");
    assert_eq!(world.want("zeynep", Want::Decline), Ok(()));
    world.run_ms(50);
    assert!(!rings(&world, zeynep));
    assert_eq!(world.agent_state("zeynep"), (Status::Available, State::Idle));
    assert_eq!(world.count(|w| matches!(w, What::CallMissed { .. })), 0);
}

#[test]
fn a_break_while_ringing_takes_the_offer_back_and_the_caller_goes_to_the_next() {
    let mut world = World::new(plan());
    let zeynep = world.agent("101");
    world.run_ms(500);
    let murat = world.agent("102");
    calls(&mut world, "501");
    world.want("zeynep", Want::Status(Status::Break("yemek".to_owned()))).unwrap();
    world.run_ms(100);
    assert!(!rings(&world, zeynep) && rings(&world, murat));
    assert_eq!(offer_ends(&world), [("zeynep".to_owned(), OfferEnd::Withdrawn)]);
}

#[test]
fn higher_tiers_join_later() {
    let mut world = World::new(with_queue("satis", |queue| {
        queue.members = vec![member("101", 1, 0), member("102", 2, 10)];
    }));
    let (zeynep, murat) = (world.agent("101"), world.agent("102"));
    calls(&mut world, "502");
    assert!(rings(&world, zeynep) && !rings(&world, murat));
    world.run_ms(9_000);
    assert!(!rings(&world, murat));
    world.run_ms(1_100);
    assert!(rings(&world, zeynep) && rings(&world, murat));
}

#[test]
fn priority_goes_before_waiting_time() {
    let mut plan = plan();
    let vip = pbx::plan::Condition::CallerBegins("0555".to_owned());
    let rule = pbx::plan::Rule { when: vec![vip], goto: queue("destek"), priority: 10 };
    plan.numbers.get_mut("501").unwrap().rules.insert(0, rule);
    let mut world = World::new(plan);
    calls(&mut world, "501");
    let vip = world.caller("05551112233");
    world.dial(vip, "501");
    world.run_ms(200);
    let place = world.events.iter().rev().find_map(|e| match &e.what {
        What::CallQueued { position, .. } => Some(*position),
        _ => None,
    });
    assert_eq!(place, Some(1));
    let zeynep = world.agent("101");
    world.want("zeynep", Want::Answer).unwrap();
    world.run_ms(100);
    assert!(world.media.connected(world.phones[vip.0].media, world.phones[zeynep.0].media));
}

#[test]
fn the_place_is_said_at_once_and_then_at_each_interval_with_music_between() {
    let mut world = World::new(with_queue("destek", |queue| queue.announce = Some(Duration::from_secs(30))));
    let first = calls(&mut world, "501");
    let second = calls(&mut world, "501");
    let media = world.phones[second.0].media;
    assert_eq!(world.media.plays_to(media), ["position", "n2"]);
    world.run_ms(600);
    assert_eq!(world.media.plays_to(media), ["music"]);
    world.hang_up(first);
    world.run(Duration::from_millis(29_300));
    assert_eq!(world.media.plays_to(media), ["position", "n1"]);
}

#[test]
fn whoever_waits_too_long_finds_the_queue_full_or_nobody_there_goes_where_the_queue_says() {
    let mut world = World::new(with_queue("destek", |queue| {
        queue.max_wait = Duration::from_secs(60);
        queue.max_len = 1;
    }));
    calls(&mut world, "501");
    let second = calls(&mut world, "501");
    assert_eq!(world.reason(1), "queue-full");
    assert!(!world.phones[second.0].is_alive());
    world.run(Duration::from_secs(60));
    assert_eq!(world.reason(0), "max-wait");

    let mut world = World::new(with_queue("destek", |queue| {
        queue.overflow_when_empty = true;
        queue.overflow = queue_target();
    }));
    calls(&mut world, "501");
    assert_eq!(world.record(0).queue.map(|q| q.to_string()).as_deref(), Some("satis"));
}

fn queue_target() -> Target {
    queue("satis")
}

#[test]
fn a_caller_whom_the_queue_sends_to_a_colleague_has_waited_since_entering_the_queue() {
    let mut world = World::new(with_queue("destek", |queue| {
        queue.max_wait = Duration::from_secs(60);
        queue.overflow = crate::plans::ext("101");
    }));
    let zeynep = world.phone("101");
    world.register(zeynep);
    world.on_ring(zeynep, OnRing::AnswerAfter(5_000));
    calls(&mut world, "501");
    world.run(Duration::from_secs(70));
    assert!(world.phones[zeynep.0].is_talking(), "{}", world.log.join("\n"));
    let record = world.record(0);
    assert!((65_000..66_000).contains(&record.wait_ms), "{}", record.wait_ms);
    let shown = world.events.iter().find_map(|e| match &e.what {
        What::CallOffered { waited_ms, .. } => Some(*waited_ms),
        _ => None,
    });
    assert!(shown.is_some_and(|waited| waited >= 60_000), "{shown:?}");
}

#[test]
fn the_last_agents_leaving_sends_waiting_callers_away_where_the_queue_wants_it() {
    let mut world = World::new(with_queue("destek", |queue| queue.overflow_when_empty = true));
    let zeynep = world.agent("101");
    world.on_ring(zeynep, OnRing::Refuse(486));
    calls(&mut world, "501");
    assert_eq!(world.switch.waiting(&QueueId::new("destek")), 1);
    world.want("zeynep", Want::Status(Status::Off)).unwrap();
    world.run_ms(100);
    assert_eq!(world.reason(0), "no-agent");
}

#[test]
fn a_caller_who_hangs_up_while_it_rings_frees_the_agent_at_once() {
    let mut world = World::new(plan());
    let zeynep = world.agent("101");
    let caller = calls(&mut world, "501");
    world.hang_up(caller);
    world.run_ms(100);
    assert!(!rings(&world, zeynep));
    assert_eq!(offer_ends(&world), [("zeynep".to_owned(), OfferEnd::CallerGone)]);
    assert_eq!(world.agent_state("zeynep").1, State::Idle);
    assert_eq!(world.ending(0).class, pbx::event::EndClass::Abandoned);
}

#[test]
fn a_cancel_that_crosses_the_answer_leaves_no_ghost_whatever_the_timing() {
    for offset in 0..50 {
        let mut world = World::seeded(plan(), offset);
        let zeynep = world.agent("101");
        world.on_ring(zeynep, OnRing::AnswerAfter(1_000));
        let caller = world.caller("05321112233");
        world.dial(caller, "501");
        world.later(1_010 + offset, crate::world::Act::HangUp(caller));
        world.run_ms(2_500);
        assert!(!world.phones[zeynep.0].is_alive(), "offset {offset}");
        assert!(!matches!(world.agent_state("zeynep").1, State::Ringing | State::Talking), "offset {offset}");
        world.run(Duration::from_secs(60));
        world.assert_at_rest();
        assert_eq!(world.count(|w| matches!(w, What::CallEnded { .. })), 1);
    }
}

#[test]
fn available_needs_a_phone_and_a_person_without_extension_has_none() {
    let mut world = World::new(plan());
    let available = Command::SetStatus(Status::Available);
    assert_eq!(world.command("zeynep", available.clone()), Err(Refusal::NoPhone));
    assert_eq!(world.command("boss", available), Err(Refusal::NoExtension));
    world.agent("101");
    assert_eq!(world.command("zeynep", Command::SetStatus(Status::Unreachable)), Err(Refusal::WrongState));
}

#[test]
fn an_agent_whose_phone_went_away_is_not_offered_calls() {
    let mut world = World::new(plan());
    let zeynep = world.agent("101");
    world.unregister(zeynep);
    world.run_ms(100);
    calls(&mut world, "501");
    assert_eq!(world.count(|w| matches!(w, What::CallOffered { .. })), 0);
    world.register(zeynep);
    world.run_ms(200);
    assert!(rings(&world, zeynep));
}

#[test]
fn queue_figures_come_at_most_once_a_second_and_only_when_they_change() {
    let mut world = World::new(plan());
    let callers: Vec<_> = (0..4).map(|_| calls(&mut world, "501")).collect();
    world.run_ms(2_000);
    for caller in callers {
        world.hang_up(caller);
    }
    world.run_ms(5_000);
    let mut told: Vec<(i64, u32)> = Vec::new();
    for event in &world.events {
        if let What::QueueStats { queue, waiting, .. } = &event.what
            && queue.as_str() == "destek"
        {
            told.push((event.at, *waiting));
        }
    }
    assert!(told.windows(2).all(|w| w[1].0 - w[0].0 >= 1_000_000), "{told:?}");
    assert!(told.windows(2).all(|w| w[1].1 != w[0].1), "{told:?}");
    assert_eq!(told.iter().map(|t| t.1).max(), Some(4));
    assert_eq!(told.last().map(|t| t.1), Some(0));
}

#[test]
fn every_phone_of_an_extension_rings_and_the_others_stop_when_one_is_lifted() {
    let mut world = World::new(plan());
    let desk = world.agent("101");
    let mobile = world.phone("101");
    world.register(mobile);
    world.run_ms(100);
    calls(&mut world, "501");
    assert!(rings(&world, desk) && rings(&world, mobile));
    let now = world.now().instant;
    world.phones[mobile.0].lift(now);
    world.run_ms(1_000);
    // The lifted phone's answer leaves with its next timer at the latest.
    assert!(!rings(&world, desk));
    assert_eq!(world.count(|w| matches!(w, What::CallOffered { .. })), 1);
    assert_eq!(world.count(|w| matches!(w, What::CallAnswered { .. })), 1);
}
