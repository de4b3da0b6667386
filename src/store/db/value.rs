//! Values on their way in, rows on their way out.

use std::str::FromStr;

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Postgres, Row as _, Sqlite, Type};

use crate::error::{Result, StoreError};

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

/// A statement of either database with its values.
macro_rules! bound {
    ($sql:expr, $values:expr) => {{
        let mut query = sqlx::query($sql);
        for value in $values {
            query = match value {
                $crate::db::Value::Text(text) => query.bind(text),
                $crate::db::Value::Int(int) => query.bind(int),
                $crate::db::Value::Bool(flag) => query.bind(flag),
            };
        }
        query
    }};
}
pub(super) use bound;

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

/// `$3, $4, $5` for `placeholders(3, 3)`.
pub(crate) fn placeholders(first: usize, count: usize) -> String {
    (first..first + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}
