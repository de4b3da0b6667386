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
            Self::Busy => true,
            Self::Database(sqlx::Error::Database(cause)) => {
                matches!(cause.kind(), sqlx::error::ErrorKind::Other) && !is_value_refused(cause.code().as_deref())
            }
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
            sqlx::Error::Database(cause) if cause.is_unique_violation() => Self::Conflict("duplicate"),
            sqlx::Error::Database(cause) if cause.is_foreign_key_violation() => Self::Conflict("reference"),
            sqlx::Error::Database(cause) if is_busy(cause.code().as_deref()) => Self::Busy,
            _ => Self::Database(error),
        }
    }
}

/// SQLite's TOOBIG and MISMATCH; PostgreSQL's class 22 (a value it cannot hold).
fn is_value_refused(code: Option<&str>) -> bool {
    code.is_some_and(|code| matches!(code, "18" | "20") || (code.len() == 5 && code.starts_with("22")))
}

/// SQLite's BUSY and LOCKED; PostgreSQL's serialization failure, deadlock, too many connections and lock timeout.
fn is_busy(code: Option<&str>) -> bool {
    matches!(code, Some("5" | "6" | "261" | "517" | "40001" | "40P01" | "53300" | "55P03"))
}
