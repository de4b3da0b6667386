//! What the configuration says to the shell: everything the switch's plan does not need to know.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use pbx::plan::Secret;

/// The shell's half of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whose switch this is.
    pub business: Business,
    /// Sockets.
    pub listen: Listen,
    /// `sqlite:PATH` or `postgres://…`; kept as a secret because the second form carries a password.
    /// See [`Settings::database_url`].
    pub database: Secret,
    /// Root of the recordings as written; see [`Settings::recordings_dir`].
    pub recordings: PathBuf,
    /// Ceilings.
    pub limits: Limits,
    /// Log.
    pub log: Log,
    /// Whether `/metrics` is served beside the page.
    pub metrics: bool,
    /// Whether other machines may read `/metrics` too.
    pub metrics_public: bool,
}

/// The business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Business {
    /// Name shown on the page.
    pub name: String,
    /// IANA zone of its clocks.
    pub timezone: String,
    /// Languages, the first is the default.
    pub languages: Vec<String>,
    /// ISO 3166 country whose numbering plan national numbers are read by.
    pub country: String,
}

/// Where the daemon listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// Page, API and websocket.
    pub http: SocketAddr,
    /// SIP, datagrams and streams alike.
    pub sip: SocketAddr,
    /// Address the RTP sockets bind to.
    pub media: IpAddr,
    /// Host names the page answers to, besides those of this machine and IP addresses; in small letters.
    pub hosts: Vec<String>,
    /// Whether browsers reach the page over https, through a proxy: then cookies are for https only.
    pub https: bool,
}

/// Ceilings above which the daemon says no instead of breaking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Calls in progress (also in the plan).
    pub max_calls: usize,
    /// SIP connections over TCP at the same time.
    pub tcp_connections: usize,
    /// How long a stopping daemon waits for calls in progress.
    pub drain: Duration,
}

/// Log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Least level written.
    pub level: LogLevel,
    /// One line of text, or one JSON object, per entry.
    pub format: LogFormat,
}

/// Levels of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// Only what needs a person.
    Error,
    /// And what may need one soon.
    Warn,
    /// And the life of the daemon and of calls.
    Info,
    /// And decisions inside.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// The word used in the file and by `tracing`.
    pub fn as_str(self) -> &'static str {
        match self {
            LogLevel::Error => "error",
            LogLevel::Warn => "warn",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
            LogLevel::Trace => "trace",
        }
    }
}

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people and the journal.
    Text,
    /// For log collectors.
    Json,
}

impl Settings {
    /// The address of the database; a relative SQLite path counts from `data`.
    pub fn database_url(&self, data: &Path) -> String {
        match self.database.0.strip_prefix("sqlite:") {
            Some(path) if !path.starts_with(':') => format!("sqlite:{}", data.join(path).display()),
            _ => self.database.0.clone(),
        }
    }

    /// Root of the recordings; a relative path counts from `data`.
    pub fn recordings_dir(&self, data: &Path) -> PathBuf {
        data.join(&self.recordings)
    }

    /// The clocks of the business. Its name was checked when it was loaded.
    pub fn zone(&self) -> TimeZone {
        TimeZoneDatabase::bundled().get(&self.business.timezone).unwrap_or(TimeZone::UTC)
    }

    /// The keys that differ from `new` and are only read at start: a reload cannot move a socket or a database.
    pub fn needs_restart(&self, new: &Settings) -> Vec<&'static str> {
        let differs = [
            ("listen.http", self.listen.http != new.listen.http),
            ("listen.sip", self.listen.sip != new.listen.sip),
            ("listen.media", self.listen.media != new.listen.media),
            ("listen.hosts", self.listen.hosts != new.listen.hosts),
            ("listen.https", self.listen.https != new.listen.https),
            ("db.url", self.database != new.database),
            ("recordings.dir", self.recordings != new.recordings),
            ("limits.tcp_connections", self.limits.tcp_connections != new.limits.tcp_connections),
            ("log.level", self.log.level != new.log.level),
            ("log.format", self.log.format != new.log.format),
            ("metrics.enabled", self.metrics != new.metrics),
            ("metrics.public", self.metrics_public != new.metrics_public),
        ];
        differs.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| key).collect()
    }
}
