//! Every task of the program is started here, so that each has a name, an owner and an end.

use std::future::Future;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The running tasks and the word that ends them.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
}

impl Tasks {
    /// Starts a task that ends by itself or when [`Tasks::stopping`] is heard.
    pub fn start<F>(&self, name: &'static str, work: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tracker.spawn(async move {
            work.await;
            tracing::debug!(task = name, "task ended");
        });
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
