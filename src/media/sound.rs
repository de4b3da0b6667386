//! Prompts and music from WAV files.

use std::io::Cursor;

use hound::{SampleFormat, WavReader};

use crate::order::Sound;

/// Why a file cannot be played on a telephone line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SoundError {
    /// Not a WAV file, or a damaged one.
    #[error("not a readable WAV file: {0}")]
    Unreadable(String),
    /// Stereo or more.
    #[error("the file has {0} channels; a prompt has one (mono)")]
    Channels(u16),
    /// Neither 8 nor 16 kHz.
    #[error("the file has {0} samples a second; a prompt has 8000 or 16000")]
    Rate(u32),
    /// Not 16-bit linear.
    #[error("the file's samples are not 16-bit integers (found {0} bits)")]
    Samples(u16),
    /// No sound in it.
    #[error("the file holds no sound")]
    Empty,
    /// Longer than an hour; that is a mistake and would fill the memory.
    #[error("the file is longer than an hour")]
    TooLong,
}

/// The longest sound, in samples of the file.
const LONGEST: u32 = 16_000 * 3_600;

/// Reads a mono 16-bit WAV file of 8 or 16 kHz. `name` is kept for the log.
///
/// # Errors
/// When the file is something else; the message says what it is and what it should be.
pub fn from_wav(name: &str, bytes: &[u8]) -> Result<Sound, SoundError> {
    let unreadable = |error: hound::Error| SoundError::Unreadable(error.to_string());
    let mut reader = WavReader::new(Cursor::new(bytes)).map_err(unreadable)?;
    let spec = reader.spec();
    if spec.channels != 1 {
        return Err(SoundError::Channels(spec.channels));
    }
    if spec.sample_rate != 8_000 && spec.sample_rate != 16_000 {
        return Err(SoundError::Rate(spec.sample_rate));
    }
    if spec.bits_per_sample != 16 || spec.sample_format != SampleFormat::Int {
        return Err(SoundError::Samples(spec.bits_per_sample));
    }
    if reader.duration() > LONGEST {
        return Err(SoundError::TooLong);
    }
    let samples: Vec<i16> = reader.samples::<i16>().collect::<Result<_, _>>().map_err(unreadable)?;
    let samples = if spec.sample_rate == 16_000 { halve(&samples) } else { samples };
    if samples.is_empty() {
        return Err(SoundError::Empty);
    }
    Ok(Sound { name: name.to_owned(), samples })
}

/// Half-band low pass (−6 dB at 4 kHz, windowed sinc) and every second sample.
fn halve(samples: &[i16]) -> Vec<i16> {
    /// Taps at distance 1, 3, 5, 7, 9 of the centre, in 1/32768; those at even distance are zero.
    const SIDE: [i32; 5] = [10_290, -3_072, 1_434, -620, 160];
    const CENTRE: i32 = 16_384;
    let at =
        |index: isize| usize::try_from(index).ok().and_then(|index| samples.get(index)).map_or(0, |&s| i32::from(s));
    let half = samples.len().div_ceil(2);
    let mut out = Vec::with_capacity(half);
    for n in 0..half {
        let centre = 2 * n as isize;
        let mut sum = at(centre) * CENTRE;
        for (tap, distance) in SIDE.iter().zip((1isize..).step_by(2)) {
            sum += tap * (at(centre - distance) + at(centre + distance));
        }
        out.push((sum >> 15).clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn wav(channels: u16, sample_rate: u32, bits_per_sample: u16, samples: &[i16]) -> Vec<u8> {
        let spec = hound::WavSpec { channels, sample_rate, bits_per_sample, sample_format: SampleFormat::Int };
        let mut file = Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut file, spec).unwrap();
        for &sample in samples {
            writer.write_sample(sample).unwrap();
        }
        writer.finalize().unwrap();
        file.into_inner()
    }

    fn sine(frequency: f64, rate: f64, length: usize) -> Vec<i16> {
        (0..length).map(|n| ((n as f64 * frequency / rate * TAU).sin() * 10_000.0) as i16).collect()
    }

    fn loudness(samples: &[i16]) -> f64 {
        let middle = &samples[100..samples.len() - 100];
        (middle.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / middle.len() as f64).sqrt()
    }

    #[test]
    fn a_telephone_wav_is_taken_as_it_is() {
        let samples = sine(1_000.0, 8_000.0, 4_000);
        let sound = from_wav("welcome.wav", &wav(1, 8_000, 16, &samples)).unwrap();
        assert_eq!((sound.name.as_str(), sound.samples), ("welcome.wav", samples));
    }

    #[test]
    fn a_16_khz_wav_keeps_its_speech_and_loses_what_a_telephone_cannot_carry() {
        let speech = from_wav("s", &wav(1, 16_000, 16, &sine(1_000.0, 16_000.0, 16_000))).unwrap();
        assert_eq!(speech.samples.len(), 8_000);
        assert!((loudness(&speech.samples) / 7_071.0 - 1.0).abs() < 0.05, "{}", loudness(&speech.samples));
        let hiss = from_wav("h", &wav(1, 16_000, 16, &sine(7_000.0, 16_000.0, 16_000))).unwrap();
        assert!(loudness(&hiss.samples) < 300.0, "an alias of {}", loudness(&hiss.samples));
    }

    #[test]
    fn other_files_are_refused_with_what_is_wrong() {
        let two = from_wav("x", &wav(2, 8_000, 16, &[0; 8])).unwrap_err();
        assert_eq!(two.to_string(), "the file has 2 channels; a prompt has one (mono)");
        assert_eq!(from_wav("x", &wav(1, 44_100, 16, &[0; 8])), Err(SoundError::Rate(44_100)));
        assert_eq!(from_wav("x", &wav(1, 8_000, 16, &[])), Err(SoundError::Empty));
        assert!(matches!(from_wav("x", b"ID3 this is an mp3"), Err(SoundError::Unreadable(_))));
        assert_eq!(from_wav("x", &wav(1, 8_000, 8, &[0; 8])), Err(SoundError::Samples(8)));
    }
}
