//! Whether a database's tables are those of this program, asked without changing anything.

use std::str::FromStr;

use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Row};

use crate::claim::is_server;
use crate::error::Result;

/// The newest step that was carried out.
const NEWEST: &str = "SELECT MAX(version) AS newest FROM _sqlx_migrations WHERE success = TRUE";

/// Whether [`crate::Store::open`] would find nothing to bring up to date. A database that is not there, is empty or is
/// another version's is none of ours.
///
/// # Errors
/// When a server cannot be reached.
pub async fn is_current(url: &str) -> Result<bool> {
    if is_server(url) {
        let mut server = PgConnectOptions::from_str(url)?.connect().await?;
        let newest = sqlx::query(NEWEST).fetch_one(&mut server).await.and_then(|row| row.try_get("newest")).ok();
        server.close().await?;
        return Ok(newest == newest_of(&sqlx::migrate!("../../migrations/postgres")));
    }
    let Ok(mut file) = SqliteConnectOptions::from_str(url)?.read_only(true).connect().await else { return Ok(false) };
    let newest = sqlx::query(NEWEST).fetch_one(&mut file).await.and_then(|row| row.try_get("newest")).ok();
    file.close().await?;
    Ok(newest == newest_of(&sqlx::migrate!("../../migrations/sqlite")))
}

fn newest_of(steps: &Migrator) -> Option<i64> {
    steps.iter().map(|step| step.version).max()
}
