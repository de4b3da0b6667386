//! Calls from beginning to end.

use std::time::Duration;

use bytes::Bytes;
use sip::Method;
use sip::user_agent::{Event, LostWhy, Outgoing, Timeout};

use crate::pair::{A, ALL_TIMERS, ANSWER, B, Fate, Network, OFFER, Pair, header, invited};

fn reinvited(events: &[Event]) -> bool {
    events.iter().any(|event| matches!(event, Event::Reinvite { .. }))
}

#[test]
fn a_call_rings_is_answered_and_ended_by_the_caller() {
    let mut pair = Pair::new(1, Network::GOOD);
    let ours = pair.call(A);
    pair.run_ms(50);
    let told = pair.told(B);
    let Some(Event::Invite { dialog: theirs, request, source }) = told.first() else { panic!("{told:?}") };
    assert_eq!(request.sdp().as_deref(), Some(OFFER));
    assert_eq!(request.headers.from().unwrap().display_text().unwrap(), "Zeynep Şahin");
    assert_eq!(source.remote, crate::pair::address(A));
    let theirs = *theirs;
    assert_eq!(pair.sent(B, "SIP/2.0 100 "), 1, "100 Trying goes out by itself");

    pair.on(B, |agent, now| agent.provisional(now, theirs, 180, None));
    pair.run_ms(50);
    let told = pair.told(A);
    assert!(matches!(told[..], [Event::Progress { status: 180, sdp: None, .. }]), "{told:?}");

    pair.on(B, |agent, now| agent.answer(now, theirs, Bytes::from_static(ANSWER)));
    pair.run_ms(50);
    let told = pair.told(A);
    let [Event::Answered { dialog, response }] = &told[..] else { panic!("{told:?}") };
    assert_eq!((*dialog, response.sdp().as_deref()), (ours, Some(ANSWER)));
    let told = pair.told(B);
    assert!(matches!(told[..], [Event::Confirmed { sdp: None, .. }]), "{told:?}");

    pair.on(A, |agent, now| agent.bye(now, ours));
    pair.run_ms(50);
    let told = pair.told(B);
    assert!(matches!(told[..], [Event::Bye { dialog }] if dialog == theirs), "{told:?}");
    pair.run(ALL_TIMERS);
    assert!(pair.is_quiet() && pair.told(A).is_empty() && pair.told(B).is_empty());
    assert_eq!((pair.sent(A, "INVITE"), pair.sent(B, "SIP/2.0 200"), pair.sent(A, "BYE")), (1, 2, 1));
}

#[test]
fn the_called_side_hangs_up_as_well() {
    let mut pair = Pair::new(2, Network::GOOD);
    let (ours, theirs) = pair.connected();
    pair.on(B, |agent, now| agent.bye_with(now, theirs, &[("Reason", "Q.850;cause=16".into())]));
    pair.run_ms(50);
    let told = pair.told(A);
    assert!(matches!(told[..], [Event::Bye { dialog }] if dialog == ours), "{told:?}");
    assert_eq!(header(&pair.texts(B, "BYE")[0], "Reason"), Some("Q.850;cause=16"));
    pair.run(ALL_TIMERS);
    assert!(pair.is_quiet());
}

#[test]
fn a_busy_line_fails_the_call_with_its_status_and_words() {
    let mut pair = Pair::new(3, Network::GOOD);
    let ours = pair.call(A);
    pair.run_ms(50);
    let theirs = invited(&pair.told(B)).unwrap();
    pair.on(B, |agent, now| agent.reject(now, theirs, 486, &[("Retry-After", "30".into())]));
    pair.run_ms(50);
    let told = pair.told(A);
    assert!(
        matches!(&told[..], [Event::Failed { dialog, status: 486, reason, said: true }] if *dialog == ours && reason == "Busy Here"),
        "{told:?}"
    );
    assert_eq!(header(&pair.texts(B, "SIP/2.0 486")[0], "Retry-After"), Some("30"));
    assert_eq!(pair.sent(A, "ACK"), 1);
    pair.run(ALL_TIMERS);
    assert!(pair.is_quiet());
}

#[test]
fn both_sides_hang_up_at_once_and_nothing_stays() {
    let mut pair = Pair::new(4, Network::GOOD);
    let (ours, theirs) = pair.connected();
    pair.on(A, |agent, now| agent.bye(now, ours));
    pair.on(B, |agent, now| agent.bye(now, theirs));
    pair.run(ALL_TIMERS);
    assert!(pair.is_quiet() && pair.told(A).is_empty() && pair.told(B).is_empty());
    assert_eq!(pair.sent(A, "SIP/2.0 481") + pair.sent(B, "SIP/2.0 481"), 0, "both BYEs belong to the dialog");
}

#[test]
fn a_call_to_nobody_fails_with_408_after_64_t1() {
    let mut pair = Pair::new(5, Network::GOOD);
    pair.judge(|_, _, _| Fate::Drop);
    pair.call(A);
    pair.run(Duration::from_millis(31_900));
    assert!(pair.told(A).is_empty());
    pair.run(Duration::from_millis(200));
    let told = pair.told(A);
    assert!(matches!(told[..], [Event::Failed { status: 408, said: false, .. }]), "{told:?}");
    assert_eq!(pair.sent(A, "INVITE"), 7, "timer A: 0, 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s");
    pair.run(ALL_TIMERS);
    assert!(pair.is_quiet());
}

#[test]
fn a_call_to_a_closed_port_fails_with_503_at_once() {
    let mut pair = Pair::new(6, Network::GOOD);
    pair.judge(|_, _, _| Fate::Drop);
    pair.call(A);
    let destination = pair.destination(B);
    pair.on(A, |agent, now| agent.unreachable(now, destination));
    let told = pair.told(A);
    assert!(matches!(told[..], [Event::Failed { status: 503, said: false, .. }]), "{told:?}");
    assert!(pair.is_quiet());
}

#[test]
fn a_closed_port_says_nothing_of_a_call_that_was_heard() {
    let mut pair = Pair::new(6, Network::GOOD);
    pair.call(A);
    pair.run_ms(50);
    let destination = pair.destination(B);
    pair.on(A, |agent, now| agent.unreachable(now, destination));
    assert!(pair.told(A).is_empty());
    assert_eq!(pair.counts()[A].dialogs, 1);
}

#[test]
fn a_call_that_rings_for_ever_is_given_up_after_timer_c() {
    let mut pair = Pair::new(7, Network::GOOD);
    pair.call(A);
    pair.run_ms(50);
    let theirs = invited(&pair.told(B)).unwrap();
    pair.on(B, |agent, now| agent.provisional(now, theirs, 180, None));
    // From here the far end is dead: not even the minute's repetition of its 180 comes.
    pair.judge(|_, from, _| if from == B { Fate::Drop } else { Fate::Pass });
    pair.run(Duration::from_secs(260));
    let told = pair.told(A);
    assert!(matches!(told.last(), Some(Event::Failed { .. })), "{told:?}");
    assert!(pair.sent(A, "CANCEL") > 0);
    assert!(matches!(pair.told(B)[..], [Event::Cancelled { .. }]));
}

#[test]
fn a_provisional_response_is_repeated_each_minute() {
    let mut pair = Pair::new(8, Network::GOOD);
    pair.call(A);
    pair.run_ms(50);
    let theirs = invited(&pair.told(B)).unwrap();
    pair.on(B, |agent, now| agent.provisional(now, theirs, 182, None));
    pair.run(Duration::from_secs(310));
    assert_eq!(pair.sent(B, "SIP/2.0 182"), 6);
    assert!(pair.told(A).iter().all(|event| matches!(event, Event::Progress { status: 182, .. })));
}

#[test]
fn a_lost_ack_is_sent_again_for_each_repetition_of_the_200() {
    let mut pair = Pair::new(9, Network::GOOD);
    pair.call(A);
    pair.run_ms(50);
    let theirs = invited(&pair.told(B)).unwrap();
    let mut lost = 0;
    pair.judge(move |_, _, text| {
        lost += usize::from(text.starts_with("ACK"));
        if text.starts_with("ACK") && lost <= 3 { Fate::Drop } else { Fate::Pass }
    });
    pair.on(B, |agent, now| agent.answer(now, theirs, Bytes::from_static(ANSWER)));
    pair.run(Duration::from_secs(20));
    assert_eq!((pair.sent(B, "SIP/2.0 200"), pair.sent(A, "ACK")), (4, 4));
    assert!(matches!(pair.told(B)[..], [Event::Confirmed { .. }]));
    assert_eq!(pair.told(A).len(), 1, "the caller hears of one answer");
}

#[test]
fn a_200_that_is_never_acknowledged_ends_in_bye_and_lost() {
    let mut pair = Pair::new(10, Network::GOOD);
    pair.call(A);
    pair.run_ms(50);
    let theirs = invited(&pair.told(B)).unwrap();
    pair.judge(|_, _, text| if text.starts_with("ACK") { Fate::Drop } else { Fate::Pass });
    pair.on(B, |agent, now| agent.answer(now, theirs, Bytes::from_static(ANSWER)));
    pair.run(Duration::from_secs(31));
    assert!(pair.told(B).is_empty());
    pair.run(Duration::from_secs(2));
    let told = pair.told(B);
    assert!(matches!(told[..], [Event::Lost { dialog, why: LostWhy::NoAck }] if dialog == theirs), "{told:?}");
    assert_eq!(pair.sent(B, "BYE"), 1);
    assert!(matches!(pair.told(A)[..], [Event::Answered { .. }, Event::Bye { .. }]));
    pair.run(ALL_TIMERS);
    assert!(pair.is_quiet());
}

#[test]
fn a_bye_right_after_the_200_waits_for_the_ack() {
    let mut pair = Pair::new(11, Network::GOOD);
    pair.call(A);
    pair.run_ms(50);
    let theirs = invited(&pair.told(B)).unwrap();
    pair.on(B, |agent, now| {
        agent.answer(now, theirs, Bytes::from_static(ANSWER));
        agent.bye(now, theirs);
    });
    assert_eq!(pair.sent(B, "BYE"), 0);
    pair.run_ms(100);
    assert_eq!(pair.sent(B, "BYE"), 1);
    assert!(matches!(pair.told(A)[..], [Event::Answered { .. }, Event::Bye { .. }]));
    assert!(pair.told(B).is_empty());
    pair.run(ALL_TIMERS);
    assert!(pair.is_quiet());
}

#[test]
fn a_lost_bye_leaves_nothing_on_the_side_that_sent_it() {
    let mut pair = Pair::new(12, Network::GOOD);
    let (ours, theirs) = pair.connected();
    pair.judge(|_, _, text| if text.starts_with("BYE") { Fate::Drop } else { Fate::Pass });
    pair.on(A, |agent, now| agent.bye(now, ours));
    pair.run(ALL_TIMERS);
    assert_eq!(pair.sent(A, "BYE"), 11, "timer E up to timer F");
    assert_eq!(pair.counts()[A].dialogs + pair.counts()[A].transactions, 0);
    assert_eq!(pair.counts()[B].dialogs, 1, "the far end cannot know");
    pair.fair();
    pair.on(B, |agent, now| agent.bye(now, theirs));
    pair.run(ALL_TIMERS);
    assert!(pair.is_quiet());
    assert_eq!(pair.sent(A, "SIP/2.0 481"), 1);
}

#[test]
fn an_invite_without_offer_is_answered_with_one_and_the_ack_brings_the_answer() {
    let mut pair = Pair::new(13, Network::GOOD);
    let outgoing = Outgoing { sdp: None, ..pair.outgoing(A) };
    let ours = pair.invite(A, outgoing);
    pair.run_ms(50);
    let theirs = invited(&pair.told(B)).unwrap();
    pair.on(B, |agent, now| agent.answer(now, theirs, Bytes::from_static(OFFER)));
    pair.run_ms(600);
    assert_eq!(pair.sent(A, "ACK"), 0, "the answer is the owner's to give");
    pair.on(A, |agent, now| agent.acknowledge(now, ours, Bytes::from_static(ANSWER)));
    pair.run_ms(50);
    let told = pair.told(B);
    assert!(matches!(&told[..], [Event::Confirmed { sdp: Some(sdp), .. }] if sdp == ANSWER), "{told:?}");
}

#[test]
fn a_session_is_changed_by_either_side() {
    let mut pair = Pair::new(14, Network::GOOD);
    let (ours, theirs) = pair.connected();
    for (asker, asked, name, other) in [(A, B, ours, theirs), (B, A, theirs, ours)] {
        pair.on(asker, |agent, now| agent.reinvite(now, name, Bytes::from_static(OFFER)));
        pair.run_ms(50);
        let told = pair.told(asked);
        assert!(reinvited(&told), "{told:?}");
        pair.on(asked, |agent, now| agent.accept_reinvite(now, other, Bytes::from_static(ANSWER)));
        pair.run_ms(50);
        let told = pair.told(asker);
        assert!(
            matches!(&told[..], [Event::ReinviteAnswered { status: 200, sdp: Some(sdp), .. }] if sdp == ANSWER),
            "{told:?}"
        );
    }
    pair.on(A, |agent, now| agent.bye(now, ours));
    pair.run(ALL_TIMERS);
    assert!(pair.is_quiet());
}

#[test]
fn a_refused_change_leaves_the_call_as_it_was() {
    let mut pair = Pair::new(15, Network::GOOD);
    let (ours, theirs) = pair.connected();
    pair.on(A, |agent, now| agent.reinvite(now, ours, Bytes::from_static(OFFER)));
    pair.run_ms(50);
    pair.on(B, |agent, now| agent.refuse_reinvite(now, theirs, 488, &[]));
    pair.run_ms(50);
    assert!(matches!(pair.told(A)[..], [Event::ReinviteAnswered { status: 488, sdp: None, .. }]));
    assert_eq!(pair.counts().map(|counts| counts.dialogs), [1, 1]);
}

#[test]
fn wishes_that_follow_each_other_quickly_are_all_done_in_order() {
    let mut pair = Pair::new(16, Network::GOOD);
    let (ours, theirs) = pair.connected();
    // Hold and resume before the far end has answered the hold.
    pair.on(A, |agent, now| agent.reinvite(now, ours, Bytes::from_static(b"v=0\r\ns=hold\r\n")));
    pair.on(A, |agent, now| agent.reinvite(now, ours, Bytes::from_static(b"v=0\r\ns=resume\r\n")));
    let mut bodies = Vec::new();
    for _ in 0..2 {
        pair.run_ms(50);
        for event in pair.told(B) {
            if let Event::Reinvite { request, .. } = event {
                bodies.push(String::from_utf8_lossy(&request.body).into_owned());
                pair.on(B, |agent, now| agent.accept_reinvite(now, theirs, Bytes::from_static(ANSWER)));
            }
        }
    }
    pair.run_ms(50);
    assert_eq!(bodies, ["v=0\r\ns=hold\r\n", "v=0\r\ns=resume\r\n"]);
    assert_eq!(pair.told(A).len(), 2);
}

#[test]
fn a_reinvite_whose_200_is_never_acknowledged_ends_the_call() {
    let mut pair = Pair::new(17, Network::GOOD);
    let (ours, theirs) = pair.connected();
    pair.on(A, |agent, now| agent.reinvite(now, ours, Bytes::from_static(OFFER)));
    pair.run_ms(50);
    pair.told(B);
    pair.judge(|_, _, text| if text.starts_with("ACK") { Fate::Drop } else { Fate::Pass });
    pair.on(B, |agent, now| agent.accept_reinvite(now, theirs, Bytes::from_static(ANSWER)));
    pair.run(Duration::from_secs(33));
    assert!(matches!(pair.told(B)[..], [Event::Lost { why: LostWhy::NoAck, .. }]));
    pair.run(ALL_TIMERS);
    assert!(pair.is_quiet());
}

#[test]
fn a_far_end_that_forgot_the_call_is_found_out_by_a_reinvite() {
    let mut pair = Pair::new(18, Network::GOOD);
    let (ours, theirs) = pair.connected();
    // The far end hangs up, but nothing of it arrives.
    pair.judge(|_, from, _| if from == B { Fate::Drop } else { Fate::Pass });
    pair.on(B, |agent, now| agent.bye(now, theirs));
    pair.run(ALL_TIMERS);
    pair.fair();
    pair.on(A, |agent, now| agent.reinvite(now, ours, Bytes::from_static(OFFER)));
    pair.run_ms(100);
    assert!(matches!(pair.told(A)[..], [Event::Lost { why: LostWhy::Gone, .. }]));
    pair.run(ALL_TIMERS);
    assert!(pair.is_quiet());
}

#[test]
fn requests_within_a_call_are_handed_over_and_answered() {
    let mut pair = Pair::with_settings(19, Network::GOOD, |_, settings| settings.allow_events = vec!["talk".into()]);
    let (ours, theirs) = pair.connected();
    assert!(pair.agents[A].remote_allows_event(ours, "talk") && pair.agents[B].remote_allows_event(theirs, "Talk"));
    assert!(!pair.agents[A].remote_allows_event(ours, "hold"));
    let id = pair.on(B, |agent, now| {
        let extra = [("Event", "talk".into()), ("Subscription-State", "terminated".into())];
        agent.request_in_dialog(now, theirs, Method::Notify, &extra, Bytes::new())
    });
    pair.run_ms(50);
    let told = pair.told(A);
    let [Event::Request { id: asked, dialog: Some(dialog), request, .. }] = &told[..] else { panic!("{told:?}") };
    assert_eq!((*dialog, &request.method, request.headers.get("Event")), (ours, &Method::Notify, Some(&b"talk"[..])));
    let asked = *asked;
    pair.on(A, |agent, now| agent.reply(now, asked, 200, &[], Bytes::new()));
    pair.run_ms(50);
    let told = pair.told(B);
    let [Event::Response { id: answered, dialog: Some(_), response: Ok(response) }] = &told[..] else {
        panic!("{told:?}")
    };
    assert_eq!((*answered, response.status), (id, 200));
}

#[test]
fn a_request_nobody_answers_is_told_as_silence_and_leaves_nothing() {
    let mut pair = Pair::new(20, Network::GOOD);
    let (ours, _) = pair.connected();
    let id = pair.on(A, |agent, now| agent.request_in_dialog(now, ours, Method::Info, &[], Bytes::new()));
    pair.run(Duration::from_secs(33));
    let told = pair.told(A);
    assert!(
        matches!(told[..], [Event::Response { id: i, response: Err(Timeout::Silence), .. }] if i == id),
        "{told:?}"
    );
    pair.run(ALL_TIMERS);
    assert_eq!(pair.counts().map(|counts| (counts.transactions, counts.dialogs)), [(0, 1), (0, 1)]);
}

#[test]
fn a_name_of_a_dead_call_does_nothing() {
    let mut pair = Pair::new(21, Network::GOOD);
    let (ours, _) = pair.connected();
    pair.on(A, |agent, now| agent.bye(now, ours));
    pair.run(ALL_TIMERS);
    let before = pair.wire.len();
    pair.on(A, |agent, now| {
        agent.answer(now, ours, Bytes::new());
        agent.provisional(now, ours, 180, None);
        agent.reject(now, ours, 486, &[]);
        agent.cancel(now, ours);
        agent.bye(now, ours);
        agent.reinvite(now, ours, Bytes::new());
        agent.accept_reinvite(now, ours, Bytes::new());
        agent.refuse_reinvite(now, ours, 488, &[]);
        agent.acknowledge(now, ours, Bytes::new());
        agent.request_in_dialog(now, ours, Method::Info, &[], Bytes::new());
    });
    assert_eq!(pair.wire.len(), before);
    assert!(matches!(pair.told(A)[..], [Event::Response { response: Err(Timeout::Unreachable), .. }]));
    assert!(pair.is_quiet());
}

#[test]
fn on_tcp_nothing_is_repeated_by_transactions_and_nothing_lingers() {
    let mut pair = Pair::new(22, Network::GOOD).over_tcp();
    let (ours, _) = pair.connected();
    assert!(header(&pair.texts(A, "INVITE")[0], "Contact").unwrap().contains("transport=tcp"));
    assert!(pair.texts(A, "INVITE")[0].contains("Via: SIP/2.0/TCP"));
    pair.on(A, |agent, now| agent.bye(now, ours));
    pair.run_ms(50);
    assert!(matches!(pair.told(B)[..], [Event::Bye { .. }]));
    pair.run(Duration::from_secs(33));
    assert!(pair.is_quiet());
    assert_eq!((pair.sent(A, "INVITE"), pair.sent(A, "BYE"), pair.sent(B, "SIP/2.0 200")), (1, 1, 2));
}

#[test]
fn a_call_on_a_closed_connection_fails_with_503() {
    let mut pair = Pair::new(23, Network::GOOD).over_tcp();
    pair.judge(|_, _, _| Fate::Drop);
    pair.call(A);
    pair.on(A, |agent, now| agent.stream_closed(now, sip::user_agent::StreamId(2)));
    assert!(pair.told(A).is_empty(), "another connection says nothing");
    pair.on(A, |agent, now| agent.stream_closed(now, sip::user_agent::StreamId(1)));
    assert!(matches!(pair.told(A)[..], [Event::Failed { status: 503, .. }]));
    assert!(pair.is_quiet());
}

#[test]
fn calls_come_through_a_bad_network_and_leave_nothing() {
    for loss in [10, 20, 30] {
        for seed in 0..40 {
            let network = Network { loss, doubled: 10, delay: 5, jitter: 120 };
            let mut pair = Pair::new(seed * 100 + loss, network);
            let ours = pair.call(A);
            pair.run(Duration::from_secs(34));
            let Some(theirs) = invited(&pair.told(B)) else {
                assert!(loss == 30, "seven INVITEs lost at {loss} %, seed {seed}");
                continue;
            };
            pair.on(B, |agent, now| agent.answer(now, theirs, Bytes::from_static(ANSWER)));
            pair.run(Duration::from_secs(34));
            let (side, name) = if seed.is_multiple_of(2) { (A, ours) } else { (B, theirs) };
            pair.on(side, |agent, now| agent.bye(now, name));
            pair.run(ALL_TIMERS);
            // Only if every one of eleven BYEs was lost would the far end still hold the call.
            for (side, name) in [(A, ours), (B, theirs)] {
                pair.on(side, |agent, now| agent.bye(now, name));
            }
            pair.run(ALL_TIMERS);
            assert!(pair.is_quiet(), "loss {loss} %, seed {seed}: {:?}", pair.counts());
        }
    }
}

#[test]
fn a_refusal_is_repeated_until_its_ack_and_no_longer_than_64_t1() {
    let mut pair = Pair::new(24, Network::GOOD);
    pair.call(A);
    pair.run_ms(50);
    let theirs = invited(&pair.told(B)).unwrap();
    let mut lost = 0;
    pair.judge(move |_, _, text| {
        lost += usize::from(text.starts_with("ACK"));
        if text.starts_with("ACK") && lost <= 2 { Fate::Drop } else { Fate::Pass }
    });
    pair.on(B, |agent, now| agent.reject(now, theirs, 603, &[]));
    pair.run(Duration::from_secs(20));
    assert_eq!((pair.sent(B, "SIP/2.0 603"), pair.sent(A, "ACK")), (3, 3));
    assert_eq!(pair.told(A).len(), 1);

    let mut pair = Pair::new(25, Network::GOOD);
    pair.call(A);
    pair.run_ms(50);
    let theirs = invited(&pair.told(B)).unwrap();
    pair.judge(|_, _, text| if text.starts_with("ACK") { Fate::Drop } else { Fate::Pass });
    pair.on(B, |agent, now| agent.reject(now, theirs, 603, &[]));
    pair.run(ALL_TIMERS);
    assert_eq!(pair.sent(B, "SIP/2.0 603"), 11, "timer G up to timer H");
    assert!(pair.is_quiet());
}

#[test]
fn two_thousand_calls_at_once_stand_and_fall() {
    let mut pair = Pair::new(26, Network { jitter: 30, ..Network::GOOD });
    let ours: Vec<_> = (0..2000).map(|_| pair.call(A)).collect();
    pair.run(Duration::from_secs(1));
    let told = pair.told(B);
    let arrived = told.iter().filter_map(|event| match event {
        Event::Invite { dialog, .. } => Some(*dialog),
        _ => None,
    });
    let theirs: Vec<_> = arrived.collect();
    assert_eq!(theirs.len(), 2000);
    for call in theirs {
        pair.on(B, |agent, now| agent.answer(now, call, Bytes::from_static(ANSWER)));
    }
    pair.run(Duration::from_secs(1));
    let answered = |event: &Event| matches!(event, Event::Answered { .. });
    assert_eq!(pair.told(A).iter().filter(|event| answered(event)).count(), 2000);
    pair.run(ALL_TIMERS);
    assert_eq!(pair.counts().map(|counts| (counts.dialogs, counts.transactions)), [(2000, 0); 2]);
    assert_eq!(pair.agents[A].deadline(), None, "a call that only talks costs no wake-ups");
    for call in ours {
        pair.on(A, |agent, now| agent.bye(now, call));
    }
    pair.run(ALL_TIMERS);
    assert!(pair.is_quiet());
}
