//! What the deck wants done, in order, with the bytes of all packets in one reused buffer.

use std::collections::VecDeque;
use std::net::SocketAddr;

use crate::order::{Heard, StreamKey};
use crate::wire;

/// The place of a leg's sockets in the shell; given again to another leg after [`Output::Release`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slot(pub usize);

/// Which of a leg's two sockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    /// The even port: sound and digits.
    Rtp,
    /// The odd port: reports.
    Rtcp,
}

/// One wish of the deck.
#[derive(Debug, PartialEq)]
pub enum Output<'a> {
    /// Send this datagram.
    Send {
        /// From whose sockets.
        slot: Slot,
        /// From which of the two.
        lane: Lane,
        /// To where.
        to: SocketAddr,
        /// The datagram.
        bytes: &'a [u8],
    },
    /// Bind `port` and `port + 1`, closing what the slot had. Answer with `Input::Bound`.
    Bind {
        /// Where to keep the sockets.
        slot: Slot,
        /// The even port.
        port: u16,
    },
    /// Close the slot's sockets.
    Release(Slot),
    /// Tell the switch.
    Heard(StreamKey, Heard),
}

#[derive(Debug)]
enum Wish {
    Send { slot: Slot, lane: Lane, to: SocketAddr, start: usize, end: usize },
    Bind { slot: Slot, port: u16 },
    Release(Slot),
    Heard(StreamKey, Heard),
}

#[derive(Debug, Default)]
pub(crate) struct Outbox {
    wishes: VecDeque<Wish>,
    bytes: Vec<u8>,
}

impl Outbox {
    /// Queues a datagram whose bytes `fill` appends.
    pub fn send(&mut self, slot: Slot, lane: Lane, to: SocketAddr, fill: impl FnOnce(&mut Vec<u8>)) {
        if self.wishes.is_empty() {
            self.bytes.clear();
        }
        let start = self.bytes.len();
        fill(&mut self.bytes);
        self.wishes.push_back(Wish::Send { slot, lane, to, start, end: self.bytes.len() });
    }

    /// Queues an RTP packet.
    pub fn rtp(&mut self, slot: Slot, to: SocketAddr, header: &wire::Header, payload: impl IntoIterator<Item = u8>) {
        self.send(slot, Lane::Rtp, to, |bytes| {
            wire::write(header, bytes);
            bytes.extend(payload);
        });
    }

    pub fn bind(&mut self, slot: Slot, port: u16) {
        self.wishes.push_back(Wish::Bind { slot, port });
    }

    pub fn release(&mut self, slot: Slot) {
        self.wishes.push_back(Wish::Release(slot));
    }

    pub fn heard(&mut self, key: StreamKey, heard: Heard) {
        self.wishes.push_back(Wish::Heard(key, heard));
    }

    pub fn poll(&mut self) -> Option<Output<'_>> {
        Some(match self.wishes.pop_front()? {
            Wish::Send { slot, lane, to, start, end } => {
                Output::Send { slot, lane, to, bytes: self.bytes.get(start..end).unwrap_or_default() }
            }
            Wish::Bind { slot, port } => Output::Bind { slot, port },
            Wish::Release(slot) => Output::Release(slot),
            Wish::Heard(key, heard) => Output::Heard(key, heard),
        })
    }
}
