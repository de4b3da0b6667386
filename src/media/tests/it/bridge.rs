use media::g711;
use media::order::{Codec, Figures, Heard, Order};

use crate::bench_call::*;

#[test]
fn a_packet_of_one_leg_leaves_on_the_other_in_the_same_moment_with_our_numbering() {
    let mut bench = Bench::bridged(Codec::Pcma);
    let mut caller = Phone::new(Codec::Pcma, 77);
    for n in 0..100u8 {
        bench.hear(CALLER, &caller.voice(&[n; 160]));
        bench.pass(ms(20));
    }
    let sent = bench.rtp_to(AGENT);
    assert_eq!(sent.len(), 100);
    for (n, packet) in sent.iter().enumerate() {
        assert_eq!(packet.at, ms(20 * n as u64), "no re-timing");
        assert_eq!((packet.to, packet.payload()), (phone(AGENT), &[n as u8; 160][..]));
        assert_ne!(packet.header().ssrc, 77);
    }
    for pair in sent.windows(2) {
        assert_eq!(pair[1].header().sequence, pair[0].header().sequence.wrapping_add(1));
        assert_eq!(pair[1].header().timestamp, pair[0].header().timestamp.wrapping_add(160));
    }
    assert!(bench.rtp_to(CALLER).is_empty());
}

#[test]
fn different_laws_are_turned_into_each_other_both_ways() {
    let mut bench = Bench::bridged(Codec::Pcmu);
    let (mut caller, mut agent) = (Phone::new(Codec::Pcma, 1), Phone::new(Codec::Pcmu, 2));
    let loud: Vec<u8> = (0..160).map(|n| g711::encode(Codec::Pcma, n * 100)).collect();
    bench.hear(CALLER, &caller.voice(&loud));
    bench.hear(AGENT, &agent.voice(&[g711::U_SILENCE; 160]));
    let to_agent = &bench.rtp_to(AGENT)[0];
    assert_eq!(to_agent.header().payload_type, 0);
    for (n, &octet) in to_agent.payload().iter().enumerate() {
        let error = (i32::from(g711::decode(Codec::Pcmu, octet)) - n as i32 * 100).abs();
        assert!(error <= 1_024, "sample {n} off by {error}");
    }
    let to_caller = &bench.rtp_to(CALLER)[0];
    assert_eq!((to_caller.header().payload_type, to_caller.payload()[0]), (8, g711::A_SILENCE));
}

#[test]
fn an_outsider_gets_nothing_and_is_not_heard_by_the_other_side() {
    let mut bench = Bench::bridged(Codec::Pcma);
    let thief = address("127.0.0.66:5555");
    let mut forged = Phone::new(Codec::Pcma, 666);
    for _ in 0..5 {
        bench.from(CALLER, thief, &forged.voice(&[0xee; 160])); // sprayed before the phone spoke
    }
    let (mut caller, mut agent) = (Phone::new(Codec::Pcma, 1), Phone::new(Codec::Pcma, 2));
    for _ in 0..200 {
        bench.hear(CALLER, &caller.voice(&[1; 160]));
        bench.hear(AGENT, &agent.voice(&[2; 160]));
        bench.from(CALLER, thief, &forged.voice(&[0xee; 160]));
        bench.pass(ms(20));
    }
    assert!(bench.sent.iter().all(|sent| sent.to.ip() != thief.ip()), "a packet went to the thief");
    assert!(bench.rtp_to(AGENT).iter().all(|sent| sent.payload()[0] == 1), "the thief was heard");
    bench.order(CALLER, Order::Close);
    let closed = bench.heard_by(CALLER).pop();
    assert!(matches!(closed, Some(Heard::Closed(Figures { received: 200, foreign: 200, lost: 0, .. }))), "{closed:?}");
}

#[test]
fn even_from_the_right_address_another_ssrc_is_not_heard_while_the_real_one_speaks() {
    let mut bench = Bench::bridged(Codec::Pcma);
    let (mut caller, mut forged) = (Phone::new(Codec::Pcma, 1), Phone::new(Codec::Pcma, 666));
    for _ in 0..50 {
        bench.hear(CALLER, &caller.voice(&[1; 160]));
        bench.hear(CALLER, &forged.voice(&[0xee; 160]));
        bench.hear(CALLER, &forged.voice(&[0xee; 160]));
        bench.pass(ms(20));
    }
    let sent = bench.rtp_to(AGENT);
    assert_eq!(sent.len(), 50);
    assert!(sent.iter().all(|sent| sent.payload()[0] == 1));
}

#[test]
fn after_new_sdp_the_far_end_may_change_its_ssrc_at_once() {
    let mut bench = Bench::bridged(Codec::Pcma);
    let (mut before, mut after) = (Phone::new(Codec::Pcma, 1), Phone::new(Codec::Pcma, 2));
    after.header.timestamp = 5;
    bench.hear(CALLER, &before.voice(&[1; 160]));
    bench.pass(ms(20));
    let address = phone(CALLER);
    bench.order(CALLER, Order::Remote { address, codec: Codec::Pcma, telephone_event: None, ptime: 20, send: true });
    bench.hear(CALLER, &after.voice(&[2; 160]));
    let sent = bench.rtp_to(AGENT);
    assert_eq!(sent.len(), 2);
    let (first, second) = (sent[0].header(), sent[1].header());
    assert_eq!(second.sequence, first.sequence.wrapping_add(1));
    assert_eq!((second.timestamp.wrapping_sub(first.timestamp), second.marker), (160, true));
}

#[test]
fn nothing_is_sent_to_a_far_end_on_hold_and_it_goes_on_unbroken_afterwards() {
    let mut bench = Bench::bridged(Codec::Pcma);
    let mut caller = Phone::new(Codec::Pcma, 1);
    let remote =
        |send| Order::Remote { address: phone(AGENT), codec: Codec::Pcma, telephone_event: None, ptime: 20, send };
    for step in 0..150 {
        match step {
            50 => bench.order(AGENT, remote(false)),
            100 => bench.order(AGENT, remote(true)),
            _ => {}
        }
        bench.hear(CALLER, &caller.voice(&[1; 160]));
        bench.pass(ms(20));
    }
    let sent = bench.rtp_to(AGENT);
    assert_eq!(sent.len(), 100);
    let (before, after) = (sent[49].header(), sent[50].header());
    assert_eq!(after.sequence, before.sequence.wrapping_add(1));
    assert_eq!(after.timestamp.wrapping_sub(before.timestamp), 51 * 160);
    bench.order(
        AGENT,
        Order::Remote {
            address: address("0.0.0.0:4000"),
            codec: Codec::Pcma,
            telephone_event: None,
            ptime: 20,
            send: true,
        },
    );
    bench.hear(CALLER, &caller.voice(&[1; 160]));
    assert_eq!(bench.rtp_to(AGENT).len(), 100);
}

#[test]
fn unbridged_legs_hear_nothing_of_each_other_and_closing_one_leaves_the_other_alive() {
    let mut bench = Bench::bridged(Codec::Pcma);
    let mut caller = Phone::new(Codec::Pcma, 1);
    bench.hear(CALLER, &caller.voice(&[1; 160]));
    bench.order(AGENT, Order::Unbridge);
    bench.hear(CALLER, &caller.voice(&[1; 160]));
    bench.order(AGENT, Order::Bridge { with: CALLER });
    bench.hear(CALLER, &caller.voice(&[1; 160]));
    bench.order(AGENT, Order::Close);
    bench.hear(CALLER, &caller.voice(&[1; 160]));
    assert_eq!(bench.rtp_to(AGENT).len(), 2);
    assert_eq!(bench.deck.legs(), 1);
}

#[test]
fn ports_taken_are_told_and_the_leg_can_be_opened_on_others() {
    let mut bench = Bench::new();
    bench.refuse_ports = true;
    bench.order(CALLER, Order::Open { port: 40_000 });
    let remote =
        Order::Remote { address: phone(CALLER), codec: Codec::Pcma, telephone_event: None, ptime: 20, send: true };
    bench.order(CALLER, remote);
    bench.refuse_ports = false;
    bench.order(CALLER, Order::Open { port: 40_002 });
    assert_eq!(bench.heard_by(CALLER), [Heard::PortTaken, Heard::Opened]);
    bench.order(CALLER, Order::Tone(media::order::Tone::Busy));
    bench.pass(ms(100));
    assert!(!bench.rtp_to(CALLER).is_empty(), "the order given in between is not forgotten");
}

#[test]
fn closing_a_leg_that_does_not_exist_is_answered_so_that_nobody_waits() {
    let mut bench = Bench::new();
    bench.order(CALLER, Order::Close);
    bench.order(CALLER, Order::StopPlay);
    assert_eq!(bench.heard, [(CALLER, Heard::Closed(Figures::default()))]);
    assert_eq!(bench.deck.legs(), 0);
}
