//! Where each tapped packet belongs in the recording: two tracks placed by RTP time on one axis of samples.
//!
//! A track's first packet is placed by its arrival next to the other track; every later one by its timestamp, so loss,
//! silence suppression and hold leave gaps of exactly their length, late packets fall into their place and duplicates
//! land on themselves. Only when a source begins anew (another agent, another SSRC, a time base that jumped) is its
//! arrival asked again. The clock of the machine never makes or fills a gap.

use std::time::Instant;

use crate::order::Channel;
use crate::tap::Frame;
use crate::{RATE, g711, rtp_units};

/// Samples that stay open for late packets before they go to the file: 200 ms.
const OPEN: usize = RATE as usize / 5;
/// A step of the timestamp up to this is believed as it is; beyond it has to agree with the time that really passed.
const BELIEVED: i64 = RATE as i64;
/// The longest gap that is written out; a call whose both sides are silent longer than that has been ended long ago.
const MOST_GAP: i64 = 600 * RATE as i64;

/// The newest packet of a track and its place.
#[derive(Debug, Clone, Copy)]
struct Anchor {
    epoch: u32,
    sequence: u16,
    timestamp: u32,
    position: u64,
    arrived: Instant,
}

#[derive(Debug, Default)]
struct Track {
    anchor: Option<Anchor>,
    /// One past the furthest sample placed.
    end: u64,
}

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placed {
    /// It lies in the recording.
    InTime,
    /// Its place is already in the file (or the packet is a stray); it stays silence.
    TooLate,
}

/// The recording being put together.
#[derive(Debug, Default)]
pub struct Timeline {
    tracks: [Track; 2],
    taken: u64,
    pending: Vec<[i16; 2]>,
}

fn side(channel: Channel) -> usize {
    match channel {
        Channel::Left => 0,
        Channel::Right => 1,
    }
}

impl Timeline {
    /// Length so far in samples, given out or not.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.taken + self.pending.len() as u64
    }

    /// Puts one packet into its place.
    pub fn place(&mut self, frame: &Frame, payload: &[u8]) -> Placed {
        let side = side(frame.channel);
        let Some(position) = self.position(side, frame) else { return Placed::TooLate };
        self.remember(side, frame, position, payload.len());
        let Some(skip) = self.taken.checked_sub(position).map_or(Some(0), |late| usize::try_from(late).ok()) else {
            return Placed::TooLate;
        };
        let Some(payload) = payload.get(skip..).filter(|rest| !rest.is_empty()) else { return Placed::TooLate };
        let start = usize::try_from(position + skip as u64 - self.taken).unwrap_or(0);
        if self.pending.len() < start + payload.len() {
            self.pending.resize(start + payload.len(), [0; 2]);
        }
        let table = g711::decode_table(frame.codec);
        for (place, &octet) in self.pending.iter_mut().skip(start).zip(payload) {
            place[side] = table[usize::from(octet)];
        }
        Placed::InTime
    }

    fn position(&self, side: usize, frame: &Frame) -> Option<u64> {
        let Some(anchor) = self.tracks[side].anchor.filter(|anchor| anchor.epoch == frame.epoch) else {
            return Some(self.by_arrival(side, frame));
        };
        let step = i64::from(frame.timestamp.wrapping_sub(anchor.timestamp) as i32);
        let passed = rtp_units(frame.arrived.saturating_duration_since(anchor.arrived)).min(u64::from(u32::MAX)) as i64;
        let real_gap = step > 0 && (step - passed).abs() <= BELIEVED + passed / 50 && step <= MOST_GAP;
        if step.abs() <= BELIEVED || real_gap {
            return anchor.position.checked_add_signed(step);
        }
        let behind = (frame.sequence.wrapping_sub(anchor.sequence) as i16) <= 0;
        (!behind).then(|| self.by_arrival(side, frame))
    }

    /// Beside whatever came last on either track, as much later as it arrived later; never over what the track has.
    fn by_arrival(&self, side: usize, frame: &Frame) -> u64 {
        let latest = self.tracks.iter().filter_map(|track| track.anchor).max_by_key(|anchor| anchor.arrived);
        let now = latest.map_or(0, |anchor| {
            let passed = rtp_units(frame.arrived.saturating_duration_since(anchor.arrived));
            anchor.position + passed.min(MOST_GAP as u64)
        });
        now.max(self.tracks[side].end).max(self.taken)
    }

    fn remember(&mut self, side: usize, frame: &Frame, position: u64, length: usize) {
        let track = &mut self.tracks[side];
        track.end = track.end.max(position + length as u64);
        let newer = track.anchor.is_none_or(|anchor| anchor.epoch != frame.epoch || anchor.position < position);
        if newer {
            let Frame { epoch, sequence, timestamp, arrived, .. } = *frame;
            track.anchor = Some(Anchor { epoch, sequence, timestamp, position, arrived });
        }
    }

    /// Moves the samples that are settled to `out`; the newest 200 ms stay open for late packets.
    pub fn settle(&mut self, out: &mut Vec<[i16; 2]>) {
        self.give(self.pending.len().saturating_sub(OPEN), out);
    }

    /// Moves everything to `out`: nothing came for a while, or the recording is over.
    pub fn finish(&mut self, out: &mut Vec<[i16; 2]>) {
        self.give(self.pending.len(), out);
    }

    fn give(&mut self, count: usize, out: &mut Vec<[i16; 2]>) {
        out.extend_from_slice(&self.pending[..count]);
        self.pending.drain(..count);
        self.taken += count as u64;
    }
}
