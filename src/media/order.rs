//! What the switch may ask of a leg's sound, and what a leg may report back.
//!
//! A leg is one RTP session with one far end. Legs of one call share a [`Group`], and a group lives on one media thread.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Everything that shares sound: the call. All legs of a group are served by the same media thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Group(pub u64);

/// One leg's sound. The number is the switch's leg number; never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamKey(pub u64);

/// A G.711 law, RFC 3551 static payload types 8 and 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// A-law, payload type 8.
    Pcma,
    /// µ-law, payload type 0.
    Pcmu,
}

/// A sound held in memory: 8,000 samples a second, mono, 16-bit linear. Loaded once at (re)load, shared by every leg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sound {
    /// File name it came from, for the log.
    pub name: String,
    /// The samples.
    pub samples: Vec<i16>,
}

/// One play order; the report of its end carries the same number, so a late report of an older one is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PlayId(pub u64);

/// Which side of the stereo file a leg is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// The caller.
    Left,
    /// The agent.
    Right,
}

/// A tone made by arithmetic, not from a file. Cadences are the Turkish ones of ITU-T E.180.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tone {
    /// 450 Hz, 2 s on, 4 s off: the far phone rings.
    Ringback,
    /// 450 Hz, 0.5 s on, 0.5 s off.
    Busy,
}

/// An order to one leg.
#[derive(Debug, Clone)]
pub enum Order {
    /// Bind `port` for RTP and `port + 1` for RTCP on the media address. Answered by [`Heard::Opened`] or [`Heard::PortTaken`].
    Open {
        /// Even UDP port lent by the pool.
        port: u16,
    },
    /// What the SDP exchange settled. May come again (re-INVITE).
    Remote {
        /// Where the far end says it listens. The unspecified address or port 0 means: send nothing.
        address: SocketAddr,
        /// Codec to send; both laws are always understood.
        codec: Codec,
        /// Payload type of `telephone-event/8000`, where the far end takes it.
        telephone_event: Option<u8>,
        /// Milliseconds of sound in each packet of our own (10 to 60 in tens). Relayed packets stay as they were made:
        /// a receiver takes any length up to 200 ms (RFC 3551 §4.2).
        ptime: u16,
        /// Whether we may send (the far end is not `sendonly`/`inactive`).
        send: bool,
    },
    /// Play these one after the other to the far end, replacing what plays. `repeat` starts again from the first.
    Play {
        /// Number given back in [`Heard::PlayDone`].
        id: PlayId,
        /// Sounds in order.
        sounds: Vec<Arc<Sound>>,
        /// Hold music.
        repeat: bool,
    },
    /// Play a tone until told otherwise.
    Tone(Tone),
    /// Silence now; no [`Heard::PlayDone`] follows.
    StopPlay,
    /// Relay packets between this leg and `with`, both ways. Stops whatever plays on both.
    Bridge {
        /// The other leg, same group.
        with: StreamKey,
    },
    /// End the relay, on both legs.
    Unbridge,
    /// Send these digits to the far end as RFC 4733 events, 100 ms each, 60 ms apart.
    SendDigits(String),
    /// Copy what is heard *from* this leg's far end into the recording of the group, on that channel.
    /// The first leg's order starts the file.
    Record {
        /// Side of the stereo file.
        channel: Channel,
    },
    /// Stop copying this leg. When no leg of the group records any more the file is closed.
    StopRecord,
    /// Report [`Heard::Silent`] when no RTP has come for that long; `None` switches the watch off (hold).
    WatchSilence(Option<Duration>),
    /// Close the sockets and forget the leg. Answered by [`Heard::Closed`].
    Close,
}

/// What a leg reports.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// The sockets are bound.
    Opened,
    /// The port pair could not be bound (someone else holds it).
    PortTaken,
    /// First valid RTP packet of the far end arrived and the source is latched.
    Flowing,
    /// One RFC 4733 digit (0-9 * # A-D), reported once, at its first packet.
    Digit(char),
    /// The play order ended by itself.
    PlayDone(PlayId),
    /// No RTP for the time set by `WatchSilence`; reported once until packets come again.
    Silent,
    /// The recorder closed the group's file: its length and whether every frame reached the disk.
    Recorded {
        /// Length of the file in milliseconds.
        millis: u64,
        /// Frames that had to be written as silence because the disk was late or full.
        lost_frames: u64,
    },
    /// The leg is gone; final figures.
    Closed(Figures),
}

/// Counters of one leg, from its RTP headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// RTP packets received from the latched source.
    pub received: u64,
    /// RTP packets sent.
    pub sent: u64,
    /// Packets missing by sequence number.
    pub lost: u64,
    /// Packets dropped because they came from somebody else.
    pub foreign: u64,
    /// Interarrival jitter, RFC 3550 §6.4.1, in RTP units of 125 µs.
    pub jitter: u32,
}
