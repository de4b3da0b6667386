//! Sines and how to find them: each party sends its own tone, so that a recording proves who was heard where.

use std::f64::consts::TAU;

pub const RATE: f64 = 8_000.0;

/// `samples` of a sine of `hz`, starting at sample `from`.
pub fn sine(hz: f64, from: u64, samples: usize) -> Vec<i16> {
    (0..samples)
        .map(|n| {
            #[expect(clippy::cast_precision_loss, reason = "sample counts of a test are small")]
            let t = (from + n as u64) as f64 / RATE;
            #[expect(clippy::cast_possible_truncation, reason = "9000 fits")]
            let value = (9_000.0 * (TAU * hz * t).sin()) as i16;
            value
        })
        .collect()
}

/// A sample as A-law, and back.
pub fn to_alaw(sample: i16) -> u8 {
    media::g711::encode(media::order::Codec::Pcma, sample)
}

pub fn from_alaw(octet: u8) -> i16 {
    media::g711::decode(media::order::Codec::Pcma, octet)
}

/// How much of the sound is this tone: 1.0 for a pure sine, near 0 for anything else (Goertzel).
pub fn share(samples: &[i16], hz: f64) -> f64 {
    let energy: f64 = samples.iter().map(|s| f64::from(*s).powi(2)).sum();
    if energy < 1.0 {
        return 0.0;
    }
    let coefficient = 2.0 * (TAU * hz / RATE).cos();
    let (mut one, mut two) = (0.0, 0.0);
    for sample in samples {
        let next = f64::from(*sample) + coefficient * one - two;
        two = one;
        one = next;
    }
    let power = one * one + two * two - coefficient * one * two;
    #[expect(clippy::cast_precision_loss, reason = "sample counts of a test are small")]
    let count = samples.len() as f64;
    2.0 * power / (count * energy)
}

/// The longest stretch, in samples, in which each 50 ms window is mostly this tone; where it begins and its length.
pub fn longest(samples: &[i16], hz: f64) -> (usize, usize) {
    const WINDOW: usize = 400;
    let (mut best, mut start, mut length) = ((0, 0), 0, 0);
    for (n, window) in samples.chunks_exact(WINDOW).enumerate() {
        if share(window, hz) > 0.8 {
            if length == 0 {
                start = n * WINDOW;
            }
            length += WINDOW;
            if length > best.1 {
                best = (start, length);
            }
        } else {
            length = 0;
        }
    }
    best
}

#[test]
fn a_tone_is_found_and_another_is_not() {
    let samples = sine(440.0, 0, 4_000);
    assert!(share(&samples, 440.0) > 0.95);
    assert!(share(&samples, 880.0) < 0.05);
    assert_eq!(longest(&samples, 440.0), (0, 4_000));
}
