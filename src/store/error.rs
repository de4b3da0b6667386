//! What can go wrong with kept data.

/// Why the store refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such row.
    #[error("not found")]
    NotFound,
    /// Somebody changed the row since it was read (`If-Match`).
    #[error("changed meanwhile")]
    Changed,
    /// It contradicts what is kept; the word says how: `taken`, `duplicate`, `too-late`, `not-yours`, `status`.
    #[error("conflict: {0}")]
    Conflict(&'static str),
    /// A value cannot be kept.
    #[error("invalid {field}: {code}")]
    Invalid {
        /// The field (`lines/0/quantity`, `phones/1`).
        field: String,
        /// One word: `required`, `invalid`, `too-long`, `unknown`.
        code: &'static str,
    },
    /// The database is overloaded or locked; worth trying again.
    #[error("database is busy")]
    Busy,
    /// A list or a search took longer than one may; a narrower question is answered.
    #[error("search too broad")]
    TooBroad,
    /// The database takes nothing until its cause is gone.
    #[error("database {0}")]
    Away(Outage),
    /// The database failed.
    #[error("database: {0}")]
    Database(sqlx::Error),
    /// The migrations could not be applied.
    #[error("migration: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A kept value cannot be read back.
    #[error("damaged value in column {0}")]
    Damaged(&'static str),
}

/// Why a database takes nothing at the moment. What it refuses then it takes when the cause is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outage {
    /// It cannot be reached, or ended the connection.
    Down,
    /// No room is left.
    Full,
    /// It may be read only.
    ReadOnly,
    /// Its disk reports errors, or its files are not what they were.
    Failing,
}

impl Outage {
    /// The word for logs, `/health` and the page: `down`, `full`, `read-only`, `failing`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Full => "full",
            Self::ReadOnly => "read-only",
            Self::Failing => "failing",
        }
    }
}

impl std::fmt::Display for Outage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Down => "cannot be reached",
            Self::Full => "has no room left",
            Self::ReadOnly => "may be read only",
            Self::Failing => "cannot read or write its files",
        })
    }
}

/// Result of the store.
pub type Result<T> = std::result::Result<T, StoreError>;

impl StoreError {
    /// An invalid field.
    pub fn invalid(field: impl Into<String>, code: &'static str) -> Self {
        Self::Invalid { field: field.into(), code }
    }

    /// Whether the same write may succeed later: the database is locked, full or away. A value that it refuses today it
    /// refuses for ever.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Busy | Self::Away(_) => true,
            Self::Database(sqlx::Error::Database(cause)) => Verdict::of(cause.as_ref()) == Verdict::Unknown,
            Self::Database(error) => {
                !matches!(error, sqlx::Error::Encode(_) | sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. })
            }
            _ => false,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::RowNotFound => Self::NotFound,
            sqlx::Error::PoolTimedOut => Self::Busy,
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::PoolClosed => {
                Self::Away(Outage::Down)
            }
            sqlx::Error::WorkerCrashed | sqlx::Error::BeginFailed => Self::Away(Outage::Failing),
            sqlx::Error::Database(cause) if cause.is_unique_violation() => Self::Conflict("duplicate"),
            sqlx::Error::Database(cause) if cause.is_foreign_key_violation() => Self::Conflict("reference"),
            sqlx::Error::Database(cause) => match Verdict::of(cause.as_ref()) {
                Verdict::Busy => Self::Busy,
                Verdict::Away(outage) => Self::Away(outage),
                Verdict::Refused | Verdict::Unknown => Self::Database(error),
            },
            _ => Self::Database(error),
        }
    }
}

/// What a database's own code means for whoever wanted to write.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// Locked or overloaded.
    Busy,
    /// Nothing is taken at the moment.
    Away(Outage),
    /// This value is never taken.
    Refused,
    /// A code that says none of these.
    Unknown,
}

impl Verdict {
    fn of(cause: &dyn sqlx::error::DatabaseError) -> Self {
        match cause.code().as_deref() {
            // PostgreSQL's codes have five characters, SQLite's are numbers of at most four digits.
            Some(code) if code.len() == 5 => Self::of_postgres(code),
            Some(code) => code.parse().map_or(Self::Unknown, Self::of_sqlite),
            None => Self::Unknown,
        }
    }

    /// The low byte is the kind of failure, the rest its place (`SQLITE_IOERR_FSYNC`).
    fn of_sqlite(code: u32) -> Self {
        match code & 0xff {
            // BUSY, LOCKED
            5 | 6 => Self::Busy,
            // FULL
            13 => Self::Away(Outage::Full),
            // READONLY
            8 => Self::Away(Outage::ReadOnly),
            // PERM, NOMEM, IOERR, CORRUPT, CANTOPEN, PROTOCOL, NOTADB
            3 | 7 | 10 | 11 | 14 | 15 | 26 => Self::Away(Outage::Failing),
            // TOOBIG, CONSTRAINT, MISMATCH, RANGE
            18 | 19 | 20 | 25 => Self::Refused,
            _ => Self::Unknown,
        }
    }

    fn of_postgres(code: &str) -> Self {
        match code {
            "53100" => Self::Away(Outage::Full),
            "25006" => Self::Away(Outage::ReadOnly),
            // Serialization failure, deadlock, lock timeout, statement cancelled.
            "40001" | "40P01" | "55P03" | "57014" => Self::Busy,
            // Data exception, cardinality, integrity, a limit of the program.
            _ if ["21", "22", "23", "54"].contains(&&code[..2]) => Self::Refused,
            // Insufficient resources: memory, connections.
            _ if code.starts_with("53") => Self::Busy,
            // Connection, authorisation, database, operator intervention (shut down, starting up).
            _ if ["08", "28", "3D", "57"].contains(&&code[..2]) => Self::Away(Outage::Down),
            // System error, corruption.
            _ if ["58", "XX"].contains(&&code[..2]) => Self::Away(Outage::Failing),
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_from_what_is_refused_for_ever() {
        let sqlite = [
            (5, Verdict::Busy),
            (517, Verdict::Busy),
            (13, Verdict::Away(Outage::Full)),
            (8, Verdict::Away(Outage::ReadOnly)),
            (1032, Verdict::Away(Outage::ReadOnly)),
            (10, Verdict::Away(Outage::Failing)),
            (1034, Verdict::Away(Outage::Failing)),
            (14, Verdict::Away(Outage::Failing)),
            (1299, Verdict::Refused),
            (18, Verdict::Refused),
            (1, Verdict::Unknown),
        ];
        for (code, verdict) in sqlite {
            assert_eq!(Verdict::of_sqlite(code), verdict, "{code}");
        }
        let postgres = [
            ("53100", Verdict::Away(Outage::Full)),
            ("53300", Verdict::Busy),
            ("40P01", Verdict::Busy),
            ("25006", Verdict::Away(Outage::ReadOnly)),
            ("57P01", Verdict::Away(Outage::Down)),
            ("57P03", Verdict::Away(Outage::Down)),
            ("57014", Verdict::Busy),
            ("08006", Verdict::Away(Outage::Down)),
            ("58030", Verdict::Away(Outage::Failing)),
            ("22021", Verdict::Refused),
            ("23502", Verdict::Refused),
            ("54000", Verdict::Refused),
            ("42P01", Verdict::Unknown),
        ];
        for (code, verdict) in postgres {
            assert_eq!(Verdict::of_postgres(code), verdict, "{code}");
        }
    }
}
