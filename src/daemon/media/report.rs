//! What legs report, on its way to the switch, without ever waiting for it.

use std::collections::VecDeque;
use std::sync::Arc;

use ::media::order::{Heard, StreamKey};
use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

use super::figures::MediaFigures;

/// Reports that may wait; a switch that is so far behind is not alive.
const MOST: usize = 65_536;

/// One thread's way out.
pub(super) struct Reporter {
    out: Sender<(StreamKey, Heard)>,
    waiting: VecDeque<(StreamKey, Heard)>,
    figures: Arc<MediaFigures>,
}

impl Reporter {
    pub fn new(out: Sender<(StreamKey, Heard)>, figures: Arc<MediaFigures>) -> Self {
        Self { out, waiting: VecDeque::new(), figures }
    }

    /// Sends now, or queues behind those that wait already.
    pub fn tell(&mut self, key: StreamKey, heard: Heard) {
        if self.waiting.len() >= MOST {
            MediaFigures::add(&self.figures.reports_lost, 1);
            return;
        }
        self.waiting.push_back((key, heard));
        if !self.flush() {
            MediaFigures::add(&self.figures.reports_waited, 1);
        }
    }

    /// Tries again; true when nothing waits.
    pub fn flush(&mut self) -> bool {
        while let Some(report) = self.waiting.pop_front() {
            match self.out.try_send(report) {
                Ok(()) => {}
                Err(TrySendError::Full(report)) => {
                    self.waiting.push_front(report);
                    return false;
                }
                Err(TrySendError::Closed(_)) => self.waiting.clear(),
            }
        }
        true
    }
}
