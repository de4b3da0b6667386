//! What is due when: a sorted set of instants with one entry for each owner, so that neither the next deadline nor the
//! due owners are ever found by looking at all of them.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::time::Instant;

/// At most one instant per key, the earliest first.
#[derive(Debug)]
pub(crate) struct Agenda<K> {
    due: BTreeSet<(Instant, K)>,
    entry: HashMap<K, Instant>,
}

/// Below this a map is not worth making smaller.
const SMALL: usize = 1_024;

/// Makes a map smaller that a flood has made large. Rarely enough that it costs nothing: only when an eighth is in use.
pub(crate) fn give_back<K: Eq + Hash, V>(map: &mut HashMap<K, V>) {
    if map.capacity() > SMALL && map.len() < map.capacity() / 8 {
        map.shrink_to(map.len() * 2);
    }
}

impl<K: Copy + Ord + Hash> Agenda<K> {
    pub(crate) fn new() -> Self {
        Self { due: BTreeSet::new(), entry: HashMap::new() }
    }

    /// Replaces the instant of `key`; `None` takes it out.
    pub(crate) fn set(&mut self, key: K, at: Option<Instant>) {
        let before = match at {
            Some(at) => self.entry.insert(key, at),
            None => self.entry.remove(&key),
        };
        if before == at {
            return;
        }
        if let Some(before) = before {
            self.due.remove(&(before, key));
            give_back(&mut self.entry);
        }
        if let Some(at) = at {
            self.due.insert((at, key));
        }
    }

    /// The earliest instant.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Takes out one key that is due at `now`.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<K> {
        let (at, key) = *self.due.first()?;
        if at > now {
            return None;
        }
        self.due.remove(&(at, key));
        self.entry.remove(&key);
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "tests need some instant to begin with")]
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_key_has_one_instant_and_comes_out_in_order() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut agenda = Agenda::new();
        agenda.set(1, Some(at(30)));
        agenda.set(2, Some(at(20)));
        agenda.set(1, Some(at(10)));
        agenda.set(3, Some(at(5)));
        agenda.set(3, None);
        assert_eq!(agenda.next(), Some(at(10)));
        assert_eq!(agenda.pop_due(at(9)), None);
        assert_eq!(agenda.pop_due(at(40)), Some(1));
        assert_eq!(agenda.pop_due(at(40)), Some(2));
        assert_eq!((agenda.pop_due(at(40)), agenda.next()), (None, None));
    }
}
