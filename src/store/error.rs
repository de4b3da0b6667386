//! What can go wrong with kept data.

use crate::trouble::{self, Trouble};

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
    /// Another customer has this number, and nobody said that both may.
    #[error("the number is another customer's")]
    TakenNumber {
        /// The field (`phones/1`).
        field: String,
        /// The number as people write it.
        display: String,
        /// Whose it is.
        customer: crate::Named,
    },
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
    #[error("database {}", .0.words())]
    Away(Trouble),
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
            Self::Busy | Self::Away(_) => true,
            Self::Database(sqlx::Error::Database(cause)) => {
                !trouble::is_refused(cause.code().as_deref().unwrap_or_default())
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
            sqlx::Error::Database(cause) if cause.is_unique_violation() => Self::Conflict("duplicate"),
            sqlx::Error::Database(cause) if cause.is_foreign_key_violation() => Self::Conflict("reference"),
            _ => match trouble::of_driver(&error) {
                Trouble::Busy => Self::Busy,
                Trouble::Other => Self::Database(error),
                trouble => Self::Away(trouble),
            },
        }
    }
}
