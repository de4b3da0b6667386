//! A look-up: several questions one after the other on one connection, under one clock. A phone is ringing meanwhile.

use sqlx::pool::PoolConnection;
use sqlx::{Postgres, Sqlite};
use tokio::time::Instant;

use super::pool::Pool;
use super::read::LONGEST;
use super::value::bound;
use super::{Db, Row, Value};
use crate::error::Result;

/// The connection of one look-up; it goes back when it is dropped.
pub(crate) struct Look {
    lent: Lent,
    db: Db,
    until: Instant,
}

enum Lent {
    /// Inside a unit that has written: its transaction answers.
    Unit,
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

impl Db {
    /// Begins a look-up.
    pub(crate) async fn look(&self) -> Result<Look> {
        let until = Instant::now() + LONGEST;
        let is_written = self.unit.as_ref().is_some_and(super::unit::Slot::is_written);
        let lent = match &self.read {
            _ if is_written => Lent::Unit,
            Pool::Sqlite(pool, _) => Lent::Sqlite(self.in_time(until, pool.acquire()).await?),
            Pool::Postgres(pool) => Lent::Postgres(self.in_time(until, pool.acquire()).await?),
        };
        Ok(Look { lent, db: self.clone(), until })
    }
}

impl Look {
    /// All rows of a reading statement.
    pub(crate) async fn rows(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Row>> {
        match &mut self.lent {
            Lent::Unit => self.db.rows(sql, values).await,
            Lent::Sqlite(connection) => {
                let rows = self.db.in_time(self.until, bound!(sql, values).fetch_all(&mut **connection)).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Lent::Postgres(connection) => {
                let rows = self.db.in_time(self.until, bound!(sql, values).fetch_all(&mut **connection)).await?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    /// The first row, if any.
    pub(crate) async fn row(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Option<Row>> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }
}
