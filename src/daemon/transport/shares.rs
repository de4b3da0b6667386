//! Who may have how many messages waiting for the switch. Nobody's flood takes the room of the others: a source has at most a
//! quarter of what is still free, so the more it sends the smaller its share, and there is always room for the next one.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use pbx::network;

/// Messages that may wait at the same time.
pub(super) const PLACES: usize = 4_096;

/// Bytes that may wait at the same time. Places alone would let big messages take a gigabyte.
const WAITING: usize = 16 * 1024 * 1024;

/// What a small message counts, so that bytes run out no later than places.
const LEAST: usize = WAITING / PLACES;

/// What a source may have of what is free.
const PART: usize = 4;

/// Sources are told apart by so many slots; who shares one by chance shares its room. Chance has a seed of its own in every
/// run, so nobody chooses his neighbour.
const SLOTS: usize = 1_024;

/// The room, and what each has of it.
#[derive(Debug, Clone)]
pub(super) struct Shares(Arc<Table>);

#[derive(Debug)]
struct Table {
    chance: RandomState,
    taken: AtomicUsize,
    of: Box<[AtomicUsize]>,
}

/// The room of one waiting message, given back when dropped.
#[derive(Debug)]
pub struct Room {
    table: Arc<Table>,
    slot: usize,
    bytes: usize,
}

impl Default for Shares {
    fn default() -> Self {
        let of = (0..SLOTS).map(|_| AtomicUsize::new(0)).collect();
        Self(Arc::new(Table { chance: RandomState::new(), taken: AtomicUsize::new(0), of }))
    }
}

impl Shares {
    /// Room for a message of that length from there, if its sender has some.
    pub(super) fn take(&self, source: IpAddr, length: usize) -> Option<Room> {
        let table = &self.0;
        let bytes = length.clamp(LEAST, WAITING / 8);
        let slot = usize::try_from(table.chance.hash_one(network(source)) % SLOTS as u64).ok()?;
        let own = table.of.get(slot)?;
        let free = WAITING.saturating_sub(table.taken.load(Relaxed));
        if own.load(Relaxed) + bytes > free / PART {
            return None;
        }
        table.taken.fetch_add(bytes, Relaxed);
        own.fetch_add(bytes, Relaxed);
        Some(Room { table: table.clone(), slot, bytes })
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.table.taken.fetch_sub(self.bytes, Relaxed);
        if let Some(own) = self.table.of.get(self.slot) {
            own.fetch_sub(self.bytes, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PLACES, Shares};
    use std::net::IpAddr;

    #[test]
    fn a_flood_leaves_room_for_everybody_else_and_gives_its_own_back() {
        let shares = Shares::default();
        let from = |n: u8| IpAddr::from([127, 0, 0, n]);
        let fill = |n: u8, length: usize| std::iter::from_fn(|| shares.take(from(n), length)).collect::<Vec<_>>();
        let flood = fill(66, 300);
        assert!((PLACES / 6..PLACES / 4).contains(&flood.len()), "{}", flood.len());
        let second = fill(67, 60_000);
        let third = fill(68, 300);
        assert!(second.len() > 20 && third.len() > PLACES / 10, "{} {}", second.len(), third.len());
        let neighbour = |n: u16| IpAddr::from([0x2001, 0xdb8, 0, 7, 0, 0, 0, n]);
        let neighbours: Vec<_> = (0..4_096).map_while(|n| shares.take(neighbour(n), 300)).collect();
        assert!(neighbours.len() < PLACES / 4, "a /64 is one source: {}", neighbours.len());
        assert!(shares.take(from(1), 500).is_some(), "and there is still room for one who asks once");
        drop((flood, second, third, neighbours));
        assert!(fill(69, 300).len() > PLACES / 6, "all of it is free again");
    }
}
