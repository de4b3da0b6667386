use media::order::{Channel, Codec, Order, StreamKey};
use media::tap::{Entry, TapBatch};
use media::timeline::{Placed, Timeline};

use crate::bench_call::*;

const LEFT: Order = Order::Record { channel: Channel::Left };
const RIGHT: Order = Order::Record { channel: Channel::Right };

fn recorded_call() -> Bench {
    let mut bench = Bench::bridged(Codec::Pcma);
    bench.order(CALLER, LEFT);
    bench.order(AGENT, RIGHT);
    bench
}

/// Plays a batch through a timeline, as the recorder does.
fn samples(batch: &TapBatch) -> Vec<[i16; 2]> {
    let (mut timeline, mut out) = (Timeline::default(), Vec::new());
    for entry in &batch.entries {
        if let Entry::Frame(frame) = entry {
            timeline.place(frame, batch.payload(frame));
            timeline.settle(&mut out);
        }
    }
    timeline.finish(&mut out);
    out
}

/// A payload of 160 octets that says which packet it was.
fn mark(n: u32) -> [u8; 160] {
    [(n % 100) as u8 | 0x80; 160]
}

fn value(n: u32) -> i16 {
    media::g711::decode(Codec::Pcma, mark(n)[0])
}

#[test]
fn what_each_side_said_lies_on_its_side_at_its_time() {
    let mut bench = recorded_call();
    let (mut caller, mut agent) = (Phone::new(Codec::Pcma, 1), Phone::new(Codec::Pcma, 2));
    for n in 0..200 {
        bench.hear(CALLER, &caller.voice(&mark(n)));
        if n >= 50 {
            bench.hear(AGENT, &agent.voice(&mark(n + 31)));
        }
        bench.pass(ms(20));
    }
    let out = samples(&bench.taps());
    assert_eq!(out.len(), 200 * 160);
    for n in 0..200u32 {
        let expected = [value(n), if n >= 50 { value(n + 31) } else { 0 }];
        assert!(out[n as usize * 160..][..160].iter().all(|&sample| sample == expected), "packet {n}");
    }
}

#[test]
fn a_bad_network_neither_stretches_the_recording_nor_doubles_anything() {
    let mut bench = recorded_call();
    let mut caller = Phone::new(Codec::Pcma, 1);
    let mut wire: Vec<(u64, u32, Vec<u8>)> = Vec::new();
    let mut dice = 5u64;
    for n in 0..3_000u32 {
        let bytes = caller.voice(&mark(n));
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let roll = (dice >> 33) % 100;
        let due = u64::from(n) * 20 + (dice >> 40) % 40; // up to 40 ms of jitter, so neighbours overtake each other
        if roll >= 5 || n == 0 || n == 2_999 {
            wire.push((due, n, bytes.clone()));
        }
        if roll == 99 {
            wire.push((due + 30, n, bytes));
        }
    }
    wire.sort_by_key(|(due, ..)| *due);
    let mut present = vec![false; 3_000];
    let mut clock = 0;
    for (due, n, bytes) in wire {
        bench.pass(ms(due - clock));
        clock = due;
        bench.hear(CALLER, &bytes);
        present[n as usize] = true;
    }
    let out = samples(&bench.taps());
    assert_eq!(out.len(), 3_000 * 160, "60 s of call are 60 s of recording");
    for n in 0..3_000u32 {
        let expected = if present[n as usize] { value(n) } else { 0 };
        assert!(out[n as usize * 160..][..160].iter().all(|&[left, _]| left == expected), "packet {n}");
    }
}

#[test]
fn hold_without_packets_is_a_gap_of_its_length_by_rtp_time() {
    let mut bench = recorded_call();
    let mut caller = Phone::new(Codec::Pcma, 1);
    bench.hear(CALLER, &caller.voice(&mark(1)));
    bench.pass(ms(90_000));
    caller.header.timestamp = caller.header.timestamp.wrapping_add(90 * 8_000 - 160);
    bench.hear(CALLER, &caller.voice(&mark(2)));
    let out = samples(&bench.taps());
    assert_eq!(out.len(), 90 * 8_000 + 160);
    assert_eq!((out[90 * 8_000 - 1][0], out[90 * 8_000][0]), (0, value(2)));
}

#[test]
fn a_time_base_that_jumps_wildly_leaves_the_recording_whole() {
    let mut bench = recorded_call();
    let (mut caller, mut agent) = (Phone::new(Codec::Pcma, 1), Phone::new(Codec::Pcma, 2));
    for n in 0..100 {
        if n == 50 {
            caller.header.timestamp = caller.header.timestamp.wrapping_add(1_000_000_000);
        }
        bench.hear(CALLER, &caller.voice(&mark(n)));
        bench.hear(AGENT, &agent.voice(&mark(n)));
        bench.pass(ms(20));
    }
    let out = samples(&bench.taps());
    assert_eq!(out.len(), 100 * 160);
    assert!(out.iter().all(|[left, right]| left == right), "both sides stay beside each other");
}

#[test]
fn another_agent_after_a_transfer_goes_on_in_the_same_recording() {
    let mut bench = recorded_call();
    let second = StreamKey(30);
    let (mut caller, mut one, mut two) =
        (Phone::new(Codec::Pcma, 1), Phone::new(Codec::Pcma, 2), Phone::new(Codec::Pcma, 3));
    two.header.timestamp = 123_456;
    for n in 0..300 {
        match n {
            100 => bench.order(AGENT, Order::Close),
            150 => {
                bench.order(second, Order::Open { port: 40_100 });
                // The first agent's place is free again.
                let address = phone(AGENT);
                bench.order(
                    second,
                    Order::Remote { address, codec: Codec::Pcma, telephone_event: None, ptime: 20, send: true },
                );
                bench.order(second, RIGHT);
                bench.order(second, Order::Bridge { with: CALLER });
            }
            _ => {}
        }
        bench.hear(CALLER, &caller.voice(&mark(n)));
        match n {
            0..100 => bench.hear(AGENT, &one.voice(&mark(n))),
            150.. => bench.hear(AGENT, &two.voice(&mark(n))),
            _ => {}
        }
        bench.pass(ms(20));
    }
    bench.order(CALLER, Order::Close);
    bench.order(second, Order::Close);
    let batch = bench.taps();
    let marks: Vec<&Entry> = batch.entries.iter().filter(|entry| !matches!(entry, Entry::Frame(_))).collect();
    assert_eq!(marks, [&Entry::Begin(GROUP), &Entry::End(GROUP, CALLER)], "one file, reported to the caller's leg");
    let out = samples(&batch);
    assert_eq!(out.len(), 300 * 160);
    for n in 0..300u32 {
        let right = if (100..150).contains(&n) { 0 } else { value(n) };
        assert_eq!(out[n as usize * 160 + 80], [value(n), right], "packet {n}");
    }
}

#[test]
fn stopping_all_legs_closes_the_file_and_recording_again_begins_a_new_one() {
    let mut bench = recorded_call();
    bench.order(CALLER, Order::StopRecord);
    bench.order(CALLER, Order::StopRecord);
    bench.order(AGENT, Order::StopRecord);
    bench.order(CALLER, LEFT);
    let expected = [Entry::Begin(GROUP), Entry::End(GROUP, CALLER), Entry::Begin(GROUP)];
    assert_eq!(bench.taps().entries, expected);
}

#[test]
fn a_packet_later_than_what_is_already_on_the_disk_is_left_out() {
    let mut bench = recorded_call();
    let mut caller = Phone::new(Codec::Pcma, 1);
    let wire: Vec<Vec<u8>> = (0..60).map(|n| caller.voice(&mark(n))).collect();
    for (n, bytes) in wire.iter().enumerate() {
        if n != 10 {
            bench.hear(CALLER, bytes);
        }
        bench.pass(ms(20));
    }
    bench.hear(CALLER, &wire[10]);
    let batch = bench.taps();
    let (mut timeline, mut out, mut late) = (Timeline::default(), Vec::new(), 0);
    for entry in &batch.entries {
        let Entry::Frame(frame) = entry else { continue };
        late += u32::from(timeline.place(frame, batch.payload(frame)) == Placed::TooLate);
        timeline.settle(&mut out);
    }
    assert_eq!(late, 1);
    assert_eq!(timeline.length(), 60 * 160);
}

/// A tone of 400 Hz from sample `n` on: 20 samples are one wave, so whatever is missing or doubled shows.
fn tone(n: usize, samples: usize) -> Vec<u8> {
    let wave = |k: usize| (((n + k) as f64) * 400.0 / 8_000.0 * std::f64::consts::TAU).sin() * 8_000.0;
    (0..samples).map(|k| media::g711::encode(Codec::Pcma, wave(k) as i16)).collect()
}

/// Speaks so many milliseconds of the tone from both sides, in packets of these lengths in turn, the agent's later by `lag`;
/// gives the recording.
fn spoken(packets: &[(u64, u64)], lag: u64) -> Vec<[i16; 2]> {
    let mut bench = recorded_call();
    let mut sent: Vec<(u64, StreamKey, Vec<u8>)> = Vec::new();
    for (key, ssrc, late) in [(CALLER, 1, 0), (AGENT, 2, lag)] {
        let (mut phone, mut at, mut samples) = (Phone::new(Codec::Pcma, ssrc), 0, 0);
        for &(ptime, span) in packets {
            for _ in 0..span / ptime {
                let length = usize::try_from(ptime * 8).unwrap();
                // A packet leaves when its last sample was spoken.
                at += ptime;
                sent.push((at + late, key, phone.voice(&tone(samples, length))));
                samples += length;
            }
        }
    }
    sent.sort_by_key(|(at, key, _)| (*at, key.0));
    let mut clock = 0;
    for (at, key, bytes) in sent {
        bench.pass(ms(at - clock));
        clock = at;
        bench.hear(key, &bytes);
    }
    samples(&bench.taps())
}

fn decoded(octets: &[u8]) -> Vec<i16> {
    octets.iter().map(|&octet| media::g711::decode(Codec::Pcma, octet)).collect()
}

#[test]
fn packets_of_every_length_and_a_change_within_a_call_leave_the_tone_whole() {
    let calls: [&[(u64, u64)]; 8] = [
        &[(10, 6_000)],
        &[(20, 6_000)],
        &[(30, 6_000)],
        &[(40, 6_000)],
        &[(60, 6_000)],
        &[(20, 2_000), (30, 2_010), (20, 2_000)],
        &[(60, 1_200), (10, 1_200), (40, 1_200), (30, 1_200), (60, 1_200)],
        &[(10, 30), (60, 60), (20, 20), (40, 40), (10, 5_850)],
    ];
    for packets in calls {
        let length: u64 = packets.iter().map(|(_, span)| span).sum();
        let expected = decoded(&tone(0, usize::try_from(length * 8).unwrap()));
        let recording = spoken(packets, 0);
        assert_eq!(recording.len() as u64, length * 8, "{packets:?}: {length} ms");
        let wrong = (0..expected.len()).find(|&n| recording[n] != [expected[n]; 2]);
        assert_eq!(wrong, None, "{packets:?}: from this sample on");
    }
}

#[test]
fn a_side_that_begins_later_lies_later_whatever_its_packets() {
    for ptime in [10, 20, 30, 40, 60] {
        let recording = spoken(&[(ptime, 3_600)], 1_200);
        let expected = decoded(&tone(0, 3_600 * 8));
        assert_eq!(recording.len(), 4_800 * 8, "{ptime}");
        for (n, &sample) in expected.iter().enumerate() {
            assert_eq!(recording[n][0], sample, "{ptime}: sample {n} of the caller");
            assert_eq!(recording[n + 1_200 * 8][1], sample, "{ptime}: sample {n} of the agent");
        }
        assert!(recording[..1_200 * 8].iter().all(|[_, right]| *right == 0), "{ptime}");
    }
}
