//! The sound of the seeded recordings: conversations put together from the sentences of the demo's two voices, and a file
//! for each recorded call, the caller left and the agent right.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use media::order::Sound;
use media::peaks::Peaks;
use media::wav::Recording;
use pbx::id::CallId;
use store::seed::{CONVERSATIONS, Recorded};

use crate::recordings;

/// Moments in a millisecond.
const RATE: usize = media::RATE as usize / 1_000;
/// What lies below this is the silence between two sentences.
const QUIET: u16 = 200;
/// Silence of this length ends a sentence: 0.4 s.
const GAP: usize = 400 * RATE;
/// Before the other one speaks: 0.35 s.
const BREATH: usize = 350 * RATE;

/// Writes the recordings of the calls. A dozen conversations serve them all, so each is written once and the others are
/// links to it: hundreds of recordings that take the room of twelve.
pub fn write(root: &Path, zone: &TimeZone, recorded: &[Recorded], agent: &Sound, caller: &Sound) -> io::Result<()> {
    let (agent, caller) = (sentences(&agent.samples), sentences(&caller.samples));
    let mut written: Vec<Option<PathBuf>> = vec![None; CONVERSATIONS.len()];
    for call in recorded {
        let path = recordings::path(root, &CallId::new(call.call.clone()), zone);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        match written.get(call.conversation) {
            Some(Some(first)) => also(first, &path)?,
            _ => {
                let millis = CONVERSATIONS.get(call.conversation).copied().unwrap_or_default();
                save(&path, &conversation(call.conversation, millis, &agent, &caller))?;
                if let Some(place) = written.get_mut(call.conversation) {
                    *place = Some(path);
                }
            }
        }
    }
    Ok(())
}

/// The same recording under another call's name; a copy where the file system knows no links.
fn also(first: &Path, path: &Path) -> io::Result<()> {
    for kind in ["wav", "peaks"] {
        let (from, to) = (first.with_extension(kind), path.with_extension(kind));
        if fs::hard_link(&from, &to).is_err() {
            fs::copy(&from, &to)?;
        }
    }
    Ok(())
}

fn save(path: &Path, frames: &[[i16; 2]]) -> io::Result<()> {
    let mut recording = Recording::create(BufWriter::new(fs::File::create(path)?))?;
    recording.write(frames)?;
    recording.finish()?;
    let mut peaks = Peaks::default();
    peaks.add(frames);
    peaks.end();
    fs::File::create(path.with_extension("peaks"))?.write_all(&peaks.take())
}

/// Cuts a voice where it is silent.
fn sentences(samples: &[i16]) -> Vec<&[i16]> {
    let mut found = Vec::new();
    let (mut from, mut loud_until) = (None, 0);
    for (at, sample) in samples.iter().enumerate() {
        if sample.unsigned_abs() >= QUIET {
            from.get_or_insert(at);
            loud_until = at + 1;
        } else if let Some(begin) = from.filter(|_| at - loud_until >= GAP) {
            found.push(&samples[begin..loud_until]);
            from = None;
        }
    }
    if let Some(begin) = from {
        found.push(&samples[begin..loud_until]);
    }
    found
}

/// One conversation of exactly this length: the agent greets, then they speak in turn, and both say good-bye at the end.
fn conversation(which: usize, millis: u64, agent: &[&[i16]], caller: &[&[i16]]) -> Vec<[i16; 2]> {
    let length = usize::try_from(millis).unwrap_or_default() * RATE;
    let mut frames = vec![[0i16; 2]; length];
    let (Some((farewell, agent)), Some((goodbye, caller))) = (agent.split_last(), caller.split_last()) else {
        return frames;
    };
    let end = length.saturating_sub(farewell.len() + goodbye.len() + 2 * BREATH);
    let (mut at, mut turn) = (BREATH, 0);
    loop {
        let (side, voice) = if turn % 2 == 0 { (1, agent) } else { (0, caller) };
        let nth = turn / 2;
        // The first sentences open every conversation, the others come in an order of its own.
        let place = if nth == 0 { 0 } else { 1 + (nth + which) % voice.len().saturating_sub(1).max(1) };
        let Some(sentence) = voice.get(place).filter(|sentence| at + sentence.len() + BREATH <= end) else { break };
        put(&mut frames, at, side, sentence);
        // Now and then one of them thinks, and the agent looks something up.
        let pause = if (turn + which).is_multiple_of(5) { 6 * BREATH } else { BREATH };
        at += sentence.len() + pause;
        turn += 1;
    }
    put(&mut frames, end, 1, farewell);
    put(&mut frames, end + farewell.len() + BREATH, 0, goodbye);
    frames
}

fn put(frames: &mut [[i16; 2]], at: usize, side: usize, sentence: &[i16]) {
    for (frame, sample) in frames.iter_mut().skip(at).zip(sentence) {
        frame[side] = *sample;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voice(wav: &[u8]) -> Sound {
        media::sound::from_wav("voice", wav).unwrap()
    }

    #[test]
    fn both_voices_are_cut_into_their_six_sentences() {
        for wav in [
            include_bytes!("voices/tr/agent.wav").as_slice(),
            include_bytes!("voices/tr/caller.wav"),
            include_bytes!("voices/en/agent.wav"),
            include_bytes!("voices/en/caller.wav"),
        ] {
            let voice = voice(wav);
            let lengths: Vec<usize> = sentences(&voice.samples).iter().map(|s| s.len() / RATE).collect();
            assert_eq!(lengths.len(), 6, "{lengths:?}");
            assert!(lengths.iter().all(|millis| (400..6_000).contains(millis)), "{lengths:?}");
        }
    }

    #[test]
    fn every_conversation_has_its_length_and_both_sides_speak_from_beginning_to_end() {
        let (agent, caller) =
            (voice(include_bytes!("voices/tr/agent.wav")), voice(include_bytes!("voices/tr/caller.wav")));
        let (agent, caller) = (sentences(&agent.samples), sentences(&caller.samples));
        for (which, millis) in CONVERSATIONS.iter().enumerate() {
            let frames = conversation(which, *millis, &agent, &caller);
            assert_eq!(media::wav::millis(frames.len() as u64), *millis);
            for part in frames.chunks(frames.len() / 3) {
                for side in 0..2 {
                    let loud = part.iter().filter(|frame| frame[side].unsigned_abs() > QUIET).count();
                    assert!(loud > 1_000 || part.len() < 8_000, "conversation {which}, side {side}: {loud}");
                }
            }
            let both = frames.iter().filter(|frame| frame.iter().all(|sample| sample.unsigned_abs() > QUIET)).count();
            assert_eq!(both, 0, "nobody interrupts");
        }
    }
}
