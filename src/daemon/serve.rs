//! Puts the parts together, in order, and takes them apart again in the opposite one.

use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use api::board::{Board, BoardAsk, BoardDoor, DataEvent};
use api::desk::DeskTimes;
use api::plan_view::PlanView;
use api::state::{ApiSetup, ApiState, Business, Health};
use api::switch::Switch;
use jiff::tz::TimeZone;
use pbx::id::CallId;
use pbx::plan::Plan;
use store::{RecordingState, Rival, Store};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::alive::{self, Alive};
use crate::config::{Diagnostic, Loaded, Settings};
use crate::journal::Journal;
use crate::latest::Latest;
use crate::lock::{Lock, LockError};
use crate::media::{MediaSettings, MediaThreads};
use crate::metrics::SwitchFigures;
use crate::spill::Spill;
use crate::switchboard::{Inbox, Order, Outbox, Switchboard};
use crate::tasks::{Lane, Tasks};
use crate::transport::{self, Sockets, Wire, WireFigures};
use crate::vitals::{Backlog, Pulse, Vitals};
use crate::{claim, clock, journal, lookup, metrics, people, registrations};

/// After the drain time: BYE, files and rows closed, and this long for each of the steps.
const FAREWELL: Duration = Duration::from_secs(5);

/// A status older than this was chosen on another day, µs.
const SHIFT: i64 = 12 * 3_600 * 1_000_000;

/// Why the daemon could not start, in words for the person who started it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder, the database's file or the recordings are another daemon's.
    #[error("{0}")]
    Lock(#[from] LockError),
    /// The database is another daemon's.
    #[error("the database is in use by another santral ({})", .0.name)]
    Taken(Rival),
    /// The file of events that wait for the database.
    #[error("cannot open the journal's files: {0}")]
    Journal(std::io::Error),
    /// An address is taken or not ours.
    #[error("cannot listen on {what} {address}: {error}")]
    Listen {
        /// `SIP` or `HTTP`.
        what: &'static str,
        /// The address.
        address: SocketAddr,
        /// The system's word.
        error: std::io::Error,
    },
    /// The database cannot be opened.
    #[error("cannot open the database: {0}")]
    Store(#[from] store::StoreError),
    /// A folder cannot be made or written to.
    #[error("cannot use the folder {}: {error}", path.display())]
    Folder {
        /// Which one.
        path: PathBuf,
        /// The system's word.
        error: std::io::Error,
    },
    /// Media threads, or the system's randomness.
    #[error("cannot prepare the media threads: {0}")]
    Media(std::io::Error),
    /// The control socket is taken or its folder cannot be written to.
    #[error("control socket: {0}")]
    Control(std::io::Error),
    /// The configured zone is not in the system's table.
    #[error("unknown time zone: {0}")]
    Zone(#[from] jiff::Error),
    /// The demo was given a folder in which other things lie.
    #[error("{} is not a folder of the demo", .0.display())]
    NotADemo(PathBuf),
    /// The sample configuration inside the program is refused by its own rules.
    #[error("the sample configuration is broken: {0}")]
    Sample(String),
}

/// A running daemon.
pub struct Running {
    /// The page's address.
    pub http: SocketAddr,
    /// Where SIP listens.
    pub sip: SocketAddr,
    /// The database.
    pub store: Store,
    orders: Sender<Order>,
    board: Sender<BoardAsk>,
    plan: watch::Sender<Arc<Plan>>,
    names: watch::Sender<Arc<PlanView>>,
    media: Arc<MediaThreads>,
    vitals: Arc<Vitals>,
    alive: Alive,
    lock: Lock,
    /// Sockets: the last to stop hearing, since a BYE needs its answer.
    wires: Tasks,
    /// What writes: ends when everything that feeds it has ended.
    writers: Tasks,
    /// The page and what it asks.
    serving: Tasks,
    /// Keeps the claim on the database until nothing writes any more.
    claiming: Tasks,
    lanes: Lanes,
}

/// Who runs where. The switch and its sockets have a thread of their own; whatever strangers and desks ask over HTTP has
/// workers of its own, which step back behind everybody. Journal, look-ups and board run in the runtime of the caller.
struct Lanes {
    switchboard: Lane,
    http: Lane,
}

impl Lanes {
    fn open() -> std::io::Result<Self> {
        Ok(Self { switchboard: Lane::alone("switchboard")?, http: Lane::crowd("http", cores())? })
    }
}

/// The sockets of one daemon, bound before anything else so that a taken port is the first thing one learns.
struct Doors {
    sockets: Sockets,
    wire: Receiver<Wire>,
    figures: Arc<WireFigures>,
    listener: TcpListener,
}

/// Starts everything. When this returns, calls are answered and the page is served.
///
/// `data` is the folder that relative paths of the configuration count from; `lock` says that it is ours.
///
/// # Errors
/// When an address is taken, the database cannot be opened, or the recordings folder cannot be made.
pub async fn start(loaded: Loaded, data: &Path, lock: Lock, demo: bool) -> Result<Running, StartError> {
    let Loaded { plan, settings, .. } = loaded;
    let (lanes, wires) = (Lanes::open().map_err(StartError::Media)?, Tasks::default());
    let (writers, serving, claiming) = (Tasks::default(), Tasks::default(), Tasks::default());
    let recordings = settings.recordings_dir(data);
    // Ports first of all that may be somebody else's: a mistake must fail before anything is touched.
    let doors = open_doors(&settings, &lanes, &wires).await?;
    // What is another daemon's is not even looked into: opening it would bring its tables up to date.
    let url = settings.database_url(data);
    let lock = match store::file_of(&url) {
        Some(file) => lock.and_database(&file)?,
        None => lock,
    };
    let lock = lock.and_recordings(&recordings)?;
    let claim = claim::take(&url).await?.map_err(StartError::Taken)?;
    let store = Store::open(&url).await?;
    let died_at = alive::last_seen(data);
    let (heard_out, heard) = channel(8_192);
    let media = MediaSettings { address: settings.listen.media, threads: cores(), recordings: recordings.clone() };
    let held = crate::media::occupied(media.address, plan.rtp_ports.0..=plan.rtp_ports.1);
    let media = Arc::new(MediaThreads::start(media, heard_out).map_err(StartError::Media)?);
    let vitals = Arc::new(Vitals::new(media.figures()));
    // What could not be written happened all the same: it is taken in before any row is judged.
    let mut journal = Journal::open(store.clone(), data, vitals.clone()).map_err(StartError::Journal)?;
    journal.take_in().await?;
    after_a_crash(&store, &recordings, &settings.zone(), died_at).await?;
    let (sip, http) = (doors.sockets.local, doors.listener.local_addr().map_err(StartError::Media)?);
    let plan = Arc::new(with_addresses(plan, sip));
    let names = Arc::new(PlanView::of(&plan));

    let (orders, orders_in) = channel(4_096);
    let (asks_out, asks) = channel(256);
    let (board_out, board_in) = channel(8_192);
    let board = BoardDoor::new(board_out.clone());
    let (events, events_in) = channel(journal::CAPACITY);
    let (places, places_in) = channel(1);
    let (questions, questions_in) = channel(1_024);
    let (plan_out, plan_seen) = watch::channel(plan.clone());
    let (names_out, names_seen) = watch::channel(names.clone());

    let business = Business::new(settings.business.name.clone(), &settings.business.timezone, demo)?;
    let figures = Arc::new(SwitchFigures::default());
    let outbox = Outbox {
        sockets: doors.sockets,
        media: media.clone(),
        board: Spill::new(board_out.clone()),
        journal: Spill::new(events),
        registrations: Latest::new(places),
        lookup: questions,
        recordings: recordings.clone(),
        zone: business.zone.clone(),
        figures: figures.clone(),
        vitals: vitals.clone(),
    };
    let zone = business.zone.clone();
    let state = ApiState::new(ApiSetup {
        store: store.clone(),
        switch: Switch::new(asks_out),
        board: board.clone(),
        plan: names_seen,
        recordings: recordings.clone(),
        business,
        clock: clock::wall,
        https: settings.listen.https,
        hosts: settings.listen.hosts.clone(),
        health: health_of(&vitals),
        metrics: metrics_of(&settings, figures, &doors.figures, &media),
        metrics_public: settings.metrics_public,
        desk_times: DeskTimes::default(),
    });

    let mut switchboard = Switchboard::new(plan, seed()?, outbox, &held);
    switchboard.restore(&store.registrations_list(clock::wall()).await?);
    let inbox = Inbox { wire: doors.wire, heard, asks, orders: orders_in };
    let (owed_out, owed) = channel(256);
    writers.start("journal", journal.run(events_in, owed_out));
    writers.start("registrations", registrations::run(store.clone(), places_in));
    let told = api::follow_callbacks(state.clone(), owed);
    serving.start("callbacks", unless(serving.stopping(), told));
    writers.on(&lanes.switchboard).start("switchboard", switchboard.run(inbox));
    serving.start("board", unless(serving.stopping(), api::board::run(Board::new(zone, clock::wall()), board_in)));
    let look = lookup::run(store.clone(), plan_seen, questions_in, orders.clone());
    serving.start("lookup", unless(serving.stopping(), look));
    let watch = vitals.clone().watch(store.clone(), recordings, board.clone(), serving.stopping());
    serving.start("vitals", watch);
    claiming.start("claim", claim::keep(url, claim, vitals.clone(), claiming.stopping()));
    let everybody = people::read(&store).await?;
    let watch = people::watch(store.clone(), everybody.clone(), board_out.clone(), serving.stopping());
    serving.start("people", watch);
    let page = serve_page(doors.listener, state, serving.stopping().cancelled_owned());
    serving.on(&lanes.http).start("http", page);
    let running = Running {
        http,
        sip,
        store,
        orders,
        board: board_out,
        plan: plan_out,
        names: names_out,
        media,
        vitals,
        alive: Alive::keep(data),
        lock,
        wires,
        writers,
        serving,
        claiming,
        lanes,
    };
    running.tell_board(BoardAsk::Plan(names)).await;
    running.tell_board(BoardAsk::People(everybody)).await;
    if died_at.is_some() {
        running.back_on_shift().await?;
    }
    Ok(running)
}

/// Work that has no end of its own, ended by the word to stop.
async fn unless(stop: CancellationToken, work: impl Future<Output = ()>) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => {}
    }
}

async fn serve_page(listener: TcpListener, state: Arc<ApiState>, stop: impl Future<Output = ()> + Send + 'static) {
    if let Err(error) = api::serve::serve(listener, state, stop).await {
        tracing::error!(%error, "the page's port failed");
    }
}

async fn open_doors(settings: &Settings, lanes: &Lanes, wires: &Tasks) -> Result<Doors, StartError> {
    let figures = Arc::new(WireFigures::default());
    let address = settings.listen.sip;
    let wires = wires.on(&lanes.switchboard);
    let open = transport::open(address, settings.limits.tcp_connections, figures.clone(), wires);
    let (sockets, wire) =
        lanes.switchboard.run(open).await.map_err(|error| StartError::Listen { what: "SIP", address, error })?;
    let listener = lanes
        .http
        .run(TcpListener::bind(settings.listen.http))
        .await
        .map_err(|error| StartError::Listen { what: "HTTP", address: settings.listen.http, error })?;
    Ok(Doors { sockets, wire, figures, listener })
}

fn health_of(vitals: &Arc<Vitals>) -> Arc<dyn Fn() -> Health + Send + Sync> {
    let vitals = vitals.clone();
    Arc::new(move || vitals.health())
}

fn metrics_of(
    settings: &Settings,
    switch: Arc<SwitchFigures>,
    wire: &Arc<WireFigures>,
    media: &Arc<MediaThreads>,
) -> Arc<dyn Fn() -> String + Send + Sync> {
    let handle = if settings.metrics { metrics::install() } else { None };
    let (wire, media) = (wire.clone(), media.figures());
    Arc::new(move || handle.as_ref().map_or_else(String::new, |handle| metrics::render(handle, &switch, &wire, &media)))
}

/// What an earlier run left open: rows without an end get one, WAV headers are mended, and every row that says
/// "recording" learns what became of its file.
async fn after_a_crash(
    store: &Store,
    recordings: &Path,
    zone: &TimeZone,
    died_at: Option<i64>,
) -> Result<(), StartError> {
    std::fs::create_dir_all(recordings).map_err(|error| StartError::Folder { path: recordings.to_owned(), error })?;
    let closed = store.calls_close_interrupted(clock::wall(), died_at).await?;
    if !closed.is_empty() {
        tracing::warn!(calls = closed.len(), "calls of an earlier run were closed as interrupted");
    }
    for mended in crate::media::repair(recordings) {
        tracing::warn!(call = %mended.call, millis = mended.millis, "recording of an earlier run was mended");
    }
    for call in store.recordings_unfinished().await? {
        let path = crate::recordings::path(recordings, &CallId::new(call.clone()), zone);
        let (state, millis) = match crate::recordings::millis(&path) {
            Some(millis) => (RecordingState::Repaired, millis),
            None => (RecordingState::Missing, 0),
        };
        store.recording_set_state(&call, state, millis).await?;
    }
    Ok(())
}

/// Port 0 in the configuration becomes the port we got.
fn with_addresses(mut plan: Plan, sip: SocketAddr) -> Plan {
    if plan.advertised.sip.port() == 0 {
        plan.advertised.sip.set_port(sip.port());
    }
    plan
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// A seed nobody can guess, from the operating system: tags and nonces hang on it.
fn seed() -> Result<u64, StartError> {
    getrandom::u64().map_err(|error| StartError::Media(std::io::Error::other(error.to_string())))
}

impl Running {
    /// Takes a new configuration in, without hurting calls in progress.
    pub async fn reload(&self, loaded: Loaded) {
        let plan = Arc::new(with_addresses(loaded.plan, self.sip));
        self.plan.send_replace(plan.clone());
        let names = Arc::new(PlanView::of(&plan));
        self.names.send_replace(names.clone());
        self.tell_board(BoardAsk::Plan(names)).await;
        let _ = self.orders.send(Order::Plan(plan)).await;
        self.tell_data("config.reloaded", serde_json::json!({})).await;
        tracing::info!("configuration reloaded; calls in progress keep the one they began with");
    }

    /// Tells everybody that a new configuration was refused and the old one goes on.
    pub async fn refuse(&self, errors: &[Diagnostic]) {
        for error in errors.iter().filter(|error| error.is_error()) {
            tracing::error!(file = %error.file, line = error.line, column = error.column, code = error.code.as_str(),
                "configuration refused");
        }
        let lines: Vec<String> = errors.iter().filter(|error| error.is_error()).map(ToString::to_string).collect();
        self.tell_data("config.rejected", serde_json::json!({ "errors": lines })).await;
    }

    /// Whoever was on shift when the last run was cut off is on shift again: nobody went home because we fell.
    async fn back_on_shift(&self) -> Result<(), store::StoreError> {
        for (user, status) in self.store.statuses_since(clock::wall() - SHIFT).await? {
            let _ = self.orders.send(Order::Status(user, status)).await;
        }
        Ok(())
    }

    /// Reads at once who can sign in, for somebody who waits for it; [`people::watch`] does it every second.
    ///
    /// # Errors
    /// Database errors.
    pub async fn people_changed(&self) -> Result<(), store::StoreError> {
        self.tell_board(BoardAsk::People(people::read(&self.store).await?)).await;
        Ok(())
    }

    async fn tell_data(&self, kind: &str, data: serde_json::Value) {
        let at = clock::wall();
        let id = api::token::event_id(at);
        let (kind, subject) = (kind.to_owned(), "config".to_owned());
        self.tell_board(BoardAsk::Data(DataEvent { id, at, kind, subject, rev: 0, data })).await;
    }

    async fn tell_board(&self, ask: BoardAsk) {
        if self.board.send(ask).await.is_err() {
            tracing::debug!("the board is gone");
        }
    }

    /// What is going on.
    pub fn pulse(&self) -> Pulse {
        self.vitals.pulse()
    }

    /// Refuses new calls, waits for the ones in progress (at most `drain`, and not beyond `hurry`), hangs up the rest,
    /// closes files and rows. Returns what could not be written into the database.
    pub async fn stop(self, drain: Duration, hurry: CancellationToken) -> Backlog {
        self.vitals.drain();
        let _ = self.orders.send(Order::Drain).await;
        let emptied = tokio::select! {
            emptied = self.empty_within(drain) => emptied,
            () = hurry.cancelled() => false,
        };
        if !emptied {
            tracing::warn!("not waiting any longer; hanging up the calls that are left");
            let _ = self.orders.send(Order::HangUpAll).await;
            self.empty_within(FAREWELL).await;
        }
        self.serving.stop(FAREWELL).await;
        let Running { orders, media, wires, writers, claiming, store, alive, lanes, vitals, lock, .. } = self;
        // The recorder's last reports still go to the journal, through the switchboard.
        media.stop();
        drop(orders);
        writers.stop_when_done(FAREWELL).await;
        wires.stop(FAREWELL).await;
        drop(lanes);
        claiming.stop(FAREWELL).await;
        // A server that does not answer cannot be said goodbye to either.
        if tokio::time::timeout(FAREWELL, store.close()).await.is_err() {
            tracing::warn!("the database did not close in time");
        }
        drop(alive);
        drop(lock);
        vitals.last_backlog()
    }

    async fn empty_within(&self, limit: Duration) -> bool {
        let (reply, empty) = oneshot::channel();
        if self.orders.send(Order::WhenEmpty(reply)).await.is_err() {
            return true;
        }
        tokio::time::timeout(limit, empty).await.is_ok()
    }

    /// How the daemon is, for whoever outlives this value.
    pub fn vitals(&self) -> Arc<Vitals> {
        self.vitals.clone()
    }
}
