//! What signing in shares between requests: who has failed how often, and the work of hashing.

mod attempts;
mod hashing;

pub use attempts::{Asker, Attempt, Attempts, TooMany};
pub use hashing::{Crowded, Hashing, hash_password};

/// Longer ones are refused before any work is done, bytes.
pub const LONGEST_PASSWORD: usize = 256;
/// Longer ones are nobody's, bytes.
pub const LONGEST_NAME: usize = 200;

/// Attempts and hashing.
#[derive(Debug, Default)]
pub struct SignIn {
    /// Failed attempts.
    pub attempts: Attempts,
    /// Password hashing.
    pub hashing: Hashing,
}
