//! Every task and every runtime of the program is started here, so that each has a name, an owner and an end.

use std::future::Future;
use std::io;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How far threads that serve strangers step back behind those that carry calls. The kernel then gives a waking
/// switchboard or media thread the core at once, and about nine tenths of it while both want it.
const STEP_BACK: i32 = 10;

/// Threads for work that may block on a file. What does not fit waits, so a crowd of listeners takes no thread each.
const BLOCKING: usize = 4;

/// The running tasks and the word that ends them.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
    home: Option<Handle>,
}

impl Tasks {
    /// Starts a task that ends by itself or when [`Tasks::stopping`] is heard.
    pub fn start<F>(&self, name: &'static str, work: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let work = async move {
            work.await;
            tracing::debug!(task = name, "task ended");
        };
        match &self.home {
            Some(home) => self.tracker.spawn_on(work, home),
            None => self.tracker.spawn(work),
        };
    }

    /// The same tasks; those started from here on run in this lane.
    pub fn on(&self, lane: &Lane) -> Self {
        Self { home: Some(lane.handle.clone()), ..self.clone() }
    }

    /// A word that is said once, when everything is to end.
    pub fn stopping(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Waits for tasks that end by themselves, but not longer than `limit`.
    pub async fn stop_when_done(&self, limit: Duration) {
        self.tracker.close();
        if tokio::time::timeout(limit, self.tracker.wait()).await.is_err() {
            tracing::warn!(left = self.tracker.len(), "tasks did not end in time");
        }
        self.stop.cancel();
    }

    /// Says the word and waits for the tasks, but not longer than `limit`.
    pub async fn stop(&self, limit: Duration) {
        self.stop.cancel();
        self.tracker.close();
        if tokio::time::timeout(limit, self.tracker.wait()).await.is_err() {
            tracing::warn!(left = self.tracker.len(), "tasks did not end in time");
        }
    }
}

/// A runtime whose threads do one kind of work and no other. Dropping it ends what still runs there.
#[derive(Debug)]
pub struct Lane {
    handle: Handle,
    kept: Kept,
}

/// What keeps a lane going.
#[derive(Debug)]
enum Kept {
    /// One thread, which ends at the word.
    Alone(CancellationToken, Option<JoinHandle<()>>),
    /// Several workers.
    Crowd(Option<Runtime>),
}

impl Lane {
    /// One thread for tasks that nothing else may keep waiting.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn alone(name: &str) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (handle, end) = (runtime.handle().clone(), CancellationToken::new());
        let ended = end.clone();
        let work = move || runtime.block_on(ended.cancelled());
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work)?;
        Ok(Self { handle, kept: Kept::Alone(end, Some(thread)) })
    }

    /// Workers for whatever strangers ask. They step back behind every other thread of the process.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn crowd(name: &str, workers: usize) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(workers)
            .max_blocking_threads(BLOCKING)
            .thread_name(name)
            .on_thread_start(step_back)
            .enable_all()
            .build()?;
        Ok(Self { handle: runtime.handle().clone(), kept: Kept::Crowd(Some(runtime)) })
    }

    /// Runs something here and waits for it: a socket belongs to the lane in which it was opened.
    ///
    /// # Errors
    /// What the work says, or that it was broken off.
    pub async fn run<T, F>(&self, work: F) -> io::Result<T>
    where
        F: Future<Output = io::Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        self.handle.spawn(work).await.map_err(io::Error::other)?
    }
}

/// On Linux a priority belongs to a thread. Where it cannot be lowered the kernel's own fairness has to do.
fn step_back() {
    if let Err(error) = rustix::process::setpriority_process(None, STEP_BACK) {
        tracing::debug!(%error, "a thread keeps its priority");
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        match &mut self.kept {
            Kept::Alone(end, thread) => {
                end.cancel();
                if let Some(thread) = thread.take() {
                    let _ = thread.join();
                }
            }
            Kept::Crowd(runtime) => {
                if let Some(runtime) = runtime.take() {
                    runtime.shutdown_background();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `/proc` says of the thread that asks.
    fn nice() -> i64 {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        let (_, rest) = stat.rsplit_once(") ").unwrap();
        rest.split(' ').nth(16).unwrap().parse().unwrap()
    }

    fn name() -> String {
        std::thread::current().name().unwrap_or_default().to_owned()
    }

    #[tokio::test]
    async fn a_lane_of_its_own_runs_while_every_worker_of_the_crowd_is_held() {
        let (alone, crowd) = (Lane::alone("alone").unwrap(), Lane::crowd("crowd", 2).unwrap());
        let (hold, held) = std::sync::mpsc::sync_channel::<()>(0);
        let held = std::sync::Arc::new(std::sync::Mutex::new(held));
        let tasks = Tasks::default();
        for _ in 0..2 {
            let held = held.clone();
            tasks.on(&crowd).start("greedy", async move {
                let _ = held.lock().unwrap().recv();
            });
        }
        let (where_, stepped) = alone.run(async { Ok((name(), nice())) }).await.unwrap();
        assert_eq!((where_.as_str(), stepped), ("alone", nice()));
        drop(hold);
        tasks.stop(Duration::from_secs(5)).await;
    }

    #[tokio::test]
    async fn who_serves_strangers_steps_back_also_where_it_blocks() {
        let crowd = Lane::crowd("crowd", 1).unwrap();
        let blocking = crowd.run(async { tokio::task::spawn_blocking(nice).await.map_err(io::Error::other) });
        assert_eq!(blocking.await.unwrap(), nice() + i64::from(STEP_BACK));
        let async_side = crowd.run(async { Ok((name(), nice())) }).await.unwrap();
        assert_eq!(async_side, ("crowd".to_owned(), nice() + i64::from(STEP_BACK)));
    }
}
