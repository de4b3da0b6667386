use media::order::{Codec, Heard, Order};
use media::wire::Header;

use crate::bench_call::*;

/// The seven packets of one digit as a phone sends them, 20 ms apart.
fn press(phone: &mut Phone, code: u8, payload_type: u8) -> Vec<Vec<u8>> {
    let timestamp = phone.header.timestamp;
    let packets = (0..7u8).map(|n| {
        let [high, low] = (u16::from(n.min(4) + 1) * 160).to_be_bytes();
        let header = Header { marker: n == 0, payload_type, timestamp, ..phone.header };
        phone.header.sequence = phone.header.sequence.wrapping_add(1);
        packet(header, &[code, if n >= 4 { 0x8a } else { 10 }, high, low])
    });
    let packets = packets.collect();
    phone.header.timestamp = timestamp.wrapping_add(1_280);
    packets
}

fn heard(bench: &Bench) -> String {
    let digit = |heard| if let Heard::Digit(digit) = heard { Some(digit) } else { None };
    bench.heard_by(CALLER).into_iter().filter_map(digit).collect()
}

/// A fixed-seed generator for the network's mischief.
struct Dice(u64);

impl Dice {
    fn percent(&mut self, chance: u64) -> bool {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % 100 < chance
    }
}

#[test]
fn a_hundred_digits_over_a_bad_network_are_heard_exactly() {
    for seed in 0..20 {
        let mut bench = Bench::two_legs(Codec::Pcma);
        let (mut phone, mut dice) = (Phone::new(Codec::Pcma, 1), Dice(seed));
        let mut wire: Vec<Vec<u8>> = vec![phone.voice(&[0xd5; 160])];
        let mut dialled = String::new();
        for n in 0..100u8 {
            let code = n.wrapping_mul(7) % 16;
            dialled.extend(media::digits::digit(code));
            wire.extend(press(&mut phone, code, 101));
            wire.push(phone.voice(&[0xd5; 160]));
        }
        let mut arrived: Vec<Vec<u8>> = Vec::new();
        for bytes in wire {
            if arrived.is_empty() || !dice.percent(5) {
                arrived.push(bytes.clone());
            }
            if dice.percent(1) {
                arrived.push(bytes);
            }
            if dice.percent(3) && arrived.len() > 3 {
                let last = arrived.len() - 1;
                arrived.swap(last, last - 1);
            }
        }
        for bytes in arrived {
            bench.hear(CALLER, &bytes);
            bench.pass(ms(20));
        }
        assert_eq!(heard(&bench), dialled, "seed {seed}");
    }
}

#[test]
fn a_digit_during_the_call_is_reported_and_passed_on_with_the_other_sides_payload_type() {
    let mut bench = Bench::bridged(Codec::Pcmu);
    let mut phone = Phone::new(Codec::Pcma, 1);
    bench.hear(CALLER, &phone.voice(&[0xd5; 160]));
    for bytes in press(&mut phone, 5, 101) {
        bench.hear(CALLER, &bytes);
    }
    bench.hear(CALLER, &phone.voice(&[0xd5; 160]));
    assert_eq!(heard(&bench), "5");
    let sent = bench.rtp_to(AGENT);
    let events: Vec<_> = sent.iter().filter(|sent| sent.header().payload_type == 96).collect();
    assert_eq!(events.len(), 7);
    assert!(events[0].header().marker && events.iter().all(|e| e.header().timestamp == events[0].header().timestamp));
    for pair in sent.windows(2) {
        assert_eq!(pair[1].header().sequence, pair[0].header().sequence.wrapping_add(1));
    }
}

#[test]
fn a_far_end_without_telephone_events_gets_none_and_no_hole_either() {
    let mut bench = Bench::bridged(Codec::Pcma);
    let remote =
        Order::Remote { address: phone(AGENT), codec: Codec::Pcma, telephone_event: None, ptime: 20, send: true };
    bench.order(AGENT, remote);
    let mut phone = Phone::new(Codec::Pcma, 1);
    bench.hear(CALLER, &phone.voice(&[0xd5; 160]));
    for bytes in press(&mut phone, 5, 101) {
        bench.hear(CALLER, &bytes);
    }
    bench.hear(CALLER, &phone.voice(&[0xd5; 160]));
    assert_eq!(heard(&bench), "5");
    let sent = bench.rtp_to(AGENT);
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[1].header().sequence, sent[0].header().sequence.wrapping_add(1));
}

#[test]
fn digits_we_send_into_a_running_relay_keep_the_numbering_whole() {
    let mut bench = Bench::bridged(Codec::Pcma);
    let mut phone = Phone::new(Codec::Pcma, 1);
    for step in 0..50 {
        if step == 10 {
            bench.order(AGENT, Order::SendDigits("1*".into()));
        }
        bench.hear(CALLER, &phone.voice(&[0xd5; 160]));
        bench.pass(ms(20));
    }
    let sent = bench.rtp_to(AGENT);
    assert_eq!(sent.len(), 50 + 14);
    for pair in sent.windows(2) {
        assert_eq!(pair[1].header().sequence, pair[0].header().sequence.wrapping_add(1));
    }
    let events: Vec<_> = sent.iter().filter(|sent| sent.header().payload_type == 96).collect();
    assert_eq!((events[0].payload()[0], events[7].payload()[0]), (1, 10));
    assert_eq!(events[7].at - events[0].at, ms(160));
    assert_eq!(events[7].header().timestamp.wrapping_sub(events[0].header().timestamp), 160 * 8);
}
