//! A bounded channel whose sender may never wait: what does not fit stays with the sender, in order.
//!
//! The switchboard must not stop for a slow board or journal, and neither may lose an event. What is kept is bounded by
//! what the calls in progress can still cause, because while [`Spill::is_pressed`] no new calls are taken.

use std::collections::VecDeque;

use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

/// The sending side.
#[derive(Debug)]
pub struct Spill<T> {
    sender: Sender<T>,
    kept: VecDeque<T>,
}

impl<T> Spill<T> {
    /// Around a channel.
    pub fn new(sender: Sender<T>) -> Self {
        Self { sender, kept: VecDeque::new() }
    }

    /// Sends, or keeps for later.
    pub fn push(&mut self, item: T) {
        self.kept.push_back(item);
        self.flush();
    }

    /// Sends what fits of what was kept.
    pub fn flush(&mut self) {
        while let Some(item) = self.kept.pop_front() {
            match self.sender.try_send(item) {
                Ok(()) => {}
                Err(TrySendError::Full(item)) => {
                    self.kept.push_front(item);
                    return;
                }
                // The receiver is gone only at the very end of the program.
                Err(TrySendError::Closed(_)) => return,
            }
        }
    }

    /// Whether something is still kept.
    pub fn is_behind(&self) -> bool {
        !self.kept.is_empty()
    }

    /// Whether the channel is more than half full; once it was, until it is at most a quarter full.
    pub fn is_pressed(&self, before: bool) -> bool {
        let taken = self.sender.max_capacity() - self.sender.capacity();
        let mark = self.sender.max_capacity() / if before { 4 } else { 2 };
        self.is_behind() || taken > mark
    }

    /// Sends what is still kept, waiting as long as it takes. For the end.
    pub async fn finish(mut self) {
        while let Some(item) = self.kept.pop_front() {
            if self.sender.send(item).await.is_err() {
                return;
            }
        }
    }
}
