//! Chance from a seed (SplitMix64): the same seed tells the same story.

use uuid::Builder;

/// A stream of chance.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `[from, to)`; `from` when that is empty.
    pub(super) fn between(&mut self, from: i64, to: i64) -> i64 {
        let width = u64::try_from(to.saturating_sub(from)).unwrap_or_default().max(1);
        from + i64::try_from(self.next() % width).unwrap_or_default()
    }

    /// True in `percent` of a hundred cases.
    pub(super) fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    /// One of a list that is not empty.
    pub(super) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let at = usize::try_from(self.next() % list.len().max(1) as u64).unwrap_or_default();
        &list[at]
    }

    /// A telephone number of twelve digits that begins with one of these.
    pub(super) fn number(&mut self, areas: &[&str]) -> String {
        let area = *self.pick(areas);
        let digits = 13usize.saturating_sub(area.len());
        let most = 10i64.pow(u32::try_from(digits).unwrap_or(7));
        format!("{area}{:0digits$}", self.between(most / 5, most))
    }

    /// An id whose time is `at`.
    pub(super) fn id(&mut self, prefix: &str, at: i64) -> String {
        format!("{prefix}_{}", self.uuid(at).simple())
    }

    /// A call's id, in the form the switch gives.
    pub(super) fn call_id(&mut self, at: i64) -> String {
        format!("c_{}", self.uuid(at).hyphenated())
    }

    fn uuid(&mut self, at: i64) -> uuid::Uuid {
        let mut bytes = [0; 10];
        let (high, low) = (self.next().to_be_bytes(), self.next().to_be_bytes());
        bytes[..8].copy_from_slice(&high);
        bytes[8..].copy_from_slice(&low[..2]);
        Builder::from_unix_timestamp_millis(u64::try_from(at / 1000).unwrap_or_default(), &bytes).into_uuid()
    }
}
