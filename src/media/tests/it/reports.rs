use media::deck::{Input, Lane};
use media::order::{Codec, Figures, Heard, Order};
use rtcp::receiver_report::ReceiverReport;
use rtcp::sender_report::SenderReport;

use crate::bench_call::*;

type Boxed = Box<dyn rtcp::packet::Packet + Send + Sync>;

fn reports_to(bench: &Bench, key: media::order::StreamKey) -> Vec<(std::time::Duration, Vec<Boxed>)> {
    let mine = bench.sent.iter().filter(|sent| sent.lane == Lane::Rtcp && sent.slot == Bench::slot(key));
    mine.map(|sent| (sent.at, rtcp::packet::unmarshal(&mut &sent.bytes[..]).unwrap())).collect()
}

#[test]
fn a_report_goes_out_every_five_seconds_or_so_and_tells_the_loss() {
    let mut bench = Bench::bridged(Codec::Pcma);
    let mut caller = Phone::new(Codec::Pcma, 77);
    for n in 0..3_000u32 {
        let bytes = caller.voice(&[1; 160]);
        if n % 20 != 7 {
            bench.hear(CALLER, &bytes);
        }
        bench.pass(ms(20));
    }
    let reports = reports_to(&bench, CALLER);
    assert!((10..=16).contains(&reports.len()), "{} in a minute", reports.len());
    for pair in reports.windows(2) {
        let gap = pair[1].0 - pair[0].0;
        assert!(gap >= ms(4_000) && gap <= ms(6_000), "{gap:?}");
    }
    let last = reports.last().unwrap().1[0].as_any().downcast_ref::<ReceiverReport>().unwrap();
    let block = &last.reports[0];
    assert_eq!(block.ssrc, 77);
    let percent = f64::from(block.fraction_lost) / 2.56;
    assert!((4.0..=6.0).contains(&percent), "{percent} %");
    bench.order(CALLER, Order::Close);
    let closed = bench.heard_by(CALLER).pop();
    assert!(matches!(closed, Some(Heard::Closed(Figures { received: 2_850, lost: 149..=150, .. }))), "{closed:?}");
}

#[test]
fn who_is_sent_to_gets_sender_reports_with_a_right_count_and_a_goodbye() {
    let mut bench = Bench::bridged(Codec::Pcma);
    let mut caller = Phone::new(Codec::Pcma, 77);
    for _ in 0..500 {
        bench.hear(CALLER, &caller.voice(&[1; 160]));
        bench.pass(ms(20));
    }
    bench.order(AGENT, Order::Close);
    let reports = reports_to(&bench, AGENT);
    let (_, packets) = reports.last().unwrap();
    let report = packets[0].as_any().downcast_ref::<SenderReport>().unwrap();
    assert_eq!((report.packet_count, report.octet_count), (500, 80_000));
    assert_eq!(report.ntp_time >> 32, 1_790_000_000 + 2_208_988_800 + 10);
    assert_eq!(report.ssrc, bench.rtp_to(AGENT)[0].header().ssrc);
    assert!(packets[2].as_any().downcast_ref::<rtcp::goodbye::Goodbye>().is_some());
    assert!(bench.sent.iter().filter(|s| s.lane == Lane::Rtcp).all(|s| s.to.port() == 4_001));
}

#[test]
fn their_sender_report_is_quoted_with_its_age_and_a_strangers_is_not() {
    let mut bench = Bench::bridged(Codec::Pcma);
    let mut caller = Phone::new(Codec::Pcma, 77);
    bench.hear(CALLER, &caller.voice(&[1; 160]));
    let theirs = |middle: u64| {
        let sent = media::rtcp::Sent { ntp: middle << 16, rtp: 0, packets: 1, octets: 1 };
        media::rtcp::compound(77, "phone", Some(sent), None, false)
    };
    let from = address("10.0.0.10:4001");
    for (from, middle) in [(from, 0xaabb_ccdd), (address("127.0.0.66:9"), 0x1111_1111)] {
        let bytes = theirs(middle);
        bench
            .deck
            .handle(bench.now, Input::Packet { slot: Bench::slot(CALLER), lane: Lane::Rtcp, from, bytes: &bytes });
    }
    let heard_at = bench.now;
    bench.pass(ms(6_000));
    let reports = reports_to(&bench, CALLER);
    let (at, packets) = &reports[0];
    let block = &packets[0].as_any().downcast_ref::<ReceiverReport>().unwrap().reports[0];
    assert_eq!(block.last_sender_report, 0xaabb_ccdd);
    let age = (bench.start + *at - heard_at).as_secs_f64() * 65_536.0;
    assert!((f64::from(block.delay) - age).abs() < 100.0);
    assert!(bench.sent.iter().all(|sent| sent.to.ip() != address("127.0.0.66:9").ip()));
}
