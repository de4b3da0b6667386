//! What crosses what: CANCEL and 200, late answers, two re-INVITEs at once, repetitions out of time. Faults F-19 to F-21.

use std::time::Duration;

use bytes::Bytes;
use sip::user_agent::{DialogId, Event};

use crate::pair::{A, ALL_TIMERS, ANSWER, B, Fate, Network, OFFER, Pair, invited};

fn ringing(pair: &mut Pair) -> (DialogId, DialogId) {
    let ours = pair.call(A);
    pair.run_ms(100);
    let theirs = invited(&pair.told(B)).unwrap();
    pair.on(B, |agent, now| agent.provisional(now, theirs, 180, None));
    pair.run_ms(100);
    pair.told(A);
    (ours, theirs)
}

fn failures(events: &[Event]) -> Vec<u16> {
    let status = |event: &Event| if let Event::Failed { status, .. } = event { Some(*status) } else { None };
    events.iter().filter_map(status).collect()
}

#[test]
fn a_cancel_while_it_rings_ends_both_sides() {
    let mut pair = Pair::new(1, Network::GOOD);
    let (ours, theirs) = ringing(&mut pair);
    pair.on(A, |agent, now| agent.cancel(now, ours));
    pair.run_ms(100);
    assert_eq!(failures(&pair.told(A)), [487]);
    assert!(matches!(pair.told(B)[..], [Event::Cancelled { dialog }] if dialog == theirs));
    pair.run(ALL_TIMERS);
    assert!(pair.is_quiet());
}

#[test]
fn a_cancel_is_not_sent_before_a_provisional_response() {
    let mut pair = Pair::new(2, Network::GOOD);
    let ours = pair.call(A);
    pair.on(A, |agent, now| agent.cancel(now, ours));
    assert_eq!(pair.sent(A, "CANCEL"), 0);
    pair.run_ms(100);
    assert_eq!(pair.sent(A, "CANCEL"), 1, "the 100 allows it");
    assert_eq!(failures(&pair.told(A)), [487]);
    assert!(matches!(pair.told(B)[..], [Event::Invite { .. }, Event::Cancelled { .. }]));
    pair.run(ALL_TIMERS);
    assert!(pair.is_quiet());
}

#[test]
fn a_cancelled_call_to_nobody_fails_once() {
    let mut pair = Pair::new(3, Network::GOOD);
    pair.judge(|_, _, _| Fate::Drop);
    let ours = pair.call(A);
    pair.on(A, |agent, now| agent.cancel(now, ours));
    pair.run(ALL_TIMERS);
    assert_eq!(failures(&pair.told(A)), [487]);
    assert_eq!(pair.sent(A, "CANCEL"), 0);
    assert!(pair.is_quiet());
}

#[test]
fn a_cancel_and_a_200_may_cross_at_any_offset_and_no_call_is_left() {
    let (mut answered_first, mut cancelled_first) = (0, 0);
    for offset in 0..=50 {
        for early in [true, false] {
            let mut pair = Pair::new(1000 + offset, Network { delay: 20, ..Network::GOOD });
            let (ours, theirs) = ringing(&mut pair);
            let cancel = |pair: &mut Pair| pair.on(A, |agent, now| agent.cancel(now, ours));
            let answer =
                |pair: &mut Pair| pair.on(B, |agent, now| agent.answer(now, theirs, Bytes::from_static(ANSWER)));
            if early {
                cancel(&mut pair);
            } else {
                answer(&mut pair);
            }
            pair.run_ms(offset);
            if early {
                answer(&mut pair);
            } else {
                cancel(&mut pair);
            }
            pair.run(Duration::from_secs(5));
            let (a, b) = (pair.told(A), pair.told(B));
            // Whoever was told of an answer has hung up by `cancel`, so nobody may hold the call.
            let answered = a.iter().any(|event| matches!(event, Event::Answered { .. }));
            assert_eq!(failures(&a).len() + usize::from(answered), 1, "offset {offset}, early {early}: {a:?}");
            let ends = b.iter().filter(|e| matches!(e, Event::Cancelled { .. } | Event::Bye { .. })).count();
            assert_eq!(ends, 1, "offset {offset}, early {early}: {b:?}");
            match pair.sent(A, "BYE") {
                0 => cancelled_first += 1,
                _ => answered_first += 1,
            }
            assert_eq!(pair.counts().map(|counts| counts.dialogs), [0, 0], "offset {offset}");
            pair.run(ALL_TIMERS);
            assert!(pair.is_quiet());
        }
    }
    assert!(answered_first > 20 && cancelled_first > 20, "both outcomes occur: {answered_first}, {cancelled_first}");
}

#[test]
fn a_200_31_seconds_late_is_acknowledged_and_taken() {
    let mut pair = Pair::new(5, Network::GOOD);
    let ours = pair.call(A);
    pair.run_ms(100);
    let theirs = invited(&pair.told(B)).unwrap();
    let late = Duration::from_secs(31);
    let mut first = true;
    pair.judge(move |_, from, text| {
        let is_answer = from == B && text.starts_with("SIP/2.0 200");
        if is_answer && std::mem::take(&mut first) {
            return Fate::Delay(late);
        }
        if is_answer && text.contains("INVITE\r\n") { Fate::Drop } else { Fate::Pass }
    });
    pair.on(B, |agent, now| agent.answer(now, theirs, Bytes::from_static(ANSWER)));
    pair.run(Duration::from_millis(31_500));
    assert!(matches!(pair.told(A)[..], [Event::Answered { dialog, .. }] if dialog == ours));
    assert!(matches!(pair.told(B)[..], [Event::Confirmed { .. }]));
}

#[test]
fn a_200_after_the_caller_has_given_up_is_acknowledged_and_ended() {
    // The INVITE arrives, but nothing comes back for so long that timer B fires.
    let mut pair = Pair::new(6, Network::GOOD);
    pair.judge(|at, from, _| if from == B && at < Duration::from_secs(40) { Fate::Drop } else { Fate::Pass });
    pair.call(A);
    pair.run(Duration::from_secs(33));
    assert_eq!(failures(&pair.told(A)), [408]);
    let theirs = invited(&pair.told(B)).unwrap();
    pair.on(B, |agent, now| agent.answer(now, theirs, Bytes::from_static(ANSWER)));
    pair.run(Duration::from_secs(20));
    assert!(matches!(pair.told(B)[..], [Event::Confirmed { .. }, Event::Bye { .. }]));
    assert!(pair.told(A).is_empty());
    pair.run(ALL_TIMERS);
    assert!(pair.is_quiet());
}

#[test]
fn a_cancelled_call_whose_487_never_comes_is_over_after_64_t1_and_a_late_200_is_ended() {
    let mut pair = Pair::new(7, Network::GOOD);
    let (ours, theirs) = ringing(&mut pair);
    pair.judge(|_, from, text| if from == A && text.starts_with("CANCEL") { Fate::Drop } else { Fate::Pass });
    pair.on(A, |agent, now| agent.cancel(now, ours));
    pair.run(Duration::from_secs(33));
    assert_eq!(failures(&pair.told(A)), [487]);
    pair.on(B, |agent, now| agent.answer(now, theirs, Bytes::from_static(ANSWER)));
    pair.run_ms(200);
    assert!(matches!(pair.told(B)[..], [Event::Confirmed { .. }, Event::Bye { .. }]));
    pair.run(ALL_TIMERS);
    assert!(pair.is_quiet());
}

#[test]
fn every_packet_three_times_makes_one_call() {
    let mut pair = Pair::new(8, Network { doubled: 100, ..Network::GOOD });
    let (ours, theirs) = pair.connected();
    for text in pair.texts(A, "INVITE").into_iter().chain(pair.texts(A, "ACK")) {
        pair.deliver(B, A, text.as_bytes());
    }
    pair.on(A, |agent, now| agent.reinvite(now, ours, Bytes::from_static(OFFER)));
    pair.run_ms(50);
    pair.on(B, |agent, now| agent.accept_reinvite(now, theirs, Bytes::from_static(ANSWER)));
    pair.run_ms(50);
    pair.on(A, |agent, now| agent.bye(now, ours));
    pair.run_ms(50);
    let told = pair.told(B);
    assert!(matches!(told[..], [Event::Reinvite { .. }, Event::Bye { .. }]), "{told:?}");
    assert!(matches!(pair.told(A)[..], [Event::ReinviteAnswered { status: 200, .. }]));
    pair.run(ALL_TIMERS);
    assert!(pair.is_quiet());
}

#[test]
fn an_invite_that_comes_again_after_the_ack_makes_no_second_call() {
    let mut pair = Pair::new(9, Network::GOOD);
    pair.connected();
    let invite = pair.texts(A, "INVITE").remove(0);
    let before = pair.sent(B, "SIP/2.0");
    pair.deliver(B, A, invite.as_bytes());
    pair.run_ms(100);
    assert!(pair.told(B).is_empty());
    assert_eq!(pair.sent(B, "SIP/2.0"), before, "absorbed (RFC 6026)");
    assert_eq!(pair.counts()[B].dialogs, 1);
}

#[test]
fn a_cancel_after_the_answer_changes_nothing() {
    let mut pair = Pair::new(10, Network::GOOD);
    let (ours, theirs) = ringing(&mut pair);
    pair.on(A, |agent, now| agent.cancel(now, ours));
    let cancel = pair.texts(A, "CANCEL").remove(0);
    let mut other = Pair::new(10, Network::GOOD);
    let (_, their_name) = ringing(&mut other);
    assert_eq!(theirs, their_name, "the same seed makes the same call");
    other.on(B, |agent, now| agent.answer(now, their_name, Bytes::from_static(ANSWER)));
    other.run_ms(100);
    other.told(B);
    other.deliver(B, A, cancel.as_bytes());
    assert_eq!(other.sent(B, "SIP/2.0 200"), 2, "to the INVITE and to the CANCEL");
    assert!(other.told(B).is_empty());
    assert_eq!(other.counts()[B].dialogs, 1);
}

#[test]
fn two_reinvites_at_once_are_both_done_in_the_end() {
    let mut waits = Vec::new();
    for seed in 0..500 {
        let mut pair = Pair::new(seed, Network { delay: 15, ..Network::GOOD });
        let (ours, theirs) = pair.connected();
        let names = [ours, theirs];
        for side in [A, B] {
            pair.on(side, |agent, now| agent.reinvite(now, names[side], Bytes::from_static(OFFER)));
        }
        let begin = pair.elapsed();
        let mut done = [None, None];
        while done.contains(&None) && pair.elapsed() < begin + Duration::from_secs(20) {
            pair.run_ms(10);
            for side in [A, B] {
                for event in pair.told(side) {
                    match event {
                        Event::Reinvite { .. } => pair.on(side, |agent, now| {
                            agent.accept_reinvite(now, names[side], Bytes::from_static(ANSWER));
                        }),
                        Event::ReinviteAnswered { status: 200, .. } => done[side] = Some(pair.elapsed() - begin),
                        Event::Confirmed { .. } => {}
                        other => panic!("seed {seed}: {other:?}"),
                    }
                }
            }
        }
        assert_eq!(pair.sent(A, "SIP/2.0 491") + pair.sent(B, "SIP/2.0 491"), 2, "seed {seed}: both collided once");
        let [Some(caller), Some(callee)] = done else { panic!("seed {seed}: {done:?}") };
        assert!(callee < Duration::from_millis(2_150), "seed {seed}: 0–2 s for the called side, was {callee:?}");
        let bounds = Duration::from_millis(2_100)..Duration::from_millis(4_150);
        assert!(bounds.contains(&caller), "seed {seed}: 2.1–4 s for the owner of the Call-ID, was {caller:?}");
        assert_eq!(pair.counts().map(|counts| counts.dialogs), [1, 1]);
        waits.push(caller);
    }
    waits.sort();
    assert!(waits[499] - waits[0] > Duration::from_secs(1), "the waits differ");
}

#[test]
fn a_reinvite_that_overtakes_the_ack_is_taken() {
    let mut pair = Pair::new(12, Network::GOOD);
    let ours = pair.call(A);
    pair.run_ms(100);
    let theirs = invited(&pair.told(B)).unwrap();
    pair.judge(|_, _, text| if text.starts_with("ACK") { Fate::Delay(Duration::from_millis(80)) } else { Fate::Pass });
    pair.on(B, |agent, now| agent.answer(now, theirs, Bytes::from_static(ANSWER)));
    pair.run_ms(15);
    pair.on(A, |agent, now| agent.reinvite(now, ours, Bytes::from_static(OFFER)));
    pair.run_ms(30);
    let told = pair.told(B);
    assert!(matches!(told[..], [Event::Confirmed { .. }, Event::Reinvite { .. }]), "{told:?}");
    pair.on(B, |agent, now| agent.accept_reinvite(now, theirs, Bytes::from_static(ANSWER)));
    pair.run(Duration::from_secs(40));
    assert!(pair.told(B).is_empty(), "both ACKs have come");
    assert_eq!(pair.counts().map(|counts| counts.dialogs), [1, 1]);
}

#[test]
fn a_bye_overtaking_the_200_ends_the_call_once() {
    let mut pair = Pair::new(13, Network::GOOD);
    let (ours, theirs) = ringing(&mut pair);
    // The first 200 is lost, and the ACK never comes; in the end the far end's BYE arrives before any 200.
    pair.judge(|_, from, text| {
        if from == B && text.starts_with("SIP/2.0 200") && text.contains("INVITE\r\n") {
            Fate::Drop
        } else {
            Fate::Pass
        }
    });
    pair.on(B, |agent, now| agent.answer(now, theirs, Bytes::from_static(ANSWER)));
    pair.run(Duration::from_secs(40));
    let told = pair.told(A);
    assert!(matches!(told[..], [Event::Failed { dialog, status: 480, .. }] if dialog == ours), "{told:?}");
    pair.run(ALL_TIMERS * 2);
    assert_eq!(pair.counts().map(|counts| counts.dialogs), [0, 0]);
}

#[test]
fn a_bye_while_a_reinvite_is_undecided_leaves_nothing() {
    let mut pair = Pair::new(14, Network::GOOD);
    let (ours, theirs) = pair.connected();
    pair.on(A, |agent, now| agent.reinvite(now, ours, Bytes::from_static(OFFER)));
    pair.run_ms(100);
    assert!(matches!(pair.told(B)[..], [Event::Reinvite { .. }]));
    // Of what the far end says from now on only its BYE arrives: the 487 of the re-INVITE is lost for good.
    pair.judge(|_, from, text| if from == B && !text.starts_with("BYE") { Fate::Drop } else { Fate::Pass });
    pair.on(B, |agent, now| agent.bye(now, theirs));
    pair.run(ALL_TIMERS);
    assert!(matches!(pair.told(A)[..], [Event::Bye { .. }]));
    pair.run(ALL_TIMERS);
    assert!(pair.is_quiet(), "{:?}", pair.counts());
}
