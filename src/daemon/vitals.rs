//! How the daemon is: what `/health`, the desks and `santral status` say.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use api::board::{BoardDoor, Trouble};
use api::state::{Health, HealthStatus};
use store::{Store, StoreError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::media::MediaFigures;

/// What is going on, as `santral status` shows it.
#[derive(Debug, Clone, Default)]
pub struct Pulse {
    /// Calls in progress.
    pub calls: usize,
    /// Extensions with a phone.
    pub registered: usize,
    /// Agents on shift and free.
    pub agents_available: usize,
    /// Callers waiting, by queue.
    pub waiting: BTreeMap<String, usize>,
}

/// Events that are not in the database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// In a file, until the database is back.
    pub waiting: usize,
    /// In a file, because the database refuses them.
    pub refused: usize,
    /// Nowhere else yet.
    pub memory: usize,
    /// Neither the database nor a file takes those in memory.
    pub stuck: bool,
}

/// What `/health` looks at.
pub struct Vitals {
    pulse: watch::Sender<Pulse>,
    felt: Mutex<Option<Instant>>,
    draining: AtomicBool,
    pressed: AtomicBool,
    found: Mutex<Found>,
    media: Arc<MediaFigures>,
}

/// What the last looks found.
#[derive(Debug, Clone, Copy, Default)]
struct Found {
    database: Option<&'static str>,
    rival: bool,
    recordings: Option<&'static str>,
    backlog: Backlog,
    unsent: usize,
}

/// Between two looks at the database and at the recordings' folder.
const LOOK: Duration = Duration::from_secs(5);
/// How long a look may take before what it looked at counts as busy.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between two comparisons of what is wrong with what was told.
const TICK: Duration = Duration::from_millis(500);
/// Between two pulses.
const PULSE: Duration = Duration::from_millis(200);

impl Vitals {
    /// All well.
    pub fn new(media: Arc<MediaFigures>) -> Self {
        Self {
            pulse: watch::Sender::new(Pulse::default()),
            felt: Mutex::default(),
            draining: AtomicBool::new(false),
            pressed: AtomicBool::new(false),
            found: Mutex::default(),
            media,
        }
    }

    /// No new calls are taken from now on.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// The journal is behind (or not any more).
    pub fn press(&self, pressed: bool) {
        self.pressed.store(pressed, Ordering::Relaxed);
    }

    /// Somebody wrote to the database, or could not.
    pub fn database(&self, written: Result<(), &StoreError>) {
        self.find(|found| found.database = written.err().map(database_word));
    }

    /// Another daemon took the database while it was away (or gave it back).
    pub fn rival(&self, rival: bool) {
        self.find(|found| found.rival = rival);
    }

    /// What waits for the database.
    pub fn backlog(&self, backlog: Backlog) {
        self.find(|found| found.backlog = backlog);
    }

    /// What the switch still keeps for the journal at the end.
    pub fn unsent(&self, unsent: usize) {
        self.find(|found| found.unsent = unsent);
    }

    /// What was last said to wait for the database, and what did not get as far as that.
    pub fn last_backlog(&self) -> Backlog {
        self.find(|found| Backlog { memory: found.backlog.memory + found.unsent, ..found.backlog })
    }

    fn find<T>(&self, look: impl FnOnce(&mut Found) -> T) -> T {
        look(&mut self.found.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the pulse, at most five times a second.
    pub fn feel(&self, pulse: impl FnOnce() -> Pulse) {
        let now = clock::instant();
        let mut felt = self.felt.lock().unwrap_or_else(PoisonError::into_inner);
        if felt.is_none_or(|felt| now.duration_since(felt) >= PULSE) {
            *felt = Some(now);
            self.pulse.send_replace(pulse());
        }
    }

    /// The last pulse taken.
    pub fn pulse(&self) -> Pulse {
        self.pulse.borrow().clone()
    }

    /// What is wrong, in words; empty when all is well.
    pub fn faults(&self) -> Vec<String> {
        self.troubles().iter().map(|trouble| format!("{}: {}", trouble.part, words(trouble))).collect()
    }

    /// Whether no new calls are taken.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// The answer of `/health`.
    pub fn health(&self) -> Health {
        let troubles = self.troubles();
        let mut checks: BTreeMap<String, String> =
            ["database", "journal", "recordings"].map(|part| (part.to_owned(), "ok".to_owned())).into();
        for trouble in &troubles {
            checks.insert(trouble.part.to_owned(), words(trouble));
        }
        let status = if self.is_draining() {
            HealthStatus::Draining
        } else if troubles.is_empty() {
            HealthStatus::Ok
        } else {
            HealthStatus::Degraded
        };
        Health { status, checks }
    }

    /// What is wrong, part by part, the most pressing last.
    pub fn troubles(&self) -> Vec<Trouble> {
        let found = self.find(|found| *found);
        let Backlog { waiting, refused, memory, stuck } = found.backlog;
        let mut troubles = Vec::new();
        let mut add = |part, state, count| troubles.push(Trouble { part, state, count });
        if let Some(state) = found.database {
            add("database", state, 0);
        }
        if found.rival {
            add("database", "taken", 0);
        }
        if refused > 0 {
            add("journal", "refused", refused);
        }
        if waiting > 0 {
            add("journal", "waiting", waiting + memory);
        }
        if stuck {
            add("journal", "stuck", memory);
        }
        if self.pressed.load(Ordering::Relaxed) {
            add("journal", "behind", waiting + memory);
        }
        if let Some(state) = found.recordings {
            add("recordings", state, 0);
        } else if self.media.recording_failing() {
            add("recordings", "failing", 0);
        }
        troubles
    }

    /// Looks at the database and the recordings' folder now and then, so that `/health` itself asks nobody, and tells desks
    /// and log when something goes wrong or is well again.
    pub async fn watch(self: Arc<Self>, store: Store, recordings: PathBuf, board: BoardDoor, stop: CancellationToken) {
        let (mut told, mut trial) = (Vec::new(), Trial::default());
        let mut look = tokio::time::interval(LOOK);
        let mut tick = tokio::time::interval(TICK);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = look.tick() => self.look(&store, &recordings, &mut trial).await,
                _ = tick.tick() => {}
            }
            let now = self.troubles();
            if now != told {
                report(&told, &now);
                board.trouble(now.clone(), clock::wall()).await;
                told = now;
            }
        }
    }

    async fn look(&self, store: &Store, recordings: &Path, trial: &mut Trial) {
        let written = tokio::time::timeout(PATIENCE, store.pulse(clock::wall())).await;
        self.database(written.unwrap_or(Err(StoreError::Busy)).as_ref().copied());
        let folder = recordings.to_owned();
        let state = trial.look(PATIENCE, move || try_folder(&folder)).await;
        self.find(|found| found.recordings = state);
    }
}

/// Tries of a folder, one at a time: a thread that hangs in one would else be followed by another each time.
#[derive(Debug, Default)]
struct Trial(Option<tokio::task::JoinHandle<io::Result<()>>>);

impl Trial {
    /// The state of the folder, by a try of its own or by the one that is still under way.
    async fn look(
        &mut self,
        patience: Duration,
        work: impl FnOnce() -> io::Result<()> + Send + 'static,
    ) -> Option<&'static str> {
        let mut trying = self.0.take().unwrap_or_else(|| tokio::task::spawn_blocking(work));
        match tokio::time::timeout(patience, &mut trying).await {
            Ok(Ok(Ok(()))) => None,
            Ok(Ok(Err(error))) => Some(folder_word(&error)),
            Ok(Err(_)) => Some("failing"),
            Err(_) => {
                self.0 = Some(trying);
                Some("busy")
            }
        }
    }
}

/// One line for what began or changed, one for what is over.
fn report(before: &[Trouble], now: &[Trouble]) {
    let is_new = |trouble: &&Trouble| !before.iter().any(|old| (old.part, old.state) == (trouble.part, trouble.state));
    for trouble in now.iter().filter(is_new) {
        tracing::error!(part = trouble.part, state = trouble.state, count = trouble.count, "{}", words(trouble));
    }
    for part in ["database", "journal", "recordings"] {
        let ill = |list: &[Trouble]| list.iter().any(|trouble| trouble.part == part);
        if ill(before) && !ill(now) {
            tracing::info!(part, "well again");
        }
        metrics::gauge!("santral_trouble", "part" => part).set(if ill(now) { 1.0 } else { 0.0 });
    }
}

fn database_word(error: &StoreError) -> &'static str {
    error.trouble().as_str()
}

fn folder_word(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => "full",
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => "read-only",
        _ => "failing",
    }
}

/// As much as a recording writes in half a second, synced, and taken away again.
fn try_folder(folder: &Path) -> io::Result<()> {
    let path = folder.join(".health");
    let tried = std::fs::File::create(&path).and_then(|mut file| {
        io::Write::write_all(&mut file, &[0; 16 * 1024])?;
        file.sync_data()
    });
    let removed = std::fs::remove_file(&path);
    tried.and(removed)
}

fn words(trouble: &Trouble) -> String {
    match (trouble.part, trouble.state) {
        ("database", "down") => "cannot be reached".to_owned(),
        ("database", "busy") => "is locked or does not answer in time".to_owned(),
        ("database", "taken") => "is in use by another santral".to_owned(),
        (_, "full") => "no room left on the disk".to_owned(),
        (_, "read-only") => "may not be written to".to_owned(),
        ("journal", "waiting") => format!("{} events wait for the database", trouble.count),
        ("journal", "stuck") => {
            format!("{} events are in memory only: neither database nor file takes them", trouble.count)
        }
        ("journal", "behind") => format!("{} events behind; new calls are refused", trouble.count),
        ("journal", "refused") => format!("{} events are refused by the database; see journal.refused", trouble.count),
        ("recordings", "busy") => "the folder does not answer in time".to_owned(),
        ("recordings", _) => "cannot be written".to_owned(),
        _ => "cannot be read or written".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    fn vitals() -> Vitals {
        Vitals::new(Arc::new(MediaFigures::default()))
    }

    #[test]
    fn events_that_are_nowhere_but_in_memory_are_no_good_health() {
        let vitals = vitals();
        vitals.backlog(Backlog { memory: 3, ..Backlog::default() });
        assert_eq!(vitals.health().status, HealthStatus::Ok, "on their way");
        vitals.backlog(Backlog { memory: 3, stuck: true, ..Backlog::default() });
        assert_eq!(vitals.troubles(), [Trouble { part: "journal", state: "stuck", count: 3 }]);
        let health = vitals.health();
        assert_eq!(health.status, HealthStatus::Degraded);
        assert!(health.checks["journal"].starts_with("3 events are in memory only"), "{}", health.checks["journal"]);
    }

    #[test]
    fn what_the_switch_could_not_hand_over_is_lost_too() {
        let vitals = vitals();
        vitals.backlog(Backlog { memory: 3, waiting: 2, ..Backlog::default() });
        vitals.unsent(4);
        assert_eq!((vitals.last_backlog().memory, vitals.last_backlog().waiting), (7, 2));
    }

    #[tokio::test]
    async fn a_folder_that_hangs_is_not_tried_a_second_time_meanwhile() {
        let (begun, patience) = (Arc::new(AtomicUsize::new(0)), Duration::from_millis(20));
        let (hang, hung) = std::sync::mpsc::sync_channel::<()>(0);
        let first = begun.clone();
        let hangs = move || {
            first.fetch_add(1, Ordering::SeqCst);
            let _ = hung.recv();
            Ok(())
        };
        let again = |begun: &Arc<AtomicUsize>| {
            let begun = begun.clone();
            move || {
                begun.fetch_add(1, Ordering::SeqCst);
                Ok(())
            }
        };
        let mut trial = Trial::default();
        assert_eq!(trial.look(patience, hangs).await, Some("busy"));
        for _ in 0..5 {
            assert_eq!(trial.look(patience, again(&begun)).await, Some("busy"));
        }
        assert_eq!(begun.load(Ordering::SeqCst), 1);
        drop(hang);
        assert_eq!(trial.look(Duration::from_secs(60), again(&begun)).await, None, "the one that hung");
        assert_eq!(trial.look(Duration::from_secs(60), again(&begun)).await, None);
        assert_eq!(begun.load(Ordering::SeqCst), 2);
    }
}
