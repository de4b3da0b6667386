//! Counters of the media threads and the recorder, read by `/metrics` and `/health`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A loop that begins that much after its deadline is late.
const LATE: Duration = Duration::from_millis(5);

/// What the threads count. Only ever added to, except `recordings_failing` and `reports_waiting`.
#[derive(Debug, Default)]
pub struct MediaFigures {
    /// Datagrams received.
    pub packets_in: AtomicU64,
    /// Datagrams sent.
    pub packets_out: AtomicU64,
    /// Datagrams the system would not send.
    pub send_errors: AtomicU64,
    /// RTP packets dropped because they came from somebody else.
    pub foreign: AtomicU64,
    /// Recording frames that became silence because the recorder or the disk was behind.
    pub taps_dropped: AtomicU64,
    /// Loops that began more than 5 ms after their deadline.
    pub late_loops: AtomicU64,
    /// The worst lateness seen, in microseconds.
    pub lateness_max_micros: AtomicU64,
    /// Reports that had to wait because the switch was behind; they are delivered later, in order.
    pub reports_waited: AtomicU64,
    /// Reports lost because tens of thousands were waiting.
    pub reports_lost: AtomicU64,
    /// Recordings that cannot be written at this moment.
    pub recordings_failing: AtomicU64,
    /// Recordings finished.
    pub recordings: AtomicU64,
}

impl MediaFigures {
    /// Whether some recording cannot be written at this moment (no space, an error of the disk).
    #[must_use]
    pub fn recording_failing(&self) -> bool {
        self.recordings_failing.load(Ordering::Relaxed) > 0
    }

    pub(super) fn add(counter: &AtomicU64, count: u64) {
        if count > 0 {
            counter.fetch_add(count, Ordering::Relaxed);
        }
    }

    pub(super) fn late_by(&self, lateness: Duration) {
        let micros = u64::try_from(lateness.as_micros()).unwrap_or(u64::MAX);
        self.lateness_max_micros.fetch_max(micros, Ordering::Relaxed);
        Self::add(&self.late_loops, u64::from(lateness > LATE));
    }
}
