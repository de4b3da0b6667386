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

    /// Sends what is still kept, waiting as long as it takes, and tells how much is left before each and at the end. For
    /// the end, which may not wait so long.
    pub async fn finish(mut self, left: impl Fn(usize)) {
        left(self.kept.len());
        while let Some(item) = self.kept.pop_front() {
            if self.sender.send(item).await.is_err() {
                return;
            }
            left(self.kept.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn what_the_end_could_not_send_is_counted() {
        let (sender, mut receiver) = tokio::sync::mpsc::channel(2);
        let mut spill = Spill::new(sender);
        (0..5).for_each(|item| spill.push(item));
        let left = Cell::new(0);
        let finish = spill.finish(|count| left.set(count));
        assert!(tokio::time::timeout(Duration::from_millis(50), finish).await.is_err(), "nobody reads");
        assert_eq!(left.get(), 3);
        let mut read = 0;
        while receiver.try_recv().is_ok() {
            read += 1;
        }
        assert_eq!(read + left.get(), 5);
    }
}
