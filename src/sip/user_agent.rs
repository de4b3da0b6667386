//! The door of this crate: bytes and instants in, bytes and call-level events out.
//!
//! `UserAgent` owns every transaction and dialog. It answers by itself what RFC 3261 leaves no choice about
//! (100 Trying, ACK, OPTIONS, 400, 405, 415, 420, 481, 482, 483, 487, 491, 501, 505, retransmissions) and hands the rest
//! to its owner as [`Event`]s. It never reads a clock and never opens a socket.

use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;

/// How SIP bytes travel. Other transports parse in a Via but cannot be sent on yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// Datagrams, RFC 3261 §18.
    Udp,
    /// A stream framed by Content-Length, RFC 3261 §18.3.
    Tcp,
}

/// One accepted or opened TCP connection, numbered by the shell, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId(pub u64);

/// Where a message came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Source {
    /// The transport it came on.
    pub transport: Transport,
    /// Our own address it arrived at.
    pub local: SocketAddr,
    /// The peer's address as the socket saw it.
    pub remote: SocketAddr,
    /// The connection, on TCP.
    pub stream: Option<StreamId>,
}

/// Where a message is to go. On TCP the shell uses `stream` while it is open, else it opens a connection to `remote`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Destination {
    /// The transport to use.
    pub transport: Transport,
    /// The peer's address.
    pub remote: SocketAddr,
    /// The connection to prefer, on TCP.
    pub stream: Option<StreamId>,
}

/// One dialog (or the INVITE that may become one), as its owner names it. Never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DialogId(pub u64);

/// One request in flight that somebody waits for, ours or the peer's. Never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub u64);
