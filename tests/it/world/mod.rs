//! What the tests stand on: a running santral, phones, ears, and a desk that speaks HTTP.

pub mod baresip;
pub mod business;
pub mod desk;
pub mod ear;
pub mod pcap;
pub mod santral;
pub mod sipp;
pub mod tone;

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

/// A UDP port that was free a moment ago; even, with its odd neighbour free too.
pub fn free_even_port() -> u16 {
    for _ in 0..200 {
        let one = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = one.local_addr().unwrap().port();
        if port.is_multiple_of(2) && port < 65_534 && std::net::UdpSocket::bind(("127.0.0.1", port + 1)).is_ok() {
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
