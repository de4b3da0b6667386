//! Keys that may come two ways for one press: as sound packets and as INFO.

use std::time::{Duration, Instant};

/// A key that came one way is the same press when it comes the other way within this time.
const SAME_PRESS: Duration = Duration::from_millis(600);
/// The longest press that is believed.
pub const LONGEST_PRESS: Duration = Duration::from_secs(10);

/// Keys that are remembered at once: nobody presses more while one may still come the other way.
const MOST: usize = 32;

/// How a key came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// As RFC 4733 packets.
    Sound,
    /// As INFO.
    Info,
}

/// A key that was taken, kept while it may come again the other way.
#[derive(Debug, Clone, Copy)]
struct Press {
    key: char,
    way: Way,
    at: Instant,
    /// Until when it is kept from the other side of a talk, which may yet hear it as sound.
    held_until: Option<Instant>,
}

/// The last keys of a caller.
#[derive(Debug, Clone, Default)]
pub struct Presses(Vec<Press>);

impl Presses {
    /// Takes a key that was pressed at `began` and reported `now`; `false` when it is one already taken the other way.
    pub fn take(&mut self, now: Instant, began: Instant, key: char, way: Way) -> bool {
        let kept = SAME_PRESS + LONGEST_PRESS;
        self.0.retain(|press| now.saturating_duration_since(press.at) <= kept);
        let near = |at: Instant| {
            let apart = |from: Instant| from.saturating_duration_since(at).max(at.saturating_duration_since(from));
            apart(began).min(apart(now)) <= SAME_PRESS
        };
        let twin = self.0.iter().position(|press| press.key == key && press.way != way && near(press.at));
        if let Some(twin) = twin.or_else(|| self.late(key, way)) {
            self.0.remove(twin);
            return false;
        }
        if self.0.len() >= MOST {
            self.0.remove(0);
        }
        self.0.push(Press { key, way, at: began, held_until: None });
        true
    }

    /// Keeps the key just taken as INFO back while its sound may come, which goes to the other side by itself.
    pub fn hold(&mut self, now: Instant) {
        if let Some(press) = self.0.last_mut() {
            press.held_until = Some(now + SAME_PRESS);
        }
    }

    /// When the next key is kept back no longer.
    pub fn deadline(&self) -> Option<Instant> {
        self.0.iter().filter_map(|press| press.held_until).min()
    }

    /// The keys whose sound did not come.
    pub fn released(&mut self, now: Instant) -> String {
        let over = self.0.iter_mut().filter(|press| press.held_until.is_some_and(|until| now >= until));
        over.map(|press| (press.held_until.take(), press.key).1).collect()
    }

    /// The newest press heard of a key whose INFO comes late: a long press without a word how long, or an INFO that was lost
    /// and sent again. It is that one only where no other key came after it.
    fn late(&self, key: char, way: Way) -> Option<usize> {
        let same_key = self.0.iter().rev().take_while(|press| press.key == key).count();
        let run = self.0.len() - same_key;
        let heard = |(at, press): &(usize, &Press)| *at >= run && press.way == Way::Sound;
        self.0.iter().enumerate().rev().find(heard).map(|(at, _)| at).filter(|_| way == Way::Info)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "a test needs some origin of time; nothing waits on it")]
    use super::Way::{Info, Sound};
    use super::*;

    #[test]
    fn a_press_that_comes_both_ways_counts_once_and_two_presses_twice() {
        let t0 = Instant::now();
        let at = |millis| t0 + Duration::from_millis(millis);
        let counted = |presses: &[(u64, u64, char, Way)]| {
            let mut taken = Presses::default();
            let took = presses.iter().filter(|(millis, lasted, key, way)| {
                let now = at(*millis);
                taken.take(now, now.checked_sub(Duration::from_millis(*lasted)).unwrap(), *key, *way)
            });
            took.count()
        };
        assert_eq!(counted(&[(0, 0, '5', Sound), (120, 100, '5', Info)]), 1);
        assert_eq!(counted(&[(0, 0, '5', Info), (500, 0, '5', Sound)]), 1);
        assert_eq!(counted(&[(0, 0, '5', Sound), (200, 0, '5', Sound), (250, 0, '5', Info), (450, 0, '5', Info)]), 2);
        assert_eq!(counted(&[(0, 0, '5', Sound), (3_000, 0, '5', Info)]), 1, "held long, or its INFO sent again");
        assert_eq!(counted(&[(0, 0, '5', Sound), (900, 0, '6', Sound), (1_800, 0, '5', Info)]), 3, "another between");
        assert_eq!(counted(&[(0, 0, '5', Sound), (11_000, 0, '5', Info)]), 2, "too far apart");
        assert_eq!(counted(&[(0, 0, '5', Info), (900, 0, '5', Sound)]), 2, "too far apart the other way");
        assert_eq!(counted(&[(0, 0, '5', Sound), (3_100, 3_000, '5', Info)]), 1, "told when a long press ended");
        assert_eq!(counted(&[(0, 0, '5', Sound), (100, 0, '6', Info)]), 2, "another key");
        assert_eq!(counted(&[(0, 0, '5', Info), (200, 0, '5', Info)]), 2);
    }

    #[test]
    fn a_key_kept_back_is_let_go_unless_its_sound_comes() {
        let (mut taken, t0) = (Presses::default(), Instant::now());
        let at = |millis| t0 + Duration::from_millis(millis);
        for (millis, key) in [(0, '1'), (100, '2'), (200, '2')] {
            assert!(taken.take(at(millis), at(millis), key, Info));
            taken.hold(at(millis));
        }
        assert!(!taken.take(at(300), at(300), '2', Sound), "the first of the two");
        assert_eq!(taken.deadline(), Some(at(600)));
        assert_eq!((taken.released(at(599)).as_str(), taken.released(at(600)).as_str()), ("", "1"));
        assert_eq!((taken.released(at(800)).as_str(), taken.deadline()), ("2", None));
    }

    #[test]
    fn a_flood_of_keys_is_not_kept() {
        let (mut taken, now) = (Presses::default(), Instant::now());
        assert!((0..10_000).all(|_| taken.take(now, now, '5', Sound)));
        assert_eq!(taken.0.len(), MOST);
    }
}
