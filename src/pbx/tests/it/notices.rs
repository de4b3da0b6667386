//! The recording notice of a queue: who hears it, and that nothing begins before it is over.

use std::time::Duration;

use pbx::event::What;
use pbx::plan::{Plan, QueuePlan};

use crate::plans::{ext, queue, tr_en, with_queue};
use crate::world::{OnRing, PhoneId, Want, World};

/// `destek` gives a notice of two seconds.
fn telling(change: impl FnOnce(&mut QueuePlan)) -> Plan {
    with_queue("destek", |queue| {
        queue.notice = tr_en("queue-notice", 2_000);
        change(queue);
    })
}

fn calls(world: &mut World, number: &str) -> PhoneId {
    let caller = world.caller("05321112233");
    world.dial(caller, number);
    world.run_ms(200);
    caller
}

fn hears(world: &World, caller: PhoneId) -> Vec<String> {
    world.media.plays_to(world.phones[caller.0].media)
}

/// Notices that were given: which, in which language, whether to the end.
fn notices(world: &World) -> Vec<(String, String, bool)> {
    let notice = |what: &What| match what {
        What::CallNotice { notice, language, complete, .. } => Some((notice.clone(), language.clone(), *complete)),
        _ => None,
    };
    world.events.iter().filter_map(|e| notice(&e.what)).collect()
}

fn given(language: &str, complete: bool) -> (String, String, bool) {
    (format!("{language}/queue-notice"), language.to_owned(), complete)
}

#[test]
fn a_number_straight_to_a_recording_queue_gives_the_notice_before_anybody_is_rung() {
    let mut world = World::new(telling(|_| {}));
    let zeynep = world.agent("101");
    world.on_ring(zeynep, OnRing::AnswerAfter(100));
    let caller = calls(&mut world, "501");
    assert_eq!(hears(&world, caller), ["tr/queue-notice"]);
    world.presses(caller, "1#");
    assert_eq!(hears(&world, caller), ["tr/queue-notice"], "a key does not skip it");
    world.run_ms(1_500);
    assert_eq!(world.phones[zeynep.0].rang, 0);
    world.run_ms(1_000);
    assert!(world.phones[zeynep.0].is_talking());
    assert_eq!(
        world.story(0),
        [
            "call.started",
            "match.resolved",
            "call.queued",
            "call.notice",
            "call.offered",
            "call.offer_ended",
            "call.answered",
            "call.recording_started"
        ]
    );
    assert_eq!(notices(&world), [given("tr", true)]);
    assert!(world.record(0).wait_ms >= 2_000, "who hears the notice waits");
}

#[test]
fn whoever_heard_the_notice_of_a_menu_is_not_told_again() {
    let mut world = World::new(telling(|_| {}));
    let caller = world.caller("05321112233");
    world.dial(caller, "500");
    world.run_ms(2_000);
    world.presses(caller, "2");
    assert_eq!(hears(&world, caller), ["music"]);
    let names: Vec<String> = notices(&world).into_iter().map(|(name, _, _)| name).collect();
    assert_eq!(names, ["tr/notice"]);
}

#[test]
fn a_caller_sent_on_to_another_queue_hears_the_notice_once() {
    let mut plan = telling(|rules| {
        rules.max_wait = Duration::from_secs(10);
        rules.overflow = queue("satis");
    });
    plan.queues.values_mut().for_each(|rules| rules.notice = tr_en("queue-notice", 2_000));
    let mut world = World::new(plan);
    let caller = calls(&mut world, "501");
    world.run_ms(10_500);
    assert_eq!(world.record(0).queue.map(|id| id.to_string()).as_deref(), Some("satis"));
    assert_eq!((hears(&world, caller), notices(&world)), (vec!["music".to_owned()], vec![given("tr", true)]));
}

#[test]
fn a_talk_that_began_without_recording_hears_the_notice_when_it_goes_on_to_a_queue_that_records() {
    let mut world = World::new(telling(|_| {}));
    let (zeynep, murat) = (world.agent("101"), world.agent("102"));
    world.on_ring(zeynep, OnRing::AnswerAfter(100));
    let caller = calls(&mut world, "503");
    world.run_ms(500);
    assert!(world.phones[zeynep.0].is_talking());
    assert_eq!(world.want("zeynep", Want::Transfer(queue("destek"))), Ok(()));
    world.run_ms(200);
    assert_eq!(hears(&world, caller), ["tr/queue-notice"]);
    assert!(!world.phones[murat.0].is_ringing());
    world.run_ms(2_000);
    assert!(world.phones[murat.0].is_ringing());
}

#[test]
fn a_caller_who_hangs_up_during_the_notice_is_noted_as_not_having_heard_it() {
    let mut world = World::new(telling(|_| {}));
    world.agent("101");
    let caller = calls(&mut world, "501");
    world.hang_up(caller);
    world.run_ms(3_000);
    assert_eq!(notices(&world), [given("tr", false)]);
    assert_eq!(world.story(0).last(), Some(&"call.ended"));
    world.run(Duration::from_secs(20));
    world.assert_at_rest();
}

#[test]
fn a_wait_that_is_over_before_the_notice_does_not_cut_it_short() {
    let mut world = World::new(telling(|rules| {
        rules.max_wait = Duration::from_secs(1);
        rules.overflow = ext("101");
    }));
    let zeynep = world.phone("101");
    world.register(zeynep);
    let caller = calls(&mut world, "501");
    world.run_ms(1_500);
    assert_eq!((hears(&world, caller), world.phones[zeynep.0].rang), (vec!["tr/queue-notice".to_owned()], 0));
    world.run_ms(500);
    assert!(world.phones[zeynep.0].is_ringing());
    assert_eq!(notices(&world), [given("tr", true)]);
}

#[test]
fn the_place_is_said_after_the_notice() {
    let mut world = World::new(telling(|rules| rules.announce = Some(Duration::from_secs(30))));
    let caller = calls(&mut world, "501");
    assert_eq!(hears(&world, caller), ["tr/queue-notice"]);
    world.run_ms(2_000);
    assert_eq!(hears(&world, caller), ["position", "n1"]);
    world.run_ms(600);
    assert_eq!(hears(&world, caller), ["music"]);
}

#[test]
fn the_notice_is_in_the_callers_language_or_in_one_there_is() {
    for (wanted, spoken) in [("en", "en"), ("de", "tr")] {
        let mut world = World::new(telling(|_| {}));
        world.caller_card = Some(crm::card::Caller {
            matched: crm::card::Match::None { previous_calls: 0 },
            display_number: None,
            number: None,
            language: Some(wanted.to_owned()),
            segment: None,
            card: None,
        });
        calls(&mut world, "501");
        world.run_ms(2_000);
        assert_eq!(notices(&world), [given(spoken, true)], "{wanted}");
    }
}
