//! `santral serve`: a running daemon between its start and its end: signals, changed files, the control socket, systemd.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot};

use crate::config::compare::compare;
use crate::config::{self, Diagnostic, Loaded, Source, Watch};
use crate::control::{Request, Response, Status};
use crate::serve::{self, Running, StartError};
use crate::tasks::Tasks;
use crate::{clock, ctl};

/// How long the demo waits for calls in progress: nobody's business hangs on them.
pub const DEMO_DRAIN: Duration = Duration::from_secs(3);

/// Between two looks at the configuration's files and two signs of life to systemd.
const TICK: Duration = Duration::from_millis(500);

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
        std::fs::create_dir_all(&data).map_err(StartError::Media)?;
        let running = serve::start(loaded.clone(), &data, false).await?;
        let tasks = Tasks::default();
        let (control, asks) =
            ctl::open(&crate::control::socket_to_serve(&data, &env), &tasks).map_err(StartError::Media)?;
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
        tracing::info!(http = %running.http, sip = %running.sip, "ready");
        let started = clock::instant();
        Ok(Self { running, loaded, folder, env, asks, _control: control, tasks, started })
    }

    /// Serves until SIGTERM, SIGINT or a request to stop; then drains and ends.
    ///
    /// # Errors
    /// When the signals cannot be listened for.
    pub async fn run(mut self) -> io::Result<()> {
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
        self.end().await;
        Ok(())
    }

    async fn end(self) {
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
        self.running.stop(self.loaded.settings.limits.drain).await;
        self.tasks.stop(Duration::from_secs(1)).await;
        tracing::info!("stopped");
    }

    async fn answer(&mut self, request: Request) -> Response {
        match request {
            Request::Reload => self.reload().await.unwrap_or_else(|findings| Response::Refused { findings }),
            Request::Status => Response::Status(self.status()),
            Request::Stop => Response::Stopping {
                calls: self.running.pulse().calls,
                drain_seconds: self.loaded.settings.limits.drain.as_secs(),
            },
        }
    }

    /// Reads the folder again. With any error the old configuration goes on.
    async fn reload(&mut self) -> Result<Response, Vec<Diagnostic>> {
        let (source, env) = (Source::Folder(self.folder.clone()), self.env.clone());
        let read = tokio::task::spawn_blocking(move || config::load(&source, &env)).await;
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

    fn status(&self) -> Status {
        let pulse = self.running.pulse();
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            uptime_seconds: self.started.elapsed().as_secs(),
            demo: false,
            draining: false,
            http: self.running.http.to_string(),
            sip: self.running.sip.to_string(),
            calls: pulse.calls,
            max_calls: self.loaded.settings.limits.max_calls,
            registered: pulse.registered,
            extensions: self.loaded.plan.extensions.len(),
            agents_available: pulse.agents_available,
            waiting: pulse.waiting,
            faults: self.running.faults(),
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
