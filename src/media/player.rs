//! What we play to a far end: prompts one after the other, music without end, or a tone; a packet at a time.

use std::sync::Arc;

use crate::order::{PlayId, Sound, Tone};
use crate::tone::ToneSource;

#[derive(Debug)]
enum Source {
    Sounds { id: PlayId, sounds: Vec<Arc<Sound>>, repeat: bool, index: usize, position: usize },
    Tone(ToneSource),
}

/// What a call of [`Player::fill`] gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fill {
    /// A frame to send.
    Frame,
    /// Nothing is left; the play order is done.
    Done(PlayId),
    /// Nothing is left and nobody is to be told (music without a single sample).
    Nothing,
}

/// One running play order.
#[derive(Debug)]
pub struct Player {
    source: Source,
}

impl Player {
    /// Plays sounds in order, or round and round.
    #[must_use]
    pub fn sounds(id: PlayId, sounds: Vec<Arc<Sound>>, repeat: bool) -> Self {
        Self { source: Source::Sounds { id, sounds, repeat, index: 0, position: 0 } }
    }

    /// Plays a tone until dropped.
    #[must_use]
    pub fn tone(tone: Tone) -> Self {
        Self { source: Source::Tone(ToneSource::new(tone)) }
    }

    /// The next packet. The last one of an order is filled up with silence.
    pub fn fill(&mut self, frame: &mut [i16]) -> Fill {
        match &mut self.source {
            Source::Tone(tone) => {
                tone.fill(frame);
                Fill::Frame
            }
            Source::Sounds { id, sounds, repeat, index, position } => {
                let filled = gather(sounds, *repeat, index, position, frame);
                frame[filled..].fill(0);
                match filled {
                    0 if *repeat => Fill::Nothing,
                    0 => Fill::Done(*id),
                    _ => Fill::Frame,
                }
            }
        }
    }
}

/// Copies samples until the frame is full or the sounds are used up; gives the number copied.
fn gather(sounds: &[Arc<Sound>], repeat: bool, index: &mut usize, position: &mut usize, frame: &mut [i16]) -> usize {
    let mut filled = 0;
    let mut empty_rounds = 0;
    while filled < frame.len() && empty_rounds < 2 {
        let Some(sound) = sounds.get(*index) else {
            if !repeat || sounds.is_empty() {
                break;
            }
            *index = 0;
            empty_rounds += 1;
            continue;
        };
        let rest = sound.samples.get(*position..).unwrap_or_default();
        let take = rest.len().min(frame.len() - filled);
        frame[filled..filled + take].copy_from_slice(&rest[..take]);
        filled += take;
        *position += take;
        if take > 0 {
            empty_rounds = 0;
        }
        if *position >= sound.samples.len() {
            *index += 1;
            *position = 0;
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FRAME;

    fn sound(samples: Vec<i16>) -> Arc<Sound> {
        Arc::new(Sound { name: "t".into(), samples })
    }

    #[test]
    fn sounds_follow_each_other_without_a_gap_and_the_end_is_told_once() {
        let mut player =
            Player::sounds(PlayId(4), vec![sound(vec![1; 100]), sound(vec![]), sound(vec![2; 100])], false);
        let mut frame = [9; FRAME];
        assert_eq!(player.fill(&mut frame), Fill::Frame);
        assert_eq!((frame[99], frame[100], frame[159]), (1, 2, 2));
        assert_eq!(player.fill(&mut frame), Fill::Frame);
        assert_eq!((frame[39], frame[40]), (2, 0));
        assert_eq!(player.fill(&mut frame), Fill::Done(PlayId(4)));
    }

    #[test]
    fn music_goes_round_without_end() {
        let mut player = Player::sounds(PlayId(1), vec![sound((0..250).collect())], true);
        let mut frame = [0; FRAME];
        for n in 0..1_000usize {
            assert_eq!(player.fill(&mut frame), Fill::Frame);
            assert_eq!(frame[0] as usize, n * FRAME % 250);
        }
    }

    #[test]
    fn music_of_no_samples_at_all_ends_instead_of_turning_for_ever() {
        let mut frame = [0; FRAME];
        assert_eq!(Player::sounds(PlayId(1), vec![sound(vec![])], true).fill(&mut frame), Fill::Nothing);
        assert_eq!(Player::sounds(PlayId(1), vec![], true).fill(&mut frame), Fill::Nothing);
        assert_eq!(Player::sounds(PlayId(2), vec![], false).fill(&mut frame), Fill::Done(PlayId(2)));
    }
}
