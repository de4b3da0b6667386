//! Sound for SIPp's `play_pcap_audio`: a tone in A-law every 20 ms and, inside it, keys as RFC 4733 events.

use std::path::{Path, PathBuf};

use super::tone;

/// Writes `seconds` of a tone with `keys` pressed at their second; returns the file.
pub fn write(folder: &Path, name: &str, hz: f64, seconds: u32, keys: &[(u32, char)]) -> PathBuf {
    let mut file = Pcap { bytes: header(), sequence: 1_000, timestamp: 160, micros: 0 };
    let mut spoken = 0;
    while file.micros < seconds * 1_000_000 {
        if let Some((_, key)) = keys.iter().find(|(second, _)| *second * 1_000_000 == file.micros) {
            file.press(*key);
            continue;
        }
        let payload: Vec<u8> = tone::sine(hz, spoken, 160).into_iter().map(tone::to_alaw).collect();
        spoken += 160;
        file.packet(8, false, file.timestamp, &payload);
        file.timestamp += 160;
        file.micros += 20_000;
    }
    let path = folder.join(name);
    std::fs::write(&path, file.bytes).unwrap();
    path
}

struct Pcap {
    bytes: Vec<u8>,
    sequence: u16,
    timestamp: u32,
    micros: u32,
}

/// libpcap's classic file header, Ethernet link type.
fn header() -> Vec<u8> {
    let mut bytes = 0xa1b2_c3d4u32.to_le_bytes().to_vec();
    bytes.extend(2u16.to_le_bytes());
    bytes.extend(4u16.to_le_bytes());
    bytes.extend([0; 8]);
    bytes.extend(65_535u32.to_le_bytes());
    bytes.extend(1u32.to_le_bytes());
    bytes
}

impl Pcap {
    fn press(&mut self, key: char) {
        let event = u8::try_from(key.to_digit(10).unwrap()).unwrap();
        let start = self.timestamp;
        for step in 1..=5u16 {
            let [high, low] = (step * 160).to_be_bytes();
            self.packet(101, step == 1, start, &[event, 10, high, low]);
            self.micros += 20_000;
        }
        for _ in 0..3 {
            self.packet(101, false, start, &[event, 0x8a, 3, 32]);
            self.micros += 100;
        }
        self.micros = self.micros.next_multiple_of(20_000);
        self.timestamp += 960;
    }

    fn packet(&mut self, kind: u8, marker: bool, timestamp: u32, payload: &[u8]) {
        let mut rtp = vec![0x80, kind | if marker { 0x80 } else { 0 }];
        rtp.extend(self.sequence.to_be_bytes());
        rtp.extend(timestamp.to_be_bytes());
        rtp.extend(0x1234_5678u32.to_be_bytes());
        rtp.extend(payload);
        self.sequence = self.sequence.wrapping_add(1);
        let udp = u16::try_from(rtp.len() + 8).unwrap();
        let mut frame = vec![0; 12];
        frame.extend([0x08, 0x00, 0x45, 0x00]);
        frame.extend((udp + 20).to_be_bytes());
        frame.extend([0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1]);
        frame.extend(6_000u16.to_be_bytes());
        frame.extend(6_000u16.to_be_bytes());
        frame.extend(udp.to_be_bytes());
        frame.extend([0, 0]);
        frame.extend(rtp);
        let length = u32::try_from(frame.len()).unwrap();
        self.bytes.extend((1_000 + self.micros / 1_000_000).to_le_bytes());
        self.bytes.extend((self.micros % 1_000_000).to_le_bytes());
        self.bytes.extend(length.to_le_bytes());
        self.bytes.extend(length.to_le_bytes());
        self.bytes.extend(frame);
    }
}
