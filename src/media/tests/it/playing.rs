use std::sync::Arc;

use media::order::{Codec, Heard, Order, PlayId, Sound, StreamKey, Tone};

use crate::bench_call::*;

fn sound(millis: usize) -> Arc<Sound> {
    Arc::new(Sound { name: "t".into(), samples: vec![4_000; millis * 8] })
}

fn play(id: u64, sounds: Vec<Arc<Sound>>, repeat: bool) -> Order {
    Order::Play { id: PlayId(id), sounds, repeat }
}

#[test]
fn a_prompt_is_paced_at_20_ms_and_its_end_is_told_when_it_was_heard_out() {
    let mut bench = Bench::two_legs(Codec::Pcma);
    bench.order(CALLER, play(7, vec![sound(1_000), sound(500)], false));
    bench.pass(ms(1_499));
    assert!(!bench.heard_by(CALLER).contains(&Heard::PlayDone(PlayId(7))));
    bench.pass(ms(31));
    assert_eq!(bench.heard_by(CALLER).last(), Some(&Heard::PlayDone(PlayId(7))));
    let sent = bench.rtp_to(CALLER);
    assert_eq!(sent.len(), 75);
    for pair in sent.windows(2) {
        assert_eq!(pair[1].at - pair[0].at, ms(20));
        assert_eq!(pair[1].header().timestamp.wrapping_sub(pair[0].header().timestamp), 160);
    }
    assert!(sent[0].header().marker && !sent[1].header().marker);
}

fn asks_for(bench: &mut Bench, key: StreamKey, ptime: u16) {
    let address = phone(key);
    bench.order(key, Order::Remote { address, codec: Codec::Pcma, telephone_event: Some(101), ptime, send: true });
}

#[test]
fn packets_are_as_long_as_the_far_end_asked_and_the_sound_is_the_same() {
    let sweep: Vec<i16> = (0..9_600).map(|n| i16::try_from(n * 3).unwrap()).collect();
    let ramp = Arc::new(Sound { name: "ramp".into(), samples: sweep });
    let mut heard: Vec<Vec<u8>> = Vec::new();
    for ptime in [10u16, 20, 30, 40, 60] {
        let mut bench = Bench::two_legs(Codec::Pcma);
        asks_for(&mut bench, CALLER, ptime);
        bench.order(CALLER, play(1, vec![ramp.clone()], false));
        bench.pass(ms(1_300));
        assert_eq!(bench.heard_by(CALLER).last(), Some(&Heard::PlayDone(PlayId(1))));
        let sent = bench.rtp_to(CALLER);
        assert_eq!(sent.len(), 1_200 / usize::from(ptime), "{ptime} ms");
        for pair in sent.windows(2) {
            assert_eq!(pair[1].at - pair[0].at, ms(u64::from(ptime)));
            assert_eq!(pair[1].header().timestamp.wrapping_sub(pair[0].header().timestamp), u32::from(ptime) * 8);
            assert_eq!(pair[1].header().sequence, pair[0].header().sequence.wrapping_add(1));
        }
        heard.push(sent.iter().flat_map(|sent| sent.payload().to_vec()).collect());
    }
    assert!(heard.windows(2).all(|pair| pair[0] == pair[1]), "octet for octet");
}

#[test]
fn a_length_that_changes_in_mid_stream_holds_from_the_next_packet_on() {
    let mut bench = Bench::two_legs(Codec::Pcma);
    bench.order(CALLER, Order::Tone(Tone::Busy));
    for ptime in [20u16, 60, 10, 30] {
        asks_for(&mut bench, CALLER, ptime);
        bench.pass(ms(600));
    }
    let sent = bench.rtp_to(CALLER);
    for pair in sent.windows(2) {
        let step = pair[1].header().timestamp.wrapping_sub(pair[0].header().timestamp);
        assert_eq!(step as usize, pair[0].payload().len(), "no sample twice and none left out");
    }
    let tone: Vec<bool> = sent.iter().flat_map(|sent| sent.payload().to_vec()).map(|octet| octet != 0xd5).collect();
    let on =
        |from: usize, to: usize| tone[from * 8..to * 8].iter().filter(|on| **on).count() * 10 > (to - from) * 8 * 9;
    assert!(on(20, 480) && !on(520, 980) && on(1_020, 1_480), "the cadence does not depend on the packets");
}

#[test]
fn legs_that_asked_for_different_lengths_hear_each_other_whole() {
    let mut bench = Bench::bridged(Codec::Pcma);
    asks_for(&mut bench, CALLER, 10);
    asks_for(&mut bench, AGENT, 60);
    let (mut caller, mut agent) = (Phone::new(Codec::Pcma, 1), Phone::new(Codec::Pcma, 2));
    for n in 0..30u8 {
        bench.hear(CALLER, &caller.voice(&[n; 80]));
        if n % 6 == 0 {
            bench.hear(AGENT, &agent.voice(&[n; 480]));
        }
        bench.pass(ms(10));
    }
    let (to_agent, to_caller) = (bench.rtp_to(AGENT), bench.rtp_to(CALLER));
    assert_eq!((to_agent.len(), to_caller.len()), (30, 5));
    for (sent, length) in [(to_agent, 80), (to_caller, 480)] {
        assert!(sent.iter().all(|sent| sent.payload().len() == length));
        for pair in sent.windows(2) {
            assert_eq!(pair[1].header().timestamp.wrapping_sub(pair[0].header().timestamp), length as u32);
        }
    }
}

#[test]
fn a_new_order_replaces_the_old_one_whose_end_is_then_not_told() {
    let mut bench = Bench::two_legs(Codec::Pcma);
    bench.order(CALLER, play(1, vec![sound(200)], false));
    bench.pass(ms(100));
    bench.order(CALLER, play(2, vec![sound(200)], false));
    bench.pass(ms(100));
    bench.order(CALLER, Order::StopPlay);
    bench.pass(ms(1_000));
    assert!(!bench.heard.iter().any(|(_, heard)| matches!(heard, Heard::PlayDone(_))));
    let count = bench.rtp_to(CALLER).len();
    assert!((9..=11).contains(&count), "{count}");
}

#[test]
fn music_stops_on_both_legs_when_they_are_bridged_and_the_stream_goes_on_unbroken() {
    let mut bench = Bench::two_legs(Codec::Pcma);
    bench.order(CALLER, play(1, vec![sound(300)], true));
    bench.order(AGENT, Order::Tone(Tone::Ringback));
    bench.pass(ms(1_000));
    bench.order(CALLER, Order::Bridge { with: AGENT });
    let mut agent = Phone::new(Codec::Pcma, 2);
    for n in 0..10 {
        bench.hear(AGENT, &agent.voice(&[n; 160]));
        bench.pass(ms(20));
    }
    let sent = bench.rtp_to(CALLER);
    let relayed = &sent[sent.len() - 10..];
    assert!(relayed.iter().enumerate().all(|(n, sent)| sent.payload() == [n as u8; 160]));
    for pair in sent.windows(2) {
        assert_eq!(pair[1].header().sequence, pair[0].header().sequence.wrapping_add(1));
        assert_eq!(pair[1].header().ssrc, pair[0].header().ssrc);
        let step = pair[1].header().timestamp.wrapping_sub(pair[0].header().timestamp);
        assert!((160..=320).contains(&step), "{step}");
    }
    assert!(bench.rtp_to(AGENT).iter().all(|sent| sent.at <= ms(1_000)));
}

#[test]
fn a_prompt_to_a_far_end_that_cannot_be_reached_yet_still_ends() {
    let mut bench = Bench::new();
    bench.order(CALLER, Order::Open { port: 40_000 });
    bench.order(CALLER, play(3, vec![sound(100)], false));
    bench.pass(ms(200));
    assert_eq!(bench.heard_by(CALLER), [Heard::Opened, Heard::PlayDone(PlayId(3))]);
    assert!(bench.sent.is_empty());
}

#[test]
fn a_stalled_thread_goes_on_from_now_instead_of_bursting() {
    let mut bench = Bench::two_legs(Codec::Pcma);
    bench.order(CALLER, play(1, vec![sound(10_000)], false));
    bench.pass(ms(100));
    let before = bench.rtp_to(CALLER).len();
    bench.now += ms(2_000);
    bench.deck.handle(bench.now, media::deck::Input::Tick);
    bench.pass(ms(100));
    assert!(bench.rtp_to(CALLER).len() - before <= 7);
}

#[test]
fn fifty_legs_share_one_wake_up_per_20_ms() {
    let mut bench = Bench::new();
    for n in 1..=50 {
        let key = StreamKey(n * 10);
        bench.order(key, Order::Open { port: 40_000 });
        let address = address(&format!("10.0.0.{n}:4000"));
        bench.order(key, Order::Remote { address, codec: Codec::Pcmu, telephone_event: None, ptime: 20, send: true });
        bench.order(key, play(n, vec![sound(100)], true));
        bench.pass(ms(3));
    }
    bench.sent.clear();
    bench.pass(ms(1_000));
    let mut moments: Vec<_> = bench.sent.iter().filter(|sent| sent.bytes.len() == 172).map(|sent| sent.at).collect();
    assert_eq!(moments.len(), 50 * 50);
    moments.dedup();
    assert!(moments.len() <= 51, "{} wake-ups", moments.len());
}

#[test]
fn silence_is_told_once_until_packets_come_again_and_not_at_all_on_hold() {
    let mut bench = Bench::two_legs(Codec::Pcma);
    let mut phone = Phone::new(Codec::Pcma, 1);
    let silences = |bench: &Bench| bench.heard_by(CALLER).iter().filter(|h| **h == Heard::Silent).count();
    bench.order(CALLER, Order::WatchSilence(Some(ms(30_000))));
    bench.pass(ms(20_000));
    bench.hear(CALLER, &phone.voice(&[0; 160]));
    bench.pass(ms(29_900));
    assert_eq!(silences(&bench), 0);
    bench.pass(ms(200));
    assert_eq!(silences(&bench), 1);
    bench.pass(ms(100_000));
    assert_eq!(silences(&bench), 1);
    bench.hear(CALLER, &phone.voice(&[0; 160]));
    bench.pass(ms(30_100));
    assert_eq!(silences(&bench), 2);
    bench.hear(CALLER, &phone.voice(&[0; 160]));
    bench.order(CALLER, Order::WatchSilence(None));
    bench.pass(ms(100_000));
    assert_eq!(silences(&bench), 2);
}
