//! The media threads and the recorder: sockets around [`media::deck::Deck`] and files around [`media::timeline`].
//!
//! One thread per core with its own epoll loop; a call lives on one of them, neighbours on the same. They wait for nobody: orders come by a
//! bounded channel, reports leave without blocking, and the recorder takes batches or loses frames, which are counted.
//!
//! [`media::deck::Deck`]: ::media::deck::Deck
//! [`media::timeline`]: ::media::timeline

mod disk;
mod figures;
mod pace;
mod recorder;
mod repair;
mod report;
mod socket;
mod take;
#[cfg(test)]
mod tests;
mod thread;
mod watch;

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use ::media::order::{Group, Heard, Order, StreamKey};
use tokio::sync::mpsc::Sender;

pub use figures::MediaFigures;
pub use repair::{Repaired, repair};
pub use socket::occupied;

use disk::Files;
use recorder::Recorder;
use report::Reporter;
use thread::{Ask, MediaThread};
use watch::Bell;

/// Orders that may wait for one thread; it empties them thousands of times a second.
const ORDERS: usize = 4_096;
/// Batches that may wait for the recorder: several seconds of hundreds of calls.
const BATCHES: usize = 64;

/// Calls whose numbers share the bits above these live on one thread, some dozens in a row: their packets then share
/// its wake-ups, which cost more than the packets. With more calls than that all threads have their part.
const NEIGHBOURS: u32 = 9;

/// Where and how.
#[derive(Debug, Clone)]
pub struct MediaSettings {
    /// Address whose ports are bound.
    pub address: IpAddr,
    /// How many threads; one per core.
    pub threads: usize,
    /// Root of the recordings, made when it is not there; empty when nothing is recorded. Each file is named by
    /// [`MediaThreads::name_recording`].
    pub recordings: PathBuf,
}

struct Door {
    orders: SyncSender<Ask>,
    bell: Bell,
}

/// The running threads.
pub struct MediaThreads {
    doors: Vec<Door>,
    figures: Arc<MediaFigures>,
    running: Mutex<Vec<JoinHandle<()>>>,
}

impl MediaThreads {
    /// Starts the threads. What legs report comes out of the other end of `heard`.
    ///
    /// # Errors
    /// When the system gives no epoll instance, thread or folder.
    pub fn start(settings: MediaSettings, heard: Sender<(StreamKey, Heard)>) -> io::Result<Self> {
        let MediaSettings { address, threads, recordings } = settings;
        if !recordings.as_os_str().is_empty() {
            std::fs::create_dir_all(&recordings)?;
        }
        let figures = Arc::new(MediaFigures::default());
        let (batches, batches_in) = sync_channel(BATCHES);
        let (spares, mut running, mut doors) = (recorder::Spares::default(), Vec::new(), Vec::new());
        for number in 0..threads.max(1) {
            let (orders, orders_in) = sync_channel(ORDERS);
            let reporter = Reporter::new(heard.clone(), figures.clone());
            let taps = thread::TapOut::new(batches.clone(), spares.clone());
            let (thread, bell) = MediaThread::new(address, orders_in, reporter, taps, figures.clone())?;
            running.push(spawn(format!("media-{number}"), move || thread.run())?);
            doors.push(Door { orders, bell });
        }
        let reporter = Reporter::new(heard, figures.clone());
        let recorder = Recorder::new(Files, reporter, figures.clone());
        running.push(spawn("recorder".to_owned(), move || recorder.run(&batches_in, &spares))?);
        Ok(Self { doors, figures, running: Mutex::new(running) })
    }

    /// Gives an order to a leg. Orders of one group are carried out in the order they were given.
    pub fn order(&self, group: Group, key: StreamKey, order: Order) {
        self.ask(group, Ask::Order(group, key, order));
    }

    /// Says where the group's recording goes (absolute, ending in `.wav`). Comes before its first `Record`.
    pub fn name_recording(&self, group: Group, path: PathBuf) {
        self.ask(group, Ask::Name(group, path));
    }

    /// Counters, shared with the threads.
    #[must_use]
    pub fn figures(&self) -> Arc<MediaFigures> {
        self.figures.clone()
    }

    /// Closes sockets and files and waits for the threads. Blocks for some milliseconds. A second call does nothing.
    pub fn stop(&self) {
        for number in 0..self.doors.len() {
            self.ask_door(number, Ask::Stop);
        }
        let running = self.running.lock().map(|mut running| std::mem::take(&mut *running)).unwrap_or_default();
        for thread in running {
            let name = thread.thread().name().unwrap_or("media").to_owned();
            if thread.join().is_err() {
                tracing::error!(thread = name, "a media thread ended by a panic");
            }
        }
    }

    fn ask(&self, group: Group, ask: Ask) {
        self.ask_door(thread_of(group, self.doors.len()), ask);
    }

    /// Waits when the channel is full. The other end never waits for us, so that is microseconds.
    fn ask_door(&self, number: usize, ask: Ask) {
        let Some(door) = self.doors.get(number) else { return };
        let rung = door.orders.send(ask).is_ok() && door.bell.ring();
        if !rung {
            tracing::debug!(number, "the media thread has stopped");
        }
    }
}

impl Drop for MediaThreads {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The thread a call lives on.
fn thread_of(group: Group, threads: usize) -> usize {
    usize::try_from((group.0 >> NEIGHBOURS) % threads.max(1) as u64).unwrap_or(0)
}

fn spawn(name: String, run: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name).spawn(run)
}
