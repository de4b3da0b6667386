//! Unguessable numbers from a seed: tags, branches, Call-IDs and nonces of a whole run follow from one `u64`, so a test
//! replays them, and nobody who sees some of them can tell the others (the ChaCha block function, RFC 8439 §2.3).

/// A generator of random bits. Every peer sees its output in tags and branches, so it must not give its state away.
#[derive(Debug, Clone)]
pub struct Rng {
    key: [u32; 8],
    counter: u64,
    block: [u32; 16],
    used: usize,
}

/// ChaCha20: ten double rounds.
const DOUBLE_ROUNDS: usize = 10;

impl Rng {
    /// Begins the sequence that belongs to `seed`.
    pub fn new(seed: u64) -> Self {
        let mut state = seed;
        let mut key = [0u32; 8];
        for pair in key.chunks_exact_mut(2) {
            let word = split_mix(&mut state);
            pair[0] = word as u32;
            pair[1] = (word >> 32) as u32;
        }
        Self { key, counter: 0, block: [0; 16], used: 16 }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        u64::from(self.next_u32()) | u64::from(self.next_u32()) << 32
    }

    /// An even number below `bound` (0 when `bound` is 0).
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// 64 random bits as 16 hexadecimal digits: a tag (RFC 3261 §19.3 asks for 32 at least).
    pub fn tag(&mut self) -> String {
        format!("{:016x}", self.next_u64())
    }

    /// 128 random bits as 32 hexadecimal digits: a Call-ID or a client nonce.
    pub fn token(&mut self) -> String {
        format!("{:016x}{:016x}", self.next_u64(), self.next_u64())
    }

    fn next_u32(&mut self) -> u32 {
        if self.used == self.block.len() {
            self.block = chacha_block(&self.key, self.counter);
            self.counter = self.counter.wrapping_add(1);
            self.used = 0;
        }
        let word = self.block[self.used];
        self.used += 1;
        word
    }
}

/// Spreads a seed over many words.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn chacha_block(key: &[u32; 8], counter: u64) -> [u32; 16] {
    let mut start = [0u32; 16];
    start[..4].copy_from_slice(&[0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574]);
    start[4..12].copy_from_slice(key);
    start[12] = counter as u32;
    start[13] = (counter >> 32) as u32;
    let mut work = start;
    for _ in 0..DOUBLE_ROUNDS {
        for lane in 0..4 {
            quarter_round(&mut work, lane, 4 + lane, 8 + lane, 12 + lane);
        }
        for lane in 0..4 {
            quarter_round(&mut work, lane, 4 + (lane + 1) % 4, 8 + (lane + 2) % 4, 12 + (lane + 3) % 4);
        }
    }
    for (word, first) in work.iter_mut().zip(start) {
        *word = word.wrapping_add(first);
    }
    work
}

fn quarter_round(s: &mut [u32; 16], a: usize, b: usize, c: usize, d: usize) {
    for (turn_d, turn_b) in [(16, 12), (8, 7)] {
        s[a] = s[a].wrapping_add(s[b]);
        s[d] = (s[d] ^ s[a]).rotate_left(turn_d);
        s[c] = s[c].wrapping_add(s[d]);
        s[b] = (s[b] ^ s[c]).rotate_left(turn_b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_block_function_gives_the_key_stream_everybody_knows_for_the_zero_key() {
        let block = chacha_block(&[0; 8], 0);
        assert_eq!(block[0].to_le_bytes(), [0x76, 0xb8, 0xe0, 0xad]);
        assert_eq!(block[15].to_le_bytes(), [0xb2, 0xee, 0x65, 0x86]);
    }

    #[test]
    fn one_seed_one_sequence_and_no_tag_comes_twice() {
        let (mut one, mut same, mut other) = (Rng::new(7), Rng::new(7), Rng::new(8));
        let tags: HashSet<String> = (0..10_000).map(|_| one.tag()).collect();
        assert_eq!(tags.len(), 10_000);
        assert!((0..10_000).all(|_| tags.contains(&same.tag())));
        assert!(!tags.contains(&other.tag()));
    }

    #[test]
    fn below_stays_below_and_reaches_both_ends() {
        let mut rng = Rng::new(1);
        let seen: HashSet<u64> = (0..200).map(|_| rng.below(3)).collect();
        assert_eq!(seen, HashSet::from([0, 1, 2]));
        assert_eq!(rng.below(0), 0);
    }
}
