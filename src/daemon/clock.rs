//! The one place of the program that reads the clocks.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use pbx::contract::Now;

/// Both clocks, now.
pub fn now() -> Now {
    Now { instant: instant(), wall: wall() }
}

/// The monotonic clock.
#[expect(clippy::disallowed_methods, reason = "this module is where time enters the program")]
pub fn instant() -> Instant {
    Instant::now()
}

/// Microseconds since 1970 UTC; 0 if the machine's clock stands before that.
#[expect(clippy::disallowed_methods, reason = "this module is where time enters the program")]
pub fn wall() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
