//! The outline of a recording for drawing. Beside `<call>.wav` lies `<call>.peaks`: one byte pair (left, right) per
//! 100 ms, each the largest magnitude in 1/256 of full scale. Where it is missing the WAV itself is read.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use serde::Serialize;
use utoipa::ToSchema;

/// Milliseconds per pair.
const SPAN_MS: u64 = 100;
/// A recording of twelve hours has this many pairs; what is longer is drawn to here.
const MOST_PAIRS: u64 = 12 * 3600 * 10;

/// Two rows of loudness, 0–100.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Peaks {
    /// Length, ms.
    pub millis: u64,
    /// The caller.
    pub left: Vec<u8>,
    /// The agent.
    pub right: Vec<u8>,
}

/// Reads the outline of a WAV in at most `buckets` columns. Blocks.
///
/// # Errors
/// When neither file can be read, or the WAV is none of ours.
pub fn read(wav: &Path, buckets: usize) -> io::Result<Peaks> {
    let pairs = match read_file(&wav.with_extension("peaks")) {
        Ok(pairs) if !pairs.is_empty() => pairs,
        Ok(_) => from_wav(BufReader::new(File::open(wav)?))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => from_wav(BufReader::new(File::open(wav)?))?,
        Err(error) => return Err(error),
    };
    Ok(shrink(&pairs, buckets))
}

fn read_file(path: &Path) -> io::Result<Vec<[u8; 2]>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_PAIRS * 2).read_to_end(&mut bytes)?;
    Ok(bytes.as_chunks::<2>().0.to_vec())
}

/// Puts several pairs into one column, the loudest wins.
fn shrink(pairs: &[[u8; 2]], buckets: usize) -> Peaks {
    let columns = buckets.clamp(1, pairs.len().max(1));
    let mut peaks = Peaks {
        millis: pairs.len() as u64 * SPAN_MS,
        left: Vec::with_capacity(columns),
        right: Vec::with_capacity(columns),
    };
    if pairs.is_empty() {
        return peaks;
    }
    for column in 0..columns {
        let (from, to) = (column * pairs.len() / columns, (column + 1) * pairs.len() / columns);
        let part = pairs.get(from..to).unwrap_or_default();
        peaks.left.push(percent(part.iter().map(|pair| pair[0]).max()));
        peaks.right.push(percent(part.iter().map(|pair| pair[1]).max()));
    }
    peaks
}

fn percent(most: Option<u8>) -> u8 {
    let scaled = (u32::from(most.unwrap_or(0)) * 100 + 127) / 255;
    u8::try_from(scaled).unwrap_or(100)
}

/// What the header of a WAV says.
struct Format {
    channels: usize,
    rate: u64,
}

/// Reads pairs out of 16-bit PCM with one or two channels. A size that the header does not know yet (a killed
/// recorder) is taken as "to the end".
fn from_wav(mut wav: impl Read) -> io::Result<Vec<[u8; 2]>> {
    let mut riff = [0_u8; 12];
    wav.read_exact(&mut riff)?;
    if !riff.starts_with(b"RIFF") || !riff.ends_with(b"WAVE") {
        return Err(not_ours());
    }
    let mut format = None;
    loop {
        let mut head = [0_u8; 8];
        wav.read_exact(&mut head)?;
        let [a, b, c, d, sizes @ ..] = head;
        let size = u64::from(u32::from_le_bytes(sizes));
        match &[a, b, c, d] {
            b"fmt " => format = Some(read_format(&mut wav, size)?),
            b"data" => return samples(wav, size, &format.ok_or_else(not_ours)?),
            _ => {
                io::copy(&mut (&mut wav).take(size + size % 2), &mut io::sink())?;
            }
        }
    }
}

fn read_format(wav: &mut impl Read, size: u64) -> io::Result<Format> {
    let mut bytes = Vec::new();
    wav.take(size.min(64) + size % 2).read_to_end(&mut bytes)?;
    let word =
        |at: usize| bytes.get(at..at + 2).and_then(|pair| <[u8; 2]>::try_from(pair).ok()).map(u16::from_le_bytes);
    let (Some(channels), Some(rate), Some(bits)) = (word(2), word(4), word(14)) else { return Err(not_ours()) };
    // The rates of telephony fit into the lower half of the field.
    if !(1..=2).contains(&channels) || bits != 16 || !(8_000..=48_000).contains(&rate) {
        return Err(not_ours());
    }
    Ok(Format { channels: usize::from(channels), rate: u64::from(rate) })
}

fn samples(wav: impl Read, size: u64, format: &Format) -> io::Result<Vec<[u8; 2]>> {
    let size = if size == 0 || size == u64::from(u32::MAX) { u64::MAX } else { size };
    let span = (format.rate * SPAN_MS / 1000) as usize * format.channels * 2;
    let mut wav = wav.take(size.min(span as u64 * MOST_PAIRS));
    let mut pairs = Vec::new();
    let mut bytes = Vec::with_capacity(span);
    loop {
        bytes.clear();
        (&mut wav).take(span as u64).read_to_end(&mut bytes)?;
        if bytes.len() < format.channels * 2 {
            return Ok(pairs);
        }
        pairs.push(loudest(&bytes, format.channels));
    }
}

fn loudest(bytes: &[u8], channels: usize) -> [u8; 2] {
    let mut most = [0_u16; 2];
    for (i, sample) in bytes.as_chunks::<2>().0.iter().enumerate() {
        let magnitude = i16::from_le_bytes(*sample).unsigned_abs();
        if let Some(side) = most.get_mut(i % channels) {
            *side = (*side).max(magnitude);
        }
    }
    if channels == 1 {
        most[1] = most[0];
    }
    most.map(|most| u8::try_from(most >> 7).unwrap_or(u8::MAX))
}

fn not_ours() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not a 16-bit PCM WAV")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav(channels: u16, samples: &[i16]) -> Vec<u8> {
        let mut bytes = b"RIFF\0\0\0\0WAVELIST\x03\0\0\0abc\0fmt \x10\0\0\0\x01\0".to_vec();
        bytes.extend(channels.to_le_bytes());
        bytes.extend(8_000_u32.to_le_bytes());
        bytes.extend((8_000 * 2 * u32::from(channels)).to_le_bytes());
        bytes.extend((2 * channels).to_le_bytes());
        bytes.extend(16_u16.to_le_bytes());
        bytes.extend(b"data");
        bytes.extend((samples.len() as u32 * 2).to_le_bytes());
        bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        bytes
    }

    #[test]
    fn both_sides_of_a_wav_are_read_apart() {
        let mut samples = vec![0_i16; 2 * 800 * 3];
        samples[0] = i16::MIN;
        samples[2 * 800 + 1] = 16_384;
        let pairs = from_wav(wav(2, &samples).as_slice()).unwrap();
        assert_eq!(pairs, [[255, 0], [0, 128], [0, 0]]);
        let drawn = shrink(&pairs, 1200);
        assert_eq!(drawn, Peaks { millis: 300, left: vec![100, 0, 0], right: vec![0, 50, 0] });
    }

    #[test]
    fn a_long_recording_is_drawn_in_the_columns_asked_for_and_no_peak_is_lost() {
        let mut pairs = vec![[0, 0]; 36_000];
        pairs[17_777] = [255, 0];
        let drawn = shrink(&pairs, 1200);
        assert_eq!((drawn.left.len(), drawn.right.len(), drawn.millis), (1200, 1200, 3_600_000));
        assert_eq!(drawn.left.iter().filter(|peak| **peak == 100).count(), 1);
    }

    #[test]
    fn other_files_are_refused_without_reading_them_whole() {
        for bytes in [&b""[..], b"RIFF", b"RIFF\0\0\0\0AVI ", &wav(3, &[0; 6])] {
            assert!(from_wav(bytes).is_err());
        }
    }
}
