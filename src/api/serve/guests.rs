//! Who holds a connection open: how many of one network, how many in all, and who makes room when all places are taken.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pbx::network;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Bounds;

/// The connections that are open.
#[derive(Debug, Clone)]
pub struct Guests {
    bounds: Bounds,
    /// Whether what comes over loopback comes from a proxy, which is everybody.
    proxied: bool,
    list: Arc<Mutex<List>>,
}

#[derive(Debug, Default)]
struct List {
    next: u64,
    by_network: HashMap<IpAddr, usize>,
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
    /// This network has too many.
    Network,
    /// There are too many in all, and none that could make room.
    All,
}

impl Full {
    /// For the log.
    pub fn word(self) -> &'static str {
        match self {
            Self::Network => "too-many-connections",
            Self::All => "all-connections-taken",
        }
    }
}

/// A connection's right to be there.
#[derive(Debug)]
pub struct Seat {
    /// One of the connections its network may have.
    pub of_network: OfNetwork,
    /// One of all.
    pub place: Place,
    /// Who sits there.
    pub guest: Guest,
}

impl Guests {
    /// Nobody yet.
    pub fn new(bounds: Bounds, proxied: bool) -> Self {
        Self { bounds, proxied, list: Arc::default() }
    }

    /// A seat for one more.
    ///
    /// # Errors
    /// [`Full`].
    pub fn take(&self, address: IpAddr) -> Result<Seat, Full> {
        let network = network(address);
        let is_proxy = self.proxied && network.is_loopback();
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_proxy && list.by_network.get(&network).is_some_and(|count| *count >= self.bounds.per_network) {
            return Err(Full::Network);
        }
        if list.open.len() >= self.bounds.in_all && !list.make_room(network, self.bounds) {
            return Err(Full::All);
        }
        let number = list.next;
        let guest = Guest(Arc::new(Standing {
            list: self.list.clone(),
            network,
            counted: AtomicBool::new(true),
            known: AtomicBool::new(false),
            leave: CancellationToken::new(),
        }));
        list.next += 1;
        *list.by_network.entry(network).or_default() += 1;
        list.open.insert(number, Open { since: Instant::now(), guest: guest.clone() });
        let place = Place { list: self.list.clone(), number };
        Ok(Seat { of_network: OfNetwork(guest.clone()), place, guest })
    }
}

impl List {
    /// Shows a stranger out for one from that network: the oldest of a network that crowds the others out and holds more
    /// than the newcomer's, however young, else the oldest of all, if it is old enough. False when there is none. A browser
    /// or an office is no crowd, however thinly a flood spreads itself over networks.
    fn make_room(&mut self, newcomer: IpAddr, bounds: Bounds) -> bool {
        let mut held: HashMap<IpAddr, usize> = HashMap::new();
        for open in self.open.values().filter(|open| open.is_stranger()) {
            *held.entry(open.guest.0.network).or_default() += 1;
        }
        let own = held.get(&newcomer).copied().unwrap_or(0);
        let share = (bounds.per_network / 2).min(bounds.in_all / 16);
        let fullest = held.values().max().copied().filter(|count| *count > own.max(share));
        let crowds = |open: &Open| fullest.is_none_or(|most| held.get(&open.guest.0.network) == Some(&most));
        let Some((&number, oldest)) = self.open.iter().find(|(_, open)| open.is_stranger() && crowds(open)) else {
            return false;
        };
        if fullest.is_none() && oldest.since.elapsed() < bounds.grace {
            return false;
        }
        oldest.guest.0.leave.cancel();
        self.open.remove(&number);
        true
    }
}

impl Open {
    fn is_stranger(&self) -> bool {
        !self.guest.0.known.load(Ordering::Relaxed)
    }
}

/// Who sits there.
#[derive(Debug, Clone)]
pub struct Guest(Arc<Standing>);

#[derive(Debug)]
struct Standing {
    list: Arc<Mutex<List>>,
    network: IpAddr,
    /// Whether the connection counts for its network.
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
        if let Some(count) = list.by_network.get_mut(&self.0.network) {
            *count -= 1;
            if *count == 0 {
                list.by_network.remove(&self.0.network);
            }
        }
    }

    /// Said when the connection has to make room.
    pub fn told_to_leave(&self) -> CancellationToken {
        self.0.leave.clone()
    }
}

/// One of the connections a network may have; given back when dropped.
#[derive(Debug)]
pub struct OfNetwork(Guest);

impl Drop for OfNetwork {
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const BOUNDS: Bounds = Bounds {
        head: Duration::ZERO,
        write: Duration::ZERO,
        per_network: 2,
        in_all: 4,
        grace: Duration::from_secs(3_600),
        drain: Duration::ZERO,
    };

    fn from(guests: &Guests, address: &str) -> Result<Seat, Full> {
        guests.take(address.parse().unwrap())
    }

    #[test]
    fn a_slash_64_is_one_stranger() {
        let guests = Guests::new(BOUNDS, false);
        let _held = [from(&guests, "2001:db8:0:7::1").unwrap(), from(&guests, "2001:db8:0:7::2").unwrap()];
        assert_eq!(from(&guests, "2001:db8:0:7:ffff::3").unwrap_err(), Full::Network);
        assert!(from(&guests, "2001:db8:0:8::1").is_ok());
    }

    #[test]
    fn only_the_proxy_on_this_machine_has_no_bound_of_its_own() {
        let guests = Guests::new(BOUNDS, true);
        let _proxy: Vec<_> = ["127.0.0.1", "127.0.0.1", "::ffff:127.0.0.1"].map(|at| from(&guests, at).unwrap()).into();
        let guests = Guests::new(BOUNDS, true);
        let _held = [from(&guests, "198.51.100.7").unwrap(), from(&guests, "198.51.100.7").unwrap()];
        assert_eq!(from(&guests, "198.51.100.7").unwrap_err(), Full::Network);
    }

    #[test]
    fn a_flood_of_one_connection_a_network_shows_no_browser_out_before_its_time() {
        let bounds = Bounds { per_network: 8, in_all: 64, ..BOUNDS };
        let guests = Guests::new(bounds, false);
        let person: Vec<_> = (0..4).map(|_| from(&guests, "192.0.2.1").unwrap()).collect();
        let flood: Vec<_> = (0..60).map(|at| from(&guests, &format!("2001:db8:{at}::1")).unwrap()).collect();
        assert_eq!(from(&guests, "2001:db8:ffff::1").unwrap_err(), Full::All);
        assert!(person.iter().chain(&flood).all(|seat| !seat.guest.told_to_leave().is_cancelled()));
        // Whoever takes more than a browser does is shown out at once.
        let guests = Guests::new(bounds, false);
        let person: Vec<_> = (0..4).map(|_| from(&guests, "192.0.2.1").unwrap()).collect();
        let flood: Vec<_> = (0..60).map(|at| from(&guests, &format!("2001:db8:{}::1", at % 12)).unwrap()).collect();
        from(&guests, "2001:db8:ffff::1").unwrap();
        assert!(flood[0].guest.told_to_leave().is_cancelled(), "among equals the oldest");
        assert!(person.iter().all(|seat| !seat.guest.told_to_leave().is_cancelled()));
    }

    #[test]
    fn the_network_that_holds_most_makes_room_however_young_and_never_for_itself() {
        let guests = Guests::new(Bounds { per_network: 100, ..BOUNDS }, false);
        let flood: Vec<_> = (1..=4).map(|at| from(&guests, &format!("2001:db8::{at}")).unwrap()).collect();
        assert_eq!(from(&guests, "2001:db8::5").unwrap_err(), Full::All);
        let person = from(&guests, "192.0.2.1").unwrap();
        let left: Vec<_> = flood.iter().map(|seat| seat.guest.told_to_leave().is_cancelled()).collect();
        assert_eq!(left, [true, false, false, false], "its oldest");
        assert_eq!(from(&guests, "2001:db8::5").unwrap_err(), Full::All);
        assert!(!person.guest.told_to_leave().is_cancelled());
        flood.iter().for_each(|seat| seat.guest.is_known());
        assert_eq!(from(&guests, "192.0.2.1").unwrap_err(), Full::All, "who has signed in stays");
    }
}
