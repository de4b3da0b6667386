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

impl StoreError {
    /// What kind of trouble it is.
    pub fn trouble(&self) -> Trouble {
        match self {
            Self::Busy => Trouble::Busy,
            Self::Migration(sqlx::migrate::MigrateError::Execute(error)) => of_driver(error),
            Self::Migration(_) => Trouble::OtherVersion,
            Self::Database(error) => of_driver(error),
            Self::Damaged(_) => Trouble::Damaged,
            _ => Trouble::Other,
        }
    }
}

fn of_driver(error: &sqlx::Error) -> Trouble {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) => Trouble::Unreachable,
        sqlx::Error::PoolTimedOut => Trouble::Busy,
        sqlx::Error::Database(cause) => of_code(cause.code().as_deref().unwrap_or_default()),
        _ => Trouble::Other,
    }
}

/// SQLite's result codes (the low byte of an extended one counts), PostgreSQL's five letters.
fn of_code(code: &str) -> Trouble {
    let sqlite = code.parse::<u32>().ok().filter(|_| code.len() < 5).map(|code| code & 0xff);
    match (sqlite, code) {
        (Some(5 | 6), _) | (_, "53300" | "57P03") => Trouble::Busy,
        (Some(8), _) | (_, "25006") => Trouble::ReadOnly,
        (Some(10 | 14), _) => Trouble::CannotOpen,
        (Some(13), _) | (_, "53100") => Trouble::Full,
        (Some(11 | 26), _) => Trouble::Damaged,
        (_, "28000" | "28P01" | "42501") => Trouble::Denied,
        (_, "3D000") => Trouble::Missing,
        _ => Trouble::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::{Trouble, of_code};

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
        ];
        for (code, trouble) in cases {
            assert_eq!(of_code(code), trouble, "{code}");
        }
    }
}
