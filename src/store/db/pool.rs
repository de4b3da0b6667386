//! The connections: how they are opened, for what, and when one is thrown away.
//!
//! A connection goes back into its pool only when it answers at once and no transaction is left on it. SQLite's are also
//! thrown away after a failure of their files: what they remember of them (a lock, a read-only handle, a broken log)
//! would outlive the cause. The next one who asks gets a new connection.

use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use tokio::time::Instant;

use crate::claim::is_server;
use crate::error::{Result, StoreError};
use crate::trouble::Trouble;

/// How long a statement waits for a lock or a connection before it is [`crate::StoreError::Busy`].
const PATIENCE: Duration = Duration::from_secs(5);

/// How long who only reads waits for one: less than a look-up takes at most, so that it is known which of the two it was.
const READERS: Duration = Duration::from_secs(3);

/// How long a connection may take to answer before it is thrown away.
const PULSE: Duration = Duration::from_secs(2);

/// Connections of one purpose to the database in use.
#[derive(Clone, Debug)]
pub(super) enum Pool {
    Sqlite(SqlitePool, Doubt),
    Postgres(PgPool),
}

/// When the files last failed: connections made before that are not lent again. It is asked when a connection comes back
/// and once more when it is lent, since a failed statement gives its connection back before anybody looks at the failure.
#[derive(Clone, Debug, Default)]
pub(super) struct Doubt(Arc<Mutex<Option<Instant>>>);

impl Doubt {
    fn raise(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether a connection of this age was there when the files failed.
    fn holds_of(&self, age: Duration) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|at| at.elapsed() <= age)
    }
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

    fn patience(self) -> Duration {
        if self.only_reads() { READERS } else { PATIENCE }
    }

    /// How many of them are opened at once. The thread of one that is opened later has the priority of whoever asked first,
    /// which may be a stranger's: nobody's look-up may wait on that.
    fn kept(self, kind: Kind) -> u32 {
        if self == Self::List { 0 } else { self.connections(kind) }
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
        if is_server(url) {
            return Ok(Self::Postgres(postgres(url, purpose).await?));
        }
        let doubt = Doubt::default();
        Ok(Self::Sqlite(sqlite(url, purpose, doubt.clone()).await?, doubt))
    }

    pub(super) async fn migrate(&self) -> Result<()> {
        match self {
            Self::Sqlite(pool, _) => sqlx::migrate!("../../migrations/sqlite").run(pool).await?,
            Self::Postgres(pool) => sqlx::migrate!("../../migrations/postgres").run(pool).await?,
        }
        Ok(())
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Sqlite(..) => Kind::Sqlite,
            Self::Postgres(_) => Kind::Postgres,
        }
    }

    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite(pool, _) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }

    /// What an error of a statement means. No connection in time is a busy database or one that is gone: that is asked.
    pub(super) async fn reason(&self, error: sqlx::Error) -> StoreError {
        let waited = matches!(error, sqlx::Error::PoolTimedOut);
        let reason = StoreError::from(error);
        match self {
            Self::Postgres(pool) if waited => unreachable(&pool.connect_options()).await.unwrap_or(reason),
            Self::Sqlite(_, doubt) => {
                if reason.is_passing() && !matches!(reason, StoreError::Busy) {
                    doubt.raise();
                }
                reason
            }
            Self::Postgres(_) => reason,
        }
    }

    /// A statement that did not come back.
    pub(super) fn silence(&self) -> StoreError {
        match self {
            Self::Sqlite(_, doubt) => {
                doubt.raise();
                StoreError::Away(Trouble::CannotOpen)
            }
            Self::Postgres(_) => StoreError::Away(Trouble::Unreachable),
        }
    }
}

/// Why no connection can be made, if none can.
async fn unreachable(options: &PgConnectOptions) -> Option<StoreError> {
    match tokio::time::timeout(PULSE, options.connect()).await {
        Ok(Ok(connection)) => {
            drop(connection.close().await);
            None
        }
        Ok(Err(error)) => Some(StoreError::from(error)),
        Err(_) => Some(StoreError::Away(Trouble::Unreachable)),
    }
}

/// Whether a connection that comes back may be lent again.
async fn is_clean(connection: &mut impl Connection) -> sqlx::Result<bool> {
    match tokio::time::timeout(PULSE, connection.ping()).await {
        // The answer also means that a roll-back begun by a dropped transaction has been carried out.
        Ok(answer) => answer.map(|()| !connection.is_in_transaction()),
        Err(_) => Err(sqlx::Error::PoolTimedOut),
    }
}

async fn postgres(url: &str, purpose: Use) -> Result<PgPool> {
    // Compiling a plan takes longer than any of our questions.
    let mut server = PgConnectOptions::from_str(url)?.options([("jit", "off")]);
    if purpose == Use::List {
        // A list takes one core of the server at most, and none when nobody waits for it.
        server =
            server.options([("client_connection_check_interval", "250"), ("max_parallel_workers_per_gather", "0")]);
    }
    Ok(PgPoolOptions::new()
        .max_connections(purpose.connections(Kind::Postgres))
        .acquire_timeout(purpose.patience())
        .after_release(|connection, _| Box::pin(is_clean(connection)))
        .connect_with(server)
        .await?)
}

/// The database is made for its owner only, and nobody else on the machine reads one that was made otherwise. Log and index
/// beside it take the rights of the database.
fn for_its_owner(path: &Path) {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let made = std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    let Ok(metadata) = made.and_then(|file| file.metadata()) else { return };
    let mode = metadata.permissions().mode();
    if mode & 0o007 != 0 {
        for file in ["", "-wal", "-shm"].map(|ending| format!("{}{ending}", path.display())) {
            let _ = std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600));
        }
    }
}

/// WAL lets readers go on while one writes. `synchronous = FULL` syncs the log at each commit, so that what was
/// answered with 201 survives a power cut, not only a killed process; writes are batched by the journal, so the price
/// is a few syncs a second.
async fn sqlite(url: &str, purpose: Use, doubt: Doubt) -> Result<SqlitePool> {
    let options = SqliteConnectOptions::from_str(url)?
        .create_if_missing(!purpose.only_reads())
        .foreign_keys(true)
        .busy_timeout(purpose.patience())
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("temp_store", "memory")
        .pragma("query_only", if purpose.only_reads() { "on" } else { "off" });
    if purpose == Use::Write {
        for_its_owner(options.get_filename());
    }
    let pool = SqlitePoolOptions::new()
        .max_connections(purpose.connections(Kind::Sqlite))
        .acquire_timeout(purpose.patience())
        .min_connections(purpose.kept(Kind::Sqlite))
        .idle_timeout(None)
        .max_lifetime(None);
    // A connection of `:memory:` is the database: it must not be closed.
    let pool = if purpose == Use::Only {
        pool
    } else {
        let lent = doubt.clone();
        pool.before_acquire(move |_, known| {
            let is_trusted = !lent.holds_of(known.age);
            Box::pin(async move { Ok(is_trusted) })
        })
        .after_release(move |connection, known| {
            let is_trusted = !doubt.holds_of(known.age);
            Box::pin(async move { Ok(is_trusted && is_clean(connection).await?) })
        })
    };
    Ok(pool.connect_with(options).await?)
}

#[cfg(test)]
mod tests {
    use crate::db::Db;
    use crate::{Faults, Trouble};

    /// Nobody else on the machine reads a database, be it new or one that was made for everybody.
    #[tokio::test]
    async fn a_database_is_its_owners_alone_log_and_index_too() {
        use std::os::unix::fs::PermissionsExt;
        let folder = std::env::temp_dir().join(format!("santral-mode-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("santral.db");
        let modes = || {
            ["", "-wal", "-shm"].map(|ending| {
                let file = format!("{}{ending}", path.display());
                std::fs::metadata(file).unwrap().permissions().mode() & 0o777
            })
        };
        let url = format!("sqlite:{}", path.display());
        for mode in [None, Some(0o644)] {
            if let Some(mode) = mode {
                std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            }
            let db = Db::open(&url, Faults::default()).await.unwrap();
            db.run("CREATE TABLE IF NOT EXISTS heap (page TEXT NOT NULL)", Vec::new()).await.unwrap();
            assert_eq!(modes(), [0o600; 3], "made as {mode:?}");
            db.close().await;
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }

    /// What a full disk is to SQLite, on the writer's one connection: the connection is not lent again, though the failed
    /// statement gave it back before anybody had looked at the failure.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_connection_whose_files_failed_is_not_lent_again() {
        let path = std::env::temp_dir().join(format!("santral-pool-{}.db", std::process::id()));
        let db = Db::open(&format!("sqlite:{}", path.display()), Faults::default()).await.unwrap();
        db.run("CREATE TABLE heap (page TEXT NOT NULL)", Vec::new()).await.unwrap();
        for _ in 0..20 {
            db.run("PRAGMA max_page_count = 1", Vec::new()).await.unwrap();
            let fill = "INSERT INTO heap SELECT hex(zeroblob(100000))";
            let refused = db.run(fill, Vec::new()).await.unwrap_err();
            assert_eq!(refused.trouble(), Trouble::Full, "{refused}");
            db.run(fill, Vec::new()).await.unwrap();
        }
        db.close().await;
        for ending in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{ending}", path.display()));
        }
    }
}
