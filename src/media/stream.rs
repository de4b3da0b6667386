//! One leg: what its far end's packets mean, and the packets that go to it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::digits::{self, DigitsIn, DigitsOut};
use crate::egress::Egress;
use crate::latch::{Latch, Verdict};
use crate::order::{Channel, Codec, Figures, Group, Heard, PlayId, StreamKey};
use crate::outbox::{Lane, Outbox, Slot};
use crate::player::{Fill, Player};
use crate::reception::{Arrival, Reception};
use crate::wire::{self, Header};
use crate::{FRAME, FRAME_TIME, g711, rtcp, rtp_units};

/// A new SSRC from the right address is believed at once after new SDP, and otherwise only by two packets in a row while
/// the old one is quiet for so long: an address can be forged, the silence of the real source cannot.
const OLD_SOURCE_QUIET: Duration = Duration::from_millis(60);
/// For so long after new SDP an SSRC may change at once.
const RENEWAL: Duration = Duration::from_secs(2);
/// A player that is this far behind does not catch up in a burst but goes on from now.
const TOO_FAR_BEHIND: Duration = Duration::from_millis(200);
/// Samples of the shortest and the longest packet we make: 10 and 60 ms.
const SHORTEST_FRAME: usize = FRAME / 2;
const LONGEST_FRAME: usize = FRAME * 3;
/// Payload types that are negotiated and not static, RFC 3551 §3.
const DYNAMIC: std::ops::RangeInclusive<u8> = 96..=127;

/// What all legs of a thread share: the origin of time, and numbers that must not repeat among them.
#[derive(Debug)]
pub(crate) struct Shared {
    /// Origin of the RTP arrival clock and of the 20 ms grid.
    pub origin: Instant,
    /// Wall clock at the origin, microseconds since 1970, for the NTP field of reports.
    pub wall: u64,
    /// Packets of strangers, on all legs.
    pub foreign: u64,
    seed: u64,
    epoch: u32,
}

impl Shared {
    pub fn new(origin: Instant, wall: u64, seed: u64) -> Self {
        Self { origin, wall, foreign: 0, seed, epoch: 0 }
    }

    /// SplitMix64.
    pub fn random(&mut self) -> u64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn next_epoch(&mut self) -> u32 {
        self.epoch = self.epoch.wrapping_add(1);
        self.epoch
    }

    fn arrival(&self, now: Instant) -> u64 {
        rtp_units(now.saturating_duration_since(self.origin))
    }

    fn ntp(&self, now: Instant) -> u64 {
        let passed = now.saturating_duration_since(self.origin).as_micros();
        rtcp::ntp(self.wall.saturating_add(u64::try_from(passed).unwrap_or(u64::MAX)))
    }

    /// The next tick of the grid all players of the thread share, so that one wake-up serves them all.
    fn next_frame(&self, now: Instant) -> Instant {
        let passed = now.saturating_duration_since(self.origin).as_nanos();
        let rest = passed % FRAME_TIME.as_nanos();
        let wait = if rest == 0 { 0 } else { FRAME_TIME.as_nanos() - rest };
        now + Duration::from_nanos(u64::try_from(wait).unwrap_or(0))
    }

    /// Four to six seconds, so that reports of many legs do not fall together (RFC 3550 §6.2).
    fn report_interval(&mut self) -> Duration {
        Duration::from_millis(4_000 + self.random() % 2_000)
    }
}

/// What a packet carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Voice(Codec),
    Event,
    Other,
}

fn kind(payload_type: u8, payload: &[u8]) -> Kind {
    match g711::codec(payload_type) {
        Some(codec) => Kind::Voice(codec),
        // We negotiate nothing dynamic but telephone-event, and phones are known to use the number of either side.
        None if DYNAMIC.contains(&payload_type) && payload.len() >= digits::PAYLOAD => Kind::Event,
        None => Kind::Other,
    }
}

/// A packet that is the far end's and new.
#[derive(Debug)]
pub(crate) struct Taken<'p> {
    pub header: Header,
    pub payload: &'p [u8],
    pub kind: Kind,
}

/// The order `Remote` as it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Remote {
    pub codec: Codec,
    pub telephone_event: Option<u8>,
    pub ptime: u16,
    pub send: bool,
}

impl Remote {
    /// Samples in a packet of ours.
    fn samples(self) -> usize {
        (usize::from(self.ptime) / 10).clamp(1, LONGEST_FRAME / SHORTEST_FRAME) * SHORTEST_FRAME
    }
}

#[derive(Debug, Default)]
struct Watch {
    limit: Option<Duration>,
    since: Option<Instant>,
    reported: bool,
}

#[derive(Debug)]
struct Reports {
    name: String,
    due: Instant,
    target: Option<SocketAddr>,
    /// Middle bits of the last sender report and when it came.
    last: Option<(u32, Instant)>,
}

/// How long so many samples last; a packet has a few hundred.
fn frame_time(samples: usize) -> Duration {
    Duration::from_micros(125) * u32::try_from(samples).unwrap_or(u32::MAX)
}

/// One leg.
#[derive(Debug)]
pub(crate) struct Stream {
    pub key: StreamKey,
    pub group: Group,
    pub slot: Slot,
    pub bound: bool,
    /// The leg it is bridged with.
    pub peer: Option<Slot>,
    pub record: Option<Channel>,
    /// Changes whenever the numbering of the far end begins anew.
    pub epoch: u32,
    latch: Latch,
    remote: Option<Remote>,
    reception: Option<Reception>,
    /// A second SSRC that may become the source, and the sequence number that would prove it.
    candidate: Option<(u32, u16)>,
    /// When new SDP came; see [`RENEWAL`].
    renewed: Option<Instant>,
    flowing: bool,
    heard_at: Instant,
    egress: Egress,
    player: Option<(Player, Instant)>,
    digits_in: DigitsIn,
    digits_out: DigitsOut,
    event_timestamp: u32,
    watch: Watch,
    reports: Reports,
    /// Figures of sources that came before the current one.
    past: Figures,
}

impl Stream {
    pub fn new(key: StreamKey, group: Group, slot: Slot, now: Instant, shared: &mut Shared) -> Self {
        let ssrc = (shared.random() >> 32) as u32;
        let due = now + shared.report_interval() / 2;
        Self {
            key,
            group,
            slot,
            bound: false,
            peer: None,
            record: None,
            epoch: shared.next_epoch(),
            latch: Latch::default(),
            remote: None,
            reception: None,
            candidate: None,
            renewed: None,
            flowing: false,
            heard_at: now,
            egress: Egress::new(ssrc, shared.random()),
            player: None,
            digits_in: DigitsIn::default(),
            digits_out: DigitsOut::default(),
            event_timestamp: 0,
            watch: Watch::default(),
            reports: Reports { name: format!("{:016x}@santral", shared.random()), due, target: None, last: None },
            past: Figures::default(),
        }
    }

    // ---- what comes in ----

    /// Judges one datagram of the RTP port; reports the first packet and each digit.
    #[inline]
    pub fn take<'p>(
        &mut self,
        now: Instant,
        from: SocketAddr,
        datagram: &'p [u8],
        shared: &mut Shared,
        out: &mut Outbox,
    ) -> Option<Taken<'p>> {
        let wire::Packet { header, payload } = wire::read(datagram)?;
        let kind = kind(header.payload_type, payload);
        if kind == Kind::Other && self.latch.source() != Some(from) {
            return None;
        }
        let accepted = match self.latch.judge(now, from, &header) {
            Verdict::Ours => self.account(now, &header, shared),
            Verdict::Latched => self.begin_source(&header, shared),
            Verdict::Foreign => {
                self.past.foreign += 1;
                shared.foreign += 1;
                false
            }
            Verdict::Proving | Verdict::Early => false,
        };
        if !accepted {
            return None;
        }
        self.note(now, &header, kind, shared);
        if !std::mem::replace(&mut self.flowing, true) {
            out.heard(self.key, Heard::Flowing);
        }
        if kind == Kind::Event
            && let Some(digit) = self.digits_in.hear(&header, payload)
        {
            out.heard(self.key, Heard::Digit(digit));
        }
        Some(Taken { header, payload, kind })
    }

    /// Whether the packet is new and of the current source.
    fn account(&mut self, now: Instant, header: &Header, shared: &mut Shared) -> bool {
        let Some(reception) = &mut self.reception else { return self.begin_source(header, shared) };
        if reception.ssrc != header.ssrc {
            return self.try_candidate(now, header, shared);
        }
        match reception.arrive(header.sequence) {
            Arrival::Next | Arrival::Late => true,
            Arrival::Duplicate | Arrival::Suspect => false,
            Arrival::Restarted => {
                self.epoch = shared.next_epoch();
                self.digits_in.forget();
                true
            }
        }
    }

    fn try_candidate(&mut self, now: Instant, header: &Header, shared: &mut Shared) -> bool {
        let quiet = now.saturating_duration_since(self.heard_at) >= OLD_SOURCE_QUIET;
        let proven = self.candidate == Some((header.ssrc, header.sequence));
        let renewed = self.renewed.is_some_and(|at| now.saturating_duration_since(at) <= RENEWAL);
        if renewed || (proven && quiet) {
            return self.begin_source(header, shared);
        }
        self.candidate = Some((header.ssrc, header.sequence.wrapping_add(1)));
        false
    }

    /// The packet is the first of a new source.
    fn begin_source(&mut self, header: &Header, shared: &mut Shared) -> bool {
        if let Some(old) = self.reception.replace(Reception::begin(header)) {
            self.past.received += old.received();
            self.past.lost += old.lost();
        }
        self.candidate = None;
        self.renewed = None;
        self.epoch = shared.next_epoch();
        self.digits_in.forget();
        true
    }

    fn note(&mut self, now: Instant, header: &Header, kind: Kind, shared: &Shared) {
        self.heard_at = now;
        if let (Kind::Voice(_), Some(reception)) = (kind, &mut self.reception) {
            reception.time(header.timestamp, shared.arrival(now));
        }
    }

    /// Takes a datagram of the RTCP port: where their reports come from, and when their last sender report was made.
    pub fn take_report(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) {
        let known = self.latch.target().is_some_and(|target| target.ip() == from.ip());
        if !known {
            self.past.foreign += 1;
            return;
        }
        if let Some((_, middle)) = rtcp::sender_report(datagram) {
            self.reports.last = Some((middle, now));
        }
        self.reports.target = Some(from);
    }

    // ---- orders ----

    pub fn remote(&mut self, now: Instant, address: SocketAddr, remote: Remote) {
        let reachable = !address.ip().is_unspecified() && address.port() != 0;
        if reachable {
            self.latch.signal(address);
            self.reports.target = None;
        }
        self.renewed = Some(now);
        self.remote = Some(Remote { send: remote.send && reachable, ..remote });
        if !self.can_send() {
            self.egress.cut();
        }
    }

    pub fn play(&mut self, now: Instant, player: Player, shared: &Shared) {
        self.egress.cut();
        // A replaced order hands over its beat, so that two frames never leave in one moment.
        let beat = self.player.take().map(|(_, next)| next);
        self.player = Some((player, beat.unwrap_or_else(|| shared.next_frame(now))));
    }

    pub fn stop_play(&mut self) {
        if self.player.take().is_some() {
            self.egress.cut();
        }
    }

    /// Bridges or, with `None`, unbridges this side.
    pub fn join(&mut self, peer: Option<Slot>) {
        self.peer = peer;
        self.egress.cut();
    }

    pub fn dial(&mut self, now: Instant, digits: &str) {
        self.digits_out.dial(now, digits);
    }

    pub fn watch_silence(&mut self, now: Instant, limit: Option<Duration>) {
        self.watch = Watch { limit, since: Some(now), reported: false };
    }

    pub fn figures(&self) -> Figures {
        let (received, lost, jitter) =
            self.reception.as_ref().map_or((0, 0, 0), |now| (now.received(), now.lost(), now.jitter()));
        Figures {
            received: self.past.received + received,
            sent: self.egress.packets,
            lost: self.past.lost + lost,
            foreign: self.past.foreign,
            jitter,
        }
    }

    // ---- what goes out ----

    fn can_send(&self) -> bool {
        self.remote.is_some_and(|remote| remote.send)
    }

    fn target(&self) -> Option<(SocketAddr, Remote)> {
        let remote = self.remote.filter(|remote| remote.send && self.bound)?;
        Some((self.latch.target()?, remote))
    }

    /// Sends on what the bridged leg's far end said.
    #[inline]
    pub fn relay(&mut self, now: Instant, packet: &Taken<'_>, epoch: u32, out: &mut Outbox) {
        let Some((to, remote)) = self.target() else { return };
        if self.player.is_some() {
            return;
        }
        let (payload_type, table) = match packet.kind {
            Kind::Voice(codec) => (g711::payload_type(remote.codec), g711::transcode_table(codec, remote.codec)),
            Kind::Event if remote.telephone_event.is_some() => (remote.telephone_event.unwrap_or(0), None),
            Kind::Event | Kind::Other => return self.egress.skip(&packet.header, epoch),
        };
        let octets = packet.payload.len();
        let Some(header) = self.egress.relay(now, &packet.header, epoch, payload_type, octets) else { return };
        out.send(self.slot, Lane::Rtp, to, |bytes| {
            wire::write(&header, bytes);
            match table {
                None => bytes.extend_from_slice(packet.payload),
                Some(table) => bytes.extend(packet.payload.iter().map(|&octet| table[usize::from(octet)])),
            }
        });
    }

    /// When [`Stream::tick`] has something to do.
    pub fn due(&self) -> Option<Instant> {
        let player = self.player.as_ref().map(|(_, next)| *next);
        let report = self.bound.then_some(self.reports.due);
        [player, self.digits_out.deadline(), report, self.silence_due()].into_iter().flatten().min()
    }

    fn silence_due(&self) -> Option<Instant> {
        let limit = self.watch.limit.filter(|_| !self.watch.reported)?;
        Some(self.quiet_since() + limit)
    }

    fn quiet_since(&self) -> Instant {
        self.watch.since.map_or(self.heard_at, |since| since.max(self.heard_at))
    }

    /// True when packets came again after silence was reported; the watch is armed anew.
    pub fn rearm_watch(&mut self) -> bool {
        self.watch.limit.is_some() && std::mem::take(&mut self.watch.reported)
    }

    pub fn tick(&mut self, now: Instant, shared: &mut Shared, out: &mut Outbox) {
        self.play_due(now, shared, out);
        self.dial_due(now, out);
        if self.silence_due().is_some_and(|due| due <= now) {
            self.watch.reported = true;
            out.heard(self.key, Heard::Silent);
        }
        if self.bound && self.reports.due <= now {
            self.reports.due = now + shared.report_interval();
            self.report(now, shared, false, out);
        }
    }

    fn play_due(&mut self, now: Instant, shared: &Shared, out: &mut Outbox) {
        let mut room = [0i16; LONGEST_FRAME];
        let samples = self.remote.map_or(FRAME, Remote::samples);
        let frame = &mut room[..samples];
        let time = frame_time(samples);
        let target = self.target();
        while let Some((player, next)) = &mut self.player
            && *next <= now
        {
            if now.saturating_duration_since(*next) > TOO_FAR_BEHIND {
                *next = shared.next_frame(now);
                continue;
            }
            let at = *next;
            *next += time;
            match player.fill(frame) {
                Fill::Frame => self.speak(at, frame, target, out),
                Fill::Nothing => self.stop_play(),
                Fill::Done(id) => self.play_done(id, out),
            }
        }
    }

    fn play_done(&mut self, id: PlayId, out: &mut Outbox) {
        self.stop_play();
        out.heard(self.key, Heard::PlayDone(id));
    }

    fn speak(&mut self, at: Instant, frame: &[i16], target: Option<(SocketAddr, Remote)>, out: &mut Outbox) {
        let Some((to, remote)) = target else { return self.egress.cut() };
        let header = self.egress.voice(at, g711::payload_type(remote.codec), frame.len());
        out.rtp(self.slot, to, &header, frame.iter().map(|&sample| g711::encode(remote.codec, sample)));
    }

    fn dial_due(&mut self, now: Instant, out: &mut Outbox) {
        while let Some(event) = self.digits_out.poll(now) {
            let Some((to, Remote { telephone_event: Some(payload_type), .. })) = self.target() else { continue };
            if event.first {
                self.event_timestamp = self.egress.clock(now);
            }
            let header = self.egress.insert(self.event_timestamp, payload_type, event.first, digits::PAYLOAD);
            out.rtp(self.slot, to, &header, event.payload);
        }
    }

    /// Sends a sender or receiver report; with `bye` the last one.
    pub fn report(&mut self, now: Instant, shared: &Shared, bye: bool, out: &mut Outbox) {
        let Some(target) = self.report_target().filter(|_| self.bound) else { return };
        let sent = self.egress.has_sent().then(|| rtcp::Sent {
            ntp: shared.ntp(now),
            rtp: self.egress.clock(now),
            packets: self.egress.packets as u32,
            octets: self.egress.octets as u32,
        });
        let received = self.received(now);
        let bytes = rtcp::compound(self.egress.ssrc, &self.reports.name, sent, received, bye);
        out.send(self.slot, Lane::Rtcp, target, |buffer| buffer.extend_from_slice(&bytes));
    }

    fn report_target(&self) -> Option<SocketAddr> {
        let beside = || {
            let target = self.latch.target()?;
            Some(SocketAddr::new(target.ip(), target.port().checked_add(1)?))
        };
        self.reports.target.or_else(beside)
    }

    fn received(&mut self, now: Instant) -> Option<rtcp::Received> {
        let last = self.reports.last;
        let reception = self.reception.as_mut()?;
        Some(rtcp::Received {
            ssrc: reception.ssrc,
            fraction_lost: reception.fraction_lost(),
            lost: u32::try_from(reception.lost()).unwrap_or(u32::MAX),
            highest: reception.extended_highest(),
            jitter: reception.jitter(),
            last_report: last.map_or(0, |(middle, _)| middle),
            delay: last.map_or(0, |(_, at)| {
                let micros = now.saturating_duration_since(at).as_micros();
                u32::try_from(micros * 65_536 / 1_000_000).unwrap_or(u32::MAX)
            }),
        })
    }
}
