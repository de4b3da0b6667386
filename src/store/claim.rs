//! One daemon per database: on PostgreSQL, where a file's lock says nothing of another machine, an advisory lock on a
//! connection of its own, which the server takes away with the connection. It is taken before anything of the database is
//! read or changed.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection, Row as _};

use crate::error::{Result, StoreError};
use crate::trouble::Trouble;

/// `santral` in ASCII: the same for every daemon, since every daemon closes the calls that another run left open.
const KEY: i64 = 0x0073_616e_7472_616c;

/// How long the server may take for a word about the claim.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long it may take for a word on a connection that stands: nothing is asked there but whether it does.
const PULSE: Duration = Duration::from_secs(2);

/// Bytes of a name that PostgreSQL keeps.
const NAME: usize = 63;
/// Between two looks at whether an earlier connection of ours has ended.
const PAUSE: Duration = Duration::from_millis(50);

/// The database is this daemon's for as long as this lives. SQLite's is who has locked its file.
#[derive(Debug)]
pub struct Claim {
    connection: Option<PgConnection>,
}

/// What became of a claim.
#[derive(Debug)]
pub enum Claimed {
    /// It is ours.
    Ours(Claim),
    /// Somebody else has it.
    Theirs(Rival),
}

/// Who has the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rival {
    /// What it calls itself: the `holder` of its claim. Empty when the server does not say.
    pub name: String,
    /// Where it comes from; `None` for the server's own machine.
    pub address: Option<String>,
}

/// Claims a database for the daemon called `holder`, without looking at what is in it. What an earlier connection of the
/// same holder still has there, since the server has not noticed its end, is taken over: a name must be nobody else's.
///
/// # Errors
/// Database errors; [`StoreError::Away`] when the server says nothing for five seconds.
pub async fn claim(url: &str, holder: &str) -> Result<Claimed> {
    if !is_server(url) {
        return Ok(Claimed::Ours(Claim { connection: None }));
    }
    // A server that hears nothing of us for half a minute gives the database free.
    let keepalive = [("tcp_keepalives_idle", "15"), ("tcp_keepalives_interval", "5"), ("tcp_keepalives_count", "3")];
    let options = PgConnectOptions::from_str(url)?.application_name(holder).options(keepalive);
    let silence = |_| StoreError::Away(Trouble::Unreachable);
    tokio::time::timeout(PATIENCE, ask(options, holder)).await.map_err(silence)?
}

/// The file that a database is; `None` when it is on a server or in memory.
pub fn file_of(url: &str) -> Option<PathBuf> {
    if is_server(url) || url.contains(":memory:") {
        return None;
    }
    SqliteConnectOptions::from_str(url).ok().map(|options| options.get_filename().to_owned())
}

pub(crate) fn is_server(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

async fn ask(options: PgConnectOptions, holder: &str) -> Result<Claimed> {
    let mut connection = options.connect().await.map_err(StoreError::from)?;
    loop {
        let row = sqlx::query("SELECT pg_try_advisory_lock($1) AS ours").bind(KEY).fetch_one(&mut connection).await?;
        if row.try_get::<bool, _>("ours")? {
            return Ok(Claimed::Ours(Claim { connection: Some(connection) }));
        }
        let (rival, pid) = rival(&mut connection).await?;
        if rival.name.is_empty() || rival.name != cut(holder) {
            drop(connection.close().await);
            return Ok(Claimed::Theirs(rival));
        }
        sqlx::query("SELECT pg_terminate_backend($1)").bind(pid).execute(&mut connection).await?;
        tokio::time::sleep(PAUSE).await;
    }
}

/// As much of a name as the server keeps.
fn cut(name: &str) -> &str {
    name.get(..NAME).unwrap_or(name)
}

/// Who has the database, and their process on the server.
async fn rival(connection: &mut PgConnection) -> Result<(Rival, i32)> {
    let sql = "SELECT a.application_name AS name, host(a.client_addr) AS address, a.pid \
                   FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid \
                   WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 \
                   AND ((l.classid::bigint << 32) | l.objid::bigint) = $1 AND l.database = \
                   (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1";
    let Some(row) = sqlx::query(sql).bind(KEY).fetch_optional(connection).await? else {
        return Ok((Rival { name: String::new(), address: None }, 0));
    };
    let name = row.try_get::<Option<String>, _>("name")?.unwrap_or_default();
    Ok((Rival { name, address: row.try_get("address")? }, row.try_get("pid")?))
}

impl Claim {
    /// Whether it still stands: the server may have ended the connection.
    pub async fn stands(&mut self) -> bool {
        match &mut self.connection {
            Some(connection) => tokio::time::timeout(PULSE, connection.ping()).await.is_ok_and(|answer| answer.is_ok()),
            None => true,
        }
    }

    /// Gives the database free.
    pub async fn release(self) {
        if let Some(connection) = self.connection {
            let _ = tokio::time::timeout(PULSE, connection.close()).await;
        }
    }
}
