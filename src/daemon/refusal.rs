//! Why a command could not do its work, as words of the catalogue: what it is, and what to do about it.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use store::{Rival, StoreError, Trouble};

use crate::config::words::{self, Language};
use crate::config::{Diagnostic, cause, render, secrets};
use crate::lock::{LockError, Place};
use crate::serve::StartError;
use crate::{claim, cli, holder};

/// A command that did not do its work.
#[derive(Debug)]
pub struct Refusal {
    /// Name in `[refusal]` of the catalogue; `{name}-help` says what to do.
    name: &'static str,
    words: BTreeMap<String, String>,
    findings: Vec<Diagnostic>,
    code: u8,
}

/// What was to be started: where a port is named differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// `santral demo`, by options.
    Demo,
    /// `santral serve`, by files.
    Serve,
}

impl Refusal {
    /// By its name in the catalogue. It could not be tried.
    pub fn new(name: &'static str) -> Self {
        Self { name, words: BTreeMap::new(), findings: Vec::new(), code: cli::NOT_TRIED }
    }

    /// The configuration has errors.
    pub fn of_findings(findings: Vec<Diagnostic>) -> Self {
        let code = if render::is_unreadable(&findings) { cli::NOT_TRIED } else { cli::NO };
        Self { findings, code, ..Self::new("configuration") }
    }

    /// Fills a gap of its sentences.
    #[must_use]
    pub fn with(mut self, name: &str, word: impl Into<String>) -> Self {
        self.words.insert(name.to_owned(), word.into());
        self
    }

    /// It was tried, and the answer is no.
    #[must_use]
    pub fn answered(mut self) -> Self {
        self.code = cli::NO;
        self
    }

    /// The exit code.
    pub fn exit_code(&self) -> u8 {
        self.code
    }

    /// For a person: what is wrong, and below it what to do.
    pub fn text(&self, language: Language) -> String {
        if !self.findings.is_empty() {
            return render::text(&self.findings, language);
        }
        let words = words::of(language);
        let sentence = words.sentence("refusal", self.name, &self.words).unwrap_or_else(|| self.name.to_owned());
        let mut text = format!("{}: {sentence}\n", words.line("error", &[]));
        for more in ["who", "help"] {
            if let Some(line) = words.sentence("refusal", &format!("{}-{more}", self.name), &self.words) {
                let title = words.line(more, &[]);
                text.push_str(&format!(" = {title}: {line}\n"));
            }
        }
        text
    }
}

/// Why the daemon did not start.
pub fn of_start(error: &StartError, asked: Asked) -> Refusal {
    match error {
        StartError::Listen { what, address, error } => of_port(what, *address, error, asked),
        StartError::Store(error) => of_store(error),
        StartError::Folder { path, error } => of_folder(path, error),
        StartError::Lock(error) => of_lock(error),
        StartError::Taken(rival) => of_rival(rival),
        StartError::Journal(error) => Refusal::new("journal").with("detail", cause(error)),
        StartError::Media(error) => Refusal::new("system").with("detail", cause(error)),
        StartError::Control(error) if error.kind() == ErrorKind::AddrInUse => Refusal::new("running"),
        StartError::Control(error) => Refusal::new("control").with("detail", cause(error)),
        StartError::Zone(_) => Refusal::new("zone"),
        StartError::Sample(detail) => Refusal::new("sample").with("detail", detail.clone()),
        StartError::NotADemo(path) => Refusal::new("not-a-demo").with("folder", path.display().to_string()).answered(),
    }
}

/// Something that another daemon works on.
pub fn of_lock(error: &LockError) -> Refusal {
    let (place, path, holder) = match error {
        LockError::Held { place, path, holder } => (place, path, holder),
        LockError::Folder { folder, error } => return of_folder(folder, error),
    };
    let name = match place {
        Place::Data => "folder-held",
        Place::Database => "database-file-held",
        Place::Recordings => "recordings-held",
    };
    let refusal = Refusal::new(name).with("folder", path.display().to_string());
    match holder.strip_prefix("pid ") {
        Some(pid) => refusal.with("pid", pid),
        None => refusal,
    }
}

/// A database on a server that another daemon works on.
pub fn of_rival(rival: &Rival) -> Refusal {
    let refusal = Refusal::new("database-held");
    let Some((pid, host)) = claim::process_of(&rival.name) else { return refusal };
    let address = rival.address.as_deref().unwrap_or(host);
    refusal.with("pid", pid).with("host", host).with("address", address)
}

fn of_port(what: &str, address: std::net::SocketAddr, error: &std::io::Error, asked: Asked) -> Refusal {
    let name = match (error.kind(), asked) {
        (ErrorKind::AddrInUse, Asked::Serve) => "port-taken",
        (ErrorKind::AddrInUse, Asked::Demo) => "port-taken-demo",
        (ErrorKind::PermissionDenied, Asked::Serve) => "port-denied",
        (ErrorKind::PermissionDenied, Asked::Demo) => "port-denied-demo",
        (ErrorKind::AddrNotAvailable, _) => "port-not-ours",
        _ => "port",
    };
    let setting = match (what, asked) {
        ("SIP", Asked::Serve) => "listen.sip",
        (_, Asked::Serve) => "listen.http",
        ("SIP", Asked::Demo) => "--sip-port",
        (_, Asked::Demo) => "--port",
    };
    let mut refusal = Refusal::new(name)
        .with("what", what)
        .with("address", address.to_string())
        .with("port", address.port().to_string())
        .with("setting", setting)
        .with("detail", cause(error));
    if error.kind() == ErrorKind::AddrInUse
        && let Some(holder) = holder::of(address.port())
    {
        refusal = refusal.with("program", holder.program).with("pid", holder.pid.to_string());
    }
    refusal
}

/// A folder that cannot be used.
pub fn of_folder(path: &Path, error: &std::io::Error) -> Refusal {
    let name = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "disk-full",
        _ => "folder",
    };
    // What is "there already" where a folder was to be made is a file.
    let detail = if error.kind() == ErrorKind::AlreadyExists { "@io-no-folder".to_owned() } else { cause(error) };
    Refusal::new(name).with("folder", path.display().to_string()).with("detail", detail)
}

/// Secrets that could not be made.
pub fn of_secrets(error: &secrets::SecretsError, folder: &Path) -> Refusal {
    match error {
        secrets::SecretsError::Configuration(findings) => Refusal::of_findings(findings.clone()),
        secrets::SecretsError::Io(error) => {
            let file = folder.join(secrets::FILE).display().to_string();
            Refusal::new("secrets").with("file", file).with("detail", cause(error))
        }
    }
}

/// A database that does not serve.
pub fn of_store(error: &StoreError) -> Refusal {
    let name = match error.trouble() {
        Trouble::Unreachable => "database-away",
        Trouble::Denied => "database-denied",
        Trouble::Missing => "database-missing",
        Trouble::CannotOpen => "database-cannot-open",
        Trouble::ReadOnly => "database-read-only",
        Trouble::Full => "database-full",
        Trouble::Damaged => "database-damaged",
        Trouble::Busy => "database-busy",
        Trouble::OtherVersion => "database-other-version",
        Trouble::Other => "database",
    };
    Refusal::new(name).with("detail", error.to_string())
}
