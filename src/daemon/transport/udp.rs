//! SIP over UDP, RFC 3261 §18.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use sip::user_agent::{Source, Transport};
use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;

use super::{Intake, WireFigures};

/// Reads datagrams until told to stop. When the switch is busy the datagram is dropped: its sender repeats it.
pub async fn read(
    socket: Arc<UdpSocket>,
    local: SocketAddr,
    intake: Intake,
    figures: Arc<WireFigures>,
    stop: CancellationToken,
) {
    let mut buffer = vec![0u8; 65_535];
    loop {
        let read = tokio::select! {
            () = stop.cancelled() => return,
            read = socket.recv_from(&mut buffer) => read,
        };
        // An ICMP error of an earlier send surfaces here; it says nothing about the next datagram.
        let Ok((length, remote)) = read else { continue };
        figures.received.fetch_add(1, Relaxed);
        if is_keep_alive(&buffer[..length]) {
            continue;
        }
        let source = Source { transport: Transport::Udp, local, remote, stream: None };
        if !intake.offer(source, &buffer[..length]) {
            figures.dropped.fetch_add(1, Relaxed);
        }
    }
}

/// Phones behind NAT send `CRLF CRLF`, a NUL or nothing to keep the path open (RFC 5626 §3.5.1 and habit).
fn is_keep_alive(datagram: &[u8]) -> bool {
    datagram.iter().all(|byte| matches!(byte, b'\r' | b'\n' | 0))
}
