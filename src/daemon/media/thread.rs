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
use mio::{Events, Poll, Waker};

use super::figures::MediaFigures;
use super::recorder::Spares;
use super::report::Reporter;
use super::socket::{Sockets, WAKE, place};
use crate::clock;

/// Datagrams read from one socket before the others have their turn.
const BATCH: usize = 32;
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
    poll: Poll,
    deck: Deck,
    sockets: Sockets,
    address: IpAddr,
    orders: Receiver<Ask>,
    reporter: Reporter,
    taps: TapOut,
    figures: Arc<MediaFigures>,
    /// Sockets that had more than a batch; the epoll instance tells of new arrivals only.
    unread: Vec<(Slot, Lane)>,
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
    ) -> io::Result<(Self, Arc<Waker>)> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKE)?);
        let wall = u64::try_from(clock::wall()).unwrap_or(0);
        let deck = Deck::new(clock::instant(), wall, seed());
        let (sockets, unread, counted) = (Sockets::default(), Vec::new(), Counted::default());
        let thread = Self { poll, deck, sockets, address, orders, reporter, taps, figures, unread, counted };
        Ok((thread, waker))
    }

    /// Runs until told to stop.
    pub fn run(mut self) {
        let mut events = Events::with_capacity(1_024);
        let mut buffer = [0; DATAGRAM];
        loop {
            let timeout = self.timeout();
            if let Err(error) = self.poll.poll(&mut events, timeout)
                && error.kind() != io::ErrorKind::Interrupted
            {
                tracing::error!(%error, "epoll failed; the media thread ends");
                break;
            }
            let now = clock::instant();
            if !self.take_orders(now) {
                break;
            }
            self.tick(now);
            for (slot, lane) in std::mem::take(&mut self.unread) {
                self.read(now, slot, lane, &mut buffer);
            }
            for event in events.iter().filter(|event| event.token() != WAKE) {
                let (slot, lane) = place(event.token());
                self.read(now, slot, lane, &mut buffer);
            }
            self.reporter.flush();
            self.taps.flush(now, self.deck.taps());
            self.count();
        }
        let Self { mut deck, taps, .. } = self;
        taps.finish(deck.taps());
    }

    /// How long to wait for packets.
    fn timeout(&mut self) -> Option<Duration> {
        if !self.unread.is_empty() {
            return Some(Duration::ZERO);
        }
        let now = clock::instant();
        let reports = (!self.reporter.flush()).then(|| now + REPORT_PACE);
        let taps = (!self.deck.taps().is_empty()).then(|| self.taps.due.unwrap_or(now + TAP_PACE));
        let due = [self.deck.deadline(), reports, taps].into_iter().flatten().min()?;
        Some(due.saturating_duration_since(now))
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
        for _ in 0..BATCH {
            let Some((length, from)) = self.sockets.receive(slot, lane, buffer) else { return };
            self.counted.packets_in += 1;
            let bytes = buffer.get(..length).unwrap_or_default();
            self.deck.handle(now, Input::Packet { slot, lane, from, bytes });
            self.carry_out(now);
        }
        self.unread.push((slot, lane));
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
                    let result = self.sockets.bind(self.poll.registry(), self.address, slot, port);
                    if let Err(error) = &result {
                        tracing::warn!(port, %error, "an RTP port pair cannot be bound");
                    }
                    bound = Some((slot, result.is_ok()));
                }
                Output::Release(slot) => self.sockets.release(self.poll.registry(), slot),
            }
        }
    }

    fn count(&mut self) {
        let (counted, foreign) = (std::mem::take(&mut self.counted), self.deck.foreign());
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
