//! Media that does what it is told and reports as a media thread would, without any sound. It complains when told nonsense.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::time::Duration;

use media::order::{Channel, Codec, Figures, Group, Heard, Order, PlayId, StreamKey};
use pbx::id::CallId;
use pbx::rng::Rng;

/// What goes wrong with media, in per mille.
#[derive(Debug, Clone, Copy, Default)]
pub struct MediaFaults {
    /// An answer never comes.
    pub lost: u64,
    /// A port is held by somebody else.
    pub taken: u64,
}

#[derive(Debug)]
pub struct Due {
    leg: StreamKey,
    heard: Heard,
}

#[derive(Debug, Default)]
struct Leg {
    group: u64,
    remote: Option<SocketAddr>,
    codec: Option<Codec>,
    may_send: bool,
    closing: bool,
    opened: bool,
    playing: Option<(PlayId, bool)>,
    sounds: Vec<String>,
    with: Option<StreamKey>,
    records: bool,
    watch: Option<Duration>,
    flowed: Duration,
    reported: bool,
}

/// What was done to a leg, for stories that look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaLog {
    Open(u16),
    Play(Vec<String>, bool),
    Tone(media::order::Tone),
    Bridge(StreamKey),
    Unbridge,
    Record(Channel),
    Digits(String),
    Close,
}

#[derive(Debug, Default)]
pub struct FakeMedia {
    legs: BTreeMap<StreamKey, Leg>,
    pub faults: MediaFaults,
    /// Ports somebody else holds.
    pub taken: BTreeSet<u16>,
    pub names: HashMap<u64, CallId>,
    pub log: Vec<(StreamKey, MediaLog)>,
    pub ports_used: usize,
    /// What the recorder says of each file: milliseconds and lost frames; a second of sound when not set.
    pub report: Option<(u64, u64)>,
}

pub fn digit(key: char) -> Heard {
    Heard::Digit(key)
}

/// An order for the log, without the samples of its sounds.
pub fn in_words(order: &Order) -> String {
    match order {
        Order::Play { id, sounds, repeat } => {
            let names: Vec<_> = sounds.iter().map(|s| s.name.as_str()).collect();
            format!("Play {} {names:?} repeat {repeat}", id.0)
        }
        other => format!("{other:?}"),
    }
}

impl FakeMedia {
    pub fn order(&mut self, rng: &mut Rng, group: Group, leg: StreamKey, order: Order) -> Vec<(Duration, Due)> {
        let lost = rng.below(1_000) < self.faults.lost;
        let answers = self.obey(rng, group, leg, order);
        if lost { Vec::new() } else { answers }
    }

    pub fn name(&mut self, group: Group, call: CallId) {
        let before = self.names.insert(group.0, call);
        assert!(before.is_none(), "a file is named once");
    }

    fn obey(&mut self, rng: &mut Rng, group: Group, key: StreamKey, order: Order) -> Vec<(Duration, Due)> {
        let soon = |heard: Heard| vec![(Duration::from_millis(1), Due { leg: key, heard })];
        if let Order::Open { port } = order {
            let fresh = self.legs.insert(key, Leg { group: group.0, ..Leg::default() });
            assert!(fresh.is_none(), "leg {key:?} opened twice");
            self.log.push((key, MediaLog::Open(port)));
            self.ports_used += 1;
            let taken = self.taken.contains(&port) || rng.below(1_000) < self.faults.taken;
            return soon(if taken { Heard::PortTaken } else { Heard::Opened });
        }
        let leg = self.legs.get_mut(&key).unwrap_or_else(|| panic!("order for unknown leg {key:?}: {order:?}"));
        assert_eq!(leg.group, group.0, "a leg does not change its group");
        assert!(!leg.closing, "order after Close for {key:?}: {order:?}");
        match order {
            Order::Open { .. } => {}
            Order::SendDigits(digits) => self.log.push((key, MediaLog::Digits(digits))),
            Order::Remote { address, codec, send, .. } => {
                (leg.remote, leg.codec, leg.may_send) = (Some(address), Some(codec), send);
            }
            Order::Play { id, sounds, repeat } => {
                assert!(leg.opened, "play on a leg that is not open");
                leg.playing = Some((id, repeat));
                leg.sounds = sounds.iter().map(|s| s.name.clone()).collect();
                self.log.push((key, MediaLog::Play(leg.sounds.clone(), repeat)));
                let samples: usize = sounds.iter().map(|s| s.samples.len()).sum();
                let length = Duration::from_micros(u64::try_from(samples).unwrap() * 125);
                if !repeat {
                    return vec![(length, Due { leg: key, heard: Heard::PlayDone(id) })];
                }
            }
            Order::Tone(tone) => {
                leg.playing = None;
                leg.sounds = vec![format!("{tone:?}")];
                self.log.push((key, MediaLog::Tone(tone)));
            }
            Order::StopPlay => (leg.playing, leg.sounds) = (None, Vec::new()),
            Order::Bridge { with } => {
                (leg.with, leg.playing, leg.sounds) = (Some(with), None, Vec::new());
                let other = self.legs.get_mut(&with).expect("a bridge has two ends");
                assert!(other.opened && !other.closing, "bridge to a leg that is not open");
                (other.with, other.playing) = (Some(key), None);
                self.log.push((key, MediaLog::Bridge(with)));
            }
            Order::Unbridge => {
                let with = leg.with.take();
                if let Some(other) = with.and_then(|with| self.legs.get_mut(&with)) {
                    other.with = None;
                }
                self.log.push((key, MediaLog::Unbridge));
            }
            Order::Record { channel } => {
                assert!(self.names.contains_key(&group.0), "a recording is named before it begins");
                leg.records = true;
                self.log.push((key, MediaLog::Record(channel)));
            }
            Order::StopRecord => return self.stop_record(key),
            Order::WatchSilence(watch) => (leg.watch, leg.reported) = (watch, false),
            Order::Close => {
                leg.closing = true;
                let with = leg.with.take();
                self.log.push((key, MediaLog::Close));
                if let Some(other) = with.and_then(|with| self.legs.get_mut(&with)) {
                    other.with = None;
                }
                let mut answers = self.stop_record(key);
                answers.push((Duration::from_millis(2), Due { leg: key, heard: Heard::Closed(Figures::default()) }));
                return answers;
            }
        }
        Vec::new()
    }

    fn stop_record(&mut self, key: StreamKey) -> Vec<(Duration, Due)> {
        let Some(leg) = self.legs.get_mut(&key).filter(|leg| leg.records) else { return Vec::new() };
        leg.records = false;
        let group = leg.group;
        if self.legs.values().any(|leg| leg.group == group && leg.records) {
            return Vec::new();
        }
        let (millis, lost_frames) = self.report.unwrap_or((1_000, 0));
        let heard = Heard::Recorded { millis, lost_frames };
        vec![(Duration::from_millis(5), Due { leg: key, heard })]
    }

    pub fn happen(&mut self, due: Due) -> Vec<(StreamKey, Heard)> {
        let leg = self.legs.get_mut(&due.leg);
        match (&due.heard, leg) {
            (Heard::PlayDone(id), Some(leg)) if leg.playing.is_some_and(|(playing, _)| playing == *id) => {
                (leg.playing, leg.sounds) = (None, Vec::new());
            }
            (Heard::PlayDone(_), _) => return Vec::new(),
            (Heard::Opened, Some(leg)) => leg.opened = true,
            (Heard::PortTaken | Heard::Closed(_), _) => {
                self.legs.remove(&due.leg);
            }
            _ => {}
        }
        vec![(due.leg, due.heard)]
    }

    /// The open leg whose far end is there.
    pub fn leg_to(&self, remote: SocketAddr) -> Option<StreamKey> {
        let fits = |leg: &Leg| leg.remote == Some(remote) && leg.opened && !leg.closing;
        self.legs.iter().rev().find(|(_, leg)| fits(leg)).map(|(key, _)| *key)
    }

    /// What plays to that far end now.
    pub fn plays_to(&self, remote: SocketAddr) -> Vec<String> {
        self.leg_to(remote).and_then(|key| self.legs.get(&key)).map(|leg| leg.sounds.clone()).unwrap_or_default()
    }

    /// Whether two far ends hear each other.
    pub fn connected(&self, one: SocketAddr, other: SocketAddr) -> bool {
        let (Some(a), Some(b)) = (self.leg_to(one), self.leg_to(other)) else { return false };
        let with = |key: &StreamKey| self.legs.get(key).and_then(|leg| leg.with);
        with(&a) == Some(b) && with(&b) == Some(a)
    }

    /// Whether that far end is being recorded.
    pub fn records(&self, remote: SocketAddr) -> bool {
        self.leg_to(remote).and_then(|key| self.legs.get(&key)).is_some_and(|leg| leg.records)
    }

    /// Whether we send sound to that far end.
    pub fn may_send_to(&self, remote: SocketAddr) -> bool {
        self.leg_to(remote).and_then(|key| self.legs.get(&key)).is_some_and(|leg| leg.may_send)
    }

    pub fn codec_to(&self, remote: SocketAddr) -> Option<Codec> {
        self.leg_to(remote).and_then(|key| self.legs.get(&key)).and_then(|leg| leg.codec)
    }

    /// Legs not closed. One whose close was answered by silence does not count.
    pub fn alive(&self) -> usize {
        self.legs.values().filter(|leg| !leg.closing).count()
    }

    pub fn silence_check(&self, at: Duration) -> Option<Duration> {
        let watched = self.legs.values().any(|leg| leg.watch.is_some() && !leg.closing);
        watched.then(|| Duration::from_secs(at.as_secs() + 1))
    }

    /// Which watched legs have been silent for too long: those whose phone is in no call any more.
    pub fn silence(&mut self, at: Duration, talking: &[SocketAddr]) -> Vec<(StreamKey, Heard)> {
        let mut silent = Vec::new();
        for (key, leg) in &mut self.legs {
            let flows = leg.remote.is_some_and(|remote| talking.contains(&remote)) || !leg.opened || leg.closing;
            if flows || leg.flowed.is_zero() {
                leg.flowed = at;
            }
            let over = leg.watch.is_some_and(|watch| at - leg.flowed >= watch);
            if over && !leg.reported && !leg.closing {
                leg.reported = true;
                silent.push((*key, Heard::Silent));
            }
        }
        silent
    }
}
