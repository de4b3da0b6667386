//! A sign of life in the data folder, renewed every 250 ms: after a crash it tells when the daemon died, so that calls it
//! left open end at the right second.
//!
//! It has a thread of its own, since a busy runtime would date the death too early, and it writes over the same twenty
//! bytes, since a file cut short by the crash would tell nothing.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::clock;

const FILE: &str = "alive";
const EVERY: Duration = Duration::from_millis(250);

/// When the last run was last alive, µs UTC; `None` when it ended in order or never was.
pub fn last_seen(data: &Path) -> Option<i64> {
    std::fs::read_to_string(data.join(FILE)).ok()?.trim().parse().ok()
}

/// Keeps the sign; an orderly end (dropping this) takes it away.
#[derive(Debug)]
pub struct Alive {
    path: PathBuf,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Alive {
    /// Begins. A folder that cannot be written to loses the sign and nothing else.
    pub fn keep(data: &Path) -> Self {
        let (path, ended) = (data.join(FILE), Arc::new(AtomicBool::new(false)));
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).ok();
        let seen = ended.clone();
        let work = move || renew(file.as_ref(), &seen);
        let thread = std::thread::Builder::new().name("alive".to_owned()).spawn(work).ok();
        Self { path, ended, thread }
    }
}

fn renew(file: Option<&File>, ended: &AtomicBool) {
    let Some(file) = file else { return };
    while !ended.load(Ordering::Relaxed) {
        let _ = file.write_all_at(format!("{:>20}", clock::wall()).as_bytes(), 0);
        std::thread::park_timeout(EVERY);
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_is_there_while_it_is_kept_and_gone_after_an_orderly_end() {
        let data = std::env::temp_dir().join(format!("santral-alive-{}", std::process::id()));
        std::fs::create_dir_all(&data).unwrap();
        let before = clock::wall();
        let alive = Alive::keep(&data);
        while last_seen(&data).is_none() {
            std::thread::yield_now();
        }
        assert!(last_seen(&data).unwrap() >= before);
        drop(alive);
        assert_eq!(last_seen(&data), None);
        std::fs::remove_dir_all(&data).unwrap();
    }
}
