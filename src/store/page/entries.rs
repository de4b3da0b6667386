//! SQLite's index of words is asked first: whether a question has few entries is known after some thousand of them.
//!
//! Few entries are all looked at. Many are those of a common word; where the row of an entry is the moment by which the
//! list runs they come in the order of the list, newest first, and fill a page after fifty of them. Only under a narrow
//! filter most are somebody else's.

use super::{Cursor, Select, Statement, read};
use crate::db::{Db, Kind, Row, values};
use crate::error::Result;

/// Entries that are few enough to look at.
const FEW: usize = 3000;
/// Rows read beyond those wanted, since rows of one moment come in no order.
const TIES: usize = 50;

impl Select {
    /// The first matches as far as few entries tell; `None` when they do not, or when there is no such index.
    pub(super) async fn by_entries(&self, db: &Db, cursor: Option<&Cursor>, count: usize) -> Result<Option<Vec<Row>>> {
        let Some(statement) = self.horizon(db.kind(), cursor)? else { return Ok(None) };
        let horizon = match self.is_moment() && !self.is_filtered {
            true => None,
            false => read(db, statement).await?.first().map(|row| row.get("entry")).transpose()?,
        };
        if !self.is_moment() {
            return match horizon {
                None => read(db, self.by_words(db.kind(), cursor, count)?).await.map(Some),
                Some(_) => Ok(None),
            };
        }
        if let Some(rows) = self.settled(db, cursor, horizon, count).await?
            && (horizon.is_none() || rows.len() == count)
        {
            return Ok(Some(rows));
        }
        // Beyond the horizon: a list that is short all the same is better read than searched.
        match horizon.is_none() || read(db, self.edge(db.kind())).await?.is_empty() {
            true => Ok(None),
            false => self.settled(db, cursor, None, count).await,
        }
    }

    /// Where few entries end; nothing when there are no more.
    pub(super) fn horizon(&self, kind: Kind, cursor: Option<&Cursor>) -> Result<Option<Statement>> {
        let Some((index, _, entries)) = self.index(kind) else { return Ok(None) };
        let mut list = Self::new("", self.order);
        list.add(&format!("w.{index} MATCH ?"), values![entries]);
        self.bound(&mut list, cursor)?;
        let conditions = list.conditions;
        let sql = format!(
            "SELECT w.rowid AS entry FROM {index} w WHERE {conditions} ORDER BY w.rowid DESC LIMIT 1 OFFSET {FEW}"
        );
        Ok(Some((sql, list.values)))
    }

    /// The first matches down to `horizon`; `None` when more are of one moment than can be put in order.
    async fn settled(
        &self,
        db: &Db,
        cursor: Option<&Cursor>,
        horizon: Option<i64>,
        count: usize,
    ) -> Result<Option<Vec<Row>>> {
        let limit = count + TIES;
        match self.in_turn(db.kind(), cursor, horizon, limit)? {
            Some(statement) => settle(read(db, statement).await?, count, limit),
            None => Ok(None),
        }
    }

    /// The matches down to `horizon`, newest first; those of one moment in any order.
    pub(super) fn in_turn(
        &self,
        kind: Kind,
        cursor: Option<&Cursor>,
        horizon: Option<i64>,
        limit: usize,
    ) -> Result<Option<Statement>> {
        let Some((index, rowid, entries)) = self.index(kind).filter(|_| self.is_moment()) else { return Ok(None) };
        let mut list = self.narrowed();
        list.add(&format!("w.{index} MATCH ?"), values![entries]);
        list.add(&format!("{rowid} = w.rowid"), Vec::new());
        self.bound(&mut list, cursor)?;
        list.maybe("w.rowid >= ?", horizon);
        let (place, from, conditions) = (self.order.place(), self.from, &list.conditions);
        // No second word of order: the index would be read whole and sorted.
        let sql = format!(
            "SELECT {place} FROM {index} w CROSS JOIN {from} WHERE {conditions} ORDER BY w.rowid DESC LIMIT {limit}"
        );
        Ok(Some((sql, list.values)))
    }

    /// The index, the column of its rows, and what is asked of it.
    fn index(&self, kind: Kind) -> Option<(&'static str, &'static str, String)> {
        let (words, question) = self.search.as_ref().filter(|_| kind == Kind::Sqlite)?;
        words.index.map(|(index, rowid)| (index, rowid, question.entries()))
    }

    fn is_moment(&self) -> bool {
        self.search.as_ref().is_some_and(|(words, _)| words.is_moment)
    }

    /// Only entries of the time that is asked for, and behind the cursor.
    pub(super) fn bound(&self, list: &mut Self, cursor: Option<&Cursor>) -> Result<()> {
        if !self.is_moment() {
            return Ok(());
        }
        let newest = cursor.map(Cursor::moment).transpose()?;
        for (condition, moment) in [("w.rowid <= ?", newest), ("w.rowid >= ?", self.since), ("w.rowid < ?", self.until)]
        {
            if let Some(moment) = moment {
                list.add(condition, values![moment]);
            }
        }
        Ok(())
    }
}

/// The first `count` rows in the order of the list, out of the first `limit` in the order of their moments; `None` when
/// more than that are of one moment, so that nobody knows which of them come first.
fn settle(rows: Vec<Row>, count: usize, limit: usize) -> Result<Option<Vec<Row>>> {
    let is_cut = rows.len() == limit;
    let placed = |row: Row| Ok((row.get::<i64>("page_at")?, row.get::<String>("page_id")?, row));
    let mut rows: Vec<_> = rows.into_iter().map(placed).collect::<Result<_>>()?;
    rows.sort_by(|(at, id, _), (other_at, other_id, _)| (other_at, other_id).cmp(&(at, id)));
    if let Some((last, ..)) = rows.last().filter(|_| is_cut) {
        let last = *last;
        rows.retain(|(at, ..)| *at != last);
        if rows.len() < count {
            return Ok(None);
        }
    }
    rows.truncate(count);
    Ok(Some(rows.into_iter().map(|(_, _, row)| row).collect()))
}
