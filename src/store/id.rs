//! Ids: a prefix and a UUIDv7, so that ids made later sort later.

use uuid::{NoContext, Timestamp, Uuid};

/// `cus_` and a UUIDv7 of the moment `now` (µs UTC).
pub fn new(prefix: &str, now: i64) -> String {
    let micros = u64::try_from(now).unwrap_or_default();
    let nanos = u32::try_from(micros % 1_000_000 * 1_000).unwrap_or_default();
    let uuid = Uuid::new_v7(Timestamp::from_unix(NoContext, micros / 1_000_000, nanos));
    format!("{prefix}_{}", uuid.simple())
}
