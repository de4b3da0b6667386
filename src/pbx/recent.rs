//! What is remembered of strangers: a bounded table whose entries fade. However many forge themselves in, it takes no more
//! than its places, and what was touched last stays longest.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

/// At most `most` entries, each for `life` after it was last touched.
#[derive(Debug)]
pub struct Recent<K, V> {
    most: usize,
    life: Duration,
    entries: HashMap<K, (Instant, V)>,
}

impl<K: Eq + Hash + Clone, V: Default> Recent<K, V> {
    /// Nothing yet.
    pub fn new(most: usize, life: Duration) -> Self {
        Self { most: most.max(1), life, entries: HashMap::new() }
    }

    /// What is known, if it has not faded.
    pub fn get(&self, now: Instant, key: &K) -> Option<&V> {
        self.entries.get(key).filter(|(at, _)| now < *at + self.life).map(|(_, value)| value)
    }

    /// What is known, or a fresh entry; it lives anew from now.
    pub fn touch(&mut self, now: Instant, key: K) -> &mut V {
        if !self.entries.contains_key(&key) && self.entries.len() >= self.most {
            self.make_room(now);
        }
        let life = self.life;
        let (at, value) = self.entries.entry(key).or_insert_with(|| (now, V::default()));
        if now >= *at + life {
            *value = V::default();
        }
        *at = now;
        value
    }

    /// Forgets one.
    pub fn remove(&mut self, key: &K) {
        self.entries.remove(key);
    }

    /// How many are remembered, faded ones included.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The faded go; if that is not enough, the older half goes too, so that a flood costs a sweep only now and then.
    fn make_room(&mut self, now: Instant) {
        let life = self.life;
        self.entries.retain(|_, (at, _)| now < *at + life);
        if self.entries.len() < self.most {
            return;
        }
        let mut ages: Vec<Instant> = self.entries.values().map(|(at, _)| *at).collect();
        let middle = ages.len() / 2;
        let (_, median, _) = ages.select_nth_unstable(middle);
        let median = *median;
        self.entries.retain(|_, (at, _)| *at > median);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "tests need some instant to begin with")]
    use super::Recent;
    use std::time::{Duration, Instant};

    #[test]
    fn entries_fade_and_the_oldest_make_room() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut recent: Recent<u64, u32> = Recent::new(4, Duration::from_millis(100));
        *recent.touch(at(0), 1) += 5;
        assert_eq!((recent.get(at(99), &1), recent.get(at(100), &1)), (Some(&5), None));
        assert_eq!(*recent.touch(at(200), 1), 0, "faded is new");
        for key in 2..=4 {
            *recent.touch(at(200 + key), key) = 1;
        }
        recent.touch(at(210), 5);
        assert!(recent.get(at(210), &1).is_none() && recent.get(at(210), &4).is_some() && recent.len() <= 4);
        for key in 0..10_000 {
            recent.touch(at(211), key);
            assert!(recent.len() <= 4);
        }
    }
}
