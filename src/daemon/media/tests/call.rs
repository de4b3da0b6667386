use std::net::UdpSocket;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ::media::order::{Channel, Codec, Heard, Order, Tone};

use super::phone::*;

fn channels(path: &Path) -> [Vec<i16>; 2] {
    let mut reader = hound::WavReader::open(path).unwrap();
    let samples: Vec<i16> = reader.samples::<i16>().map(Result::unwrap).collect();
    let side = |start: usize| samples.iter().skip(start).step_by(2).copied().collect();
    [side(0), side(1)]
}

#[test]
fn both_hear_each_other_and_the_recording_has_each_on_its_side() {
    let folder = Folder::new("call");
    let path = folder.0.join("2026/11/22/c_1.wav");
    let mut exchange = Exchange::new(&folder.0);
    let (caller, agent) = (Phone::new(HOME), Phone::new(HOME));
    let to_caller_leg = exchange.open(CALLER, caller.address, Codec::Pcma);
    let to_agent_leg = exchange.open(AGENT, agent.address, Codec::Pcmu);
    exchange.order(CALLER, Order::Bridge { with: AGENT });
    exchange.threads.name_recording(GROUP, path.clone());
    exchange.order(CALLER, Order::Record { channel: Channel::Left });
    exchange.order(AGENT, Order::Record { channel: Channel::Right });
    let caller = caller.speak(to_caller_leg, Codec::Pcma, 440.0, 150);
    let agent = agent.speak(to_agent_leg, Codec::Pcmu, 1_000.0, 150);
    let (caller, agent) = (sound(&caller.join().unwrap()), sound(&agent.join().unwrap()));

    assert!(caller.len() >= 145 * 160, "the caller heard {} samples", caller.len());
    assert!(agent.len() >= 145 * 160, "the agent heard {} samples", agent.len());
    assert!(strength(&caller, 1_000.0) > 6_000.0 && strength(&caller, 440.0) < 300.0);
    assert!(strength(&agent, 440.0) > 6_000.0 && strength(&agent, 1_000.0) < 300.0);

    exchange.order(AGENT, Order::Close);
    exchange.order(CALLER, Order::Close);
    let mut recorded = None;
    for _ in 0..3 {
        match exchange.next() {
            (key, Heard::Recorded { millis, lost_frames }) => recorded = Some((key, millis, lost_frames)),
            (_, Heard::Closed(figures)) => assert_eq!((figures.received, figures.lost), (150, 0)),
            other => panic!("{other:?}"),
        }
    }
    let (key, millis, lost) = recorded.unwrap();
    assert_eq!((key, lost), (CALLER, 0));
    assert!(millis.abs_diff(3_000) <= 40, "{millis} ms of a call of 3 s");
    let [left, right] = channels(&path);
    assert_eq!(left.len() as u64 / 8, millis);
    assert!(strength(&left, 440.0) > 6_000.0 && strength(&left, 1_000.0) < 50.0);
    assert!(strength(&right, 1_000.0) > 6_000.0 && strength(&right, 440.0) < 50.0);
    let outline = std::fs::read(path.with_extension("peaks")).unwrap();
    assert!((60..=62).contains(&outline.len()), "{} bytes of outline", outline.len());
    assert!(outline[10..50].iter().all(|&peak| (58..=66).contains(&peak)), "{outline:?}");
}

#[test]
fn an_attacker_who_sprays_a_call_gets_no_packet_and_is_not_recorded() {
    let folder = Folder::new("attack");
    let path = folder.0.join("c_2.wav");
    let mut exchange = Exchange::new(&folder.0);
    let (caller, agent) = (Phone::new(HOME), Phone::new(HOME));
    let to_caller_leg = exchange.open(CALLER, caller.address, Codec::Pcma);
    let to_agent_leg = exchange.open(AGENT, agent.address, Codec::Pcma);
    exchange.order(CALLER, Order::Bridge { with: AGENT });
    exchange.threads.name_recording(GROUP, path.clone());
    exchange.order(CALLER, Order::Record { channel: Channel::Left });
    let caller = caller.speak(to_caller_leg, Codec::Pcma, 440.0, 100);
    let agent = agent.speak(to_agent_leg, Codec::Pcma, 1_000.0, 100);
    let stop = Arc::new(AtomicBool::new(false));
    let thief = Phone::new("127.0.0.66".parse().unwrap()).spray(to_caller_leg, stop.clone());
    let agent = sound(&agent.join().unwrap());
    caller.join().unwrap();
    stop.store(true, Ordering::Relaxed);
    assert_eq!(thief.join().unwrap(), 0, "packets went to the attacker");
    assert!(strength(&agent, 2_500.0) < 50.0 && strength(&agent, 440.0) > 6_000.0);
    exchange.order(CALLER, Order::Close);
    exchange.order(AGENT, Order::Close);
    while !matches!(exchange.next().1, Heard::Recorded { .. }) {}
    let [left, _] = channels(&path);
    assert!(strength(&left, 2_500.0) < 50.0 && strength(&left, 440.0) > 6_000.0);
    exchange.threads.stop();
    assert!(exchange.threads.figures().foreign.load(Ordering::Relaxed) > 100);
}

#[test]
fn a_taken_port_is_told_and_a_free_one_plays_in_time() {
    let folder = Folder::new("ports");
    let mut exchange = Exchange::new(&folder.0);
    let port = port_pair();
    let taken = UdpSocket::bind((HOME, port + 1)).unwrap();
    exchange.order(CALLER, Order::Open { port });
    assert_eq!(exchange.next(), (CALLER, Heard::PortTaken));
    drop(taken);
    let phone = Phone::new(HOME);
    let leg = exchange.open(CALLER, phone.address, Codec::Pcma);
    exchange.order(CALLER, Order::Tone(Tone::Ringback));
    let tape = phone.speak(leg, Codec::Pcma, 440.0, 75).join().unwrap();
    let count = tape.iter().filter(|(_, bytes)| bytes.len() == 172).count();
    assert!((72..=78).contains(&count), "{count} packets in 1.5 s");
    assert!(strength(&sound(&tape), 450.0) > 5_000.0);
}

#[test]
fn a_burst_is_relayed_whole() {
    let folder = Folder::new("burst");
    let mut exchange = Exchange::new(&folder.0);
    let (caller, agent) = (Phone::new(HOME), Phone::new(HOME));
    let to_caller_leg = exchange.open(CALLER, caller.address, Codec::Pcma);
    exchange.open(AGENT, agent.address, Codec::Pcma);
    exchange.order(CALLER, Order::Bridge { with: AGENT });
    caller.burst(to_caller_leg, 100);
    assert_eq!(agent.hear(100), 100);
}
