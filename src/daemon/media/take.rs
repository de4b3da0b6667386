//! One recording in the making: its timeline, its file, and what happens when the disk says no.
//!
//! A disk that refuses never hurts a call. The file stays playable up to the refusal; what comes afterwards is owed to it
//! as silence, and is paid when the disk takes data again.

use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ::media::FRAME;
use ::media::peaks::Peaks;
use ::media::tap::Frame;
use ::media::timeline::Timeline;
use ::media::wav::{self, Recording};

use super::disk::Disk;

/// How long a refused file waits before the next attempt.
const RETRY: Duration = Duration::from_secs(2);
/// Without packets for that long nothing late is to be expected, and what is open goes to the file.
const QUIET: Duration = Duration::from_millis(500);
/// Silence is paid in blocks of a second.
const BLOCK: u64 = 8_000;

/// The outline's name while the recording is open; a WAV file with no finished outline was left by a crash.
pub(super) fn open_outline(path: &Path) -> PathBuf {
    path.with_extension("peaks.part")
}

/// The outline's name once the recording is complete.
pub(super) fn outline(path: &Path) -> PathBuf {
    path.with_extension("peaks")
}

enum Paper<F: io::Read + Write + Seek> {
    Open { wav: Recording<F>, outline: Option<F> },
    Refused { retry_at: Instant, made: bool },
}

/// A finished recording's figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Made {
    pub millis: u64,
    pub lost_frames: u64,
    /// Those of them that [`Take::newly_lost`] has not told yet.
    pub newly_lost: u64,
    /// The outline is in its place; otherwise it has to be made anew from the sound.
    pub outlined: bool,
}

pub(super) struct Take<D: Disk> {
    path: PathBuf,
    timeline: Timeline,
    ready: Vec<[i16; 2]>,
    peaks: Peaks,
    paper: Paper<D::File>,
    /// Moments of the file before this began, known once it could be opened.
    base: Option<u64>,
    /// Moments that the timeline gave out; the file should have them after its base.
    given: u64,
    /// Frames that never reached the recorder.
    lost: u64,
    /// Moments that became silence because the disk refused.
    silent: u64,
    /// Lost frames already told by [`Take::newly_lost`].
    told: u64,
    heard_at: Instant,
}

impl<D: Disk> Take<D> {
    /// Begins a recording. `again`: the file was made earlier in this call and goes on.
    pub fn begin(disk: &mut D, now: Instant, path: PathBuf, again: bool) -> Self {
        let paper = Paper::Refused { retry_at: now, made: again };
        let (timeline, ready, peaks) = (Timeline::default(), Vec::new(), Peaks::default());
        let (base, given, lost, silent, told) = (None, 0, 0, 0, 0);
        let mut take = Self { path, timeline, ready, peaks, paper, base, given, lost, silent, told, heard_at: now };
        take.retry(disk, now);
        take
    }

    /// Puts a frame into its place.
    pub fn place(&mut self, now: Instant, frame: &Frame, payload: &[u8]) {
        self.heard_at = now;
        self.timeline.place(frame, payload);
    }

    /// Frames that never reached the recorder.
    pub fn lose(&mut self, frames: u64) {
        self.lost += frames;
    }

    /// Frames lost so far: those that never came, and every 20 ms of silence that stands for sound.
    fn lost_frames(&self) -> u64 {
        self.lost + self.silent.div_ceil(FRAME as u64)
    }

    /// Frames lost since the last call.
    pub fn newly_lost(&mut self) -> u64 {
        let lost = self.lost_frames();
        lost - std::mem::replace(&mut self.told, lost)
    }

    /// Whether the disk refuses at this moment.
    pub fn refused(&self) -> bool {
        matches!(self.paper, Paper::Refused { .. })
    }

    /// Writes what is settled and makes it readable.
    pub fn save(&mut self, disk: &mut D, now: Instant) {
        if now.saturating_duration_since(self.heard_at) >= QUIET {
            self.timeline.finish(&mut self.ready);
        } else {
            self.timeline.settle(&mut self.ready);
        }
        self.write(disk, now);
    }

    fn write(&mut self, disk: &mut D, now: Instant) {
        if let Paper::Refused { retry_at, .. } = self.paper
            && retry_at <= now
        {
            self.retry(disk, now);
        }
        let count = self.ready.len() as u64;
        match &mut self.paper {
            Paper::Refused { .. } => self.silent += count,
            Paper::Open { .. } if count == 0 => {}
            Paper::Open { wav, .. } => match wav.write(&self.ready).and_then(|()| wav.flush()) {
                Ok(()) => self.draw(),
                Err(error) => self.refuse(disk, now, &error),
            },
        }
        self.given += count;
        self.ready.clear();
    }

    fn draw(&mut self) {
        self.peaks.add(&self.ready);
        let bytes = self.peaks.take();
        if let Paper::Open { outline, .. } = &mut self.paper {
            // A broken outline is made anew at the end; the sound goes on.
            outline.take_if(|file| file.write_all(&bytes).is_err());
        }
    }

    /// The disk took less than it was given: the file is put right as far as it goes.
    fn refuse(&mut self, disk: &mut D, now: Instant, error: &io::Error) {
        tracing::error!(path = %self.path.display(), %error, "recording stopped; the call goes on");
        // Dropping the writer closes the file; only then is it mended.
        self.paper = Paper::Refused { retry_at: now + RETRY, made: true };
        let before = self.base.unwrap_or(0) + self.given;
        let kept = match mend(disk, &self.path) {
            Ok((frames, _)) => frames.saturating_sub(before),
            Err(error) => {
                tracing::warn!(path = %self.path.display(), %error, "the stopped recording could not be mended yet");
                0
            }
        };
        self.silent += (self.ready.len() as u64).saturating_sub(kept);
    }

    /// Makes the file, or goes on with it and pays the silence it is owed.
    fn retry(&mut self, disk: &mut D, now: Instant) {
        let Paper::Refused { made, .. } = self.paper else { return };
        let opened = if made { resume(disk, &self.path) } else { self.make(disk) };
        let paid = opened.and_then(|wav| self.pay(wav));
        match paid {
            Ok(wav) => {
                let outline = if made { None } else { disk.create(&open_outline(&self.path)).ok() };
                self.paper = Paper::Open { wav, outline };
            }
            Err(error) => {
                tracing::warn!(path = %self.path.display(), %error, "recording cannot be written; trying again");
                // A file that was there before us is somebody else's.
                let ours = error.kind() != io::ErrorKind::AlreadyExists && disk.open(&self.path).is_ok();
                let made = made || ours;
                self.paper = Paper::Refused { retry_at: now + RETRY, made };
            }
        }
    }

    fn make(&self, disk: &mut D) -> io::Result<Recording<D::File>> {
        let mut wav = Recording::create(disk.create(&self.path)?)?;
        wav.flush()?;
        Ok(wav)
    }

    /// Adds the silence that stands for what the disk did not take.
    fn pay(&mut self, mut wav: Recording<D::File>) -> io::Result<Recording<D::File>> {
        let base = *self.base.get_or_insert(wav.frames());
        loop {
            let owed = (base + self.given).saturating_sub(wav.frames()).min(BLOCK);
            if owed == 0 {
                break;
            }
            wav.write(&vec![[0; 2]; usize::try_from(owed).unwrap_or(0)])?;
        }
        wav.flush()?;
        Ok(wav)
    }

    /// The recording is over.
    pub fn finish(mut self, disk: &mut D, now: Instant) -> (PathBuf, Made) {
        self.timeline.finish(&mut self.ready);
        if let Paper::Refused { retry_at, .. } = &mut self.paper {
            *retry_at = now;
        }
        self.write(disk, now);
        let (lost_frames, newly_lost) = (self.lost_frames(), self.newly_lost());
        self.peaks.end();
        let rest = self.peaks.take();
        let ours = matches!(self.paper, Paper::Open { .. } | Paper::Refused { made: true, .. });
        let (frames, drawn) = match self.paper {
            Paper::Open { wav, outline } => {
                let frames = wav.frames();
                if let Err(error) = wav.finish() {
                    tracing::error!(path = %self.path.display(), %error, "the end of a recording could not be written");
                }
                (frames, outline)
            }
            Paper::Refused { made: true, .. } => (mend(disk, &self.path).map_or(0, |(frames, _)| frames), None),
            Paper::Refused { made: false, .. } => (0, None),
        };
        if wav::millis(frames) == 0 && ours {
            // Nothing to hear is no recording. A file that stays behind all the same is found by nobody.
            let _ = disk.remove(&self.path).and_then(|()| disk.remove(&open_outline(&self.path)));
            return (self.path, Made { millis: 0, lost_frames, newly_lost, outlined: true });
        }
        let outlined = drawn.is_some_and(|mut file| {
            let written = file.write_all(&rest).and_then(|()| file.flush()).is_ok();
            written && disk.rename(&open_outline(&self.path), &outline(&self.path)).is_ok()
        });
        (self.path, Made { millis: wav::millis(frames), lost_frames, newly_lost, outlined })
    }
}

/// Makes the header right and cuts off half a moment at the end; gives the number of moments and the file at its start.
fn mend<D: Disk>(disk: &mut D, path: &Path) -> io::Result<(u64, D::File)> {
    let mut file = disk.open(path)?;
    let mended = wav::mend(&mut file)?;
    disk.cut(path, mended.length)?;
    file.seek(SeekFrom::Start(0))?;
    Ok((mended.frames, file))
}

fn resume<D: Disk>(disk: &mut D, path: &Path) -> io::Result<Recording<D::File>> {
    mend(disk, path).and_then(|(_, file)| Recording::resume(file))
}
