//! Writes what happened, in batches, in order, never dropping any.
//!
//! An event is in the channel, then in a batch, then in the database. A database that does not take a batch within
//! [`GRACE`] moves it, and what comes after it, into a file beside the data ([`crate::spool`]); from there it goes into
//! the database when that is back, now or after the next start. Only when the file cannot be written either do events
//! stay in memory; then the channel fills, and above a mark the switchboard refuses new calls. Calls in progress never
//! feel it. An event that the database refuses for ever goes into a file of its own and is tried again at each start.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use pbx::event::{Event, What};
use store::{Store, StoreError};
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::time::{Instant, sleep, sleep_until};

use crate::spool::{Line, Read, Spool};
use crate::vitals::{Backlog, Vitals};

/// Events written in one transaction at most.
const BATCH: usize = 512;

/// How long a first event waits for company: one transaction (and one wait for the disk) then serves all that a call's
/// beginning or end causes. Desks have been told by then.
const GATHER: Duration = Duration::from_millis(30);

/// How long the database may take for a batch before the batch is kept in the file as well.
const GRACE: Duration = Duration::from_millis(300);

/// Between two tries while the database does not take the batch.
const RETRY: Duration = Duration::from_millis(250);

/// How long the end waits for a database that does not answer; what it has not taken by then waits in the file.
const FAREWELL: Duration = Duration::from_secs(2);

/// How many events the journal's channel holds before the switchboard must keep them itself.
pub const CAPACITY: usize = 32_768;

/// Room kept free for the file: some two thousand calls.
const RESERVE: u64 = 8 * 1024 * 1024;

/// Name of the file of events that wait for the database.
const WAITING: &str = "journal.waiting";
/// Name of the file of events that the database refuses.
const REFUSED: &str = "journal.refused";

/// The journal.
pub struct Journal {
    store: Store,
    vitals: Arc<Vitals>,
    data: PathBuf,
    waiting: Spool,
    refused: Spool,
    /// On its way into the database, and in no file.
    under_way: Vec<Event>,
    /// Taken from the channel, to be written next.
    held: Vec<Event>,
    /// Refused by the database and not yet in their file.
    unfiled: Vec<Line>,
    /// Read from the file and in the database; it leaves the file when what was refused of it is in its own.
    written: Option<Read>,
    /// Callbacks that changed with what was written.
    changed: Vec<String>,
    failures: u32,
    /// Whether the last try to write a file failed.
    mute: bool,
    /// Since when nothing more comes.
    closed: Option<Instant>,
}

impl Journal {
    /// Opens the files beside the data.
    ///
    /// # Errors
    /// When they cannot be made or read.
    pub fn open(store: Store, data: &Path, vitals: Arc<Vitals>) -> io::Result<Self> {
        Ok(Self {
            store,
            vitals,
            data: data.to_owned(),
            waiting: Spool::open(&data.join(WAITING), RESERVE)?,
            refused: Spool::open_once(&data.join(REFUSED))?,
            under_way: Vec::new(),
            held: Vec::new(),
            unfiled: Vec::new(),
            written: None,
            changed: Vec::new(),
            failures: 0,
            mute: false,
            closed: None,
        })
    }

    /// Takes in what earlier runs left in the files, before anybody looks at the rows. What was refused is tried again:
    /// a newer program or a mended database may take it.
    ///
    /// # Errors
    /// When the database does not take them now; they stay where they are.
    pub async fn take_in(&mut self) -> Result<(), StoreError> {
        self.retry_refused().await?;
        let waited = self.waiting.waiting();
        while let Some(read) = self.waiting.oldest(BATCH).map_err(|error| unreadable(&error))? {
            let refused = write(&self.store, &read.events).await?.refused;
            self.waiting_written(read, &refused);
            if !self.unfiled.is_empty() {
                return Err(StoreError::Away(store::Trouble::Full));
            }
        }
        self.miss_unreadable();
        if waited > 0 {
            tracing::warn!(events = waited, "events that an earlier run could not write are in the database now");
        }
        self.report(0);
        Ok(())
    }

    /// What the database takes now leaves the file; what it takes twice it has once.
    async fn retry_refused(&mut self) -> Result<(), StoreError> {
        let refused = self.refused.waiting();
        let (mut at, mut again) = (self.refused.oldest(BATCH).map_err(|error| unreadable(&error))?, Vec::new());
        while let Some(read) = at {
            again.extend(write(&self.store, &read.events).await?.refused.iter().filter_map(Line::of));
            again.extend(read.foreign.iter().cloned());
            at = self.refused.next(&read, BATCH).map_err(|error| unreadable(&error))?;
        }
        if again.len() == refused {
            return Ok(());
        }
        match self.refused.replace(&self.data.join(REFUSED), &again) {
            Ok(()) => {
                let events = refused - again.len();
                tracing::warn!(events, "events that the database had refused are in it now");
            }
            Err(error) => tracing::warn!(%error, "the file of refused events keeps some that are in the database now"),
        }
        Ok(())
    }

    /// Writes until the senders are gone and everything is in the database or in a file. Tells of the callbacks that
    /// changed with the calls.
    pub async fn run(mut self, mut events: Receiver<Event>, callbacks: Sender<String>) {
        while !self.is_over() {
            self.turn(&mut events).await;
            tell(&callbacks, std::mem::take(&mut self.changed));
        }
    }

    /// One batch, from the file or from the channel.
    async fn turn(&mut self, events: &mut Receiver<Event>) {
        self.gather(events).await;
        if self.waiting.waiting() > 0 {
            self.keep();
            self.write_waiting(events).await;
        } else if !self.held.is_empty() {
            self.write_held(events).await;
        }
        if !self.unfiled.is_empty() {
            self.file_refused();
            sleep(GATHER).await;
        }
        self.report(events.len());
    }

    /// Waits for events when there is nothing else to do, and takes what there is.
    async fn gather(&mut self, events: &mut Receiver<Event>) {
        if self.held.is_empty() && self.waiting.waiting() == 0 && self.closed.is_none() {
            if events.recv_many(&mut self.held, BATCH).await == 0 {
                self.closed = Some(Instant::now());
            } else if self.held.len() < BATCH && !events.is_closed() {
                sleep(GATHER).await;
            }
        }
        self.take_more(events);
    }

    /// Takes what there is, as long as what cannot be written is little: the rest stays in the channel, so that the
    /// switchboard feels it.
    fn take_more(&mut self, events: &mut Receiver<Event>) {
        while self.held.len() < BATCH && self.held.len() + self.under_way.len() < 2 * BATCH {
            match events.try_recv() {
                Ok(event) => self.held.push(event),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    self.closed.get_or_insert_with(Instant::now);
                    break;
                }
            }
        }
        self.held.retain(lasts);
    }

    async fn write_held(&mut self, events: &mut Receiver<Event>) {
        self.under_way = std::mem::take(&mut self.held);
        let batch: Arc<[Event]> = self.under_way.as_slice().into();
        let written = self.attempt(&batch, events).await;
        let mut left = std::mem::take(&mut self.under_way);
        if let Some(refused) = written {
            // What went into the file meanwhile is refused from there.
            if !left.is_empty() {
                self.unfiled.extend(refused.iter().filter_map(Line::of));
            }
            return;
        }
        left.append(&mut self.held);
        self.held = left;
        self.keep();
        sleep(RETRY).await;
    }

    async fn write_waiting(&mut self, events: &mut Receiver<Event>) {
        self.leave_file();
        if self.written.is_some() {
            // Read once more, what the database refuses would be refused once more and have no place either.
            return sleep(RETRY).await;
        }
        let read = match self.waiting.oldest(BATCH) {
            Ok(Some(read)) => read,
            Ok(None) => return self.miss_unreadable(),
            Err(error) => {
                unreadable(&error);
                return sleep(RETRY).await;
            }
        };
        let Some(refused) = self.attempt(&read.events, events).await else { return sleep(RETRY).await };
        self.waiting_written(read, &refused);
        if self.waiting.waiting() == 0 {
            tracing::info!("all waiting events are in the database");
        }
    }

    /// What was read from the file is in the database, but for what it refused and what this program does not know: that
    /// must be in its own file first.
    fn waiting_written(&mut self, read: Read, refused: &[Event]) {
        if !read.foreign.is_empty() {
            let events = read.foreign.len();
            tracing::error!(events, "waiting events are of another version of the program; they are kept in a file");
        }
        self.unfiled.extend(read.foreign.iter().cloned());
        self.unfiled.extend(refused.iter().filter_map(Line::of));
        self.written = Some(read);
        self.leave_file();
    }

    fn leave_file(&mut self) {
        self.file_refused();
        if !self.unfiled.is_empty() {
            return;
        }
        let Some(read) = self.written.take() else { return };
        if let Err(error) = self.waiting.take(&read) {
            tracing::warn!(%error, "the file of waiting events cannot be emptied; it will be taken in once more");
        }
    }

    /// Nothing of the file can be read, and something should be there: somebody or a broken disk has damaged it.
    fn miss_unreadable(&mut self) {
        match self.waiting.give_up() {
            0 => {}
            events => tracing::error!(events, "the file of waiting events is damaged; these are lost"),
        }
    }

    /// Tries to write; meanwhile, when it takes long, what comes is kept in the file. What the database refused of it, or
    /// `None` when it was not written.
    async fn attempt(&mut self, batch: &[Event], events: &mut Receiver<Event>) -> Option<Vec<Event>> {
        let store = self.store.clone();
        let mut writing = pin!(write(&store, batch));
        let mut look = Instant::now() + GRACE;
        let written = loop {
            tokio::select! {
                written = &mut writing => break written,
                () = sleep_until(look) => {
                    self.take_more(events);
                    self.keep();
                    self.report(events.len());
                    if self.is_late() {
                        break Err(StoreError::Busy);
                    }
                    look = Instant::now() + GATHER;
                }
            }
        };
        self.vitals.database(written.as_ref().map(|_| ()));
        match written {
            Ok(Written { refused, changed }) => {
                self.failures = 0;
                self.changed.extend(changed);
                Some(refused)
            }
            Err(error) => {
                self.failures += 1;
                if self.failures.is_power_of_two() {
                    tracing::error!(%error, failures = self.failures, "journal cannot write; it tries again");
                }
                None
            }
        }
    }

    /// Moves what is in memory into the file.
    fn keep(&mut self) {
        for part in [&mut self.under_way, &mut self.held] {
            if part.is_empty() {
                continue;
            }
            match self.waiting.append(part) {
                Ok(()) => {
                    part.clear();
                    self.mute = false;
                }
                Err(error) => {
                    if !std::mem::replace(&mut self.mute, true) {
                        tracing::error!(%error, "events cannot be kept in their file either; they wait in memory");
                    }
                    return;
                }
            }
        }
    }

    /// Moves what the database refuses into its file.
    fn file_refused(&mut self) {
        if self.unfiled.is_empty() {
            return;
        }
        match self.refused.append_lines(&self.unfiled) {
            Ok(()) => self.unfiled.clear(),
            Err(error) => tracing::error!(%error, "refused events cannot be kept in their file; they wait in memory"),
        }
    }

    fn report(&self, queued: usize) {
        let memory = queued + self.under_way.len() + self.held.len() + self.unfiled.len();
        let (waiting, refused) = (self.waiting.waiting(), self.refused.waiting());
        let stuck = !self.unfiled.is_empty() || (self.mute && !(self.under_way.is_empty() && self.held.is_empty()));
        self.vitals.backlog(Backlog { waiting, refused, memory, stuck });
    }

    /// Whether the end has waited long enough for the database.
    fn is_late(&self) -> bool {
        self.closed.is_some_and(|closed| closed.elapsed() >= FAREWELL)
    }

    fn is_over(&self) -> bool {
        let in_memory = !(self.held.is_empty() && self.unfiled.is_empty());
        self.closed.is_some() && !in_memory && (self.waiting.waiting() == 0 || self.is_late())
    }
}

/// Figures of the moment are worth nothing later.
fn lasts(event: &Event) -> bool {
    !matches!(event.what, What::QueueStats { .. } | What::PresenceChanged { .. })
}

fn unreadable(error: &io::Error) -> StoreError {
    tracing::error!(%error, "the file of waiting events cannot be read or emptied");
    StoreError::Away(store::Trouble::CannotOpen)
}

/// The journal waits for no desk: with the channel full, lists show the change when they are next fetched.
fn tell(callbacks: &Sender<String>, changed: Vec<String>) {
    for id in changed {
        if callbacks.try_send(id).is_err() {
            return tracing::debug!("desks are not told of changed callbacks");
        }
    }
}

/// What became of a batch.
#[derive(Debug, Default)]
struct Written {
    /// What the database refuses for ever.
    refused: Vec<Event>,
    /// Callbacks that changed.
    changed: Vec<String>,
}

/// Writes events but for those that the database refuses for ever: a refused batch is halved until the one event that
/// holds up the others is alone.
async fn write(store: &Store, events: &[Event]) -> Result<Written, StoreError> {
    let mut written = Written::default();
    let mut parts = vec![events];
    while let Some(part) = parts.pop() {
        match store.journal_write(part).await {
            Ok(changed) => written.changed.extend(changed),
            Err(error) if error.is_passing() => return Err(error),
            Err(error) => match part {
                [] => {}
                [event] => {
                    tracing::error!(%error, id = event.id, "the database refuses an event; it is kept in a file");
                    written.refused.push(event.clone());
                }
                _ => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
            },
        }
    }
    Ok(written)
}

#[cfg(test)]
mod tests;
