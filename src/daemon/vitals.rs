//! How the daemon is: what `/health` says.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use api::state::{Health, HealthStatus};
use store::Store;
use tokio::sync::watch;

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

/// What `/health` looks at.
pub struct Vitals {
    pulse: watch::Sender<Pulse>,
    felt: AtomicI64,
    draining: AtomicBool,
    pressed: AtomicBool,
    database: AtomicBool,
    media: Arc<MediaFigures>,
}

/// Between two looks at the database.
const LOOK: Duration = Duration::from_secs(5);

/// Between two pulses, µs.
const PULSE: i64 = 200_000;

impl Vitals {
    /// All well.
    pub fn new(media: Arc<MediaFigures>) -> Self {
        Self {
            pulse: watch::Sender::new(Pulse::default()),
            felt: AtomicI64::new(0),
            draining: AtomicBool::new(false),
            pressed: AtomicBool::new(false),
            database: AtomicBool::new(true),
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

    /// Takes the pulse, at most five times a second.
    pub fn feel(&self, pulse: impl FnOnce() -> Pulse) {
        let now = clock::wall();
        if now - self.felt.load(Ordering::Relaxed) >= PULSE {
            self.felt.store(now, Ordering::Relaxed);
            self.pulse.send_replace(pulse());
        }
    }

    /// The last pulse taken.
    pub fn pulse(&self) -> Pulse {
        self.pulse.borrow().clone()
    }

    /// What is wrong, in words; empty when all is well.
    pub fn faults(&self) -> Vec<String> {
        let ill = self.health().checks.into_iter().filter(|(_, word)| word != "ok");
        ill.map(|(check, word)| format!("{check}: {word}")).collect()
    }

    /// Whether no new calls are taken.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// The answer of `/health`.
    pub fn health(&self) -> Health {
        let word = |well: bool, ill: &str| if well { "ok".to_owned() } else { ill.to_owned() };
        let database = self.database.load(Ordering::Relaxed);
        let journal = !self.pressed.load(Ordering::Relaxed);
        let recorder = !self.media.recording_failing();
        let checks = BTreeMap::from([
            ("database".to_owned(), word(database, "does not answer")),
            ("journal".to_owned(), word(journal, "behind; new calls are refused")),
            ("recorder".to_owned(), word(recorder, "cannot write recordings")),
        ]);
        let status = if self.draining.load(Ordering::Relaxed) {
            HealthStatus::Draining
        } else if database && journal && recorder {
            HealthStatus::Ok
        } else {
            HealthStatus::Degraded
        };
        Health { status, checks }
    }

    /// Looks at the database now and then, so that `/health` itself asks nobody.
    pub async fn watch(self: Arc<Self>, store: Store, stop: tokio_util::sync::CancellationToken) {
        loop {
            let answer = tokio::time::timeout(Duration::from_secs(2), store.ping()).await;
            self.database.store(matches!(answer, Ok(Ok(()))), Ordering::Relaxed);
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }
}
