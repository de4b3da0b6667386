//! What desks missed while they were away: events per recipient, kept for a day and at most a thousand each.

use crate::Store;
use crate::db::{Row, values};
use crate::error::Result;

/// An event to remember for one recipient. The sequence number is given by the one who numbers that recipient's stream.
#[derive(Debug, Clone, PartialEq)]
pub struct NewHistory {
    /// Recipient, `usr_…`.
    pub user: String,
    /// Place in their stream, rising.
    pub seq: i64,
    /// `evt_…`
    pub id: String,
    /// `ticket.created` …
    pub kind: String,
    /// µs UTC.
    pub at: i64,
    /// `ticket/tkt_…`
    pub subject: String,
    /// Revision of the subject.
    pub rev: i64,
    /// Data as the desk gets it.
    pub data: serde_json::Value,
}

/// A remembered event, as it was given.
pub type Remembered = NewHistory;

/// What a desk missed.
#[derive(Debug, Clone, PartialEq)]
pub struct Missed {
    /// The events after the one asked for, in order.
    pub events: Vec<Remembered>,
    /// Whether some are no longer kept, so that the desk must fetch its lists anew.
    pub gap: bool,
}

/// How long events are kept.
const KEPT: i64 = 24 * 3600 * 1_000_000;
/// Most events of one recipient.
const MOST: i64 = 1000;

impl Store {
    /// Remembers events; writing the same ones twice changes nothing. Recipients who do not exist are left out.
    ///
    /// # Errors
    /// Database errors.
    pub async fn history_append(&self, events: &[NewHistory]) -> Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        let sql = "INSERT INTO desk_history (user_id, seq, id, type, at, subject, rev, data) \
                   SELECT id, $2, $3, $4, $5, $6, $7, $8 FROM users WHERE id = $1 ON CONFLICT (user_id, seq) DO NOTHING";
        for event in events {
            let data = event.data.to_string();
            let values =
                values![&event.user, event.seq, &event.id, &event.kind, event.at, &event.subject, event.rev, data];
            tx.run(sql, values).await?;
        }
        tx.commit().await
    }

    /// The last sequence number of a recipient, so that the stream goes on above it after a restart; 0 for none.
    ///
    /// # Errors
    /// Database errors.
    pub async fn history_last_seq(&self, user: &str) -> Result<i64> {
        let sql = "SELECT COALESCE(MAX(seq), 0) AS seq FROM desk_history WHERE user_id = $1";
        self.db.row(sql, values![user]).await?.map_or(Ok(0), |row| row.get("seq"))
    }

    /// What a recipient missed after `seq`.
    ///
    /// # Errors
    /// Database errors.
    pub async fn history_after(&self, user: &str, seq: i64, now: i64) -> Result<Missed> {
        let sql = "SELECT user_id, seq, id, type, at, subject, rev, data FROM desk_history WHERE user_id = $1 AND seq > $2 \
                   ORDER BY seq DESC LIMIT 1001";
        let rows = self.db.rows(sql, values![user, seq]).await?;
        let mut events: Vec<Remembered> = rows.iter().map(remembered).collect::<Result<_>>()?;
        let found = events.len();
        events.truncate(MOST as usize);
        events.retain(|event| event.at >= now - KEPT);
        events.reverse();
        let forgotten = "SELECT value FROM counters WHERE name = $1";
        let floor: Option<i64> =
            self.db.row(forgotten, values![floor_name(user)]).await?.map(|row| row.get("value")).transpose()?;
        let gap = events.len() < found || floor.is_some_and(|floor| seq < floor);
        Ok(Missed { events, gap })
    }

    /// Forgets what is older than a day or beyond the thousandth. For a job that runs now and then.
    ///
    /// # Errors
    /// Database errors.
    pub async fn history_prune(&self, now: i64) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let sql = "SELECT h.user_id, MAX(h.seq) AS floor FROM desk_history h WHERE h.at < $1 OR h.seq <= \
                   (SELECT k.seq FROM desk_history k WHERE k.user_id = h.user_id ORDER BY k.seq DESC LIMIT 1 OFFSET 1000) \
                   GROUP BY h.user_id";
        for row in tx.rows(sql, values![now - KEPT]).await? {
            let (user, floor): (String, i64) = (row.get("user_id")?, row.get("floor")?);
            tx.run("DELETE FROM desk_history WHERE user_id = $1 AND seq <= $2", values![&user, floor]).await?;
            let remember = "INSERT INTO counters (name, value) VALUES ($1, $2) \
                            ON CONFLICT (name) DO UPDATE SET value = excluded.value";
            tx.run(remember, values![floor_name(&user), floor]).await?;
        }
        tx.commit().await
    }
}

/// Where the last forgotten sequence number of a recipient is kept.
fn floor_name(user: &str) -> String {
    format!("history-floor/{user}")
}

fn remembered(row: &Row) -> Result<Remembered> {
    Ok(Remembered {
        user: row.get("user_id")?,
        seq: row.get("seq")?,
        id: row.get("id")?,
        kind: row.get("type")?,
        at: row.get("at")?,
        subject: row.get("subject")?,
        rev: row.get("rev")?,
        data: row.json("data")?,
    })
}
