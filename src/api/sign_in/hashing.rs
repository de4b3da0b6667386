//! Passwords: argon2id on a blocking thread, two at once, over memory that is used again while somebody waits for it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::{Algorithm, Argon2, Block, Params, PasswordHasher, Version};
use pbx::network;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// One hash takes 19 MiB and some 30 ms; more than two at once would take both cores from the calls.
const AT_ONCE: usize = 2;
/// Strangers who may wait for their turn; one more is told to come back. Together they wait about a second.
const WAITING: usize = 64;
/// Of them, of one network; its others wait behind these and not among all.
const OF_NETWORK: usize = 8;

/// Too many passwords are being checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are being checked at once")]
pub struct Crowded;

/// The turns of those who wait for a hash.
#[derive(Debug)]
pub struct Hashing {
    places: Semaphore,
    networks: Networks,
    turns: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    spare: Arc<Spare>,
}

impl Default for Hashing {
    fn default() -> Self {
        Self {
            places: Semaphore::new(WAITING),
            networks: Networks::default(),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            waiting: Arc::default(),
            spare: Arc::default(),
        }
    }
}

impl Hashing {
    /// Whether the password fits the stored hash. An unknown name (`None`) costs the same work and is never right. A
    /// stranger is told apart by address; who is known (`None`) waits however many strangers do.
    ///
    /// # Errors
    /// [`Crowded`].
    pub async fn verify(
        &self,
        password: String,
        stored: Option<String>,
        stranger_at: Option<IpAddr>,
    ) -> Result<bool, Crowded> {
        let _places = match stranger_at {
            Some(address) => {
                let of_network = self.networks.place(address).await?;
                Some((of_network, self.places.try_acquire().map_err(|_| Crowded)?))
            }
            None => None,
        };
        let waits = Counted::one(&self.waiting);
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| Crowded)?;
        drop(waits);
        let (spare, waiting) = (self.spare.clone(), self.waiting.clone());
        // The turn goes with the work: whoever hangs up meanwhile does not make room for one more hash beside this one.
        let work = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let mut memory = spare.take();
            let known = stored.is_some();
            let fits = stored.or_else(|| stranger().clone()).is_some_and(|hash| fits(&password, &hash, &mut memory));
            if waiting.load(Ordering::Relaxed) > 0 {
                spare.keep(memory);
            } else {
                spare.empty();
            }
            fits && known
        });
        Ok(work.await.unwrap_or(false))
    }
}

/// The places of each network from which somebody waits.
#[derive(Debug, Default)]
struct Networks(Mutex<HashMap<IpAddr, Arc<Semaphore>>>);

impl Networks {
    async fn place(&self, address: IpAddr) -> Result<OwnedSemaphorePermit, Crowded> {
        let places = {
            let mut networks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            networks.retain(|_, places| Arc::strong_count(places) > 1);
            networks.entry(network(address)).or_insert_with(|| Arc::new(Semaphore::new(OF_NETWORK))).clone()
        };
        places.acquire_owned().await.map_err(|_| Crowded)
    }
}

/// Memory between two hashes. Nobody waits: it goes back to the system.
#[derive(Debug, Default)]
struct Spare(Mutex<Vec<Memory>>);

struct Memory(Vec<Block>);

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} KiB", self.0.len())
    }
}

impl Spare {
    fn take(&self) -> Memory {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or(Memory(Vec::new()))
    }

    fn keep(&self, memory: Memory) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
    }

    fn empty(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// One of those who wait.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn one(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether a password has this hash. What is no hash of ours fits nothing.
fn fits(password: &str, stored: &str, memory: &mut Memory) -> bool {
    computed(password, stored, memory).unwrap_or(false)
}

fn computed(password: &str, stored: &str, memory: &mut Memory) -> Option<bool> {
    let hash = PasswordHash::new(stored).ok()?;
    let (salt, wanted) = (hash.salt.as_ref()?, hash.hash.as_ref()?);
    let params = Params::try_from(&hash).ok()?;
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    let version = hash.version.map_or(Ok(Version::default()), Version::try_from).ok()?;
    let blocks = params.block_count().max(memory.0.len());
    memory.0.resize(blocks, Block::new());
    let mut out = [0; Output::MAX_LENGTH];
    let out = out.get_mut(..wanted.len())?;
    let argon = Argon2::new(algorithm, version, params);
    argon.hash_password_into_with_memory(password.as_bytes(), salt, out, memory.0.as_mut_slice()).ok()?;
    // Outputs compare in constant time.
    Some(Output::new(out).ok()? == *wanted)
}

/// A password as it is stored: argon2id, PHC form, with its own salt.
///
/// # Errors
/// In words, when the operating system gives no random bytes.
pub fn hash_password(password: &str) -> Result<String, String> {
    let hash: PasswordHash = Argon2::default().hash_password(password.as_bytes()).map_err(|error| error.to_string())?;
    Ok(hash.to_string())
}

/// The hash that strangers are checked against.
fn stranger() -> &'static Option<String> {
    static STRANGER: OnceLock<Option<String>> = OnceLock::new();
    STRANGER.get_or_init(|| hash_password("nobody has this password").ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(at: u32) -> IpAddr {
        IpAddr::V4(at.into())
    }

    fn right(password: &str, hash: &str) -> bool {
        fits(password, hash, &mut Memory(Vec::new()))
    }

    #[test]
    fn a_hash_fits_its_password_only() {
        let hash = hash_password("Kız Kulesi 1847").unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(right("Kız Kulesi 1847", &hash));
        assert!(!right("Kiz Kulesi 1847", &hash));
        for broken in ["", "$argon2id$", "plain", "$argon2id$v=19$m=1,t=0,p=0$YWJj$YWJj"] {
            assert!(!right("Kız Kulesi 1847", broken), "{broken}");
        }
    }

    #[test]
    fn memory_that_another_hash_left_changes_nothing() {
        let (one, other) = (hash_password("bir").unwrap(), hash_password("iki").unwrap());
        let mut memory = Memory(Vec::new());
        for _ in 0..2 {
            assert!(fits("bir", &one, &mut memory) && fits("iki", &other, &mut memory));
            assert!(!fits("bir", &other, &mut memory));
        }
    }

    #[test]
    fn a_stranger_costs_the_same_work_as_a_known_person() {
        let work = |hash: &str| hash.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        let known = hash_password("x").unwrap();
        assert_eq!(work(stranger().as_ref().unwrap()), work(&known));
        assert!(work(&known)[3].starts_with("m=19456,t=2,p=1"));
    }

    #[tokio::test]
    async fn a_crowd_waits_up_to_a_bound_and_leaves_no_memory_behind() {
        let (hashing, hash) = (Hashing::default(), hash_password("x").unwrap());
        let stranger = |at: u32| hashing.verify("x".to_owned(), Some(hash.clone()), Some(from(at)));
        let mut all = Vec::new();
        for at in 0..WAITING + 20 {
            all.push(Box::pin(stranger(u32::try_from(at).unwrap())));
        }
        let known = hashing.verify("x".to_owned(), Some(hash.clone()), None);
        let (answers, known) = futures_util::join!(futures_util::future::join_all(all), known);
        assert_eq!(known, Ok(true));
        assert_eq!(answers.iter().filter(|answer| **answer == Err(Crowded)).count(), 20);
        assert_eq!(answers.iter().filter(|answer| **answer == Ok(true)).count(), WAITING);
        assert_eq!(stranger(0).await, Ok(true));
        assert!(hashing.spare.0.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn whoever_hangs_up_makes_no_room_for_one_more_beside_the_hash_that_goes_on() {
        let (hashing, hash) = (Hashing::default(), hash_password("x").unwrap());
        for _ in 0..AT_ONCE {
            let asked = hashing.verify("x".to_owned(), Some(hash.clone()), Some(from(0)));
            let gone = tokio::time::timeout(std::time::Duration::from_millis(1), asked).await;
            assert!(gone.is_err(), "a hash in a millisecond is no hash");
        }
        assert_eq!(hashing.turns.available_permits(), 0);
        assert_eq!(hashing.verify("x".to_owned(), Some(hash), Some(from(0))).await, Ok(true));
    }

    #[tokio::test]
    async fn a_crowd_of_one_network_waits_for_itself_and_leaves_the_others_their_places() {
        let (hashing, hash) = (Hashing::default(), hash_password("x").unwrap());
        let verify = |at| hashing.verify("x".to_owned(), Some(hash.clone()), Some(at));
        let crowd = (0..WAITING as u128 + 20).map(|at| verify(IpAddr::V6((0x2001_0db8_u128 << 96 | at).into())));
        let crowd = futures_util::future::join_all(crowd);
        let (crowd, other) = futures_util::join!(crowd, verify(from(1)));
        assert_eq!(other, Ok(true), "there is room beside a crowd");
        assert!(crowd.iter().all(|answer| *answer == Ok(true)), "and everybody of an office gets in");
    }

    #[tokio::test]
    async fn the_last_hash_gives_the_memory_back_when_those_behind_it_have_left() {
        let (hashing, hash) = (Hashing::default(), hash_password("x").unwrap());
        let verify = || hashing.verify("x".to_owned(), Some(hash.clone()), None);
        let mut first = [Box::pin(verify()), Box::pin(verify())];
        let mut behind = Box::pin(verify());
        for one in &mut first {
            assert!(futures_util::poll!(one.as_mut()).is_pending());
        }
        assert!(futures_util::poll!(behind.as_mut()).is_pending());
        drop(behind);
        futures_util::future::join_all(first).await;
        assert!(hashing.spare.0.lock().unwrap().is_empty());
    }
}
