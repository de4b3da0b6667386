//! `santral serve`: a running daemon between its start and its end: signals, changed files, the control socket, systemd.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::config::compare::compare;
use crate::config::{self, Diagnostic, Loaded, Source, Watch, secrets};
use crate::control::{Request, Response, Status, Trouble};
use crate::serve::{self, Running, StartError};
use crate::tasks::Tasks;
use crate::vitals::{Backlog, Vitals};
use crate::{clock, ctl, lock};

/// How long the demo waits for calls in progress: nobody's business hangs on them.
pub const DEMO_DRAIN: Duration = Duration::from_secs(3);

/// Between two looks at the configuration's files and two signs of life to systemd.
const TICK: Duration = Duration::from_millis(500);

/// How long a start may take in all: no migration takes an hour.
const STARTING: Duration = Duration::from_secs(3_600);
/// Between two words to systemd that the start goes on, and for how long each of them holds: what a large database or many
/// waiting events need is known by nobody beforehand.
const STILL: Duration = Duration::from_secs(10);
const STILL_FOR: Duration = Duration::from_secs(60);

/// A daemon that serves a configuration folder.
pub struct Service {
    running: Running,
    loaded: Loaded,
    folder: PathBuf,
    env: BTreeMap<String, String>,
    asks: mpsc::Receiver<(Request, oneshot::Sender<Response>)>,
    /// Kept open so that whoever asked to stop sees the end of it.
    _control: ctl::Control,
    tasks: Tasks,
    started: Instant,
}

impl Service {
    /// Starts the daemon and its control socket, and says READY to systemd.
    ///
    /// # Errors
    /// As [`serve::start`].
    pub async fn start(
        loaded: Loaded,
        folder: PathBuf,
        data: PathBuf,
        env: BTreeMap<String, String>,
    ) -> Result<Self, StartError> {
        let (lock, tasks) = (lock::take(&data)?, Tasks::default());
        // A file that grew to a limit is an error of its write, as a full disk is, and not the end of the program.
        let _too_large = signal(SignalKind::from_raw(Signal::XFSZ.as_raw())).map_err(StartError::Media)?;
        let (control, asks) =
            ctl::open(&crate::control::socket_to_serve(&data, &env), &tasks).map_err(StartError::Control)?;
        let starting = Tasks::default();
        starting.start("starting", still_starting(starting.stopping()));
        let running = serve::start(loaded.clone(), &data, lock, false).await;
        starting.stop(Duration::from_secs(1)).await;
        let running = running?;
        crate::demo::folder::give_up(&data);
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
        tracing::info!(http = %running.http, sip = %running.sip, "ready");
        let started = clock::instant();
        Ok(Self { running, loaded, folder, env, asks, _control: control, tasks, started })
    }

    /// Whether there is not one person who could sign in. A database that does not answer is no reason to say so.
    pub async fn nobody_can_sign_in(&self) -> bool {
        self.running.store.anybody_signs_in().await.is_ok_and(|somebody| !somebody)
    }

    /// Serves until SIGTERM, SIGINT or a request to stop; then drains and ends. Returns what could not be written into the
    /// database.
    ///
    /// # Errors
    /// When the signals cannot be listened for.
    pub async fn run(mut self) -> io::Result<Backlog> {
        let mut reload = signal(SignalKind::hangup())?;
        let mut watch = Watch::new(self.folder.clone());
        let mut tick = tokio::time::interval(TICK);
        let stop = until_asked_to_stop();
        tokio::pin!(stop);
        loop {
            tokio::select! {
                stopped = &mut stop => { stopped?; break }
                _ = reload.recv() => drop(self.reload().await),
                _ = tick.tick() => {
                    let _ = sd_notify::notify(&[sd_notify::NotifyState::Watchdog]);
                    if watch.changed() {
                        drop(self.reload().await);
                    }
                }
                Some((request, reply)) = self.asks.recv() => {
                    let stopping = request == Request::Stop;
                    let response = self.answer(request).await;
                    let _ = reply.send(response);
                    if stopping { break }
                }
            }
        }
        Ok(self.end().await)
    }

    /// Ends in order. `status` is answered meanwhile, and a second word to stop means: at once.
    async fn end(mut self) -> Backlog {
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
        let (facts, hurry) = (self.facts(), CancellationToken::new());
        let stopping = self.running.stop(self.loaded.settings.limits.drain, hurry.clone());
        tokio::pin!(stopping);
        let again = until_asked_to_stop();
        tokio::pin!(again);
        let backlog = loop {
            tokio::select! {
                backlog = &mut stopping => break backlog,
                _ = &mut again, if !hurry.is_cancelled() => hurry.cancel(),
                Some((request, reply)) = self.asks.recv() => {
                    let _ = reply.send(match request {
                        Request::Status => Response::Status(facts.status()),
                        Request::Stop => facts.stopping(),
                        Request::Reload => Response::Fault { message: "@stopping".to_owned() },
                    });
                }
            }
        };
        self.tasks.stop(Duration::from_secs(1)).await;
        match backlog {
            Backlog { memory: 0, waiting: 0, .. } => tracing::info!("stopped"),
            Backlog { memory: 0, waiting, .. } => {
                tracing::error!(
                    waiting,
                    "stopped; events wait in a file for the database and are taken in at the next start"
                );
            }
            Backlog { memory, waiting, .. } => {
                tracing::error!(lost = memory, waiting, "stopped; neither database nor disk took some of the events");
            }
        }
        backlog
    }

    async fn answer(&mut self, request: Request) -> Response {
        match request {
            Request::Reload => self.reload().await.unwrap_or_else(|findings| Response::Refused { findings }),
            Request::Status => Response::Status(self.facts().status()),
            Request::Stop => self.facts().stopping(),
        }
    }

    /// Reads the folder again. With any error the old configuration goes on.
    async fn reload(&mut self) -> Result<Response, Vec<Diagnostic>> {
        let (source, env) = (Source::Folder(self.folder.clone()), self.env.clone());
        let folder = self.folder.clone();
        let read = tokio::task::spawn_blocking(move || {
            // A new extension gets its secret now. Where that fails, `load` tells what is wrong with the files.
            let _ = secrets::ensure(&folder);
            config::load(&source, &env)
        })
        .await;
        let loaded = match read {
            Ok(Ok(loaded)) => loaded,
            Ok(Err(findings)) => {
                self.running.refuse(&findings).await;
                return Err(findings);
            }
            Err(error) => return Ok(Response::Fault { message: error.to_string() }),
        };
        let changes = compare(&self.loaded, &loaded);
        let warnings = loaded.warnings.clone();
        if !changes.is_empty() {
            self.running.reload(loaded.clone()).await;
            self.loaded = loaded;
        }
        for key in &changes.needs_restart {
            tracing::warn!(key, "this change takes effect after a restart");
        }
        Ok(Response::Reloaded { changes, warnings })
    }

    fn facts(&self) -> Facts {
        Facts {
            vitals: self.running.vitals(),
            started: self.started,
            http: self.running.http.to_string(),
            sip: self.running.sip.to_string(),
            max_calls: self.loaded.settings.limits.max_calls,
            extensions: self.loaded.plan.extensions.len(),
            drain: self.loaded.settings.limits.drain,
        }
    }
}

/// What `status` and `stop` are answered from.
struct Facts {
    vitals: Arc<Vitals>,
    started: Instant,
    http: String,
    sip: String,
    max_calls: usize,
    extensions: usize,
    drain: Duration,
}

impl Facts {
    fn stopping(&self) -> Response {
        Response::Stopping { calls: self.vitals.pulse().calls, drain_seconds: self.drain.as_secs() }
    }

    fn status(&self) -> Status {
        let pulse = self.vitals.pulse();
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            uptime_seconds: clock::instant().duration_since(self.started).as_secs(),
            demo: false,
            draining: self.vitals.is_draining(),
            http: self.http.clone(),
            sip: self.sip.clone(),
            calls: pulse.calls,
            max_calls: self.max_calls,
            registered: pulse.registered,
            extensions: self.extensions,
            agents_available: pulse.agents_available,
            waiting: pulse.waiting,
            faults: self.vitals.faults(),
            troubles: self.vitals.troubles().into_iter().map(trouble).collect(),
        }
    }
}

fn trouble(found: api::board::Trouble) -> Trouble {
    Trouble { part: found.part.to_owned(), state: found.state.to_owned(), count: found.count }
}

/// Tells systemd, until the word to stop, that the start takes longer.
async fn still_starting(stop: CancellationToken) {
    let usec = u32::try_from(STILL_FOR.as_micros()).unwrap_or(u32::MAX);
    let mut tick = tokio::time::interval(STILL);
    let begun = clock::instant();
    // A start that hangs on a dead disk or server is ended and tried again.
    while begun.elapsed() < STARTING {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => {
                let _ = sd_notify::notify(&[sd_notify::NotifyState::ExtendTimeoutUsec(usec)]);
            }
        }
    }
}

/// Resolves at SIGTERM or SIGINT.
///
/// # Errors
/// When the signals cannot be listened for.
pub async fn until_asked_to_stop() -> io::Result<()> {
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    Ok(())
}
