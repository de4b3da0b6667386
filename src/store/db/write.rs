//! Writing: transactions.

use std::future::Future;
use std::time::Duration;

use sqlx::{AssertSqlSafe, Postgres, SqlSafeStr, Sqlite, Transaction};

use super::faults::{Fault, Point};
use super::pool::Pool;
use super::unit::Slot;
use super::value::bound;
use super::{Db, Row, Value, placeholders};
use crate::error::Result;

/// No statement takes longer, unless the disk or the server has stopped answering.
const LONGEST: Duration = Duration::from_secs(30);

/// Bound values of one statement; SQLite allows 32766, PostgreSQL 65535.
const MOST_VALUES: usize = 30_000;
/// Rows of one statement: more make the statement slower to parse than it saves.
const MOST_ROWS: usize = 100;

impl Db {
    /// One writing statement in its own transaction; how many rows it touched.
    pub(crate) async fn run(&self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<u64> {
        let sql = sql.into_sql_str();
        if self.unit.is_some() {
            let mut tx = self.begin().await?;
            let touched = tx.run(sql, values).await?;
            tx.commit().await?;
            return Ok(touched);
        }
        self.write(Point::Statement, async |pool: &Pool| {
            Ok(match pool {
                Pool::Sqlite(pool, _) => bound!(sql, values).execute(pool).await?.rows_affected(),
                Pool::Postgres(pool) => bound!(sql, values).execute(pool).await?.rows_affected(),
            })
        })
        .await
    }

    /// As [`Db::run`], for what takes as long as it takes: an index of millions of rows.
    pub(crate) async fn run_long(&self, sql: impl SqlSafeStr) -> Result<u64> {
        let sql = sql.into_sql_str();
        Ok(match &self.write {
            Pool::Sqlite(pool, _) => sqlx::query(sql).execute(pool).await?.rows_affected(),
            Pool::Postgres(pool) => sqlx::query(sql).execute(pool).await?.rows_affected(),
        })
    }

    /// Begins a writing transaction, or goes on with that of the unit.
    pub(crate) async fn begin(&self) -> Result<Tx> {
        let Some(slot) = &self.unit else { return Ok(Tx::alone(self.open_tx().await?, self.clone())) };
        let rested = slot.lend()?;
        let lent = Lent(Some(slot.clone()));
        let open = match rested {
            Some(open) => open,
            None => self.open_tx().await?,
        };
        Ok(Tx { open, db: self.clone(), lent })
    }

    /// The transaction of the unit, when something was written in it.
    pub(super) async fn in_unit(&self) -> Result<Option<Tx>> {
        match &self.unit {
            Some(slot) if slot.is_written() => self.begin().await.map(Some),
            _ => Ok(None),
        }
    }

    /// On SQLite it takes the write lock at once, so that it cannot fail half-way.
    async fn open_tx(&self) -> Result<Open> {
        self.write(Point::Begin, async |pool: &Pool| {
            Ok(match pool {
                Pool::Sqlite(pool, _) => Open::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?),
                Pool::Postgres(pool) => Open::Postgres(pool.begin().await?),
            })
        })
        .await
    }

    /// Carries out one step, bounded in time, and says what its failure means.
    async fn write<T>(&self, point: Point, step: impl AsyncFnOnce(&Pool) -> sqlx::Result<T>) -> Result<T> {
        self.bounded(point, step(&self.write)).await
    }

    async fn bounded<T>(&self, point: Point, step: impl Future<Output = sqlx::Result<T>>) -> Result<T> {
        let fault = self.faults.at(point);
        if let Some(Fault::Before(error)) = fault {
            return Err(error);
        }
        let done = match tokio::time::timeout(LONGEST, step).await {
            Ok(Ok(done)) => done,
            Ok(Err(error)) => return Err(self.write.reason(error).await),
            Err(_) => return Err(self.write.silence()),
        };
        match fault {
            Some(Fault::After(error)) => Err(error),
            _ => Ok(done),
        }
    }
}

/// A writing transaction; rolled back when dropped without [`Tx::commit`]. In a unit it ends with the unit, and dropping it
/// rolls the whole unit back.
pub(crate) struct Tx {
    open: Open,
    db: Db,
    lent: Lent,
}

/// Says that a unit is spoiled, unless it is settled before.
struct Lent(Option<Slot>);

impl Lent {
    fn settle(mut self) -> Option<Slot> {
        self.0.take()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(slot) = self.0.take() {
            slot.spoil();
        }
    }
}

/// A transaction of either database.
#[derive(Debug)]
pub(super) enum Open {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    /// Of no unit.
    pub(super) fn alone(open: Open, db: Db) -> Self {
        Self { open, db, lent: Lent(None) }
    }

    pub(crate) async fn rows(&mut self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<Vec<Row>> {
        let (sql, open) = (sql.into_sql_str(), &mut self.open);
        let step = async {
            Ok(match open {
                Open::Sqlite(tx) => {
                    bound!(sql, values).fetch_all(&mut **tx).await?.into_iter().map(Row::Sqlite).collect()
                }
                Open::Postgres(tx) => {
                    bound!(sql, values).fetch_all(&mut **tx).await?.into_iter().map(Row::Postgres).collect()
                }
            })
        };
        self.db.bounded(Point::Statement, step).await
    }

    pub(crate) async fn row(&mut self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<Option<Row>> {
        let (sql, open) = (sql.into_sql_str(), &mut self.open);
        let step = async {
            Ok(match open {
                Open::Sqlite(tx) => bound!(sql, values).fetch_optional(&mut **tx).await?.map(Row::Sqlite),
                Open::Postgres(tx) => bound!(sql, values).fetch_optional(&mut **tx).await?.map(Row::Postgres),
            })
        };
        self.db.bounded(Point::Statement, step).await
    }

    pub(crate) async fn run(&mut self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<u64> {
        let (sql, open) = (sql.into_sql_str(), &mut self.open);
        let step = async {
            Ok(match open {
                Open::Sqlite(tx) => bound!(sql, values).execute(&mut **tx).await?.rows_affected(),
                Open::Postgres(tx) => bound!(sql, values).execute(&mut **tx).await?.rows_affected(),
            })
        };
        self.db.bounded(Point::Statement, step).await
    }

    /// Inserts many rows with few statements. `into` is `table (a, b)`, `tail` an `ON CONFLICT` clause or nothing.
    pub(crate) async fn insert(&mut self, into: &'static str, rows: Vec<Vec<Value>>, tail: &str) -> Result<u64> {
        let Some(width) = rows.first().map(Vec::len) else { return Ok(0) };
        let mut touched = 0;
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let chunk: Vec<Vec<Value>> = rows.by_ref().take(MOST_ROWS.min(MOST_VALUES / width)).collect();
            let groups: Vec<String> =
                (0..chunk.len()).map(|row| format!("({})", placeholders(row * width + 1, width))).collect();
            let sql = format!("INSERT INTO {into} VALUES {} {tail}", groups.join(", "));
            touched += self.run(AssertSqlSafe(sql), chunk.into_iter().flatten().collect()).await?;
        }
        Ok(touched)
    }

    /// Keeps what was written; in a unit, for as long as the unit lasts. After an error it is unknown whether it was.
    pub(crate) async fn commit(self) -> Result<()> {
        let Self { open, db, lent } = self;
        if let Some(slot) = lent.settle() {
            slot.rest(open);
            return Ok(());
        }
        let step = async {
            match open {
                Open::Sqlite(tx) => tx.commit().await,
                Open::Postgres(tx) => tx.commit().await,
            }
        };
        db.bounded(Point::Commit, step).await
    }
}
