//! Who holds a connection open: how many of one address, how many in all, and who makes room when all places are taken.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Bounds;

/// The connections that are open.
#[derive(Debug, Clone)]
pub struct Guests {
    bounds: Bounds,
    list: Arc<Mutex<List>>,
}

#[derive(Debug, Default)]
struct List {
    next: u64,
    by_address: HashMap<IpAddr, usize>,
    /// By age: the first is the oldest.
    open: BTreeMap<u64, Open>,
}

#[derive(Debug)]
struct Open {
    since: Instant,
    guest: Guest,
}

/// Why a connection is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// This address has too many.
    Address,
    /// There are too many in all, and none that could make room.
    All,
}

impl Full {
    /// For the log.
    pub fn word(self) -> &'static str {
        match self {
            Self::Address => "too-many-connections",
            Self::All => "all-connections-taken",
        }
    }
}

/// A connection's right to be there.
#[derive(Debug)]
pub struct Seat {
    /// One of the connections its address may have.
    pub at_address: AtAddress,
    /// One of all.
    pub place: Place,
    /// Who sits there.
    pub guest: Guest,
}

impl Guests {
    /// Nobody yet.
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, list: Arc::default() }
    }

    /// A seat for one more.
    ///
    /// # Errors
    /// [`Full`].
    pub fn take(&self, address: IpAddr) -> Result<Seat, Full> {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        if list.by_address.get(&address).is_some_and(|count| *count >= self.bounds.per_address) {
            return Err(Full::Address);
        }
        if list.open.len() >= self.bounds.in_all && !list.make_room(self.bounds) {
            return Err(Full::All);
        }
        let number = list.next;
        let guest = Guest(Arc::new(Standing {
            list: self.list.clone(),
            address,
            counted: AtomicBool::new(true),
            known: AtomicBool::new(false),
            leave: CancellationToken::new(),
        }));
        list.next += 1;
        *list.by_address.entry(address).or_default() += 1;
        list.open.insert(number, Open { since: Instant::now(), guest: guest.clone() });
        let place = Place { list: self.list.clone(), number };
        Ok(Seat { at_address: AtAddress(guest.clone()), place, guest })
    }
}

impl List {
    /// Shows the oldest stranger out; false when there is none that is old enough.
    fn make_room(&mut self, bounds: Bounds) -> bool {
        let stranger = |(_, open): &(&u64, &Open)| !open.guest.0.known.load(Ordering::Relaxed);
        let Some((&number, oldest)) = self.open.iter().find(stranger) else { return false };
        if oldest.since.elapsed() < bounds.grace {
            return false;
        }
        oldest.guest.0.leave.cancel();
        self.open.remove(&number);
        true
    }
}

/// Who sits there.
#[derive(Debug, Clone)]
pub struct Guest(Arc<Standing>);

#[derive(Debug)]
struct Standing {
    list: Arc<Mutex<List>>,
    address: IpAddr,
    /// Whether the connection counts for its address.
    counted: AtomicBool,
    known: AtomicBool,
    leave: CancellationToken,
}

impl Guest {
    /// Somebody has shown a session on this connection: it is theirs until it closes, and an office full of people who
    /// have signed in is no crowd of strangers.
    pub fn is_known(&self) {
        self.0.known.store(true, Ordering::Relaxed);
        self.uncount();
    }

    fn uncount(&self) {
        if !self.0.counted.swap(false, Ordering::Relaxed) {
            return;
        }
        let mut list = self.0.list.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = list.by_address.get_mut(&self.0.address) {
            *count -= 1;
            if *count == 0 {
                list.by_address.remove(&self.0.address);
            }
        }
    }

    /// Said when the connection has to make room.
    pub fn told_to_leave(&self) -> CancellationToken {
        self.0.leave.clone()
    }
}

/// One of the connections an address may have; given back when dropped.
#[derive(Debug)]
pub struct AtAddress(Guest);

impl Drop for AtAddress {
    fn drop(&mut self) {
        self.0.uncount();
    }
}

/// One of all places; given back when dropped.
#[derive(Debug)]
pub struct Place {
    list: Arc<Mutex<List>>,
    number: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.list.lock().unwrap_or_else(PoisonError::into_inner).open.remove(&self.number);
    }
}
