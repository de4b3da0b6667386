//! What kind of trouble a database is in, for words a person can act on. The drivers' own texts are English and long.

use crate::StoreError;

/// Why a database does not serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Nobody listens there, or its host has no address.
    Unreachable,
    /// User or password are refused.
    Denied,
    /// The server has no database of that name.
    Missing,
    /// The file or its folder cannot be opened.
    CannotOpen,
    /// The file cannot be written to.
    ReadOnly,
    /// The disk is full.
    Full,
    /// It is no database, or a damaged one.
    Damaged,
    /// Locked, or too many connections.
    Busy,
    /// Its tables are of another version of the program.
    OtherVersion,
    /// Something else.
    Other,
}

impl Trouble {
    /// The word for `/health` and the page: `down`, `full`, `read-only`, `busy`, `failing`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable | Self::Denied | Self::Missing => "down",
            Self::Full => "full",
            Self::ReadOnly => "read-only",
            Self::Busy => "busy",
            Self::CannotOpen | Self::Damaged | Self::OtherVersion | Self::Other => "failing",
        }
    }

    /// For the log.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Unreachable => "cannot be reached",
            Self::Denied => "refuses this user",
            Self::Missing => "is not there",
            Self::CannotOpen => "cannot read or write its files",
            Self::ReadOnly => "may be read only",
            Self::Full => "has no room left",
            Self::Damaged => "is damaged",
            Self::Busy => "is busy",
            Self::OtherVersion => "is of another version",
            Self::Other => "fails",
        }
    }
}

impl StoreError {
    /// What kind of trouble it is.
    pub fn trouble(&self) -> Trouble {
        match self {
            Self::Busy => Trouble::Busy,
            Self::Migration(sqlx::migrate::MigrateError::Execute(error)) => of_driver(error),
            Self::Migration(_) => Trouble::OtherVersion,
            Self::Away(trouble) => *trouble,
            Self::Database(error) => of_driver(error),
            Self::Damaged(_) => Trouble::Damaged,
            _ => Trouble::Other,
        }
    }
}

pub(crate) fn of_driver(error: &sqlx::Error) -> Trouble {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::PoolClosed => {
            Trouble::Unreachable
        }
        sqlx::Error::WorkerCrashed | sqlx::Error::BeginFailed => Trouble::CannotOpen,
        sqlx::Error::PoolTimedOut => Trouble::Busy,
        sqlx::Error::Database(cause) => of_code(cause.code().as_deref().unwrap_or_default()),
        _ => Trouble::Other,
    }
}

/// SQLite's result codes (the low byte of an extended one counts), PostgreSQL's five letters.
fn of_code(code: &str) -> Trouble {
    let sqlite = code.parse::<u32>().ok().filter(|_| code.len() < 5).map(|code| code & 0xff);
    match (sqlite, code) {
        // PostgreSQL's: serialization failure, deadlock, lock timeout, a cancelled statement, memory, connections, start.
        (Some(5 | 6), _) | (_, "40001" | "40P01" | "55P03" | "57014" | "53200" | "53300" | "57P03") => Trouble::Busy,
        (Some(8), _) | (_, "25006") => Trouble::ReadOnly,
        (Some(13), _) | (_, "53100") => Trouble::Full,
        (Some(11 | 26), _) | (_, "XX001" | "XX002") => Trouble::Damaged,
        // PERM, NOMEM, IOERR, CANTOPEN, PROTOCOL; PostgreSQL's own input and output.
        (Some(3 | 7 | 10 | 14 | 15), _) | (_, "58030" | "58P01" | "58P02") => Trouble::CannotOpen,
        (_, "28000" | "28P01" | "42501") => Trouble::Denied,
        (_, "3D000") => Trouble::Missing,
        // The connection is gone, the server shuts down or has crashed.
        (_, "57P01" | "57P02" | "57P05") => Trouble::Unreachable,
        (None, code) if code.starts_with("08") => Trouble::Unreachable,
        _ => Trouble::Other,
    }
}

/// Whether a value is refused for ever. SQLite's TOOBIG, CONSTRAINT, MISMATCH and RANGE; PostgreSQL's classes of
/// cardinality, data, integrity, and limits of the program.
pub(crate) fn is_refused(code: &str) -> bool {
    match code.parse::<u32>() {
        Ok(sqlite) if code.len() < 5 => matches!(sqlite & 0xff, 18 | 19 | 20 | 25),
        _ => ["21", "22", "23", "54"].iter().any(|class| code.starts_with(class)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Trouble, is_refused, of_code};

    #[test]
    fn the_codes_of_both_databases_are_told_apart() {
        let cases = [
            ("14", Trouble::CannotOpen),
            ("1032", Trouble::ReadOnly),
            ("13", Trouble::Full),
            ("26", Trouble::Damaged),
            ("517", Trouble::Busy),
            ("53300", Trouble::Busy),
            ("53100", Trouble::Full),
            ("28P01", Trouble::Denied),
            ("3D000", Trouble::Missing),
            ("25006", Trouble::ReadOnly),
            ("42601", Trouble::Other),
            ("1034", Trouble::CannotOpen),
            ("40P01", Trouble::Busy),
            ("57P01", Trouble::Unreachable),
            ("08006", Trouble::Unreachable),
            ("58030", Trouble::CannotOpen),
        ];
        for (code, trouble) in cases {
            assert_eq!(of_code(code), trouble, "{code}");
        }
    }

    #[test]
    fn what_passes_is_told_from_what_is_refused_for_ever() {
        for code in ["18", "1299", "20", "22021", "23502", "54000"] {
            assert!(is_refused(code), "{code}");
        }
        for code in ["1", "5", "13", "1034", "42P01", "40001", "57P01", ""] {
            assert!(!is_refused(code), "{code}");
        }
    }
}
