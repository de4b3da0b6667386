//! Reading: statements on connections that cannot write.

use sqlx::SqlSafeStr;

use super::pool::Pool;
use super::value::bound;
use super::{Db, Row, Value};
use crate::error::Result;

impl Db {
    /// All rows of a reading statement.
    pub(crate) async fn rows(&self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<Vec<Row>> {
        let sql = sql.into_sql_str();
        if let Some(mut tx) = self.in_unit().await? {
            let rows = tx.rows(sql, values).await?;
            return tx.commit().await.map(|()| rows);
        }
        let read = match &self.read {
            Pool::Sqlite(pool, _) => {
                bound!(sql, values).fetch_all(pool).await.map(|rows| rows.into_iter().map(Row::Sqlite).collect())
            }
            Pool::Postgres(pool) => {
                bound!(sql, values).fetch_all(pool).await.map(|rows| rows.into_iter().map(Row::Postgres).collect())
            }
        };
        match read {
            Ok(rows) => Ok(rows),
            Err(error) => Err(self.read.reason(error).await),
        }
    }

    /// The first row, if any.
    pub(crate) async fn row(&self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<Option<Row>> {
        let sql = sql.into_sql_str();
        if let Some(mut tx) = self.in_unit().await? {
            let row = tx.row(sql, values).await?;
            return tx.commit().await.map(|()| row);
        }
        let read = match &self.read {
            Pool::Sqlite(pool, _) => bound!(sql, values).fetch_optional(pool).await.map(|row| row.map(Row::Sqlite)),
            Pool::Postgres(pool) => bound!(sql, values).fetch_optional(pool).await.map(|row| row.map(Row::Postgres)),
        };
        match read {
            Ok(row) => Ok(row),
            Err(error) => Err(self.read.reason(error).await),
        }
    }
}
