//! Passwords and attempts: argon2 on a blocking thread, few at once, and five failures in ten minutes at most.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, OnceLock, PoisonError};

use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

/// Failures after which a name or an address must wait.
pub const FAILURES: usize = 5;
/// For how long a failure counts, µs.
pub const WINDOW: i64 = 10 * 60 * 1_000_000;
/// One hash takes 19 MiB and some 30 ms; more than two at once would take both cores from the calls.
const HASHES_AT_ONCE: usize = 2;
/// Names and addresses remembered; above it the oldest go.
const REMEMBERED: usize = 20_000;
/// Longer ones are refused before any work is done.
pub const LONGEST_PASSWORD: usize = 256;

/// What signing in shares between requests.
#[derive(Debug)]
pub struct SignIn {
    /// Failed attempts by name and by address.
    pub attempts: Attempts,
    hashing: Semaphore,
}

impl Default for SignIn {
    fn default() -> Self {
        Self { attempts: Attempts::default(), hashing: Semaphore::new(HASHES_AT_ONCE) }
    }
}

impl SignIn {
    /// Whether the password fits the stored hash. An unknown name (`None`) costs the same work and is never right.
    pub async fn verify(&self, password: String, stored: Option<String>) -> bool {
        let Ok(_turn) = self.hashing.acquire().await else { return false };
        let work = tokio::task::spawn_blocking(move || {
            let known = stored.is_some();
            let Some(hash) = stored.or_else(|| stranger().clone()) else { return false };
            let fits = Argon2::default().verify_password(password.as_bytes(), hash.as_str()).is_ok();
            fits && known
        });
        work.await.unwrap_or(false)
    }
}

/// A password as it is stored: argon2id, PHC form, with its own salt.
///
/// # Errors
/// In words, when the operating system gives no random bytes.
pub fn hash_password(password: &str) -> Result<String, String> {
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(|error| error.to_string())?;
    Ok(hash.to_string())
}

/// The hash that strangers are checked against.
fn stranger() -> &'static Option<String> {
    static STRANGER: OnceLock<Option<String>> = OnceLock::new();
    STRANGER.get_or_init(|| hash_password("nobody has this password").ok())
}

/// Failed attempts. An attempt counts as failed from its beginning, so that many at once gain nothing.
#[derive(Debug, Default)]
pub struct Attempts {
    failed: Mutex<HashMap<Key, Vec<i64>>>,
}

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// A sign-in name, folded.
    Name(String),
    /// An address; IPv6 by its /64.
    Address(IpAddr),
}

impl Key {
    /// A name, without regard to case and Turkish letters.
    pub fn name(name: &str) -> Self {
        Self::Name(crm::text::fold(name.trim()))
    }

    /// An address.
    pub fn address(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(six) => {
                let prefix = u128::from(six) & !u128::from(u64::MAX);
                Self::Address(IpAddr::V6(prefix.into()))
            }
            four => Self::Address(four),
        }
    }

    /// The address, for the log; a name is never logged whole.
    pub fn address_text(&self) -> Option<String> {
        match self {
            Self::Address(address) => Some(address.to_string()),
            Self::Name(_) => None,
        }
    }
}

impl Attempts {
    /// Begins an attempt under all keys.
    ///
    /// # Errors
    /// Seconds to wait, when one of the keys has failed too often.
    pub fn begin(&self, keys: &[Key], now: i64) -> Result<(), i64> {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = keys.iter().filter_map(|key| failed.get_mut(key).and_then(|times| wait(times, now))).max();
        if let Some(micros) = wait {
            return Err((micros / 1_000_000).max(1));
        }
        if failed.len() + keys.len() > REMEMBERED {
            make_room(&mut failed, now);
        }
        for key in keys {
            failed.entry(key.clone()).or_default().push(now);
        }
        Ok(())
    }

    /// The attempt was right: the name starts anew, the address only gets this attempt back, so that one known
    /// password does not help to guess others.
    pub fn succeeded(&self, keys: &[Key], began: i64) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            match key {
                Key::Name(_) => {
                    failed.remove(key);
                }
                Key::Address(_) => {
                    if let Some(times) = failed.get_mut(key)
                        && let Some(place) = times.iter().position(|time| *time == began)
                    {
                        times.remove(place);
                    }
                }
            }
        }
    }
}

/// How long until an attempt is free again, µs; forgets what no longer counts.
fn wait(times: &mut Vec<i64>, now: i64) -> Option<i64> {
    times.retain(|time| *time + WINDOW > now);
    let fifth_newest = times.len().checked_sub(FAILURES)?;
    times.get(fifth_newest).map(|time| time + WINDOW - now)
}

fn make_room(failed: &mut HashMap<Key, Vec<i64>>, now: i64) {
    failed.retain(|_, times| times.iter().any(|time| *time + WINDOW > now));
    if failed.len() < REMEMBERED {
        return;
    }
    let mut newest: Vec<i64> = failed.values().filter_map(|times| times.last().copied()).collect();
    newest.sort_unstable();
    let middle = newest.get(newest.len() / 2).copied().unwrap_or(now);
    failed.retain(|_, times| times.last().is_some_and(|last| *last > middle));
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000_000;

    fn keys(name: &str, address: &str) -> [Key; 2] {
        [Key::name(name), Key::address(address.parse().unwrap())]
    }

    #[test]
    fn the_sixth_attempt_of_a_name_waits_wherever_it_comes_from() {
        let attempts = Attempts::default();
        for i in 0..5 {
            attempts.begin(&keys("ZEYNEP", &format!("192.0.2.{i}")), i * MINUTE).unwrap();
        }
        assert_eq!(attempts.begin(&keys("zeynep", "192.0.2.9"), 5 * MINUTE), Err(5 * 60));
        assert_eq!(attempts.begin(&keys("murat", "192.0.2.9"), 5 * MINUTE), Ok(()));
        assert_eq!(attempts.begin(&keys("zeynep", "192.0.2.9"), 10 * MINUTE), Ok(()), "the first is ten minutes old");
    }

    #[test]
    fn an_address_waits_whatever_name_it_tries() {
        let attempts = Attempts::default();
        for name in ["a", "b", "c", "d", "e"] {
            attempts.begin(&keys(name, "2001:db8::1"), 0).unwrap();
        }
        assert!(attempts.begin(&keys("f", "2001:db8::ffff"), 1).is_err(), "the same /64");
        assert!(attempts.begin(&keys("f", "2001:db8:0:1::1"), 1).is_ok());
    }

    #[test]
    fn success_clears_the_name_and_gives_the_address_only_its_own_attempt_back() {
        let attempts = Attempts::default();
        for i in 0..4 {
            attempts.begin(&keys("zeynep", "192.0.2.1"), i).unwrap();
        }
        attempts.begin(&keys("zeynep", "192.0.2.1"), 4).unwrap();
        attempts.succeeded(&keys("zeynep", "192.0.2.1"), 4);
        attempts.begin(&keys("zeynep", "192.0.2.1"), 5).unwrap();
        assert!(attempts.begin(&keys("murat", "192.0.2.1"), 6).is_err());
        assert!(attempts.begin(&keys("zeynep", "192.0.2.2"), 6).is_ok());
    }

    #[test]
    fn a_flood_of_names_does_not_grow_without_end() {
        let attempts = Attempts::default();
        for i in 0..(REMEMBERED as i64 * 2) {
            attempts.begin(&[Key::Name(i.to_string())], i).unwrap();
        }
        assert!(attempts.failed.lock().unwrap().len() <= REMEMBERED);
    }

    #[test]
    fn a_hash_fits_its_password_only() {
        let hash = hash_password("Kız Kulesi 1847").unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(Argon2::default().verify_password("Kız Kulesi 1847".as_bytes(), hash.as_str()).is_ok());
        assert!(Argon2::default().verify_password("Kiz Kulesi 1847".as_bytes(), hash.as_str()).is_err());
    }

    #[test]
    fn a_stranger_costs_the_same_work_as_a_known_person() {
        let work = |hash: &str| hash.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        let known = hash_password("x").unwrap();
        assert_eq!(work(stranger().as_ref().unwrap()), work(&known));
        assert!(work(&known)[3].starts_with("m=19456,t=2,p=1"));
    }
}
