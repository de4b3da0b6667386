//! SIP over sockets: whole messages in, bytes out. The switch decides; here nothing is read but the frame.

mod shares;
mod tcp;
#[cfg(test)]
mod tests;
mod udp;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bytes::Bytes;
use sip::user_agent::{Destination, Source, StreamId, Transport};
use tokio::net::UdpSocket;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::tasks::Tasks;
pub use shares::Room;
use shares::Shares;

/// A connection whose share is used up looks again after this.
const AGAIN: std::time::Duration = std::time::Duration::from_millis(10);

/// News from the sockets.
#[derive(Debug)]
pub enum Wire {
    /// One whole SIP message, and its room among those that wait, free again when dropped.
    Message(Source, Bytes, Room),
    /// A TCP connection is gone.
    Closed(StreamId),
    /// A message could not be delivered.
    Unreachable(Destination),
}

/// What the table of connections is asked.
#[derive(Debug)]
enum Wish {
    /// Bytes for a peer.
    Send(Destination, Bytes),
    /// The peer of a connection has proven himself.
    Trust(StreamId),
}

/// Counters of the sockets.
#[derive(Debug, Default)]
pub struct WireFigures {
    /// Messages read.
    pub received: AtomicU64,
    /// Messages written.
    pub sent: AtomicU64,
    /// Datagrams dropped because the switch was busy; the peer repeats them.
    pub dropped: AtomicU64,
    /// TCP connections there are now.
    pub open_streams: AtomicU64,
    /// TCP connections refused or cut for taking too many, too long or too much.
    pub refused_streams: AtomicU64,
}

/// The open sockets, for sending.
#[derive(Debug, Clone)]
pub struct Sockets {
    udp: Arc<UdpSocket>,
    tcp: Sender<Wish>,
    figures: Arc<WireFigures>,
    /// Where UDP (and TCP) listen, after the system chose a port for 0.
    pub local: SocketAddr,
}

/// Where the sockets put their news for the switch.
#[derive(Debug, Clone)]
struct Intake {
    news: Sender<Wire>,
    shares: Shares,
}

impl Intake {
    /// Takes a datagram if its sender has room at once; whether it had.
    fn offer(&self, source: Source, datagram: &[u8]) -> bool {
        let Some(room) = self.shares.take(source.remote.ip(), datagram.len()) else { return false };
        self.news.try_send(Wire::Message(source, Bytes::copy_from_slice(datagram), room)).is_ok()
    }

    /// Waits until there is room for a message.
    async fn put(&self, source: Source, message: Bytes) {
        loop {
            if let Some(room) = self.shares.take(source.remote.ip(), message.len()) {
                let _ = self.news.send(Wire::Message(source, message, room)).await;
                return;
            }
            tokio::time::sleep(AGAIN).await;
        }
    }
}

/// Binds UDP and TCP on the same address and starts reading. Port 0 takes a port that is free on both. Of TCP connections
/// at most `most_streams` are open at the same time.
pub async fn open(
    address: SocketAddr,
    most_streams: usize,
    figures: Arc<WireFigures>,
    tasks: Tasks,
) -> io::Result<(Sockets, Receiver<Wire>)> {
    let (udp, listener) = bind(address).await?;
    let local = udp.local_addr()?;
    let udp = Arc::new(udp);
    let (news, wire) = channel(shares::PLACES);
    let intake = Intake { news, shares: Shares::default() };
    let (tcp, wishes) = channel(4096);
    tasks.start("sip-udp", udp::read(udp.clone(), local, intake.clone(), figures.clone(), tasks.stopping()));
    tasks.start(
        "sip-tcp",
        tcp::serve(listener, tcp::Table::new(local, most_streams, intake, figures.clone(), tasks.clone()), wishes),
    );
    Ok((Sockets { udp, tcp, figures, local }, wire))
}

async fn bind(address: SocketAddr) -> io::Result<(UdpSocket, tokio::net::TcpListener)> {
    let mut last = io::Error::other("no port is free for both UDP and TCP");
    for _ in 0..16 {
        let udp = UdpSocket::bind(address).await?;
        match tokio::net::TcpListener::bind(udp.local_addr()?).await {
            Ok(listener) => return Ok((udp, listener)),
            Err(error) if address.port() == 0 => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

impl Sockets {
    /// Sends without waiting. A full socket or connection drops the message: SIP repeats it.
    pub fn send(&self, destination: Destination, bytes: Bytes) {
        use std::sync::atomic::Ordering::Relaxed;
        self.figures.sent.fetch_add(1, Relaxed);
        match destination.transport {
            Transport::Udp => {
                if self.udp.try_send_to(&bytes, destination.remote).is_err() {
                    self.figures.dropped.fetch_add(1, Relaxed);
                }
            }
            Transport::Tcp => {
                if self.tcp.try_send(Wish::Send(destination, bytes)).is_err() {
                    self.figures.dropped.fetch_add(1, Relaxed);
                }
            }
        }
    }
    /// Whoever is at the other end of that connection has proven himself. Lost when the table is overloaded: he proves
    /// himself again the next time he registers.
    pub fn trust(&self, stream: StreamId) {
        let _ = self.tcp.try_send(Wish::Trust(stream));
    }
}
