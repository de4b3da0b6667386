//! The outline of a recording for drawing: per 100 ms one byte for the caller and one for the agent, each the largest
//! magnitude in 1/256 of full scale. The file is these pairs and nothing else: 20 bytes a second.

/// Stereo samples per pair.
pub const SPAN: usize = 800;

/// Turns samples into pairs as they come.
#[derive(Debug, Default)]
pub struct Peaks {
    count: usize,
    most: [u16; 2],
    ready: Vec<u8>,
}

impl Peaks {
    /// Takes samples, left and right.
    pub fn add(&mut self, frames: &[[i16; 2]]) {
        for frame in frames {
            for (most, sample) in self.most.iter_mut().zip(frame) {
                *most = (*most).max(sample.unsigned_abs());
            }
            self.count += 1;
            if self.count == SPAN {
                self.close();
            }
        }
    }

    fn close(&mut self) {
        let pair = self.most.map(|most| u8::try_from(most >> 7).unwrap_or(u8::MAX));
        self.ready.extend_from_slice(&pair);
        (self.count, self.most) = (0, [0; 2]);
    }

    /// The sound is over: the last, shorter span counts too.
    pub fn end(&mut self) {
        if self.count > 0 {
            self.close();
        }
    }

    /// Gives the finished pairs and forgets them.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.ready)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pair_is_the_loudest_moment_of_its_tenth_of_a_second_per_side() {
        let mut peaks = Peaks::default();
        let mut frames = vec![[0i16; 2]; 2_000];
        frames[10] = [-16_384, 0];
        frames[900] = [0, i16::MIN];
        frames[1_999] = [i16::MAX, 256];
        for part in frames.chunks(77) {
            peaks.add(part);
        }
        assert_eq!(peaks.take(), [128, 0, 0, 255]);
        peaks.end();
        assert_eq!(peaks.take(), [255, 2]);
        peaks.end();
        assert!(peaks.take().is_empty());
    }
}
