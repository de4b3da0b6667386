//! What the routes share: the store, the doors to the switch and the board, and who the business is.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::tz::TimeZone;
use serde::Serialize;
use store::{Store, Unit};
use tokio::sync::watch;

use crate::board::{BoardDoor, Held};
use crate::change::Changes;
use crate::desk::DeskTimes;
use crate::plan_view::PlanView;
use crate::recordings::Listenings;
use crate::sign_in::SignIn;
use crate::switch::Switch;
use crate::turns::Turns;

/// Everything the daemon gives to the API at start.
pub struct ApiSetup {
    /// The database.
    pub store: Store,
    /// The way to the switch.
    pub switch: Switch,
    /// The way to the board.
    pub board: BoardDoor,
    /// Names of queues, menus and extensions; the sender replaces it whole when the configuration is loaded again.
    pub plan: watch::Receiver<Arc<PlanView>>,
    /// Directory of recordings; files lie in `YYYY/MM/DD/<call>.wav` below it, named after the business's day.
    pub recordings: PathBuf,
    /// Who runs this.
    pub business: Business,
    /// The wall clock, µs since 1970 UTC.
    pub clock: fn() -> i64,
    /// Whether browsers reach us over HTTPS (directly or through a proxy): cookies become `Secure` and `__Host-`.
    pub https: bool,
    /// Host names we answer to besides loopback names and IP literals (defence against DNS rebinding).
    pub hosts: Vec<String>,
    /// How the daemon is.
    pub health: Arc<dyn Fn() -> Health + Send + Sync>,
    /// Metrics in the Prometheus text form.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// Whether `/metrics` answers addresses other than loopback.
    pub metrics_public: bool,
    /// Timers of the websocket; the defaults are those of docs/API.md.
    pub desk_times: DeskTimes,
}

/// The shared state of every route. Made once by [`ApiState::new`]; a request that changes something gets one of its own.
#[derive(Clone)]
pub struct ApiState {
    pub(crate) store: Store,
    pub(crate) switch: Switch,
    pub(crate) board: BoardDoor,
    pub(crate) plan: watch::Receiver<Arc<PlanView>>,
    pub(crate) recordings: PathBuf,
    pub(crate) business: Business,
    pub(crate) clock: fn() -> i64,
    pub(crate) https: bool,
    pub(crate) hosts: Vec<String>,
    pub(crate) health: Arc<dyn Fn() -> Health + Send + Sync>,
    pub(crate) metrics: Arc<dyn Fn() -> String + Send + Sync>,
    pub(crate) metrics_public: bool,
    pub(crate) desk_times: DeskTimes,
    pub(crate) sign_in: Arc<SignIn>,
    pub(crate) listenings: Arc<Listenings>,
    pub(crate) turns: Arc<Turns>,
    pub(crate) changes: Changes,
    /// Set for good once there was somebody who can sign in.
    peopled: Arc<AtomicBool>,
}

impl ApiState {
    /// Takes the set-up and adds what only the API knows (sign-in attempts, the bounds on hashing and large reads).
    pub fn new(setup: ApiSetup) -> Arc<Self> {
        Arc::new(Self {
            store: setup.store,
            switch: setup.switch,
            board: setup.board,
            plan: setup.plan,
            recordings: setup.recordings,
            business: setup.business,
            clock: setup.clock,
            https: setup.https,
            hosts: setup.hosts,
            health: setup.health,
            metrics: setup.metrics,
            metrics_public: setup.metrics_public,
            desk_times: setup.desk_times,
            sign_in: Arc::default(),
            listenings: Arc::default(),
            turns: Arc::default(),
            changes: Changes::default(),
            peopled: Arc::default(),
        })
    }

    /// Whether anybody can sign in at all. A new installation has nobody, and then the page says how the first one gets
    /// in. A database that does not answer is no reason to say so.
    pub(crate) async fn has_people(&self) -> bool {
        if !self.peopled.load(Ordering::Relaxed) {
            let people = self.store.anybody_signs_in().await.unwrap_or(true);
            self.peopled.store(people, Ordering::Relaxed);
        }
        self.peopled.load(Ordering::Relaxed)
    }

    /// The same for one request: what it writes is part of `unit`, and its news wait in `held`.
    pub(crate) fn within(&self, unit: &Unit, held: &Held) -> Arc<Self> {
        Arc::new(Self { store: unit.store().clone(), board: self.board.holding(held), ..self.clone() })
    }

    /// Now, µs since 1970 UTC.
    pub(crate) fn now(&self) -> i64 {
        (self.clock)()
    }

    /// A moment as the page shows it: RFC 3339 with the business's offset.
    pub(crate) fn time(&self, micros: i64) -> String {
        crate::time::rfc3339(&self.business.zone, micros)
    }

    /// The same for a moment that may be missing.
    pub(crate) fn time_of(&self, micros: Option<i64>) -> Option<String> {
        micros.map(|micros| self.time(micros))
    }

    /// The configuration's names as they are now.
    pub(crate) fn plan(&self) -> Arc<PlanView> {
        self.plan.borrow().clone()
    }
}

/// Who runs this telephone exchange.
#[derive(Debug, Clone)]
pub struct Business {
    /// Name for people.
    pub name: String,
    /// IANA name of its time zone.
    pub timezone: String,
    /// Whether the data are the demo's.
    pub demo: bool,
    /// The zone itself.
    pub zone: TimeZone,
}

impl Business {
    /// Looks the time zone up.
    ///
    /// # Errors
    /// When the system knows no such zone.
    pub fn new(name: impl Into<String>, timezone: &str, demo: bool) -> Result<Self, jiff::Error> {
        let zone = TimeZone::get(timezone)?;
        Ok(Self { name: name.into(), timezone: timezone.to_owned(), demo, zone })
    }
}

/// How well the daemon is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// All is well.
    Ok,
    /// Calls run, something else does not (disk, database).
    Degraded,
    /// No new calls are taken.
    Draining,
}

/// The answer of `/health`.
#[derive(Debug, Clone, Serialize)]
pub struct Health {
    /// In one word.
    pub status: HealthStatus,
    /// Each check and its result in words (`"database": "ok"`).
    pub checks: BTreeMap<String, String>,
}
