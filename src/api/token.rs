//! Random tokens from the operating system, and the hashes under which they are stored.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// The operating system gave no random bytes; nothing can be signed in then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gives no random bytes")]
pub struct NoRandomness;

/// 256 random bits in hex.
///
/// # Errors
/// [`NoRandomness`].
pub fn fresh() -> Result<String, NoRandomness> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(hex(&bytes))
}

/// An id of an event made here: `evt_`, the time (so that ids rise), and 80 random bits.
pub fn event_id(now: i64) -> String {
    let mut bytes = [0_u8; 10];
    if getrandom::fill(&mut bytes).is_err() {
        tracing::warn!("the operating system gives no random bytes; event ids rise by time only");
    }
    format!("evt_{now:014x}{}", hex(&bytes))
}

/// SHA-256 in hex. Enough for a token, because a token has 256 random bits; passwords go through argon2.
pub fn hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// SHA-256 of several parts, each with its length before it, in hex.
pub fn hash_parts(parts: &[&[u8]]) -> String {
    hex(&joined(parts).finalize())
}

/// Half of it, as a short key of something long.
pub fn digest(parts: &[&[u8]]) -> [u8; 16] {
    joined(parts).finalize().first_chunk().copied().unwrap_or_default()
}

fn joined(parts: &[&[u8]]) -> Sha256 {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    digest
}

/// Compares without telling by the time taken where the difference is.
pub fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let difference = one.iter().zip(other).fold(0_u8, |sum, (a, b)| sum | (a ^ b));
    one.len() == other.len() && std::hint::black_box(difference) == 0
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_the_known_sha_256() {
        assert_eq!(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn parts_cannot_be_shifted_into_each_other() {
        assert_ne!(hash_parts(&[b"ab", b"c"]), hash_parts(&[b"a", b"bc"]));
    }

    #[test]
    fn two_tokens_differ_and_are_long() {
        let (one, other) = (fresh().unwrap(), fresh().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.len(), 64);
        assert!(same(&one, &one.clone()) && !same(&one, &other) && !same(&one, &one[1..]));
    }
}
