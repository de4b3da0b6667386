//! A real SIP and RTP endpoint on loopback, made of the same `sip` and `media` as the switch: the demo's caller and the
//! demo's agent phone are both one of these.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use media::order::{Codec, Group, Heard, Order, PlayId, Sound, StreamKey};
use media::ports::PortPool;
use sip::sdp::{self, Agreed, Direction, Law, Local};
use sip::user_agent::{Action, DialogId, Event, Settings, Source, Transport, UserAgent};
use tokio::net::UdpSocket;
use tokio::sync::mpsc::Receiver;

use crate::clock;
use crate::media::{MediaSettings, MediaThreads};

/// What an endpoint's owner is told.
#[derive(Debug)]
pub enum News {
    /// From the signalling.
    Sip(Event),
    /// From the sound.
    Heard(StreamKey, Heard),
    /// The time asked for has come.
    Time,
}

/// One endpoint.
pub struct Endpoint {
    /// Its signalling.
    pub agent: UserAgent,
    socket: UdpSocket,
    local: SocketAddr,
    media: MediaThreads,
    heard: Receiver<(StreamKey, Heard)>,
    ports: PortPool,
    pending: std::collections::VecDeque<Event>,
    next_key: u64,
    next_play: u64,
}

/// One call's sound.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    key: StreamKey,
    /// The RTP port.
    pub port: u16,
}

impl Line {
    /// Whether a report is about this line.
    pub fn is(self, key: StreamKey) -> bool {
        self.key == key
    }
}

impl Endpoint {
    /// Opens sockets on free loopback ports. `rtp` is the range it may use for sound.
    pub async fn open(seed: u64, allow_events: &[&str], rtp: (u16, u16)) -> io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let local = socket.local_addr()?;
        let (report, heard) = tokio::sync::mpsc::channel(256);
        let settings = MediaSettings { address: Ipv4Addr::LOCALHOST.into(), threads: 1, recordings: PathBuf::new() };
        let media = MediaThreads::start(settings, report)?;
        let settings = Settings {
            allow_events: allow_events.iter().map(|event| (*event).to_owned()).collect(),
            ..Settings::new(local)
        };
        Ok(Self {
            agent: UserAgent::new(settings, seed),
            socket,
            local,
            media,
            heard,
            ports: PortPool::new(rtp.0..=rtp.1),
            pending: std::collections::VecDeque::new(),
            next_key: 1,
            next_play: 1,
        })
    }

    /// Our SIP address.
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// Waits for the next thing to happen, but not beyond `until`.
    pub async fn next(&mut self, until: Instant) -> io::Result<News> {
        let mut buffer = [0u8; 65_535];
        loop {
            self.flush().await?;
            if let Some(event) = self.pending.pop_front() {
                return Ok(News::Sip(event));
            }
            if clock::instant() >= until {
                return Ok(News::Time);
            }
            let wake = self.agent.deadline().map_or(until, |deadline| deadline.min(until));
            tokio::select! {
                read = self.socket.recv_from(&mut buffer) => {
                    if let Ok((length, remote)) = read {
                        let source = Source { transport: Transport::Udp, local: self.local, remote, stream: None };
                        self.agent.receive(clock::instant(), source, &buffer[..length]);
                    }
                }
                Some((key, heard)) = self.heard.recv() => return Ok(News::Heard(key, heard)),
                () = tokio::time::sleep_until(wake.into()) => self.agent.tick(clock::instant()),
            }
        }
    }

    async fn flush(&mut self) -> io::Result<()> {
        while let Some(action) = self.agent.poll() {
            match action {
                Action::Send(to, bytes) => {
                    self.socket.send_to(&bytes, to.remote).await?;
                }
                Action::Event(event) => self.pending.push_back(event),
            }
        }
        Ok(())
    }

    /// Opens a line for one call; its first report is `Opened` or `PortTaken`.
    pub fn open_line(&mut self) -> Option<Line> {
        let port = self.ports.lend(clock::instant())?;
        let key = StreamKey(self.next_key);
        self.next_key += 1;
        let line = Line { key, port };
        self.order(line, Order::Open { port });
        Some(line)
    }

    /// Closes a line.
    pub fn close_line(&mut self, line: Line) {
        self.order(line, Order::Close);
        self.ports.give_back(clock::instant(), line.port);
    }

    /// Forgets a line whose ports somebody else holds, and never tries those again.
    pub fn lose_line(&mut self, line: Line) {
        self.ports.retire(clock::instant(), line.port);
    }

    /// What we say of a line in SDP.
    pub fn local_sdp(&self, line: Line) -> Local {
        Local {
            address: Ipv4Addr::LOCALHOST.into(),
            port: line.port,
            session_id: line.key.0,
            version: 1,
            direction: Direction::SendRecv,
            codecs: vec![Law::Pcma, Law::Pcmu],
        }
    }

    /// Tells a line's sound what the two sides agreed on.
    pub fn connect(&self, line: Line, agreed: &Agreed) {
        let codec = match agreed.law {
            Law::Pcma => Codec::Pcma,
            Law::Pcmu => Codec::Pcmu,
        };
        let telephone_event = agreed.telephone_event;
        self.order(
            line,
            Order::Remote { address: agreed.remote, codec, telephone_event, ptime: agreed.ptime, send: true },
        );
    }

    /// Speaks into a line, again and again.
    pub fn speak(&mut self, line: Line, voice: &Arc<Sound>) {
        let id = PlayId(self.next_play);
        self.next_play += 1;
        self.order(line, Order::Play { id, sounds: vec![voice.clone()], repeat: true });
    }

    /// Presses keys.
    pub fn press(&self, line: Line, keys: &str) {
        self.order(line, Order::SendDigits(keys.to_owned()));
    }

    fn order(&self, line: Line, order: Order) {
        self.media.order(Group(line.key.0), line.key, order);
    }

    /// Ends everything: calls, then sound.
    pub async fn close(mut self, dialogs: &[DialogId]) {
        for dialog in dialogs {
            self.agent.bye(clock::instant(), *dialog);
        }
        let _ = self.flush().await;
        self.media.stop();
    }
}

/// Reads the far end's answer to our offer.
pub fn agreed(local: &Local, answer: &[u8]) -> Option<Agreed> {
    sdp::agree(local, &sdp::read(answer).ok()?).ok()
}

/// Our answer to the far end's offer, with what follows from it.
pub fn answered(local: &Local, offer: &[u8]) -> Option<(Bytes, Agreed)> {
    sdp::answer(&sdp::read(offer).ok()?, local).ok()
}

/// A loop's pause when nothing has a time.
pub const IDLE: Duration = Duration::from_secs(3600);
