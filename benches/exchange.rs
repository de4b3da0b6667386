//! How many calls a second go through the switch on one core: INVITE, look-up, media, 200, ACK, queue, BYE, all closed.
//!
//! `cargo bench -p pbx`. No sockets and no media: the machine alone.
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use crm::card::{Caller, Match};
use media::order::{Figures, Heard, Order};
use pbx::contract::{Input, Now, Output, Target};
use pbx::exchange::Exchange;
use pbx::id::{QueueId, TrunkId};
use pbx::plan::{Advertised, NumberPlan, Plan, QueuePlan, Rule, Strategy, TrunkPlan};
use sip::user_agent::{Source, Transport};

const CALLS: u32 = 20_000;
const SDP: &str = "v=0\r\no=- 1 1 IN IP4 10.0.0.50\r\ns=-\r\nc=IN IP4 10.0.0.50\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 0 101\r\n\
                   a=rtpmap:101 telephone-event/8000\r\n";

fn main() {
    let start = Instant::now();
    let mut bench = Bench { switch: Exchange::new(Arc::new(plan()), 1, at(start, 0)), start, micros: 0 };
    for n in 0..CALLS {
        bench.call(n);
    }
    let spent = start.elapsed();
    let each = spent / CALLS;
    println!("{CALLS} calls in {spent:.2?}: {each:.1?} each, {:.0} calls/s", f64::from(CALLS) / spent.as_secs_f64());
    assert_eq!(bench.switch.calls_active(), 0);
}

struct Bench {
    switch: Exchange,
    start: Instant,
    micros: u64,
}

impl Bench {
    fn call(&mut self, n: u32) {
        self.micros += 20_000;
        let sdp = format!("Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{SDP}", SDP.len());
        let tag = self.send(&message("INVITE", n, "", &sdp)).unwrap_or_default();
        let nothing = "Content-Length: 0\r\n\r\n";
        self.send(&message("ACK", n, &tag, nothing));
        self.send(&message("BYE", n, &tag, nothing));
    }

    /// Sends a message and does what the switch wants until it wants nothing. Gives the tag of a 200.
    fn send(&mut self, text: &str) -> Option<String> {
        let from: SocketAddr = "10.0.0.50:5060".parse().unwrap();
        let local = "127.0.0.1:5060".parse().unwrap();
        let source = Source { transport: Transport::Udp, local, remote: from, stream: None };
        self.input(Input::Datagram(source, Bytes::copy_from_slice(text.as_bytes())));
        let mut tag = None;
        while let Some(output) = self.switch.poll() {
            match output {
                Output::Send(_, bytes) => tag = tag.or_else(|| tag_of(&bytes)),
                Output::Ask(call, asked) => self.input(Input::Found(call, Box::new(stranger(asked.number)))),
                Output::Media(_, leg, Order::Open { .. }) => self.input(Input::Media(leg, Heard::Opened)),
                Output::Media(_, leg, Order::Close) => {
                    self.input(Input::Media(leg, Heard::Closed(Figures::default())));
                }
                _ => {}
            }
        }
        tag
    }

    fn input(&mut self, input: Input) {
        let now = at(self.start, self.micros);
        self.switch.handle(now, input);
    }
}

fn at(start: Instant, micros: u64) -> Now {
    let wall = 1_795_420_800_000_000 + i64::try_from(micros).unwrap();
    Now { instant: start + Duration::from_micros(micros), wall }
}

fn message(method: &str, n: u32, tag: &str, rest: &str) -> String {
    let cseq = if method == "BYE" { 2 } else { 1 };
    let tag = if tag.is_empty() { String::new() } else { format!(";tag={tag}") };
    format!(
        "{method} sip:500@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.50:5060;branch=z9hG4bK{method}{n}\r\n\
         From: <sip:05321112233@10.0.0.50>;tag=f{n}\r\nTo: <sip:500@127.0.0.1>{tag}\r\nCall-ID: {n}@bench\r\n\
         CSeq: {cseq} {method}\r\nContact: <sip:x@10.0.0.50:5060>\r\nMax-Forwards: 70\r\n{rest}"
    )
}

fn tag_of(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?.strip_prefix("SIP/2.0 200")?;
    let to = text.lines().find(|line| line.starts_with("To:"))?;
    Some(to.split("tag=").nth(1)?.to_owned())
}

fn stranger(number: Option<String>) -> Caller {
    let matched = Match::None { previous_calls: 0 };
    Caller { matched, display_number: number.clone(), number, language: None, segment: None, card: None }
}

fn plan() -> Plan {
    let queue = QueuePlan {
        notice: std::collections::BTreeMap::new(),
        name: BTreeMap::new(),
        strategy: Strategy::LongestIdle,
        members: Vec::new(),
        ring: Duration::from_secs(20),
        wrap_up: Duration::ZERO,
        max_wait: Duration::from_secs(300),
        max_len: 1_000,
        music: None,
        announce: None,
        record: false,
        overflow: Target::HangUp,
        overflow_when_empty: false,
        sla_within: std::time::Duration::from_secs(20),
    };
    let rule = Rule { when: Vec::new(), goto: Target::Queue(QueueId::new("q")), priority: 0 };
    let trunk = TrunkPlan { addresses: vec![[10, 0, 0, 50].into()], trusted_identity: false, max_calls: 10_000 };
    Plan {
        realm: "bench".to_owned(),
        digest: sip::digest::Offer::Sha256First,
        ban: pbx::plan::BanPlan {
            after: 10,
            within: std::time::Duration::from_secs(600),
            time: std::time::Duration::from_secs(600),
        },
        home: crm::number::Home::TURKIYE,
        advertised: Advertised { sip: "127.0.0.1:5060".parse().unwrap(), media: [127, 0, 0, 1].into() },
        languages: vec!["tr".to_owned()],
        rtp_ports: (10_000, 60_000),
        max_calls: 10_000,
        rtp_timeout: Duration::from_secs(30),
        hold_timeout: Duration::from_secs(300),
        guests_from_loopback: false,
        extensions: BTreeMap::new(),
        trunks: [(TrunkId::new("t"), trunk)].into(),
        numbers: [("500".to_owned(), NumberPlan { rules: vec![rule] })].into(),
        schedules: BTreeMap::new(),
        menus: BTreeMap::new(),
        queues: [(QueueId::new("q"), queue)].into(),
        sounds: BTreeMap::new(),
    }
}
