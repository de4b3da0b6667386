//! Lists: conditions, opaque cursors, pages.

use sqlx::AssertSqlSafe;

use crate::db::{Db, Row, Value};
use crate::error::{Result, StoreError};

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

/// Which page is wanted.
#[derive(Debug, Clone, Default)]
pub struct PageAsk {
    /// The `next` of the page before; `None` for the first.
    pub cursor: Option<String>,
    /// How many items, 1–100; 50 when `None`.
    pub limit: Option<u32>,
}

impl PageAsk {
    /// The first page with so many items.
    pub fn first(limit: u32) -> Self {
        Self { cursor: None, limit: Some(limit) }
    }

    /// The page after `cursor` with so many items.
    pub fn after(cursor: impl Into<String>, limit: u32) -> Self {
        Self { cursor: Some(cursor.into()), limit: Some(limit) }
    }

    fn size(&self) -> usize {
        self.limit.unwrap_or(50).clamp(1, 100) as usize
    }
}

/// Counts go no further: this many means "so many or more".
pub const COUNTED: i64 = 1000;

/// In which order a list runs. Each is total (the id decides between equals), so that a cursor names one place and rows
/// inserted meanwhile neither repeat nor hide another.
pub(crate) enum Order {
    /// By a BIGINT column, newest first.
    Newest { at: &'static str, id: &'static str },
    /// By a BIGINT column, earliest first.
    Earliest { at: &'static str, id: &'static str },
    /// By a sort key.
    Alphabet { key: &'static str, id: &'static str },
}

/// A list being asked for.
pub(crate) struct Select {
    sql: String,
    values: Vec<Value>,
}

impl Select {
    /// Begins with `SELECT … FROM …` without `WHERE`.
    pub(crate) fn new(sql: &str) -> Self {
        Self { sql: format!("{sql} WHERE 1 = 1"), values: Vec::new() }
    }

    /// Adds a condition; each `?` takes the next value.
    pub(crate) fn and(&mut self, condition: &str, values: Vec<Value>) {
        self.sql.push_str(" AND (");
        let mut next = self.values.len();
        for c in condition.chars() {
            if c == '?' {
                next += 1;
                self.sql.push_str(&format!("${next}"));
            } else {
                self.sql.push(c);
            }
        }
        self.sql.push(')');
        self.values.extend(values);
    }

    /// Adds a condition when there is a value for it.
    pub(crate) fn maybe<V: Into<Value>>(&mut self, condition: &str, value: Option<V>) {
        if let Some(value) = value {
            self.and(condition, vec![value.into()]);
        }
    }

    /// Reads one page. The rows must carry the order's columns as `page_at` (or `page_key`) and `page_id`.
    pub(crate) async fn page(mut self, db: &Db, ask: &PageAsk, order: &Order) -> Result<(Vec<Row>, Option<String>)> {
        let cursor = ask.cursor.as_deref().map(Cursor::parse).transpose()?;
        if let Some(cursor) = cursor {
            self.after(&cursor, order)?;
        }
        let size = ask.size();
        self.sql.push_str(&match order {
            Order::Newest { at, id } => format!(" ORDER BY {at} DESC, {id} DESC LIMIT {}", size + 1),
            Order::Earliest { at, id } => format!(" ORDER BY {at}, {id} LIMIT {}", size + 1),
            Order::Alphabet { key, id } => format!(" ORDER BY {key}, {id} LIMIT {}", size + 1),
        });
        let mut rows = db.rows(AssertSqlSafe(self.sql), self.values).await?;
        let more = rows.len() > size;
        rows.truncate(size);
        let last = rows.last().filter(|_| more).map(|row| Cursor::of(row, order)).transpose()?;
        Ok((rows, last.map(|cursor| cursor.print())))
    }

    /// How many rows there are, [`COUNTED`] at most, so that a count costs no more than a few pages.
    pub(crate) async fn count(self, db: &Db) -> Result<i64> {
        let sql = format!("SELECT COUNT(*) AS n FROM ({} LIMIT {COUNTED}) counted", self.sql);
        db.row(AssertSqlSafe(sql), self.values).await?.map_or(Ok(0), |row| row.get("n"))
    }

    fn after(&mut self, cursor: &Cursor, order: &Order) -> Result<()> {
        let moment = || cursor.place.parse::<i64>().map_err(|_| StoreError::invalid("cursor", "invalid"));
        let id = Value::from(&cursor.id);
        match order {
            Order::Newest { at, id: column } => {
                self.and(&format!("({at}, {column}) < (?, ?)"), vec![moment()?.into(), id]);
            }
            Order::Earliest { at, id: column } => {
                self.and(&format!("({at}, {column}) > (?, ?)"), vec![moment()?.into(), id]);
            }
            Order::Alphabet { key, id: column } => {
                self.and(&format!("({key}, {column}) > (?, ?)"), vec![Value::from(&cursor.place), id]);
            }
        }
        Ok(())
    }
}

/// The last row of a page.
struct Cursor {
    place: String,
    id: String,
}

impl Cursor {
    fn of(row: &Row, order: &Order) -> Result<Self> {
        let place = match order {
            Order::Alphabet { .. } => row.get::<String>("page_key")?,
            Order::Newest { .. } | Order::Earliest { .. } => row.get::<i64>("page_at")?.to_string(),
        };
        Ok(Self { place, id: row.get("page_id")? })
    }

    /// Hexadecimal, so that nobody is tempted to read or build one.
    fn print(&self) -> String {
        format!("{}\n{}", self.place, self.id).bytes().map(|byte| format!("{byte:02x}")).collect()
    }

    fn parse(text: &str) -> Result<Self> {
        let wrong = || StoreError::invalid("cursor", "invalid");
        let pair = |at: usize| text.get(at..at + 2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let bytes: Option<Vec<u8>> = (0..text.len()).step_by(2).map(pair).collect();
        let plain = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(wrong)?;
        let (place, id) = plain.split_once('\n').ok_or_else(wrong)?;
        // NUL is legal UTF-8 and refused by PostgreSQL.
        if plain.contains('\0') {
            return Err(wrong());
        }
        Ok(Self { place: place.to_owned(), id: id.to_owned() })
    }
}
