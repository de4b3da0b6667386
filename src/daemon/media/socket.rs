//! A leg's two sockets, watched by their thread.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use ::media::deck::{Lane, Slot};

use super::watch::Watch;

/// A telephone sends a packet every 20 ms (10 ms at the least). A socket that has something again sooner has a queue.
const NO_PACKET_SO_SOON: Duration = Duration::from_millis(5);
/// Datagrams read from a socket with a queue before the others have their turn.
pub(super) const BATCH: usize = 32;

struct Ear {
    socket: UdpSocket,
    /// When it was last told to have something.
    ready_at: Option<Instant>,
}

impl Ear {
    fn bind(watch: &Watch, address: SocketAddr, slot: Slot, lane: Lane) -> io::Result<Self> {
        let socket = UdpSocket::bind(address)?;
        socket.set_nonblocking(true)?;
        watch.add(slot, lane, &socket)?;
        Ok(Self { socket, ready_at: None })
    }
}

struct Pair {
    rtp: Ear,
    rtcp: Ear,
}

/// The pairs of `ports`, by their even port, that cannot be bound now because another program holds one of the two.
pub fn occupied(address: IpAddr, ports: std::ops::RangeInclusive<u16>) -> Vec<u16> {
    let held = |port: u16| {
        let refused = UdpSocket::bind(SocketAddr::new(address, port)).err();
        refused.is_some_and(|error| error.kind() == io::ErrorKind::AddrInUse)
    };
    let (first, last) = ports.into_inner();
    let pairs = (first.next_multiple_of(2)..last).step_by(2);
    pairs.filter(|port| held(*port) || port.checked_add(1).is_some_and(held)).collect()
}

/// All sockets of one thread, by slot.
#[derive(Default)]
pub(super) struct Sockets {
    pairs: Vec<Option<Pair>>,
}

impl Sockets {
    /// Binds `port` and `port + 1` for a slot, closing what it had.
    pub fn bind(&mut self, watch: &Watch, address: IpAddr, slot: Slot, port: u16) -> io::Result<()> {
        self.release(slot);
        let second = port.checked_add(1).ok_or(io::ErrorKind::InvalidInput)?;
        let rtp = Ear::bind(watch, SocketAddr::new(address, port), slot, Lane::Rtp)?;
        let rtcp = Ear::bind(watch, SocketAddr::new(address, second), slot, Lane::Rtcp)?;
        if self.pairs.len() <= slot.0 {
            self.pairs.resize_with(slot.0 + 1, || None);
        }
        self.pairs[slot.0] = Some(Pair { rtp, rtcp });
        Ok(())
    }

    /// Closes a slot's sockets, which ends their watch too.
    pub fn release(&mut self, slot: Slot) {
        if let Some(pair) = self.pairs.get_mut(slot.0) {
            *pair = None;
        }
    }

    /// How many datagrams may be read now from a socket that was told to be ready: one, so that the system need not be
    /// asked a second time whether there is another; more where there is a queue.
    #[inline]
    pub fn share(&mut self, now: Instant, slot: Slot, lane: Lane) -> usize {
        let Some(pair) = self.pairs.get_mut(slot.0).and_then(Option::as_mut) else { return 0 };
        let ear = match lane {
            Lane::Rtp => &mut pair.rtp,
            Lane::Rtcp => &mut pair.rtcp,
        };
        let before = ear.ready_at.replace(now);
        let queued = before.is_some_and(|before| now.saturating_duration_since(before) < NO_PACKET_SO_SOON);
        if queued { BATCH } else { 1 }
    }

    fn get(&self, slot: Slot, lane: Lane) -> Option<&UdpSocket> {
        let pair = self.pairs.get(slot.0)?.as_ref()?;
        Some(match lane {
            Lane::Rtp => &pair.rtp.socket,
            Lane::Rtcp => &pair.rtcp.socket,
        })
    }

    /// One datagram, if there is one.
    #[inline]
    pub fn receive(&self, slot: Slot, lane: Lane, buffer: &mut [u8]) -> Option<(usize, SocketAddr)> {
        self.get(slot, lane)?.recv_from(buffer).ok()
    }

    /// Sends one datagram; false when the system would not take it.
    #[inline]
    pub fn send(&self, slot: Slot, lane: Lane, to: SocketAddr, bytes: &[u8]) -> bool {
        self.get(slot, lane).is_some_and(|socket| socket.send_to(bytes, to).is_ok())
    }
}
