//! Threads, sockets and files for real, on loopback; the disk that is full is a pretended one.
#![allow(clippy::disallowed_methods, reason = "these tests live in real time")]

mod call;
mod crash;
mod full_disk;
mod held;
mod phone;
mod reports;

use ::media::order::Group;

use super::thread_of;

#[test]
fn neighbouring_calls_share_a_thread_and_many_calls_use_all_of_them() {
    let threads = |numbers: std::ops::Range<u64>| -> std::collections::BTreeSet<usize> {
        numbers.map(|number| thread_of(Group(number), 4)).collect()
    };
    assert_eq!(threads(1..200).len(), 1);
    assert_eq!(threads(1..4_000), (0..4).collect());
    assert_eq!(thread_of(Group(5_000), 0), 0);
}
