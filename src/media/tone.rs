//! Tones made by arithmetic: 450 Hz with the Turkish cadences of ITU-T E.180.

use std::f64::consts::TAU;
use std::sync::LazyLock;

use crate::FRAME;
use crate::order::Tone;

const FREQUENCY: f64 = 450.0;
/// −13 dBm0 or so: loud enough to hear, quiet enough not to hurt.
const AMPLITUDE: f64 = 6_000.0;

/// 450 Hz makes nine whole periods in one frame, so one frame repeated is an unbroken tone.
static BEEP: LazyLock<[i16; FRAME]> = LazyLock::new(|| {
    std::array::from_fn(|n| {
        ((n as f64) * FREQUENCY / f64::from(crate::RATE) * TAU).sin().mul_add(AMPLITUDE, 0.0) as i16
    })
});

/// Frames of tone and frames of pause.
fn cadence(tone: Tone) -> (usize, usize) {
    match tone {
        Tone::Ringback => (100, 200),
        Tone::Busy => (25, 25),
    }
}

/// A running tone.
#[derive(Debug, Clone)]
pub struct ToneSource {
    tone: Tone,
    /// Samples given out of this round of the cadence.
    position: usize,
}

impl ToneSource {
    /// A tone at the beginning of its cadence.
    #[must_use]
    pub fn new(tone: Tone) -> Self {
        Self { tone, position: 0 }
    }

    /// The next samples.
    pub fn fill(&mut self, samples: &mut [i16]) {
        let (on, off) = cadence(self.tone);
        for sample in samples {
            *sample = if self.position < on * FRAME { BEEP[self.position % FRAME] } else { 0 };
            self.position = (self.position + 1) % ((on + off) * FRAME);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames with sound, as (silent?, length) runs.
    fn runs(tone: Tone, frames: usize) -> Vec<(bool, usize)> {
        let (mut source, mut samples, mut runs) = (ToneSource::new(tone), [0; FRAME], Vec::<(bool, usize)>::new());
        for _ in 0..frames {
            source.fill(&mut samples);
            let silent = samples.iter().all(|&sample| sample == 0);
            match runs.last_mut() {
                Some((same, length)) if *same == silent => *length += 1,
                _ => runs.push((silent, 1)),
            }
        }
        runs
    }

    #[test]
    fn ringback_is_two_seconds_on_and_four_off_and_busy_half_and_half() {
        assert_eq!(runs(Tone::Ringback, 600), [(false, 100), (true, 200), (false, 100), (true, 200)]);
        assert_eq!(runs(Tone::Busy, 100), [(false, 25), (true, 25), (false, 25), (true, 25)]);
    }

    #[test]
    fn the_tone_is_450_hz_without_a_step_between_frames() {
        let (mut source, mut samples, mut all) = (ToneSource::new(Tone::Busy), [0; FRAME], Vec::new());
        for _ in 0..25 {
            source.fill(&mut samples);
            all.extend_from_slice(&samples);
        }
        let crossings = all.windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count();
        assert!((223..=225).contains(&crossings), "{crossings} periods in half a second");
        let steepest = all.windows(2).map(|pair| (i32::from(pair[1]) - i32::from(pair[0])).abs()).max().unwrap();
        assert!(steepest < 2_200, "a click of {steepest}");
    }
}
