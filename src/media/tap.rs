//! What the media thread hands to the recorder: encoded payloads with their RTP times, in batches.

use std::path::PathBuf;
use std::time::Instant;

use crate::order::{Channel, Codec, Group, StreamKey};

/// Frames a batch may hold; a recorder that is that far behind loses frames, and they are counted.
pub const MOST_FRAMES: usize = 8_192;

/// One tapped packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// The call.
    pub group: Group,
    /// Side of the file.
    pub channel: Channel,
    /// Changes whenever the source's numbering begins anew: another leg, another SSRC, a jump.
    pub epoch: u32,
    /// Sequence number of the source.
    pub sequence: u16,
    /// RTP time of the first sample.
    pub timestamp: u32,
    /// When it arrived.
    pub arrived: Instant,
    /// Law of the payload.
    pub codec: Codec,
    start: u32,
    length: u16,
}

/// One thing the recorder has to know, in the order it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Where the group's file goes.
    Name(Group, PathBuf),
    /// The group's first leg records.
    Begin(Group),
    /// A packet.
    Frame(Frame),
    /// This many frames of the group never got into a batch.
    Lost(Group, u64),
    /// No leg of the group records any more. The report goes to this leg.
    End(Group, StreamKey),
}

/// Entries in order, and the payload bytes of their frames.
#[derive(Debug, Default)]
pub struct TapBatch {
    /// What happened.
    pub entries: Vec<Entry>,
    sound: Vec<u8>,
    frames: usize,
}

impl TapBatch {
    /// Whether there is nothing to hand over.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.sound.clear();
        self.frames = 0;
    }

    /// Frames in it.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// The payload of one of this batch's frames.
    #[must_use]
    pub fn payload(&self, frame: &Frame) -> &[u8] {
        let start = frame.start as usize;
        self.sound.get(start..start + usize::from(frame.length)).unwrap_or_default()
    }

    /// Adds a frame, or counts it as lost when the batch is full. `frame` comes without its payload's place.
    pub(crate) fn push(&mut self, head: Head, payload: &[u8]) -> bool {
        if self.frames >= MOST_FRAMES {
            self.lose(head.group);
            return false;
        }
        let (Ok(start), Ok(length)) = (u32::try_from(self.sound.len()), u16::try_from(payload.len())) else {
            self.lose(head.group);
            return false;
        };
        self.sound.extend_from_slice(payload);
        self.frames += 1;
        let Head { group, channel, epoch, sequence, timestamp, arrived, codec } = head;
        self.entries.push(Entry::Frame(Frame {
            group,
            channel,
            epoch,
            sequence,
            timestamp,
            arrived,
            codec,
            start,
            length,
        }));
        true
    }

    fn lose(&mut self, group: Group) {
        // Losses of a stalled recorder come in long runs; one entry per group and run keeps the batch bounded.
        let recent = self.entries.iter_mut().rev().take(256).find_map(|entry| match entry {
            Entry::Lost(of, count) if *of == group => Some(count),
            _ => None,
        });
        match recent {
            Some(count) => *count += 1,
            None => self.entries.push(Entry::Lost(group, 1)),
        }
    }
}

/// A frame before its payload has a place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    pub group: Group,
    pub channel: Channel,
    pub epoch: u32,
    pub sequence: u16,
    pub timestamp: u32,
    pub arrived: Instant,
    pub codec: Codec,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "a test needs some origin of time; nothing waits on it")]
    use super::*;

    #[test]
    fn a_full_batch_counts_what_it_cannot_take_and_stays_bounded() {
        let mut batch = TapBatch::default();
        let head = |group| Head {
            group: Group(group),
            channel: Channel::Left,
            epoch: 0,
            sequence: 0,
            timestamp: 0,
            arrived: Instant::now(),
            codec: Codec::Pcma,
        };
        for n in 0..(MOST_FRAMES as u64 + 1_000) {
            batch.push(head(n % 2), &[1; 160]);
        }
        assert_eq!(batch.frames(), MOST_FRAMES);
        let lost: Vec<&Entry> = batch.entries[MOST_FRAMES..].iter().collect();
        assert_eq!(lost, [&Entry::Lost(Group(0), 500), &Entry::Lost(Group(1), 500)]);
    }
}
