//! One media thread: wait for packets, orders or the deck's deadline; let the deck decide; send what it says.

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError};
use std::time::{Duration, Instant};

use ::media::deck::{Deck, Input, Lane, Output, Slot};
use ::media::order::{Group, Order, StreamKey};
use ::media::tap::{Entry, TapBatch};

use super::figures::MediaFigures;
use super::pace::Pace;
use super::recorder::Spares;
use super::report::Reporter;
use super::socket::{BATCH, Sockets};
use super::watch::{Bell, Ready, Watch};
use crate::clock;

/// Taps are handed over that often, so that the recorder is woken ten times a second and not at every packet.
const TAP_PACE: Duration = Duration::from_millis(100);
/// Reports that did not fit are tried again after that.
const REPORT_PACE: Duration = Duration::from_millis(5);
/// Larger than any RTP packet of a telephone; what is longer is cut and refused by the reader.
const DATAGRAM: usize = 2_048;

/// What the switch asks of a thread.
pub(super) enum Ask {
    Order(Group, StreamKey, Order),
    Name(Group, PathBuf),
    Stop,
}

/// The way to the recorder.
pub(super) struct TapOut {
    out: SyncSender<TapBatch>,
    spares: Spares,
    due: Option<Instant>,
}

impl TapOut {
    pub fn new(out: SyncSender<TapBatch>, spares: Spares) -> Self {
        Self { out, spares, due: None }
    }

    /// Hands the deck's taps over when it is time. When the recorder is behind they stay and grow, up to their bound.
    fn flush(&mut self, now: Instant, taps: &mut TapBatch) {
        if taps.is_empty() {
            return;
        }
        let due = *self.due.get_or_insert(now + TAP_PACE);
        if due > now && taps.frames() < 1_024 {
            return;
        }
        self.due = None;
        let batch = std::mem::replace(taps, self.spares.take());
        if let Err(TrySendError::Full(batch)) = self.out.try_send(batch) {
            *taps = batch;
        }
    }

    /// The last batch may wait for the recorder: no call is left to be hurt.
    fn finish(self, taps: &mut TapBatch) {
        if !taps.is_empty() {
            let _ = self.out.send(std::mem::take(taps));
        }
    }
}

/// One thread's own things.
pub(super) struct MediaThread {
    watch: Watch,
    pace: Pace,
    deck: Deck,
    sockets: Sockets,
    address: IpAddr,
    orders: Receiver<Ask>,
    reporter: Reporter,
    taps: TapOut,
    figures: Arc<MediaFigures>,
    /// A socket still had packets after its share; there is no time to rest.
    behind: bool,
    counted: Counted,
}

/// Counts of one loop, added to the shared figures once.
#[derive(Default)]
struct Counted {
    packets_in: u64,
    packets_out: u64,
    send_errors: u64,
    foreign: u64,
}

impl MediaThread {
    pub fn new(
        address: IpAddr,
        orders: Receiver<Ask>,
        reporter: Reporter,
        taps: TapOut,
        figures: Arc<MediaFigures>,
    ) -> io::Result<(Self, Bell)> {
        let (watch, bell) = Watch::new()?;
        let (now, wall) = (clock::instant(), u64::try_from(clock::wall()).unwrap_or(0));
        let (deck, pace) = (Deck::new(now, wall, seed()), Pace::new(now));
        let (sockets, behind, counted) = (Sockets::default(), false, Counted::default());
        let thread = Self { watch, pace, deck, sockets, address, orders, reporter, taps, figures, behind, counted };
        Ok((thread, bell))
    }

    /// Runs until told to stop.
    pub fn run(mut self) {
        let (mut ready, mut buffer) = (Ready::default(), [0; DATAGRAM]);
        let mut looked = clock::instant();
        loop {
            let limit = self.rest(looked);
            if let Err(error) = self.watch.wait(&mut ready, limit) {
                tracing::error!(%error, "epoll failed; the media thread ends");
                break;
            }
            looked = clock::instant();
            if !self.take_orders(looked) {
                break;
            }
            self.tick(looked);
            self.behind = false;
            for (slot, lane) in ready.sockets() {
                self.read(looked, slot, lane, &mut buffer);
            }
            self.taps.flush(looked, self.deck.taps());
            self.count(looked);
        }
        let Self { mut deck, taps, .. } = self;
        taps.finish(deck.taps());
    }

    /// Lets packets gather when many come, and says how long to wait for the next.
    fn rest(&mut self, looked: Instant) -> Option<Duration> {
        let now = clock::instant();
        let due = self.due(now);
        let rest = self.pace.rest(now, looked, due).filter(|_| !self.behind);
        let Some(rest) = rest else { return due.map(|due| due.saturating_duration_since(now)) };
        // Nobody unparks a media thread: an order, too, is looked at a millisecond later.
        std::thread::park_timeout(rest);
        due.map(|due| due.saturating_duration_since(now + rest))
    }

    /// When there is something to do at the latest.
    fn due(&mut self, now: Instant) -> Option<Instant> {
        let reports = (!self.reporter.flush()).then(|| now + REPORT_PACE);
        let taps = (!self.deck.taps().is_empty()).then(|| self.taps.due.unwrap_or(now + TAP_PACE));
        [self.deck.deadline(), reports, taps].into_iter().flatten().min()
    }

    /// False when it is time to stop.
    fn take_orders(&mut self, now: Instant) -> bool {
        loop {
            match self.orders.try_recv() {
                Ok(Ask::Order(group, key, order)) => {
                    self.deck.handle(now, Input::Order(group, key, order));
                    self.carry_out(now);
                }
                Ok(Ask::Name(group, path)) => self.deck.taps().entries.push(Entry::Name(group, path)),
                Ok(Ask::Stop) | Err(TryRecvError::Disconnected) => return false,
                Err(TryRecvError::Empty) => return true,
            }
        }
    }

    fn tick(&mut self, now: Instant) {
        let Some(due) = self.deck.deadline().filter(|&due| due <= now) else { return };
        self.figures.late_by(now.saturating_duration_since(due));
        self.deck.handle(now, Input::Tick);
        self.carry_out(now);
    }

    fn read(&mut self, now: Instant, slot: Slot, lane: Lane, buffer: &mut [u8]) {
        let share = self.sockets.share(now, slot, lane);
        for _ in 0..share {
            let Some((length, from)) = self.sockets.receive(slot, lane, buffer) else { return };
            self.counted.packets_in += 1;
            let bytes = buffer.get(..length).unwrap_or_default();
            self.deck.handle(now, Input::Packet { slot, lane, from, bytes });
            self.carry_out(now);
        }
        self.behind |= share == BATCH;
    }

    fn carry_out(&mut self, now: Instant) {
        let mut bound = None;
        loop {
            if let Some((slot, well)) = bound.take() {
                self.deck.handle(now, Input::Bound(slot, well));
            }
            let Some(output) = self.deck.poll() else { return };
            match output {
                Output::Send { slot, lane, to, bytes } => {
                    let sent = self.sockets.send(slot, lane, to, bytes);
                    self.counted.packets_out += u64::from(sent);
                    self.counted.send_errors += u64::from(!sent);
                }
                Output::Heard(key, heard) => self.reporter.tell(key, heard),
                Output::Bind { slot, port } => {
                    let result = self.sockets.bind(&self.watch, self.address, slot, port);
                    if let Err(error) = &result {
                        tracing::warn!(port, %error, "an RTP port pair cannot be bound");
                    }
                    bound = Some((slot, result.is_ok()));
                }
                Output::Release(slot) => self.sockets.release(slot),
            }
        }
    }

    fn count(&mut self, now: Instant) {
        let (counted, foreign) = (std::mem::take(&mut self.counted), self.deck.foreign());
        self.pace.count(now, counted.packets_in);
        MediaFigures::add(&self.figures.packets_in, counted.packets_in);
        MediaFigures::add(&self.figures.packets_out, counted.packets_out);
        MediaFigures::add(&self.figures.send_errors, counted.send_errors);
        MediaFigures::add(&self.figures.foreign, foreign - counted.foreign);
        self.counted.foreign = foreign;
    }
}

/// Randomness for SSRCs and first numbers, from the system through the standard library's own seeding.
fn seed() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}
