//! A business of the test's own: the sample configuration with as many agents as wanted, run by `santral serve`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::desk::Desk;
use super::{free_even_port, santral, wait_for};

/// A secret and a password that pass the rules; they guard a database that lives as long as the test.
pub const SECRET: &str = "loopback-only-secret-of-a-test";
pub const PASSWORD: &str = "correct horse battery";

pub struct Business {
    pub folder: PathBuf,
    pub http: u16,
    pub sip: u16,
    agents: u32,
    database: String,
    child: Option<Child>,
}

impl Business {
    /// Writes the configuration and lets the people in; nothing runs yet.
    pub fn with_agents(agents: u32) -> Self {
        Self::with_agents_on(agents, "sqlite:santral.db")
    }

    /// The same on a database of the test's choice.
    pub fn with_agents_on(agents: u32, database: &str) -> Self {
        let folder = santral::folder("business");
        let config = folder.join("sip-config");
        run(&["init", config.to_str().unwrap()], "");
        std::fs::create_dir_all(folder.join("data")).unwrap();
        let business = Self {
            folder,
            http: free_even_port(),
            sip: free_even_port(),
            agents,
            database: database.to_owned(),
            child: None,
        };
        business.write_config();
        business.write_queue(20);
        for n in 0..agents {
            let (name, extension) = (format!("agent{n}"), (200 + n).to_string());
            business.add_user(&[&name, "--extension", &extension]);
        }
        business.add_user(&["boss", "--role", "supervisor"]);
        business
    }

    fn add_user(&self, arguments: &[&str]) {
        let (config, data) = (self.folder.join("sip-config"), self.data());
        let mut all = vec!["user", "add"];
        all.extend(arguments);
        all.extend(["--config", config.to_str().unwrap(), "--data", data.to_str().unwrap()]);
        run(&all, &format!("{PASSWORD}\n"));
    }

    fn write_config(&self) {
        let config = self.folder.join("sip-config");
        let general = std::fs::read_to_string(config.join("santral.toml"))
            .unwrap()
            .replace("127.0.0.1:8080", &format!("127.0.0.1:{}", self.http))
            .replace("0.0.0.0:5060", &format!("127.0.0.1:{}", self.sip))
            .replace("guests_from_loopback = false", "guests_from_loopback = true")
            .replace("max_calls       = 100", "max_calls       = 400")
            .replace("sqlite:santral.db", &self.database)
            .replace("20000-20999", "21000-23999")
            .replace("drain           = \"60s\"", "drain           = \"5s\"");
        std::fs::write(config.join("santral.toml"), general).unwrap();
        let mut extensions = String::new();
        for n in 0..self.agents {
            writeln!(extensions, "[extension.{}]\nname = \"Agent {n}\"\nuser = \"agent{n}\"", 200 + n).unwrap();
            writeln!(extensions, "secret = \"{SECRET}-{n}\"\n").unwrap();
        }
        std::fs::write(config.join("extensions.toml"), extensions).unwrap();
        let numbers = std::fs::read_to_string(config.join("numbers.toml")).unwrap();
        std::fs::write(config.join("numbers.toml"), numbers + "\n[number.600]\ngoto = \"queue:destek\"\n").unwrap();
        std::fs::remove_file(config.join("queues/satis.toml")).unwrap();
        let menu = std::fs::read_to_string(config.join("ivr/ana-menu.toml")).unwrap();
        std::fs::write(config.join("ivr/ana-menu.toml"), menu.replace("queue:satis", "queue:destek")).unwrap();
    }

    /// Puts something else in the place of what a file of the configuration says.
    pub fn change_config(&self, file: &str, before: &str, after: &str) {
        let path = self.folder.join("sip-config").join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(before), "no {before:?} in {file}");
        std::fs::write(path, text.replace(before, after)).unwrap();
    }

    /// The one queue, with everybody in it; `ring` seconds tell one version of it from another.
    pub fn write_queue(&self, ring: u32) {
        let mut text =
            "[queue.destek]\nname = { tr = \"Destek\", en = \"Support\" }\nstrategy = \"longest-idle\"\n".to_owned();
        let members: Vec<String> = (0..self.agents).map(|n| format!("{{ ext = \"{}\" }}", 200 + n)).collect();
        writeln!(text, "members = [{}]\nring = \"{ring}s\"\nwrap_up = \"1s\"\nmax_len = 300", members.join(", "))
            .unwrap();
        writeln!(text, "music = \"hold.wav\"\nrecord = \"all\"\noverflow = \"hangup\"").unwrap();
        writeln!(text, "overflow_when_empty = false").unwrap();
        std::fs::write(self.folder.join("sip-config/queues/destek.toml"), text).unwrap();
    }

    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Starts the daemon and waits until the page answers; returns how long that took.
    pub fn start(&mut self) -> Duration {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.folder.join("log.txt")).unwrap();
        let begin = std::time::Instant::now();
        let child = Command::new(env!("CARGO_BIN_EXE_santral"))
            .arg("serve")
            .arg("--config")
            .arg(self.folder.join("sip-config"))
            .arg("--data")
            .arg(self.data())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
        wait_for("the page to answer", Duration::from_secs(20), || self.health());
        begin.elapsed()
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.http)
    }

    pub fn sip_address(&self) -> String {
        format!("127.0.0.1:{}", self.sip)
    }

    pub fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// What `/health` says, once the page answers.
    pub fn health(&self) -> Option<serde_json::Value> {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut answer = agent.get(self.url() + "/health").call().ok()?;
        serde_json::from_str(&answer.body_mut().read_to_string().ok()?).ok()
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// SIGTERM; the exit code.
    pub fn terminate(&mut self) -> Option<i32> {
        santral::signal(self.pid(), "TERM");
        let mut child = self.child.take().unwrap();
        wait_for("the daemon to end", Duration::from_secs(30), || child.try_wait().unwrap()).code()
    }

    pub fn desk(&self, name: &str) -> Desk {
        Desk::sign_in_at(&self.url(), name, PASSWORD)
    }

    /// `santral reload`: exit code and what it printed.
    pub fn reload(&self) -> (Option<i32>, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_santral"))
            .args(["reload", "--lang", "en", "--data"])
            .arg(self.data())
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&text).into_owned())
    }

    /// One figure of `/metrics`.
    pub fn metric(&self, name: &str) -> f64 {
        let mut answer = ureq::Agent::new_with_defaults().get(self.url() + "/metrics").call().unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        let line = text.lines().find(|line| line.starts_with(name) && !line.starts_with('#'));
        line.and_then(|line| line.rsplit(' ').next()).and_then(|value| value.parse().ok()).unwrap_or(f64::NAN)
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log.txt")).unwrap_or_default()
    }
}

fn run(arguments: &[&str], input: &str) {
    use std::io::Write as _;
    let mut child = Command::new(env!("CARGO_BIN_EXE_santral"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "santral {arguments:?}: {}", String::from_utf8_lossy(&said));
}

/// Every WAV below a folder.
pub fn recordings(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "wav") {
                found.push(path);
            }
        }
    }
    found
}

impl Drop for Business {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            let log = self.log();
            let tail: Vec<&str> = log.lines().rev().take(60).collect();
            eprintln!("--- the end of santral's log, newest first ---\n{}", tail.join("\n"));
        } else {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}
