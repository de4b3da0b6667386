//! A wall clock that is set in the middle of a call.

use std::time::Duration;

use crate::plans::plan;
use crate::world::{OnRing, World};

/// A caller waits 8 s, talks 20 s (5 s of it on hold) and is recorded, while the clock is set by so much at every stage.
fn day(jump: i64) -> (World, pbx::record::CallRecord) {
    let mut world = World::new(plan());
    let zeynep = world.agent("101");
    world.on_ring(zeynep, OnRing::AnswerAfter(8_000));
    let caller = world.caller("05321112233");
    world.dial(caller, "501");
    for (millis, sign) in [(4_000, 1), (5_200, -1), (5_000, 1), (5_000, -1), (8_000, 1), (1_000, 0)] {
        world.run_ms(millis);
        world.set_wall_by(jump * sign);
    }
    world.hang_up(caller);
    world.run(Duration::from_secs(60));
    let record = world.record(0);
    (world, record)
}

#[test]
fn a_clock_that_is_set_by_an_hour_changes_no_duration_and_no_order() {
    let (_, wanted) = day(0);
    for jump in [3_600, -3_600, 86_400 * 365, -86_400 * 365] {
        let (world, record) = day(jump);
        assert!(
            (record.ended_at.unwrap() - record.started_at) / 1_000_000
                == (wanted.ended_at.unwrap() - wanted.started_at) / 1_000_000
        );
        assert_eq!((record.wait_ms, record.talk_ms), (wanted.wait_ms, wanted.talk_ms), "by {jump} s");
        let recording = |record: &pbx::record::CallRecord| {
            record.recording.as_ref().map(|r| (r.millis, r.started_at - record.started_at))
        };
        assert_eq!(recording(&record), recording(&wanted), "by {jump} s");
        let call = world.call(0);
        let times: Vec<i64> = world.events.iter().filter(|e| e.what.call() == Some(&call)).map(|e| e.at).collect();
        assert!(times.windows(2).all(|pair| pair[0] <= pair[1]), "by {jump} s: {times:?}");
        let ids: Vec<_> = world.events.iter().map(|event| &event.id).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "ids rise");
    }
}
