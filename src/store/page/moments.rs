//! A search whose index of words has the order of the list: SQLite's, where the row of an entry is the moment of a call.
//!
//! The newest entries come first, so a common word fills its page after fifty of them and a rare one has no more. Only a
//! common word under a narrow filter runs past many entries that are somebody else's; it stops at a horizon.

use super::{Cursor, Select, Statement, read};
use crate::db::{Db, Kind, Row, values};
use crate::error::Result;

/// Entries that are looked at under a filter.
const HORIZON: usize = 2000;
/// Rows read beyond those wanted, since rows of one moment come in no order.
const TIES: usize = 50;

impl Select {
    /// The first matches; `None` when the index has no such order, or when they lie beyond the horizon.
    pub(super) async fn by_moments(&self, db: &Db, cursor: Option<&Cursor>, count: usize) -> Result<Option<Vec<Row>>> {
        let mut horizon = None;
        if self.is_filtered
            && let Some(statement) = self.horizon(db.kind(), cursor)?
        {
            horizon = read(db, statement).await?.first().map(|row| row.get("moment")).transpose()?;
        }
        let limit = count + TIES;
        let Some(statement) = self.in_turn(db.kind(), cursor, horizon, limit)? else { return Ok(None) };
        let rows = settle(read(db, statement).await?, count, limit)?;
        Ok(rows.filter(|rows| horizon.is_none() || rows.len() == count))
    }

    /// Where the entries that are looked at under a filter end.
    pub(super) fn horizon(&self, kind: Kind, cursor: Option<&Cursor>) -> Result<Option<Statement>> {
        let Some((index, _, entries)) = self.moments(kind) else { return Ok(None) };
        let mut list = Self::new("", self.order);
        list.add(&format!("w.{index} MATCH ?"), values![entries]);
        self.bound(&mut list, cursor)?;
        let conditions = list.conditions;
        let sql = format!(
            "SELECT w.rowid AS moment FROM {index} w WHERE {conditions} ORDER BY w.rowid DESC LIMIT 1 OFFSET {HORIZON}"
        );
        Ok(Some((sql, list.values)))
    }

    /// The matches down to `horizon`, newest first; those of one moment in any order.
    pub(super) fn in_turn(
        &self,
        kind: Kind,
        cursor: Option<&Cursor>,
        horizon: Option<i64>,
        limit: usize,
    ) -> Result<Option<Statement>> {
        let Some((index, rowid, entries)) = self.moments(kind) else { return Ok(None) };
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
    fn moments(&self, kind: Kind) -> Option<(&'static str, &'static str, String)> {
        let (words, question) = self.search.as_ref().filter(|(words, _)| kind == Kind::Sqlite && words.is_moment)?;
        words.index.map(|(index, rowid)| (index, rowid, question.entries()))
    }

    /// Only entries of the time that is asked for, and behind the cursor.
    pub(super) fn bound(&self, list: &mut Self, cursor: Option<&Cursor>) -> Result<()> {
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
