//! A bounded way to a writer for news of which only the newest per subject counts. The sender never waits: what the writer
//! has no time for is gathered, one entry per subject.

use std::collections::BTreeMap;

use tokio::sync::mpsc::Sender;

/// The sending side.
#[derive(Debug)]
pub struct Latest<K, V> {
    sender: Sender<Vec<(K, V)>>,
    kept: BTreeMap<K, V>,
}

impl<K: Ord, V> Latest<K, V> {
    /// Around a channel.
    pub fn new(sender: Sender<Vec<(K, V)>>) -> Self {
        Self { sender, kept: BTreeMap::new() }
    }

    /// The newest word on a subject.
    pub fn put(&mut self, subject: K, news: V) {
        self.kept.insert(subject, news);
    }

    /// Hands over what was gathered, if the writer has time.
    pub fn flush(&mut self) {
        if !self.kept.is_empty()
            && let Ok(place) = self.sender.try_reserve()
        {
            place.send(std::mem::take(&mut self.kept).into_iter().collect());
        }
    }

    /// Hands over what is left, waiting as long as it takes. For the end.
    pub async fn finish(self) {
        if !self.kept.is_empty() {
            let _ = self.sender.send(self.kept.into_iter().collect()).await;
        }
    }
}
