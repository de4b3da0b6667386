//! The recorder thread: batches of taps in, WAV files out. The only thread that waits for the disk.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use ::media::order::{Group, Heard, StreamKey};
use ::media::tap::{Entry, TapBatch};

use super::disk::Disk;
use super::figures::MediaFigures;
use super::repair;
use super::report::Reporter;
use super::take::Take;
use crate::clock;

/// Files are written and made readable that often; a kill loses less than a second of each.
const PACE: Duration = Duration::from_millis(500);
/// With nothing to record there is only the list of names to clean.
const IDLE_PACE: Duration = Duration::from_secs(60);
/// The name of a recording that ended is kept that long, in case the call records again.
const KEEP_NAMES: Duration = Duration::from_secs(3_600);
/// How long the last reports may wait for the switch when the program ends.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Emptied batches on their way back to the media threads, so that nobody allocates while calls run.
#[derive(Clone)]
pub(super) struct Spares {
    back: SyncSender<TapBatch>,
    store: Arc<Mutex<Receiver<TapBatch>>>,
}

impl Default for Spares {
    fn default() -> Self {
        let (back, store) = sync_channel(32);
        Self { back, store: Arc::new(Mutex::new(store)) }
    }
}

impl Spares {
    /// An empty batch; a new one when none is there or somebody else is looking.
    pub fn take(&self) -> TapBatch {
        self.store.try_lock().ok().and_then(|store| store.try_recv().ok()).unwrap_or_default()
    }

    fn give(&self, mut batch: TapBatch) {
        batch.clear();
        let _ = self.back.try_send(batch);
    }
}

struct Name {
    path: PathBuf,
    /// A file of this name was begun already.
    made: bool,
    ended: Option<Instant>,
}

/// All open recordings.
pub(super) struct Recorder<D: Disk> {
    disk: D,
    names: HashMap<Group, Name>,
    takes: HashMap<Group, Take<D>>,
    reporter: Reporter,
    figures: Arc<MediaFigures>,
}

impl<D: Disk> Recorder<D> {
    pub fn new(disk: D, reporter: Reporter, figures: Arc<MediaFigures>) -> Self {
        Self { disk, names: HashMap::new(), takes: HashMap::new(), reporter, figures }
    }

    /// Runs until every media thread has ended, then finishes what is open.
    pub fn run(mut self, batches: &Receiver<TapBatch>, spares: &Spares) {
        let mut due = clock::instant() + IDLE_PACE;
        loop {
            match batches.recv_timeout(due.saturating_duration_since(clock::instant())) {
                Ok(batch) => {
                    self.take_batch(clock::instant(), &batch);
                    spares.give(batch);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            let now = clock::instant();
            if now >= due {
                self.save_all(now);
                due = now + IDLE_PACE;
            }
            let idle = self.reporter.flush() && self.takes.is_empty();
            due = due.min(now + if idle { IDLE_PACE } else { PACE });
        }
        self.finish_all(clock::instant());
        self.last_words();
    }

    fn last_words(&mut self) {
        let until = clock::instant() + LAST_WORDS;
        while !self.reporter.flush() && clock::instant() < until {
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    /// Takes one batch.
    pub fn take_batch(&mut self, now: Instant, batch: &TapBatch) {
        for entry in &batch.entries {
            match entry {
                Entry::Name(group, path) => {
                    self.names.insert(*group, Name { path: path.clone(), made: false, ended: None });
                }
                Entry::Begin(group) => self.begin(now, *group),
                Entry::Frame(frame) => {
                    if let Some(take) = self.takes.get_mut(&frame.group) {
                        take.place(now, frame, batch.payload(frame));
                    }
                }
                Entry::Lost(group, frames) => {
                    if let Some(take) = self.takes.get_mut(group) {
                        take.lose(*frames);
                    }
                }
                Entry::End(group, report_to) => self.end(now, *group, *report_to),
            }
        }
    }

    fn begin(&mut self, now: Instant, group: Group) {
        let Some(name) = self.names.get_mut(&group) else {
            tracing::error!(group = group.0, "a recording was ordered without a name; it is not made");
            return;
        };
        let again = std::mem::replace(&mut name.made, true);
        name.ended = None;
        let take = Take::begin(&mut self.disk, now, name.path.clone(), again);
        self.takes.insert(group, take);
        self.count_refused();
    }

    fn end(&mut self, now: Instant, group: Group, report_to: StreamKey) {
        let (mut millis, mut lost_frames) = (0, 0);
        if let Some(take) = self.takes.remove(&group) {
            let (path, made) = take.finish(&mut self.disk, now);
            (millis, lost_frames) = (made.millis, made.lost_frames);
            MediaFigures::add(&self.figures.recordings, 1);
            MediaFigures::add(&self.figures.taps_dropped, made.newly_lost);
            if !made.outlined
                && let Err(error) = repair::outline_anew(&path)
            {
                tracing::warn!(path = %path.display(), %error, "the outline of a recording could not be made");
            }
        }
        if let Some(name) = self.names.get_mut(&group) {
            name.ended = Some(now);
        }
        self.reporter.tell(report_to, Heard::Recorded { millis, lost_frames });
        self.count_refused();
    }

    /// Writes what is settled into every file.
    pub fn save_all(&mut self, now: Instant) {
        for take in self.takes.values_mut() {
            take.save(&mut self.disk, now);
            MediaFigures::add(&self.figures.taps_dropped, take.newly_lost());
        }
        self.names.retain(|_, name| name.ended.is_none_or(|at| now.saturating_duration_since(at) < KEEP_NAMES));
        self.count_refused();
    }

    fn finish_all(&mut self, now: Instant) {
        for (_, take) in std::mem::take(&mut self.takes) {
            let (path, made) = take.finish(&mut self.disk, now);
            if !made.outlined {
                let _ = repair::outline_anew(&path);
            }
        }
        self.count_refused();
    }

    fn count_refused(&self) {
        let refused = self.takes.values().filter(|take| take.refused()).count();
        self.figures.recordings_failing.store(refused as u64, Ordering::Relaxed);
    }
}
