//! Chance from a seed that is printed, so that a failure can be played again.

use std::sync::atomic::{AtomicU64, Ordering};

/// SplitMix64.
pub struct Chance(AtomicU64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    pub fn next(&self) -> u64 {
        let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// Whether something of so many per thousand happens now.
    pub fn happens(&self, per_mille: u64) -> bool {
        self.below(1_000) < per_mille
    }
}

/// The seeds to play: `SANTRAL_SEED` alone, else so many as `SANTRAL_ROUNDS` says.
pub fn seeds(few: u64) -> Vec<u64> {
    if let Some(seed) = std::env::var("SANTRAL_SEED").ok().and_then(|seed| seed.parse().ok()) {
        return vec![seed];
    }
    let rounds = std::env::var("SANTRAL_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(few);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let first = u64::from(now.subsec_nanos());
    (0..rounds).map(|n| first + n).collect()
}

/// Whether the long form was asked for.
pub fn is_long() -> bool {
    std::env::var_os("SANTRAL_ROUNDS").is_some()
}
