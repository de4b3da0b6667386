//! A telephone without SIP: it speaks one tone and writes down what it hears.

use std::f64::consts::TAU;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ::media::order::{Codec, Group, Heard, Order, StreamKey};
use ::media::wire::{self, Header};
use ::media::{FRAME, FRAME_TIME, g711};
use tokio::sync::mpsc::Receiver;

use crate::media::{MediaSettings, MediaThreads};

pub const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
pub const GROUP: Group = Group(5);
pub const CALLER: StreamKey = StreamKey(1);
pub const AGENT: StreamKey = StreamKey(2);

/// What a telephone heard: when, and the packet.
pub type Tape = Vec<(Instant, Vec<u8>)>;

pub struct Phone {
    pub address: SocketAddr,
    /// How many packets [`Phone::speak`] has sent.
    pub sent: Arc<AtomicU32>,
    socket: UdpSocket,
}

impl Phone {
    pub fn new(ip: IpAddr) -> Self {
        let socket = UdpSocket::bind(SocketAddr::new(ip, 0)).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
        Self { address: socket.local_addr().unwrap(), sent: Arc::default(), socket }
    }

    /// Speaks `packets` packets of a tone to `to`, paced, and gives what it heard meanwhile.
    pub fn speak(self, to: SocketAddr, codec: Codec, hertz: f64, packets: u32) -> JoinHandle<Tape> {
        std::thread::spawn(move || {
            let (start, mut tape, mut buffer) = (Instant::now(), Tape::new(), [0; 2_048]);
            for n in 0..packets {
                self.socket.send_to(&tone_packet(codec, hertz, n), to).unwrap();
                self.sent.store(n + 1, Ordering::Relaxed);
                let next = start + FRAME_TIME * (n + 1);
                while Instant::now() < next {
                    let wait = next.saturating_duration_since(Instant::now()).max(Duration::from_micros(100));
                    self.socket.set_read_timeout(Some(wait)).unwrap();
                    if let Ok((length, _)) = self.socket.recv_from(&mut buffer) {
                        tape.push((Instant::now(), buffer[..length].to_vec()));
                    }
                }
            }
            tape
        })
    }

    /// Sends so many packets in one burst.
    pub fn burst(&self, to: SocketAddr, packets: u32) {
        for n in 0..packets {
            self.socket.send_to(&tone_packet(Codec::Pcma, 440.0, n), to).unwrap();
        }
    }

    /// How many packets have come, waiting for `packets` of them ten seconds at the most.
    pub fn hear(&self, packets: usize) -> usize {
        let (mut heard, mut buffer, until) = (0, [0; 2_048], Instant::now() + Duration::from_secs(10));
        while heard < packets && Instant::now() < until {
            heard += usize::from(self.socket.recv_from(&mut buffer).is_ok());
        }
        heard
    }

    /// Sends packets as fast as told until stopped; gives the number of packets that came to it.
    pub fn spray(self, to: SocketAddr, stop: Arc<AtomicBool>) -> JoinHandle<u32> {
        std::thread::spawn(move || {
            let (mut n, mut received, mut buffer) = (0, 0, [0; 2_048]);
            while !stop.load(Ordering::Relaxed) {
                self.socket.send_to(&tone_packet(Codec::Pcma, 2_500.0, n), to).unwrap();
                received += u32::from(self.socket.recv_from(&mut buffer).is_ok());
                n += 1;
            }
            received
        })
    }
}

fn tone_packet(codec: Codec, hertz: f64, n: u32) -> Vec<u8> {
    let header = Header {
        marker: n == 0,
        payload_type: g711::payload_type(codec),
        sequence: 65_000u16.wrapping_add(n as u16),
        timestamp: (n * 160).wrapping_sub(10_000),
        ssrc: hertz as u32,
    };
    let mut bytes = Vec::new();
    wire::write(&header, &mut bytes);
    let sample = |k: usize| (f64::from(n * 160 + k as u32) * hertz / 8_000.0 * TAU).sin() * 8_000.0;
    bytes.extend((0..FRAME).map(|k| g711::encode(codec, sample(k) as i16)));
    bytes
}

/// The samples of a tape, decoded.
pub fn sound(tape: &Tape) -> Vec<i16> {
    let packets = tape.iter().filter_map(|(_, bytes)| wire::read(bytes));
    let voice = packets.filter_map(|packet| Some((g711::codec(packet.header.payload_type)?, packet.payload)));
    voice.flat_map(|(codec, payload)| payload.iter().map(move |&octet| g711::decode(codec, octet))).collect()
}

/// Strength of one frequency, Goertzel; a tone of full telephone loudness gives about 8,000.
pub fn strength(samples: &[i16], hertz: f64) -> f64 {
    let coefficient = 2.0 * (hertz / 8_000.0 * TAU).cos();
    let (mut one, mut two) = (0.0, 0.0);
    for &sample in samples {
        (one, two) = (f64::from(sample) + coefficient * one - two, one);
    }
    let power = one * one + two * two - coefficient * one * two;
    power.max(0.0).sqrt() * 2.0 / samples.len().max(1) as f64
}

/// Two ports that were free a moment ago, the first even.
pub fn port_pair() -> u16 {
    loop {
        let first = UdpSocket::bind((HOME, 0)).unwrap();
        let port = first.local_addr().unwrap().port();
        if port.is_multiple_of(2) && UdpSocket::bind((HOME, port + 1)).is_ok() {
            return port;
        }
    }
}

pub struct Exchange {
    pub threads: MediaThreads,
    pub heard: Receiver<(StreamKey, Heard)>,
}

impl Exchange {
    pub fn new(recordings: &std::path::Path) -> Self {
        let (out, heard) = tokio::sync::mpsc::channel(1_000);
        let settings = MediaSettings { address: HOME, threads: 2, recordings: recordings.to_owned() };
        Self { threads: MediaThreads::start(settings, out).unwrap(), heard }
    }

    pub fn order(&self, key: StreamKey, order: Order) {
        self.threads.order(GROUP, key, order);
    }

    /// Opens a leg to a telephone and gives the address the telephone sends to.
    pub fn open(&mut self, key: StreamKey, phone: SocketAddr, codec: Codec) -> SocketAddr {
        let port = port_pair();
        self.order(key, Order::Open { port });
        self.order(key, Order::Remote { address: phone, codec, telephone_event: Some(101), ptime: 20, send: true });
        assert_eq!(self.next(), (key, Heard::Opened));
        SocketAddr::new(HOME, port)
    }

    /// The next report that is not about first packets.
    pub fn next(&mut self) -> (StreamKey, Heard) {
        let until = Instant::now() + Duration::from_secs(10);
        while Instant::now() < until {
            match self.heard.try_recv() {
                Ok((_, Heard::Flowing)) => {}
                Ok(report) => return report,
                Err(_) => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        panic!("nothing was reported in ten seconds");
    }
}

/// An empty folder of this test, removed when dropped.
pub struct Folder(pub std::path::PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("santral-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
