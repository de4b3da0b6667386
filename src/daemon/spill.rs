//! A bounded channel whose sender may never wait: what does not fit stays with the sender, in order.
//!
//! The switchboard must not stop for a slow board or journal, and neither may lose an event. The spill is bounded by the
//! calls in progress, because above [`Spill::behind`] new calls are refused.

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

    /// Whether more than half of the channel is taken.
    pub fn is_pressed(&self) -> bool {
        self.is_behind() || self.sender.capacity() * 2 < self.sender.max_capacity()
    }
}
