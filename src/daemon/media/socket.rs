//! A leg's two sockets, and the epoll instance they are watched by.

use std::io;
use std::net::{IpAddr, SocketAddr};

use ::media::deck::{Lane, Slot};
use mio::net::UdpSocket;
use mio::{Interest, Registry, Token};

/// The waker's token; the sockets' come after it.
pub(super) const WAKE: Token = Token(0);

/// The token of a slot's socket.
fn token(slot: Slot, lane: Lane) -> Token {
    Token(1 + 2 * slot.0 + usize::from(lane == Lane::Rtcp))
}

/// The socket of a token other than [`WAKE`].
pub(super) fn place(token: Token) -> (Slot, Lane) {
    let number = token.0.saturating_sub(1);
    (Slot(number / 2), if number.is_multiple_of(2) { Lane::Rtp } else { Lane::Rtcp })
}

struct Pair {
    rtp: UdpSocket,
    rtcp: UdpSocket,
}

/// All sockets of one thread, by slot.
#[derive(Default)]
pub(super) struct Sockets {
    pairs: Vec<Option<Pair>>,
}

impl Sockets {
    /// Binds `port` and `port + 1` for a slot, closing what it had.
    pub fn bind(&mut self, registry: &Registry, address: IpAddr, slot: Slot, port: u16) -> io::Result<()> {
        self.release(registry, slot);
        let second = port.checked_add(1).ok_or(io::ErrorKind::InvalidInput)?;
        let mut rtp = UdpSocket::bind(SocketAddr::new(address, port))?;
        let mut rtcp = UdpSocket::bind(SocketAddr::new(address, second))?;
        registry.register(&mut rtp, token(slot, Lane::Rtp), Interest::READABLE)?;
        registry.register(&mut rtcp, token(slot, Lane::Rtcp), Interest::READABLE)?;
        if self.pairs.len() <= slot.0 {
            self.pairs.resize_with(slot.0 + 1, || None);
        }
        self.pairs[slot.0] = Some(Pair { rtp, rtcp });
        Ok(())
    }

    /// Closes a slot's sockets.
    pub fn release(&mut self, registry: &Registry, slot: Slot) {
        let Some(mut pair) = self.pairs.get_mut(slot.0).and_then(Option::take) else { return };
        // Closing ends the watch too; this only spares the system from finding out.
        let _ = registry.deregister(&mut pair.rtp);
        let _ = registry.deregister(&mut pair.rtcp);
    }

    fn get(&self, slot: Slot, lane: Lane) -> Option<&UdpSocket> {
        let pair = self.pairs.get(slot.0)?.as_ref()?;
        Some(match lane {
            Lane::Rtp => &pair.rtp,
            Lane::Rtcp => &pair.rtcp,
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
