//! The door to the database: one SQL text with `$1`, values in, rows out, on SQLite or PostgreSQL.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgPool, PgPoolOptions, PgRow};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Decode, Postgres, Row as _, SqlSafeStr, Sqlite, Transaction, Type};

use crate::error::{Result, StoreError};

/// The pools of the one database in use.
#[derive(Clone, Debug)]
pub(crate) enum Db {
    /// One writer, because SQLite has one; readers never wait for it (WAL).
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
    },
    Postgres(PgPool),
}

/// A value on its way in. The three portable kinds, each with NULL.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(Option<String>),
    Int(Option<i64>),
    Bool(Option<bool>),
}

macro_rules! value_from {
    ($($from:ty => $kind:ident |$value:ident| $make:expr;)+) => {
        $(impl From<$from> for Value { fn from($value: $from) -> Self { Self::$kind($make) } })+
    };
}

value_from! {
    &str => Text |v| Some(v.to_owned());
    String => Text |v| Some(v);
    &String => Text |v| Some(v.clone());
    Option<&str> => Text |v| v.map(str::to_owned);
    Option<String> => Text |v| v;
    &Option<String> => Text |v| v.clone();
    i64 => Int |v| Some(v);
    u32 => Int |v| Some(i64::from(v));
    usize => Int |v| Some(i64::try_from(v).unwrap_or(i64::MAX));
    u64 => Int |v| Some(i64::try_from(v).unwrap_or(i64::MAX));
    Option<i64> => Int |v| v;
    bool => Bool |v| Some(v);
    Option<bool> => Bool |v| v;
}

/// `values![id, name, now]`
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::db::Value::from($value)),*] };
}
pub(crate) use values;

macro_rules! bound {
    ($sql:expr, $values:expr) => {{
        let mut query = sqlx::query($sql);
        for value in $values {
            query = match value {
                Value::Text(text) => query.bind(text),
                Value::Int(int) => query.bind(int),
                Value::Bool(flag) => query.bind(flag),
            };
        }
        query
    }};
}

/// A row on its way out.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// The value of a column: `String`, `i64`, `bool` or an `Option` of them.
    pub(crate) fn get<T>(&self, column: &'static str) -> Result<T>
    where
        T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>,
    {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    /// A word of a closed list.
    pub(crate) fn word<T: FromStr>(&self, column: &'static str) -> Result<T> {
        self.get::<String>(column)?.parse().map_err(|_| StoreError::Damaged(column))
    }

    /// JSON text.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self, column: &'static str) -> Result<T> {
        serde_json::from_str(&self.get::<String>(column)?).map_err(|_| StoreError::Damaged(column))
    }
}

/// How long a statement waits for a lock or a connection before it is [`StoreError::Busy`].
const PATIENCE: Duration = Duration::from_secs(5);
const READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 10;

impl Db {
    /// Opens and migrates. `sqlite:PATH`, `sqlite::memory:` or `postgres://…`.
    pub(crate) async fn open(url: &str) -> Result<Self> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options = PgPoolOptions::new().max_connections(POSTGRES_CONNECTIONS).acquire_timeout(PATIENCE);
            let pool = options.connect(url).await?;
            sqlx::migrate!("../../migrations/postgres").run(&pool).await?;
            return Ok(Self::Postgres(pool));
        }
        let (read, write) = if url.contains(":memory:") {
            let only = sqlite_pool(url, 1, SqliteUse::Only).await?;
            (only.clone(), only)
        } else {
            let write = sqlite_pool(url, 1, SqliteUse::Write).await?;
            (sqlite_pool(url, READERS, SqliteUse::Read).await?, write)
        };
        sqlx::migrate!("../../migrations/sqlite").run(&write).await?;
        Ok(Self::Sqlite { read, write })
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }

    /// All rows of a reading statement.
    pub(crate) async fn rows(&self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<Vec<Row>> {
        let sql = sql.into_sql_str();
        Ok(match self {
            Self::Sqlite { read, .. } => {
                bound!(sql, values).fetch_all(read).await?.into_iter().map(Row::Sqlite).collect()
            }
            Self::Postgres(pool) => bound!(sql, values).fetch_all(pool).await?.into_iter().map(Row::Postgres).collect(),
        })
    }

    /// The first row, if any.
    pub(crate) async fn row(&self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<Option<Row>> {
        let sql = sql.into_sql_str();
        Ok(match self {
            Self::Sqlite { read, .. } => bound!(sql, values).fetch_optional(read).await?.map(Row::Sqlite),
            Self::Postgres(pool) => bound!(sql, values).fetch_optional(pool).await?.map(Row::Postgres),
        })
    }

    /// One writing statement in its own transaction; how many rows it touched.
    pub(crate) async fn run(&self, sql: impl SqlSafeStr, values: Vec<Value>) -> Result<u64> {
        let sql = sql.into_sql_str();
        Ok(match self {
            Self::Sqlite { write, .. } => bound!(sql, values).execute(write).await?.rows_affected(),
            Self::Postgres(pool) => bound!(sql, values).execute(pool).await?.rows_affected(),
        })
    }

    /// Begins a writing transaction. On SQLite it takes the write lock at once, so that it cannot fail half-way.
    pub(crate) async fn begin(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { write, .. } => Tx::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await?),
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

/// `$3, $4, $5` for `placeholders(3, 3)`.
pub(crate) fn placeholders(first: usize, count: usize) -> String {
    (first..first + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SqliteUse {
    Read,
    Write,
    Only,
}

/// WAL lets readers go on while one writes. `synchronous = FULL` syncs the log at each commit, so that what was
/// answered with 201 survives a power cut, not only a killed process; writes are batched by the journal, so the price
/// is a few syncs a second.
async fn sqlite_pool(url: &str, size: u32, purpose: SqliteUse) -> Result<SqlitePool> {
    let options = SqliteConnectOptions::from_str(url)?
        .create_if_missing(purpose != SqliteUse::Read)
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("temp_store", "memory")
        .pragma("query_only", if purpose == SqliteUse::Read { "on" } else { "off" });
    let pool = SqlitePoolOptions::new().max_connections(size).acquire_timeout(PATIENCE);
    // A connection of `:memory:` is the database: it must not be closed for being idle or old.
    Ok(pool
        .min_connections(u32::from(purpose != SqliteUse::Read))
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options)
        .await?)
}
