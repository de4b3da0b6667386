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
        bench.order(key, Order::Remote { address, codec: Codec::Pcmu, telephone_event: None, send: true });
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
