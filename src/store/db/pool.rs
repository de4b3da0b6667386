//! The connections: how they are opened, and for what.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use crate::error::Result;

/// How long a statement waits for a lock or a connection before it is [`crate::StoreError::Busy`].
const PATIENCE: Duration = Duration::from_secs(5);

/// Connections of one purpose to the database in use.
#[derive(Clone, Debug)]
pub(super) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// Which database is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// What the connections of a pool are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Single rows and the few rows of one thing.
    Read,
    /// Lists and searches.
    List,
    Write,
    /// A database in memory, which has one connection.
    Only,
}

impl Use {
    fn only_reads(self) -> bool {
        matches!(self, Self::Read | Self::List)
    }

    /// SQLite has one writer; its readers never wait for it (WAL).
    fn connections(self, kind: Kind) -> u32 {
        match (self, kind) {
            (Self::Read | Self::List, Kind::Sqlite) => 4,
            (Self::Write | Self::Only, Kind::Sqlite) => 1,
            (Self::Read, Kind::Postgres) => 8,
            (Self::List | Self::Write | Self::Only, Kind::Postgres) => 4,
        }
    }
}

impl Pool {
    pub(super) async fn open(url: &str, purpose: Use) -> Result<Self> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let size = purpose.connections(Kind::Postgres);
            let options = PgPoolOptions::new().max_connections(size).acquire_timeout(PATIENCE);
            let mut server = PgConnectOptions::from_str(url)?;
            if purpose == Use::List {
                server = server.options([("client_connection_check_interval", "250")]);
            }
            return Ok(Self::Postgres(options.connect_with(server).await?));
        }
        Ok(Self::Sqlite(sqlite(url, purpose).await?))
    }

    pub(super) async fn migrate(&self) -> Result<()> {
        match self {
            Self::Sqlite(pool) => sqlx::migrate!("../../migrations/sqlite").run(pool).await?,
            Self::Postgres(pool) => sqlx::migrate!("../../migrations/postgres").run(pool).await?,
        }
        Ok(())
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Sqlite(_) => Kind::Sqlite,
            Self::Postgres(_) => Kind::Postgres,
        }
    }

    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// WAL lets readers go on while one writes. `synchronous = FULL` syncs the log at each commit, so that what was
/// answered with 201 survives a power cut, not only a killed process; writes are batched by the journal, so the price
/// is a few syncs a second.
async fn sqlite(url: &str, purpose: Use) -> Result<SqlitePool> {
    let options = SqliteConnectOptions::from_str(url)?
        .create_if_missing(!purpose.only_reads())
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("temp_store", "memory")
        .pragma("query_only", if purpose.only_reads() { "on" } else { "off" });
    let pool = SqlitePoolOptions::new().max_connections(purpose.connections(Kind::Sqlite)).acquire_timeout(PATIENCE);
    // A connection of `:memory:` is the database: it must not be closed for being idle or old.
    Ok(pool
        .min_connections(u32::from(!purpose.only_reads()))
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options)
        .await?)
}
