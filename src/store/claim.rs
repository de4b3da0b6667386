//! One daemon per database: on PostgreSQL, where a data folder's lock says nothing of another machine, an advisory lock on
//! a connection of its own, which the server takes away with the connection.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection, Row as _};

use crate::Store;
use crate::error::{Result, StoreError};
use crate::trouble::Trouble;

/// `santral` in ASCII: the same for every daemon, since every daemon closes the calls that another run left open.
const KEY: i64 = 0x0073_616e_7472_616c;

/// How long the server may take for a word about the claim.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long it may take for a word on a connection that stands: nothing is asked there but whether it does.
const PULSE: Duration = Duration::from_secs(2);

/// The database is this daemon's for as long as this lives. SQLite's is its folder's.
#[derive(Debug)]
pub struct Claim {
    connection: Option<PgConnection>,
}

/// What became of a claim.
#[derive(Debug)]
pub enum Claimed {
    /// It is ours.
    Ours(Claim),
    /// Another daemon has it; how the server knows that one: `santral pid 4711 on desk-1, from 10.0.0.7`.
    Theirs(String),
}

impl Store {
    /// Claims the database for the daemon called `holder`.
    ///
    /// # Errors
    /// Database errors; [`StoreError::Away`] when the server says nothing for five seconds.
    pub async fn claim(&self, holder: &str) -> Result<Claimed> {
        let Some(options) = self.db.server() else { return Ok(Claimed::Ours(Claim { connection: None })) };
        let silence = |_| StoreError::Away(Trouble::Unreachable);
        tokio::time::timeout(PATIENCE, claim(options, holder)).await.map_err(silence)?
    }
}

async fn claim(options: PgConnectOptions, holder: &str) -> Result<Claimed> {
    let mut connection = options.application_name(holder).connect().await.map_err(StoreError::from)?;
    let row = sqlx::query("SELECT pg_try_advisory_lock($1) AS ours").bind(KEY).fetch_one(&mut connection).await?;
    if row.try_get::<bool, _>("ours")? {
        return Ok(Claimed::Ours(Claim { connection: Some(connection) }));
    }
    let sql = "SELECT a.application_name AS name, COALESCE(host(a.client_addr), 'the same machine') AS address \
                   FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid \
                   WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 \
                   AND ((l.classid::bigint << 32) | l.objid::bigint) = $1 AND l.database = \
                   (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1";
    let other = sqlx::query(sql).bind(KEY).fetch_optional(&mut connection).await?;
    let (name, address) = match other {
        Some(row) => (row.try_get::<String, _>("name")?, row.try_get::<String, _>("address")?),
        None => (String::new(), String::new()),
    };
    drop(connection.close().await);
    Ok(Claimed::Theirs(format!("{name}, from {address}")))
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
