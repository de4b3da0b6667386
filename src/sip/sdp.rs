//! Session descriptions (RFC 8866) and their offer and answer (RFC 3264) for one audio stream of G.711 with telephone
//! events (RFC 4733). Other streams are refused line by line; attributes of ICE, SRTP and bundling are left aside.

mod negotiate;
mod read;

use std::fmt;
use std::net::{IpAddr, SocketAddr};

pub use negotiate::{agree, answer, offer, reoffer};
pub use read::read;

/// G.711's two companding laws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Law {
    /// A-law, payload type 8: Europe, Türkiye.
    Pcma,
    /// µ-law, payload type 0.
    Pcmu,
}

impl Law {
    /// The payload type RFC 3551 gives it for ever.
    pub fn payload(self) -> u8 {
        match self {
            Self::Pcmu => 0,
            Self::Pcma => 8,
        }
    }

    /// The encoding name of an rtpmap.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pcma => "PCMA",
            Self::Pcmu => "PCMU",
        }
    }
}

/// Which ways sound flows, seen from the side that says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Direction {
    /// Both ways.
    #[default]
    SendRecv,
    /// From the speaker to the other side only: how a hold with music is offered.
    SendOnly,
    /// From the other side only.
    RecvOnly,
    /// Neither way.
    Inactive,
}

impl Direction {
    /// The direction that sends and receives like this.
    pub fn of(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// Whether the speaker sends.
    pub fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether the speaker receives.
    pub fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// The same flow seen from the other side.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self::of(self.receives(), self.sends())
    }

    /// What both allow, both seen from the same side.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::of(self.sends() && other.sends(), self.receives() && other.receives())
    }

    /// The attribute's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }
}

/// Where a connection line points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// An address.
    Ip(IpAddr),
    /// A name; we do not resolve names for sound.
    Name(String),
}

/// One rtpmap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// The payload type.
    pub payload: u8,
    /// The encoding name as written; compared without regard to case.
    pub encoding: String,
    /// Samples per second.
    pub clock: u32,
    /// Channels, 1 when not written.
    pub channels: u8,
}

/// One media description: an m-line and what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// `audio`, `video`, `image`, …
    pub kind: String,
    /// 0 means the stream is refused.
    pub port: u16,
    /// `RTP/AVP`, `RTP/SAVP`, `udptl`, …
    pub protocol: String,
    /// Formats in order of preference, as written.
    pub formats: Vec<String>,
    /// Its own connection line.
    pub place: Option<Place>,
    /// Its own direction attribute.
    pub direction: Option<Direction>,
    /// Its rtpmaps.
    pub mappings: Vec<Mapping>,
    /// Milliseconds per packet it would like to receive.
    pub ptime: Option<u16>,
    /// Milliseconds per packet it can receive at most.
    pub max_ptime: Option<u16>,
}

/// A session description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sdp {
    /// The value of `o=` as it came, empty without one: the same text means the same description (RFC 3264 §8).
    pub origin: String,
    /// The session's connection line.
    pub place: Option<Place>,
    /// The session's direction attribute.
    pub direction: Option<Direction>,
    /// The `t=` lines' values; an answer repeats them (RFC 3264 §6).
    pub times: Vec<String>,
    /// The media descriptions, in order.
    pub media: Vec<Media>,
}

/// What the audio stream we can take says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audio {
    /// Where its sound is to be sent. Unspecified (`0.0.0.0`) means: nowhere, an old way of hold.
    pub address: SocketAddr,
    /// G.711 payload types in order of preference.
    pub codecs: Vec<(u8, Law)>,
    /// The payload type of telephone events.
    pub telephone_event: Option<u8>,
    /// Seen from the side that wrote it. An unspecified address takes its receiving away (RFC 3264 §8.4).
    pub direction: Direction,
    /// Milliseconds per packet it would like to receive.
    pub ptime: Option<u16>,
    /// Milliseconds per packet it can receive at most.
    pub max_ptime: Option<u16>,
}

/// What we say of ourselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// Our media address.
    pub address: IpAddr,
    /// Our RTP port.
    pub port: u16,
    /// The `o=` session id, the same for the whole call.
    pub session_id: u64,
    /// The `o=` version: one more each time the description changes.
    pub version: u64,
    /// What we want to do.
    pub direction: Direction,
    /// Laws in our order of preference.
    pub codecs: Vec<Law>,
}

/// What both sides agreed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    /// Where to send RTP.
    pub remote: SocketAddr,
    /// The law both ways.
    pub law: Law,
    /// The payload type the far end gave that law.
    pub payload: u8,
    /// The far end's payload type of telephone events.
    pub telephone_event: Option<u8>,
    /// Seen from our side.
    pub direction: Direction,
    /// Milliseconds per packet we are to send.
    pub ptime: u16,
    /// The m-lines of the session in order, which every later offer must keep (RFC 3264 §8).
    pub lines: Vec<Line>,
}

/// One m-line of an agreed session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// Ours: the audio stream.
    Audio {
        /// Its transport protocol.
        protocol: String,
    },
    /// Refused: kind, protocol and first format, to be written with port 0.
    Refused {
        /// `video`, `image`, …
        kind: String,
        /// Its transport protocol.
        protocol: String,
        /// One of its formats, since an m-line must have one.
        format: String,
    },
}

/// Why text is no session description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SdpError {
    /// It does not begin with `v=0`.
    Version,
    /// An m-line cannot be read.
    Media,
    /// A connection line cannot be read.
    Connection,
    /// More m-lines than anybody needs.
    TooMany,
}

impl fmt::Display for SdpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Version => "no v=0",
            Self::Media => "m-line unreadable",
            Self::Connection => "c-line unreadable",
            Self::TooMany => "too many m-lines",
        })
    }
}

impl std::error::Error for SdpError {}

/// No stream both sides can use: the answer is 488 (RFC 3261 §21.4.26).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incompatible {
    /// No audio stream with a law of ours.
    Codec,
    /// There is one, at an address of the other family (IPv4, IPv6).
    AddressFamily,
}

impl Incompatible {
    /// The value of the Warning that says so (RFC 3261 §20.43), from an agent of this name.
    pub fn warning(self, agent: &str) -> String {
        match self {
            Self::Codec => format!("305 {agent} \"Incompatible media format\""),
            Self::AddressFamily => format!("301 {agent} \"Incompatible network address formats\""),
        }
    }
}

impl fmt::Display for Incompatible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Codec => "no common audio stream",
            Self::AddressFamily => "an address of the other family",
        })
    }
}

impl std::error::Error for Incompatible {}
