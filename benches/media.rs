//! What one relayed packet costs: in at one leg, out at the other, without the system calls. `cargo bench -p media`.
//!
//! A plain harness: it prints nanoseconds per packet for each way (the best of many rounds), and the share of a core that
//! a recorded call of 100 packets a second needs of it.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a benchmark reads the clock and fails by panic")]

use std::hint::black_box;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use media::deck::{Deck, Input, Lane, Output, Slot};
use media::order::{Channel, Codec, Group, Order, StreamKey};
use media::tap::Entry;
use media::timeline::Timeline;
use media::wire::{self, Header};

/// Packets of one round.
const PACKETS: u32 = 50_000;
/// The best of so many rounds is told: everything else is other programs.
const ROUNDS: usize = 60;
const GROUP: Group = Group(1);

fn address(leg: u64) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, u8::try_from(leg).unwrap()], 4_000))
}

fn packet(bytes: &mut Vec<u8>, n: u32) {
    bytes.clear();
    let header = Header { marker: false, payload_type: 8, sequence: n as u16, timestamp: n.wrapping_mul(160), ssrc: 1 };
    wire::write(&header, bytes);
    bytes.extend_from_slice(&[0x55; 160]);
}

/// A deck with one bridged call; the agent speaks `codec`.
fn call(start: Instant, codec: Codec, recorded: bool) -> Deck {
    let mut deck = Deck::new(start, 0, 7);
    for (leg, codec) in [(1, Codec::Pcma), (2, codec)] {
        let key = StreamKey(leg);
        deck.handle(start, Input::Order(GROUP, key, Order::Open { port: 4_000 }));
        while deck.poll().is_some() {}
        deck.handle(start, Input::Bound(Slot(usize::try_from(leg - 1).unwrap()), true));
        let remote = Order::Remote { address: address(leg), codec, telephone_event: Some(101), ptime: 20, send: true };
        deck.handle(start, Input::Order(GROUP, key, remote));
    }
    deck.handle(start, Input::Order(GROUP, StreamKey(1), Order::Bridge { with: StreamKey(2) }));
    if recorded {
        deck.handle(start, Input::Order(GROUP, StreamKey(1), Order::Record { channel: Channel::Left }));
    }
    deck
}

/// Nanoseconds per packet through the deck.
fn relay(codec: Codec, recorded: bool) -> f64 {
    let start = Instant::now();
    let (mut deck, mut bytes, mut sent) = (call(start, codec, recorded), Vec::new(), 0u32);
    let (from, mut now) = (address(1), start);
    let began = Instant::now();
    for n in 0..PACKETS {
        packet(&mut bytes, n);
        now += Duration::from_millis(20);
        deck.handle(now, Input::Packet { slot: Slot(0), lane: Lane::Rtp, from, bytes: black_box(&bytes) });
        while let Some(output) = deck.poll() {
            sent += u32::from(matches!(output, Output::Send { .. }));
            black_box(&output);
        }
        if n % 10 == 0 {
            deck.taps().clear();
        }
    }
    assert_eq!(sent, PACKETS, "every packet is relayed");
    began.elapsed().as_nanos() as f64 / f64::from(PACKETS)
}

/// Nanoseconds per packet through the recorder's timeline.
fn place() -> f64 {
    let start = Instant::now();
    let (mut deck, mut bytes, mut now) = (call(start, Codec::Pcma, true), Vec::new(), start);
    let (mut timeline, mut out, mut spent) = (Timeline::default(), Vec::new(), Duration::ZERO);
    for n in 0..PACKETS {
        packet(&mut bytes, n);
        now += Duration::from_millis(20);
        deck.handle(now, Input::Packet { slot: Slot(0), lane: Lane::Rtp, from: address(1), bytes: &bytes });
        while deck.poll().is_some() {}
        if n % 25 == 24 {
            let began = Instant::now();
            let batch = std::mem::take(deck.taps());
            for entry in &batch.entries {
                if let Entry::Frame(frame) = entry {
                    timeline.place(frame, batch.payload(frame));
                }
            }
            timeline.settle(&mut out);
            black_box(&out);
            out.clear();
            spent += began.elapsed();
        }
    }
    spent.as_nanos() as f64 / f64::from(PACKETS)
}

fn best(round: impl Fn() -> f64) -> f64 {
    (0..ROUNDS).map(|_| round()).fold(f64::INFINITY, f64::min)
}

fn main() {
    let plain = best(|| relay(Codec::Pcma, false));
    let tapped = best(|| relay(Codec::Pcma, true));
    let transcoded = best(|| relay(Codec::Pcmu, true));
    let placed = best(place);
    println!("relay, same law                {plain:8.1} ns/packet");
    println!("relay, same law, recorded      {tapped:8.1} ns/packet");
    println!("relay, A-law to mu-law, recorded {transcoded:6.1} ns/packet");
    println!("recorder, decode and place     {placed:8.1} ns/packet");
    let second = (tapped + placed) * 100.0 / 1_000_000.0;
    println!("a recorded call of 100 packets/s without system calls: {second:.3} ms of a core per second");
}
