//! Reading: statements on connections that cannot write.

use std::future::Future;
use std::time::Duration;

use sqlx::SqlSafeStr;
use tokio::time::Instant;

use super::pool::Pool;
use super::value::bound;
use super::{Db, Row, Value};
use crate::error::Result;

/// Whoever looks something up is told sooner that the disk or the server does not answer.
pub(super) const LONGEST: Duration = Duration::from_secs(5);

impl Db {
    /// All rows of a reading statement.
    pub(crate) async fn rows(&self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<Vec<Row>> {
        let sql = sql.into_sql_str();
        if let Some(mut tx) = self.in_unit().await? {
            let rows = tx.rows(sql, values).await?;
            return tx.commit().await.map(|()| rows);
        }
        self.in_time(Instant::now() + LONGEST, async {
            Ok(match &self.read {
                Pool::Sqlite(pool, _) => {
                    bound!(sql, values).fetch_all(pool).await?.into_iter().map(Row::Sqlite).collect()
                }
                Pool::Postgres(pool) => {
                    bound!(sql, values).fetch_all(pool).await?.into_iter().map(Row::Postgres).collect()
                }
            })
        })
        .await
    }

    /// The first row, if any.
    pub(crate) async fn row(&self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<Option<Row>> {
        let sql = sql.into_sql_str();
        if let Some(mut tx) = self.in_unit().await? {
            let row = tx.row(sql, values).await?;
            return tx.commit().await.map(|()| row);
        }
        self.in_time(Instant::now() + LONGEST, async {
            Ok(match &self.read {
                Pool::Sqlite(pool, _) => bound!(sql, values).fetch_optional(pool).await?.map(Row::Sqlite),
                Pool::Postgres(pool) => bound!(sql, values).fetch_optional(pool).await?.map(Row::Postgres),
            })
        })
        .await
    }

    /// What a reading step found until then, or why it did not.
    pub(super) async fn in_time<T>(&self, until: Instant, step: impl Future<Output = sqlx::Result<T>>) -> Result<T> {
        match tokio::time::timeout_at(until, step).await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(error)) => Err(self.read.reason(error).await),
            Err(_) => Err(self.read.silence()),
        }
    }
}
