//! What the tests stand on: a running santral, phones, ears, and a desk that speaks HTTP.

pub mod baresip;
pub mod business;
pub mod desk;
pub mod ear;
pub mod pcap;
pub mod phone;
pub mod santral;
pub mod sipp;
pub mod stream;
pub mod tone;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Asks again and again until the answer is there; says what it waited for when it never comes.
pub fn wait_for<T>(what: &str, limit: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < limit, "waited {limit:?} for: {what}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// A port that was free a moment ago for UDP and TCP; even, with its odd neighbour free too. It lies below the ports that
/// the kernel gives to whoever connects, so that nobody takes it by chance before it is used, and far from the last one,
/// for those who take some more behind it.
pub fn free_even_port() -> u16 {
    const FIRST: u32 = 24_100;
    const PAIRS: u32 = 4_000;
    const APART: u32 = 997;
    static ASKED: AtomicU32 = AtomicU32::new(0);
    for _ in 0..PAIRS {
        let nth = std::process::id() + ASKED.fetch_add(1, Ordering::Relaxed) * APART;
        let port = u16::try_from(FIRST + nth % PAIRS * 2).unwrap();
        let is_free = |port: u16| std::net::UdpSocket::bind(("127.0.0.1", port)).is_ok();
        if is_free(port) && is_free(port + 1) && std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no even port pair is free");
}

/// Whether `tests/run` found that something is not installed here; it has said so itself.
pub fn left_out(variable: &str) -> bool {
    let left_out = std::env::var_os(variable).is_some();
    if left_out {
        eprintln!("left out: {variable}");
    }
    left_out
}
