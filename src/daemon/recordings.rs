//! Where a call's recording lies: `YYYY/MM/DD/<call-id>.wav`, the day in the business's zone.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use pbx::id::CallId;

/// The absolute path of a call's recording. The day is read from the call id (a UUIDv7 holds its time), so that whoever
/// knows the call knows the file, without asking anybody.
pub fn path(root: &Path, call: &CallId, zone: &TimeZone) -> PathBuf {
    let millis = started_at_millis(call).unwrap_or(0);
    let day = Timestamp::from_millisecond(millis).unwrap_or_default().to_zoned(zone.clone()).date();
    root.join(format!("{:04}", day.year()))
        .join(format!("{:02}", day.month()))
        .join(format!("{:02}", day.day()))
        .join(format!("{call}.wav"))
}

/// How long a recording is; `None` when there is none, or it cannot be read.
pub fn millis(path: &Path) -> Option<i64> {
    let reader = hound::WavReader::open(path).ok()?;
    let rate = u64::from(reader.spec().sample_rate).max(1);
    i64::try_from(u64::from(reader.duration()) * 1_000 / rate).ok()
}

fn started_at_millis(call: &CallId) -> Option<i64> {
    let uuid = uuid::Uuid::parse_str(call.as_str().strip_prefix("c_")?).ok()?;
    let (seconds, nanos) = uuid.get_timestamp()?.to_unix();
    Some(i64::try_from(seconds).ok()? * 1_000 + i64::from(nanos) / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_the_business_day_and_not_the_utc_day() {
        // 2026-11-22T21:30:00Z is already the 23rd in Istanbul.
        let millis: u64 = 1_795_383_000_000;
        let uuid = uuid::Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, millis / 1000, 0));
        let call = CallId::new(format!("c_{uuid}"));
        let zone = TimeZone::get("Europe/Istanbul").unwrap();
        let path = path(Path::new("/r"), &call, &zone);
        assert_eq!(path, PathBuf::from(format!("/r/2026/11/23/c_{uuid}.wav")));
    }
}
