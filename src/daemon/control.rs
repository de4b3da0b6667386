//! The control socket: how `santral reload`, `status` and `stop` talk to a running daemon.
//!
//! A Unix stream socket, one JSON object per line in each direction: a [`Request`], then its [`Response`]. After
//! [`Response::Stopping`] the daemon keeps the connection open until it is gone, so that the asker can wait for it.
//! Who may connect is decided by the permissions of the socket's folder.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config::Diagnostic;
use crate::config::compare::Changes;

/// Name of the socket in its folder.
pub const SOCKET: &str = "ctl.sock";
/// The longest line, in bytes: a hostile or broken peer must not fill the memory.
pub const LONGEST_LINE: u64 = 1 << 20;
/// How long the answer may take. A reload reads every sound.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is asked of the daemon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum Request {
    /// Read the configuration again.
    Reload,
    /// How is it going?
    Status,
    /// Refuse new calls, wait for those in progress, end.
    Stop,
}

/// What it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "response", rename_all = "snake_case")]
pub enum Response {
    /// The new configuration is in force for new calls.
    Reloaded {
        /// What is different.
        changes: Changes,
        /// What somebody should look at.
        warnings: Vec<Diagnostic>,
    },
    /// The new configuration has errors; the old one goes on.
    Refused {
        /// All of them.
        findings: Vec<Diagnostic>,
    },
    /// The state.
    Status(Status),
    /// Stopping has begun.
    Stopping {
        /// Calls in progress.
        calls: usize,
        /// How long they are waited for, in seconds.
        drain_seconds: u64,
    },
    /// The request could not be served.
    Fault {
        /// Why, for a person.
        message: String,
    },
}

/// One page of health.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Status {
    /// Version of the daemon.
    pub version: String,
    /// Its process.
    pub pid: u32,
    /// Seconds since it started.
    pub uptime_seconds: u64,
    /// Whether this is the demo.
    pub demo: bool,
    /// Whether it is stopping and refuses new calls.
    pub draining: bool,
    /// Where the page is served.
    pub http: String,
    /// Where SIP is served.
    pub sip: String,
    /// Calls in progress.
    pub calls: usize,
    /// The most it takes.
    pub max_calls: usize,
    /// Extensions with a phone.
    pub registered: usize,
    /// Extensions.
    pub extensions: usize,
    /// Agents on shift and free.
    pub agents_available: usize,
    /// Callers waiting, by queue.
    pub waiting: BTreeMap<String, usize>,
    /// What is wrong, in words; empty when all is well.
    pub faults: Vec<String>,
    /// The same, for words in the asker's language.
    #[serde(default)]
    pub troubles: Vec<Trouble>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// `database`, `journal`, `recordings`.
    pub part: String,
    /// `down`, `busy`, `full`, …
    pub state: String,
    /// Of the journal: how many events.
    pub count: usize,
}

/// One line without its line feed, as text.
fn to_line(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

impl Request {
    /// The line to send, without the line feed.
    pub fn to_line(&self) -> String {
        to_line(self)
    }

    /// Reads a line.
    ///
    /// # Errors
    /// When it is not a request.
    pub fn from_line(line: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(line)
    }
}

impl Response {
    /// The line to send, without the line feed.
    pub fn to_line(&self) -> String {
        to_line(self)
    }

    /// Reads a line.
    ///
    /// # Errors
    /// When it is not a response.
    pub fn from_line(line: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(line)
    }
}

/// Where the daemon puts its socket: in systemd's runtime folder when it has one, else in the data folder.
pub fn socket_to_serve(data: &Path, env: &BTreeMap<String, String>) -> PathBuf {
    let runtime = env.get("RUNTIME_DIRECTORY").and_then(|list| list.split(':').next());
    runtime.map_or(data, Path::new).join(SOCKET)
}

/// Where a running daemon is looked for: what was asked for, the data folder, the service's folder.
pub fn socket_to_ask(asked: Option<&Path>, data: &Path) -> PathBuf {
    let in_data = data.join(SOCKET);
    match asked {
        Some(socket) => socket.to_owned(),
        None if in_data.exists() => in_data,
        None => Path::new("/run/santral").join(SOCKET),
    }
}

/// Asks a running daemon. After [`Response::Stopping`] this waits until the daemon is gone.
///
/// # Errors
/// When nobody listens there, the answer takes too long, or it is none.
pub fn ask(socket: &Path, request: &Request) -> std::io::Result<Response> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(format!("{}\n", request.to_line()).as_bytes())?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.by_ref().take(LONGEST_LINE).read_line(&mut line)?;
    let response = Response::from_line(&line).map_err(std::io::Error::other)?;
    if let Response::Stopping { drain_seconds, .. } = response {
        reader.get_ref().set_read_timeout(Some(Duration::from_secs(drain_seconds) + PATIENCE))?;
        std::io::copy(&mut reader, &mut std::io::sink())?;
    }
    Ok(response)
}
