//! Lists: conditions, opaque cursors, pages.
//!
//! A list runs along an index, so a page costs the same at its beginning and after a million rows. A list that is also
//! searched asks SQLite's index of words first (`page/entries.rs`), which says at once whether the words are rare. Common
//! ones are found among the rows next in order, and what is neither by the index of words however long it takes.

use std::collections::HashMap;

use sqlx::AssertSqlSafe;

use crate::db::{Db, Kind, Row, Value, placeholders, values};
use crate::error::{Result, StoreError};
use crate::search::Question;

mod entries;

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

    pub(crate) fn size(&self) -> usize {
        self.limit.unwrap_or(50).clamp(1, 100) as usize
    }
}

/// Counts go no further: this many means "so many or more".
pub const COUNTED: i64 = 1000;

/// In which order a list runs. Each is total (the id decides between equals), so that a cursor names one place and rows
/// inserted meanwhile neither repeat nor hide another.
#[derive(Clone, Copy)]
pub(crate) enum Order {
    /// By a BIGINT column, newest first.
    Newest { at: &'static str, id: &'static str },
    /// By a BIGINT column, earliest first.
    Earliest { at: &'static str, id: &'static str },
    /// By a sort key.
    Alphabet { key: &'static str, id: &'static str },
}

impl Order {
    fn columns(&self) -> (&'static str, &'static str) {
        match *self {
            Self::Newest { at, id } | Self::Earliest { at, id } => (at, id),
            Self::Alphabet { key, id } => (key, id),
        }
    }

    /// `ORDER BY`.
    fn words(&self) -> String {
        let (by, id) = self.columns();
        match self {
            Self::Newest { .. } => format!("ORDER BY {by} DESC, {id} DESC"),
            Self::Earliest { .. } | Self::Alphabet { .. } => format!("ORDER BY {by}, {id}"),
        }
    }

    /// The name under which a row shows its place.
    fn name(&self) -> &'static str {
        if matches!(self, Self::Alphabet { .. }) { "page_key" } else { "page_at" }
    }

    /// What a row shows of its place.
    fn place(&self) -> String {
        let (by, id) = self.columns();
        format!("{by} AS {}, {id} AS page_id", self.name())
    }
}

/// How the rows of a table are found by words.
#[derive(Clone, Copy)]
pub(crate) struct Words {
    /// The column that holds them, on either database.
    pub(crate) text: &'static str,
    /// SQLite's full-text index, a table, and the column whose value is its `rowid`; `None` when there is no index of
    /// these words: all rows are then looked at in order.
    pub(crate) index: Option<(&'static str, &'static str)>,
    /// Whether it is the moment by which the list runs.
    pub(crate) is_moment: bool,
}

/// A list being asked for.
pub(crate) struct Select {
    from: &'static str,
    order: Order,
    conditions: String,
    values: Vec<Value>,
    search: Option<(Words, Question)>,
    since: Option<i64>,
    until: Option<i64>,
    /// Whether something else than words and a time is asked for.
    is_filtered: bool,
}

/// Rows next in order that a search looks at before it asks the index of words.
const NEAR: usize = 4000;
/// The same where an index holds their words.
const FAR: usize = 60_000;

/// A page of places: ids in order, and where the next page begins.
pub(crate) struct Places {
    pub(crate) ids: Vec<String>,
    pub(crate) next: Option<String>,
}

/// One statement with its values.
pub(crate) type Statement = (String, Vec<Value>);

impl Select {
    /// A list of the rows of `from` (`calls c`) in this order.
    pub(crate) fn new(from: &'static str, order: Order) -> Self {
        let conditions = "1 = 1".to_owned();
        let (search, since, until) = (None, None, None);
        Self { from, order, conditions, values: Vec::new(), search, since, until, is_filtered: false }
    }

    /// Adds a condition; each `?` takes the next value.
    pub(crate) fn and(&mut self, condition: &str, values: Vec<Value>) {
        self.is_filtered = true;
        self.add(condition, values);
    }

    fn add(&mut self, condition: &str, values: Vec<Value>) {
        self.conditions.push_str(" AND (");
        let mut next = self.values.len();
        for c in condition.chars() {
            if c == '?' {
                next += 1;
                self.conditions.push_str(&format!("${next}"));
            } else {
                self.conditions.push(c);
            }
        }
        self.conditions.push(')');
        self.values.extend(values);
    }

    /// Adds a condition when there is a value for it.
    pub(crate) fn maybe<V: Into<Value>>(&mut self, condition: &str, value: Option<V>) {
        if let Some(value) = value {
            self.and(condition, vec![value.into()]);
        }
    }

    /// Only rows of a time: at or after `since`, before `until`.
    pub(crate) fn within(&mut self, since: Option<i64>, until: Option<i64>) {
        let (at, _) = self.order.columns();
        for (sign, moment) in [(">=", since), ("<", until)] {
            if let Some(moment) = moment {
                self.add(&format!("{at} {sign} ?"), values![moment]);
            }
        }
        (self.since, self.until) = (since, until);
    }

    /// How many rows there are, [`COUNTED`] at most, so that a count costs no more than a few pages.
    pub(crate) async fn count(self, db: &Db) -> Result<i64> {
        let most = usize::try_from(COUNTED).unwrap_or(usize::MAX);
        let rows = match self.search.is_some() {
            true => self.searched(db, most, None).await?,
            false => read(db, self.in_order(most)).await?,
        };
        Ok(i64::try_from(rows.len()).unwrap_or(COUNTED))
    }

    /// Only rows that have the words of a question.
    pub(crate) fn search(&mut self, words: Words, question: Option<Question>) {
        match question {
            Some(question) if question.is_empty() => self.and("1 = 0", Vec::new()),
            Some(question) => self.search = Some((words, question)),
            None => {}
        }
    }

    /// Reads one page.
    pub(crate) async fn page(mut self, db: &Db, ask: &PageAsk) -> Result<Places> {
        let size = ask.size();
        let cursor = ask.cursor.as_deref().map(Cursor::parse).transpose()?;
        if let Some(cursor) = &cursor {
            self.after(cursor)?;
        }
        let mut rows = match self.search.is_some() {
            true => self.searched(db, size + 1, cursor.as_ref()).await?,
            false => read(db, self.in_order(size + 1)).await?,
        };
        let more = rows.len() > size;
        rows.truncate(size);
        let last = rows.last().filter(|_| more).map(|row| Cursor::of(row, &self.order)).transpose()?;
        let ids = rows.iter().map(|row| row.get("page_id")).collect::<Result<_>>()?;
        Ok(Places { ids, next: last.map(|cursor| cursor.print()) })
    }

    async fn searched(&self, db: &Db, count: usize, cursor: Option<&Cursor>) -> Result<Vec<Row>> {
        if let Some(found) = self.by_entries(db, cursor, count).await? {
            return Ok(found);
        }
        let near = read(db, self.near(db.kind(), count)).await?;
        if near.len() == count || read(db, self.edge(db.kind())).await?.is_empty() {
            return Ok(near);
        }
        read(db, self.by_words(db.kind(), cursor, count)?).await
    }

    /// Everything that may be asked for a page behind `cursor`, for the test that reads the plans.
    #[cfg(test)]
    pub(crate) fn statements(mut self, kind: Kind, cursor: Option<&Cursor>) -> Result<Vec<(&'static str, Statement)>> {
        if let Some(cursor) = cursor {
            self.after(cursor)?;
        }
        if self.search.is_none() {
            return Ok(vec![("in order", self.in_order(51))]);
        }
        let by_words = ("by words", self.by_words(kind, cursor, 51)?);
        let mut all = vec![("edge", self.edge(kind)), ("near", self.near(kind, 51)), by_words];
        all.extend(self.horizon(kind, cursor)?.map(|horizon| ("horizon", horizon)));
        all.extend(self.in_turn(kind, cursor, Some(1), 51)?.map(|in_turn| ("in turn", in_turn)));
        Ok(all)
    }

    /// The same page by the index of words and by reading row after row, for the test that compares them.
    #[cfg(test)]
    pub(crate) fn both_ways(mut self, kind: Kind, cursor: Option<&Cursor>, count: usize) -> Result<[Statement; 2]> {
        if let Some(cursor) = cursor {
            self.after(cursor)?;
        }
        Ok([self.by_words(kind, cursor, count)?, self.narrowed().in_order(count)])
    }

    /// The rows in order.
    fn in_order(&self, count: usize) -> Statement {
        let (place, from, conditions, order) = (self.order.place(), self.from, &self.conditions, self.order.words());
        (format!("SELECT {place} FROM {from} WHERE {conditions} {order} LIMIT {count}"), self.values.clone())
    }

    /// How many rows are looked at first. SQLite's alphabets hold the words themselves, so that no row is read.
    fn reach(&self, kind: Kind) -> usize {
        if kind == Kind::Sqlite && matches!(self.order, Order::Alphabet { .. }) { FAR } else { NEAR }
    }

    /// The last of the rows that are looked at first; nothing when the whole list is shorter.
    fn edge(&self, kind: Kind) -> Statement {
        let (sql, values) = self.in_order(1);
        (format!("{sql} OFFSET {}", self.reach(kind) - 1), values)
    }

    /// The first matches among the rows that are looked at first.
    fn near(&self, kind: Kind, count: usize) -> Statement {
        let Some((words, question)) = &self.search else { return self.in_order(count) };
        let (place, from, conditions, order) = (self.order.place(), self.from, &self.conditions, self.order.words());
        let (mut values, reach) = (self.values.clone(), self.reach(kind));
        let mut matching = Vec::new();
        for pattern in question.patterns() {
            values.push(pattern.into());
            matching.push(format!("n.words LIKE ${}", values.len()));
        }
        let sql = format!(
            "SELECT * FROM (SELECT {place}, {} AS words FROM {from} WHERE {conditions} {order} LIMIT {reach}) n \
             WHERE {} LIMIT {count}",
            words.text,
            matching.join(" AND ")
        );
        (sql, values)
    }

    /// The first matches by the index of words.
    fn by_words(&self, kind: Kind, cursor: Option<&Cursor>, count: usize) -> Result<Statement> {
        let mut list = self.narrowed();
        let Some((words, question)) = &self.search else { return Ok(list.in_order(count)) };
        let Some((index, rowid)) = words.index else { return Ok(list.in_order(count)) };
        let place = self.order.place();
        if kind == Kind::Postgres {
            // Apart, so that the order of the list does not tempt the planner to read all of it.
            let turn = if matches!(self.order, Order::Newest { .. }) { " DESC" } else { "" };
            let (from, conditions, by) = (self.from, &list.conditions, self.order.name());
            let sql = format!(
                "WITH found AS MATERIALIZED (SELECT {place} FROM {from} WHERE {conditions}) \
                 SELECT * FROM found ORDER BY {by}{turn}, page_id{turn} LIMIT {count}"
            );
            return Ok((sql, list.values));
        }
        list.add(&format!("w.{index} MATCH ?"), values![question.entries()]);
        list.add(&format!("{rowid} = w.rowid"), Vec::new());
        self.bound(&mut list, cursor)?;
        let order = match words.is_moment {
            true => format!("ORDER BY w.rowid DESC, {} DESC", self.order.columns().1),
            false => self.order.words(),
        };
        let (from, conditions) = (self.from, &list.conditions);
        let sql = format!("SELECT {place} FROM {index} w CROSS JOIN {from} WHERE {conditions} {order} LIMIT {count}");
        Ok((sql, list.values))
    }

    /// The same list of the rows that have the words.
    fn narrowed(&self) -> Self {
        let mut list = Self { conditions: self.conditions.clone(), values: self.values.clone(), search: None, ..*self };
        if let Some((words, question)) = &self.search {
            for pattern in question.patterns() {
                list.add(&format!("{} LIKE ?", words.text), vec![pattern.into()]);
            }
        }
        list
    }

    fn after(&mut self, cursor: &Cursor) -> Result<()> {
        let (by, id) = self.order.columns();
        let sign = if matches!(self.order, Order::Newest { .. }) { "<" } else { ">" };
        self.add(&format!("({by}, {id}) {sign} (?, ?)"), vec![cursor.value(&self.order)?, Value::from(&cursor.id)]);
        Ok(())
    }
}

async fn read(db: &Db, (sql, values): Statement) -> Result<Vec<Row>> {
    db.list(AssertSqlSafe(sql), values).await
}

impl Places {
    /// The rows of these places, read by `select` (`SELECT … FROM …`) whose column `id` is `column`; a row that is gone
    /// since is left out.
    pub(crate) async fn rows(&self, db: &Db, select: &str, column: &str) -> Result<Vec<Row>> {
        if self.ids.is_empty() {
            return Ok(Vec::new());
        }
        let list = placeholders(1, self.ids.len());
        let sql = format!("{select} WHERE {column} IN ({list})");
        let mut rows = HashMap::new();
        for row in db.list(AssertSqlSafe(sql), self.ids.iter().map(Value::from).collect()).await? {
            rows.insert(row.get::<String>("id")?, row);
        }
        Ok(self.ids.iter().filter_map(|id| rows.remove(id)).collect())
    }
}

/// The last row of a page.
pub(crate) struct Cursor {
    place: String,
    id: String,
}

impl Cursor {
    pub(crate) fn of(row: &Row, order: &Order) -> Result<Self> {
        let place = match order {
            Order::Alphabet { .. } => row.get::<String>("page_key")?,
            Order::Newest { .. } | Order::Earliest { .. } => row.get::<i64>("page_at")?.to_string(),
        };
        Ok(Self { place, id: row.get("page_id")? })
    }

    pub(crate) fn at(moment: i64, id: &str) -> Self {
        Self { place: moment.to_string(), id: id.to_owned() }
    }

    pub(crate) fn moment(&self) -> Result<i64> {
        self.place.parse().map_err(|_| StoreError::invalid("cursor", "invalid"))
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    fn value(&self, order: &Order) -> Result<Value> {
        Ok(match order {
            Order::Alphabet { .. } => Value::from(&self.place),
            Order::Newest { .. } | Order::Earliest { .. } => self.moment()?.into(),
        })
    }

    /// Hexadecimal, so that nobody is tempted to read or build one.
    pub(crate) fn print(&self) -> String {
        format!("{}\n{}", self.place, self.id).bytes().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn parse(text: &str) -> Result<Self> {
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
