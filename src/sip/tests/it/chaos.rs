//! Two agents whose owners do whatever comes to their minds, over a network that does too. Whatever happens, nothing may be
//! left once both have hung up and all timers have run. A failure names its seed.

use std::time::Duration;

use bytes::Bytes;
use sip::Method;
use sip::rng::Rng;
use sip::user_agent::{DialogId, Event, RequestId};

use crate::pair::{A, ALL_TIMERS, ANSWER, B, Network, OFFER, Pair};

/// What an owner knows of its side.
#[derive(Default)]
struct Owner {
    calls: Vec<DialogId>,
    owed: Vec<RequestId>,
    /// For each call that began: how many times its end was told or ordered.
    ended: Vec<DialogId>,
    cancelled: Vec<DialogId>,
}

impl Owner {
    fn hear(&mut self, seed: u64, event: &Event) {
        match event {
            Event::Invite { dialog, .. } => self.calls.push(*dialog),
            Event::Request { id, .. } => self.owed.push(*id),
            Event::Cancelled { dialog } | Event::Bye { dialog } | Event::Lost { dialog, .. } => self.end(seed, *dialog),
            Event::Failed { dialog, .. } => {
                self.cancelled.retain(|known| known != dialog);
                self.end(seed, *dialog);
            }
            _ => {}
        }
    }

    /// An end is told once, and only of a call that was not ended by the owner.
    fn end(&mut self, seed: u64, dialog: DialogId) {
        assert!(!self.ended.contains(&dialog), "seed {seed}: {dialog:?} ended twice");
        self.ended.push(dialog);
        self.calls.retain(|known| *known != dialog);
    }
}

fn act(pair: &mut Pair, owner: &mut Owner, rng: &mut Rng, side: usize, seed: u64) {
    if rng.below(12) == 0 && owner.calls.len() < 4 {
        owner.calls.push(pair.call(side));
    }
    if let Some(id) = owner.owed.pop() {
        pair.on(side, |agent, now| agent.reply(now, id, 200, &[], Bytes::new()));
    }
    let Some(&call) = owner.calls.get(rng.below(owner.calls.len().max(1) as u64) as usize) else { return };
    let sdp = || Bytes::from_static(if seed.is_multiple_of(2) { OFFER } else { ANSWER });
    let choice = rng.below(16);
    pair.on(side, |agent, now| match choice {
        0 | 1 => agent.provisional(now, call, 180, None),
        2..=5 => agent.answer(now, call, sdp()),
        6 => agent.reinvite(now, call, sdp()),
        7..=9 => agent.accept_reinvite(now, call, sdp()),
        10 => agent.refuse_reinvite(now, call, 488, &[]),
        11 => {
            agent.request_in_dialog(now, call, Method::Info, &[], Bytes::new());
        }
        12 => agent.provisional(now, call, 183, Some(sdp())),
        _ => {}
    });
    match choice {
        13 if owner.calls.len() > 1 => {
            pair.on(side, |agent, now| agent.bye(now, call));
            owner.end(seed, call);
        }
        14 => pair.on(side, |agent, now| agent.cancel(now, call)),
        _ => {}
    }
}

fn story(seed: u64) {
    let mut rng = Rng::new(seed ^ 0xc4a0_5000);
    let network = Network {
        loss: [0, 0, 5, 15, 30][rng.below(5) as usize],
        doubled: rng.below(20),
        delay: rng.below(40),
        jitter: rng.below(300),
    };
    let mut pair = Pair::new(seed, network);
    if seed.is_multiple_of(7) {
        pair = Pair::new(seed, Network { loss: 0, doubled: 0, delay: 5, jitter: 0 }).over_tcp();
    }
    let mut owners = [Owner::default(), Owner::default()];
    for _ in 0..80 {
        pair.run_ms(rng.below(400));
        for side in [A, B] {
            for event in pair.told(side) {
                owners[side].hear(seed, &event);
            }
            act(&mut pair, &mut owners[side], &mut rng, side, seed);
        }
    }
    for _ in 0..2 {
        for side in [A, B] {
            for event in pair.told(side) {
                owners[side].hear(seed, &event);
            }
            for call in std::mem::take(&mut owners[side].calls) {
                pair.on(side, |agent, now| agent.bye(now, call));
            }
        }
        pair.run(ALL_TIMERS * 2);
    }
    assert!(pair.is_quiet(), "seed {seed}: {:?} left", pair.counts());
}

#[test]
fn whatever_two_owners_do_nothing_is_left_behind() {
    (0..300).for_each(story);
}

#[test]
fn whatever_two_other_owners_do_nothing_is_left_behind_either() {
    (300..600).for_each(story);
}

#[test]
fn a_story_is_the_same_each_time_it_is_told() {
    let wire = |seed: u64| {
        let mut pair = Pair::new(seed, Network { loss: 20, doubled: 10, delay: 5, jitter: 100 });
        let ours = pair.call(A);
        pair.run(Duration::from_secs(2));
        pair.on(A, |agent, now| agent.cancel(now, ours));
        pair.run(Duration::from_secs(60));
        pair.wire
    };
    assert_eq!(wire(5), wire(5));
    assert_ne!(wire(5), wire(6));
}

/// Bytes of all kinds: noise, messages cut and spliced, and a real conversation with bytes changed.
#[test]
fn no_bytes_make_an_agent_panic_and_none_make_it_forget_its_call() {
    let mut pair = Pair::new(1, Network::GOOD);
    pair.connected();
    let corpus: Vec<Vec<u8>> = pair.wire.iter().map(|(_, _, text)| text.clone().into_bytes()).collect();
    let mut rng = Rng::new(99);
    for _ in 0..20_000 {
        let bytes = match rng.below(4) {
            0 => (0..rng.below(200)).map(|_| rng.next_u64() as u8).collect(),
            1 => spliced(&corpus, &mut rng),
            _ => changed(&corpus, &mut rng),
        };
        for side in [A, B] {
            pair.agents[side].receive(pair.now, source(side), &bytes);
            while pair.agents[side].poll().is_some() {}
        }
    }
    for agent in &mut pair.agents {
        let now = pair.now + ALL_TIMERS * 3;
        agent.tick(now);
        while agent.poll().is_some() {}
    }
}

fn source(to: usize) -> sip::user_agent::Source {
    use crate::pair::address;
    sip::user_agent::Source {
        transport: sip::user_agent::Transport::Udp,
        local: address(to),
        remote: address(1 - to),
        stream: None,
    }
}

fn one<'a>(corpus: &'a [Vec<u8>], rng: &mut Rng) -> &'a [u8] {
    &corpus[rng.below(corpus.len() as u64) as usize]
}

fn spliced(corpus: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let (head, tail) = (one(corpus, rng), one(corpus, rng));
    let (cut, from) = (rng.below(head.len() as u64) as usize, rng.below(tail.len() as u64) as usize);
    [&head[..cut], &tail[from..]].concat()
}

fn changed(corpus: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let mut bytes = one(corpus, rng).to_vec();
    for _ in 0..=rng.below(4) {
        let at = rng.below(bytes.len() as u64) as usize;
        match rng.below(3) {
            0 => bytes[at] = rng.next_u64() as u8,
            1 => {
                bytes.remove(at);
            }
            _ => bytes.insert(at, b"\r\n;,:<>\"@ \t0z"[rng.below(13) as usize]),
        }
    }
    bytes
}
