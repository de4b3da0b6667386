//! One running `santral`, started as a newcomer would, driven by its JSON line, ended with SIGTERM.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

pub struct Santral {
    child: Child,
    pub facts: Value,
    pub data: PathBuf,
    log: PathBuf,
    /// Whose folder it is: ours goes with us, a test's own stays.
    temporary: bool,
}

impl Santral {
    /// `santral demo --json` without the built-in caller, on free ports, in a folder of its own.
    pub fn demo() -> Self {
        let mut santral = Self::demo_in(&folder("demo"), &["--no-caller"]);
        santral.temporary = true;
        santral
    }

    pub fn demo_in(data: &Path, more: &[&str]) -> Self {
        // Beside the folder: the demo takes only one that is empty or its own.
        let log = data.with_extension("log");
        let stderr = std::fs::OpenOptions::new().create(true).append(true).open(&log).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_santral"))
            .args(["demo", "--json", "--port", "0", "--sip-port", "0", "--data"])
            .arg(data)
            .args(more)
            .env("LANG", "tr_TR.UTF-8")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let facts = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("no ready line ({error}): {line:?}\n{}", read(&log)));
        Self { child, facts, data: data.to_owned(), log, temporary: false }
    }

    pub fn http(&self) -> &str {
        self.facts["http"].as_str().unwrap()
    }

    pub fn sip(&self) -> &str {
        self.facts["sip"].as_str().unwrap()
    }

    pub fn menu(&self) -> &str {
        self.facts["menu"].as_str().unwrap()
    }

    pub fn secret(&self, extension: &str) -> String {
        let all = self.facts["extensions"].as_array().unwrap();
        let one = all.iter().find(|entry| entry["number"] == extension).unwrap();
        one["secret"].as_str().unwrap().to_owned()
    }

    pub fn user(&self, role: &str, nth: usize) -> (String, String) {
        let all = self.facts["users"].as_array().unwrap();
        let one = all.iter().filter(|entry| entry["role"] == role).nth(nth).unwrap();
        (one["name"].as_str().unwrap().to_owned(), one["password"].as_str().unwrap().to_owned())
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn log(&self) -> String {
        read(&self.log)
    }

    /// SIGTERM; returns the exit code and how long the farewell took.
    pub fn terminate(&mut self) -> (Option<i32>, Duration) {
        let start = Instant::now();
        signal(self.pid(), "TERM");
        let limit = Duration::from_secs(90);
        let status = super::wait_for("santral to end after SIGTERM", limit, || self.child.try_wait().unwrap());
        (status.code(), start.elapsed())
    }
}

/// Sends a signal to one process that the test started.
pub fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status().unwrap();
    assert!(sent.success(), "kill -{name} {pid}");
}

/// A new empty folder under the system's temporary one.
pub fn folder(name: &str) -> PathBuf {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("santral-{name}-{}-{next}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

impl Drop for Santral {
    fn drop(&mut self) {
        if self.child.try_wait().ok().flatten().is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        if std::thread::panicking() {
            eprintln!("--- santral's log ---\n{}", self.log());
        } else if self.temporary {
            let _ = std::fs::remove_dir_all(&self.data);
            let _ = std::fs::remove_file(&self.log);
        }
    }
}
