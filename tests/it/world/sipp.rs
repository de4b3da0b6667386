//! SIPp as caller and as phone: foreign signalling, run from the scenarios in `tests/sipp`.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// `udp` or `tcp`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Over {
    Udp,
    Tcp,
}

impl Over {
    fn flag(self) -> &'static str {
        match self {
            Over::Udp => "u1",
            Over::Tcp => "t1",
        }
    }
}

/// A running scenario.
pub struct Sipp {
    child: Child,
    name: &'static str,
    output: PathBuf,
}

/// One call to `menu` as `from`, hung up by the caller after `hold`.
pub struct Caller<'a> {
    pub to: &'a str,
    pub menu: &'a str,
    pub from: &'a str,
    pub display: &'a str,
    pub rtp: u16,
    pub hold: Duration,
    pub over: Over,
}

impl Caller<'_> {
    pub fn call(&self) -> Sipp {
        let from = format!("sip:{}@127.0.0.1", self.from);
        start(
            "caller",
            self.over,
            self.to,
            &[
                "-s",
                self.menu,
                "-m",
                "1",
                "-key",
                "from",
                &from,
                "-key",
                "display",
                self.display,
                "-key",
                "rtp",
                &self.rtp.to_string(),
                "-recv_timeout",
                &self.hold.as_millis().to_string(),
            ],
        )
    }
}

/// Registers `extension` so that calls for it reach `port`; returns when the registrar has said 200.
pub fn register(to: &str, extension: &str, secret: &str, port: u16, over: Over) {
    let params = if over == Over::Tcp { ";transport=tcp" } else { "" };
    let mut run = start(
        "register",
        over,
        to,
        &[
            "-s",
            extension,
            "-m",
            "1",
            "-au",
            extension,
            "-ap",
            secret,
            "-key",
            "contact_port",
            &port.to_string(),
            "-key",
            "contact_params",
            params,
        ],
    );
    assert!(run.finish(Duration::from_secs(10)), "SIPp could not register:\n{}", run.output());
}

/// A phone on `port` that rings for `ring` and then answers `calls` calls.
pub fn phone(port: u16, rtp: u16, ring: Duration, calls: u32, over: Over) -> Sipp {
    start(
        "agent",
        over,
        "",
        &[
            "-p",
            &port.to_string(),
            "-m",
            &calls.to_string(),
            "-d",
            &ring.as_millis().to_string(),
            "-key",
            "rtp",
            &rtp.to_string(),
        ],
    )
}

/// Registers `count` phones from extension `first` on, all reached at `port`.
pub fn register_many(to: &str, first: u32, count: u32, secret: &str, port: u16) {
    let folder = super::santral::folder("sipp");
    let mut list = "SEQUENTIAL\n".to_owned();
    for n in 0..count {
        let number = first + n;
        list.push_str(&format!("{number};[authentication username={number} password={secret}-{n}]\n"));
    }
    std::fs::write(folder.join("phones.csv"), list).unwrap();
    let mut run = start_in(
        &folder,
        "register_many",
        Over::Udp,
        to,
        &["-inf", "phones.csv", "-m", &count.to_string(), "-r", "50", "-key", "contact_port", &port.to_string()],
    );
    assert!(run.finish(Duration::from_secs(20)), "SIPp could not register the phones:\n{}", run.output());
}

/// Phones on `port` that answer at once and send a tone; `media` is their first RTP port.
pub fn phones(port: u16, media: u16, hz: f64) -> Sipp {
    let folder = super::santral::folder("sipp");
    super::pcap::write(&folder, "agent.pcap", hz, 40, &[]);
    start_in(&folder, "agents", Over::Udp, "", &["-p", &port.to_string(), "-mp", &media.to_string(), "-d", "100"])
}

/// `count` calls to `number`, twenty new ones a second, each held for `hold`; they send a tone.
pub fn callers(to: &str, number: &str, count: u32, hold: Duration, media: u16, hz: f64) -> Sipp {
    let folder = super::santral::folder("sipp");
    super::pcap::write(&folder, "caller.pcap", hz, 40, &[]);
    start_in(
        &folder,
        "callers",
        Over::Udp,
        to,
        &[
            "-s",
            number,
            "-m",
            &count.to_string(),
            "-r",
            "20",
            "-l",
            &count.to_string(),
            "-mp",
            &media.to_string(),
            "-recv_timeout",
            &hold.as_millis().to_string(),
        ],
    )
}

fn start(name: &'static str, over: Over, to: &str, arguments: &[&str]) -> Sipp {
    start_in(&super::santral::folder("sipp"), name, over, to, arguments)
}

fn start_in(folder: &Path, name: &'static str, over: Over, to: &str, arguments: &[&str]) -> Sipp {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let output = folder.join("out.txt");
    let file = std::fs::File::create(&output).unwrap();
    let mut command = Command::new("sipp");
    if !to.is_empty() {
        command.arg(to);
    }
    command.arg("-sf").arg(root.join(format!("tests/sipp/{name}.xml")));
    command.args(["-shortmessage_file", "shortmessages.txt"]);
    command.args(["-t", over.flag(), "-i", "127.0.0.1", "-nostdin", "-trace_err", "-trace_shortmsg", "-error_file"]);
    command.arg(output.with_file_name("err.txt")).args(["-timeout", "120"]);
    let child = command
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(file.try_clone().unwrap())
        .stderr(file)
        .spawn()
        .expect("sipp is installed by tests/run (Debian: sip-tester)");
    Sipp { child, name, output }
}

impl Sipp {
    /// Waits for the end; whether every call went as the scenario says.
    pub fn finish(&mut self, limit: Duration) -> bool {
        let start = std::time::Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.success();
            }
            assert!(start.elapsed() < limit, "sipp {} did not finish in {limit:?}:\n{}", self.name, self.output());
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    /// Ends it now, without goodbye.
    pub fn abandon(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    pub fn output(&self) -> String {
        let text = std::fs::read(&self.output).unwrap_or_default();
        let errors = std::fs::read(self.output.with_file_name("err.txt")).unwrap_or_default();
        let mut all = format!("{}\n{}", String::from_utf8_lossy(&errors), String::from_utf8_lossy(&text));
        for entry in self.output.parent().and_then(|folder| folder.read_dir().ok()).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().contains("shortmessages") {
                all.push_str(&String::from_utf8_lossy(&std::fs::read(entry.path()).unwrap_or_default()));
            }
        }
        all
    }
}

impl Drop for Sipp {
    fn drop(&mut self) {
        if self.child.try_wait().ok().flatten().is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        if let Some(folder) = self.output.parent() {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}
