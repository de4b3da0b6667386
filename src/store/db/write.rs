//! Writing: transactions.

use sqlx::{AssertSqlSafe, Postgres, SqlSafeStr, Sqlite, Transaction};

use super::pool::Pool;
use super::value::bound;
use super::{Db, Row, Value, placeholders};
use crate::error::Result;

impl Db {
    /// One writing statement in its own transaction; how many rows it touched.
    pub(crate) async fn run(&self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<u64> {
        let sql = sql.into_sql_str();
        Ok(match &self.write {
            Pool::Sqlite(pool) => bound!(sql, values).execute(pool).await?.rows_affected(),
            Pool::Postgres(pool) => bound!(sql, values).execute(pool).await?.rows_affected(),
        })
    }

    /// Begins a writing transaction. On SQLite it takes the write lock at once, so that it cannot fail half-way.
    pub(crate) async fn begin(&self) -> Result<Tx> {
        Ok(match &self.write {
            Pool::Sqlite(pool) => Tx::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?),
            Pool::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }
}

/// A writing transaction; rolled back when dropped without [`Tx::commit`].
pub(crate) enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Bound values of one statement; SQLite allows 32766, PostgreSQL 65535.
const MOST_VALUES: usize = 30_000;
/// Rows of one statement: more make the statement slower to parse than it saves.
const MOST_ROWS: usize = 100;

impl Tx {
    pub(crate) async fn rows(&mut self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<Vec<Row>> {
        let sql = sql.into_sql_str();
        Ok(match self {
            Self::Sqlite(tx) => bound!(sql, values).fetch_all(&mut **tx).await?.into_iter().map(Row::Sqlite).collect(),
            Self::Postgres(tx) => {
                bound!(sql, values).fetch_all(&mut **tx).await?.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    pub(crate) async fn row(&mut self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<Option<Row>> {
        let sql = sql.into_sql_str();
        Ok(match self {
            Self::Sqlite(tx) => bound!(sql, values).fetch_optional(&mut **tx).await?.map(Row::Sqlite),
            Self::Postgres(tx) => bound!(sql, values).fetch_optional(&mut **tx).await?.map(Row::Postgres),
        })
    }

    pub(crate) async fn run(&mut self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<u64> {
        let sql = sql.into_sql_str();
        Ok(match self {
            Self::Sqlite(tx) => bound!(sql, values).execute(&mut **tx).await?.rows_affected(),
            Self::Postgres(tx) => bound!(sql, values).execute(&mut **tx).await?.rows_affected(),
        })
    }

    /// Inserts many rows with few statements. `into` is `table (a, b)`, `tail` an `ON CONFLICT` clause or nothing.
    pub(crate) async fn insert(
        &mut self,
        into: &'static str,
        rows: Vec<Vec<Value>>,
        tail: &'static str,
    ) -> Result<u64> {
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

    pub(crate) async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}
