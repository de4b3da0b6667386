//! Randomness from a seed, and the ids made of it: the same seed and the same clock give the same ids again.

use crate::id::CallId;

/// SplitMix64: small, fast, and good enough for ids and choices. Not for secrets.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// Starts at a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number in `0..n`; 0 when `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        if n == 0 { 0 } else { self.bits() % n }
    }
}

/// Makes UUIDv7 (RFC 9562 §5.7) texts that rise even within one millisecond.
#[derive(Debug, Clone)]
pub struct Ids {
    rng: Rng,
    millis: u64,
    count: u16,
}

impl Ids {
    /// Ids of one run of the switch.
    pub fn new(seed: u64) -> Self {
        Self { rng: Rng::new(seed), millis: 0, count: 0 }
    }

    /// A call's id. Its milliseconds are exactly those of `wall`, because the recording's folder is named after them.
    pub fn call(&mut self, wall: i64) -> CallId {
        let count = u16::try_from(self.rng.bits() & 0x0fff).unwrap_or(0);
        let millis = millis_of(wall);
        CallId::new(format!("c_{}", self.print(millis, count)))
    }

    /// An event's id.
    pub fn event(&mut self, wall: i64) -> String {
        format!("evt_{}", self.uuid(wall))
    }

    /// The 12 bits after the version are a counter, so that ids of one millisecond still sort (RFC 9562 §6.2, method 1).
    fn uuid(&mut self, wall: i64) -> String {
        let millis = millis_of(wall);
        if millis > self.millis {
            (self.millis, self.count) = (millis, 0);
        } else if self.count == 0x0fff {
            (self.millis, self.count) = (self.millis + 1, 0);
        } else {
            self.count += 1;
        }
        self.print(self.millis, self.count)
    }

    fn print(&mut self, millis: u64, count: u16) -> String {
        let tail = (self.rng.bits() & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000;
        format!(
            "{:08x}-{:04x}-7{:03x}-{:04x}-{:012x}",
            (millis >> 16) & 0xffff_ffff,
            millis & 0xffff,
            count & 0x0fff,
            tail >> 48,
            tail & 0xffff_ffff_ffff
        )
    }
}

fn millis_of(wall: i64) -> u64 {
    u64::try_from(wall / 1_000).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_within_a_millisecond_and_when_the_clock_goes_back() {
        let mut ids = Ids::new(7);
        let mut last = ids.event(1_000_000);
        for step in 0..10_000_i64 {
            let next = ids.event(1_000_000 - step);
            assert!(next > last, "{next} does not follow {last}");
            last = next;
        }
    }

    #[test]
    fn an_id_is_a_version_7_uuid_of_its_moment() {
        let text = Ids::new(1).call(1_790_000_000_000_000).as_str().to_owned();
        let hex: String = text.trim_start_matches("c_").chars().filter(|c| *c != '-').collect();
        assert_eq!(hex.len(), 32);
        assert_eq!(u64::from_str_radix(&hex[..12], 16).ok(), Some(1_790_000_000_000));
        assert_eq!(&hex[12..13], "7");
        assert!(matches!(&hex[16..17], "8" | "9" | "a" | "b"));
    }
}
