//! A far end's sound, outside the program: sends a tone in A-law each 20 ms, presses keys as RFC 4733 events, and keeps
//! what it hears. It learns where to send from the first packet that reaches it, as a phone behind NAT would.

use std::net::{SocketAddr, UdpSocket};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::tone;

#[derive(Default)]
struct Heard {
    samples: Vec<i16>,
}

enum Ask {
    Press(char),
    Stop,
}

pub struct Ear {
    pub port: u16,
    heard: Arc<Mutex<Heard>>,
    asks: SyncSender<Ask>,
    thread: Option<JoinHandle<()>>,
}

struct Mouth {
    socket: UdpSocket,
    to: Option<SocketAddr>,
    hz: f64,
    sequence: u16,
    timestamp: u32,
    spoken: u64,
}

impl Ear {
    /// An ear whose far end hears `hz`.
    pub fn with_tone(hz: f64) -> Self {
        let port = super::free_even_port();
        let socket = UdpSocket::bind(("127.0.0.1", port)).unwrap();
        socket.set_nonblocking(true).unwrap();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let (asks, inbox) = sync_channel(64);
        let keep = heard.clone();
        let thread = std::thread::spawn(move || {
            let mut mouth = Mouth { socket, to: None, hz, sequence: 1, timestamp: 1_000, spoken: 0 };
            let mut next = Instant::now();
            loop {
                mouth.listen(&keep);
                if Instant::now() >= next {
                    next += Duration::from_millis(20);
                    match inbox.try_recv() {
                        Ok(Ask::Press(key)) => next += mouth.press(key),
                        Ok(Ask::Stop) => return,
                        Err(_) => mouth.speak(),
                    }
                }
                std::thread::park_timeout(Duration::from_millis(2));
            }
        });
        Self { port, heard, asks, thread: Some(thread) }
    }

    /// Presses a key for 100 ms.
    pub fn press(&self, key: char) {
        self.asks.send(Ask::Press(key)).unwrap();
    }

    /// Everything heard so far, in order of arrival.
    pub fn samples(&self) -> Vec<i16> {
        self.heard.lock().unwrap().samples.clone()
    }

    /// Whether something louder than silence was heard for `millis` in all.
    pub fn heard_sound(&self, millis: usize) -> bool {
        self.samples().iter().filter(|sample| sample.abs() > 300).count() >= millis * 2
    }

    /// How long, in samples, the tone was heard without a break.
    pub fn heard_tone(&self, hz: f64) -> usize {
        tone::longest(&self.samples(), hz).1
    }
}

impl Mouth {
    fn listen(&mut self, heard: &Mutex<Heard>) {
        let mut buffer = [0u8; 2_048];
        while let Ok((length, from)) = self.socket.recv_from(&mut buffer) {
            if length < 12 {
                continue;
            }
            self.to = Some(from);
            let mut heard = heard.lock().unwrap();
            if buffer[1] & 0x7f == 8 {
                heard.samples.extend(buffer[12..length].iter().map(|byte| tone::from_alaw(*byte)));
            }
        }
    }

    fn speak(&mut self) {
        let payload: Vec<u8> = tone::sine(self.hz, self.spoken, 160).into_iter().map(tone::to_alaw).collect();
        self.spoken += 160;
        self.send(8, false, self.timestamp, &payload);
        self.timestamp = self.timestamp.wrapping_add(160);
    }

    fn press(&mut self, key: char) -> Duration {
        let event = match key {
            '*' => 10,
            '#' => 11,
            digit => u8::try_from(digit.to_digit(10).unwrap()).unwrap(),
        };
        let start = self.timestamp;
        for step in 1..=5u16 {
            let [high, low] = (step * 160).to_be_bytes();
            self.send(101, step == 1, start, &[event, 10, high, low]);
        }
        for _ in 0..3 {
            let [high, low] = 800u16.to_be_bytes();
            self.send(101, false, start, &[event, 0x8a, high, low]);
        }
        self.timestamp = self.timestamp.wrapping_add(800);
        Duration::from_millis(80)
    }

    fn send(&mut self, kind: u8, marker: bool, timestamp: u32, payload: &[u8]) {
        let Some(to) = self.to else { return };
        let mut packet = vec![0x80, kind | if marker { 0x80 } else { 0 }];
        packet.extend(self.sequence.to_be_bytes());
        packet.extend(timestamp.to_be_bytes());
        packet.extend(0x5a5a_0001u32.to_be_bytes());
        packet.extend(payload);
        self.sequence = self.sequence.wrapping_add(1);
        let _ = self.socket.send_to(&packet, to);
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        let _ = self.asks.send(Ask::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
