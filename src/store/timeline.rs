//! Everything that happened with a customer, newest first.

use serde_json::json;

use sqlx::AssertSqlSafe;

use crate::Store;
use crate::db::{Row, Value, values};
use crate::error::{Result, StoreError};
use crate::page::{Cursor, Page, PageAsk};

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TimelineKind {
    /// A call.
    Call,
    /// A ticket.
    Ticket,
    /// An order.
    Order,
    /// An appointment.
    Appointment,
    /// A note.
    Note,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelineItem {
    /// What it is.
    pub kind: TimelineKind,
    /// Its id.
    pub id: String,
    /// µs UTC; an appointment stands at its start.
    pub at: i64,
    /// Subject, title, note or text; empty for a call without a note.
    pub title: String,
    /// Display name of who did it, if a person did.
    pub by: Option<String>,
    /// call: `direction`, `queue`, `disposition`, `talk_ms`, `missed`; ticket: `number`, `status`, `kind`; order:
    /// `number`, `status`, `total`; appointment: `status`.
    pub data: serde_json::Value,
}

/// The five tables as one: three texts, two figures and a flag whose meaning depends on the kind. Of each the rows that
/// may stand on the page are read along the index of its customers.
const PARTS: [(&str, &str, &str); 5] = [
    (
        "SELECT 'call' AS kind, id, started_at AS at, COALESCE(note, '') AS title, agent_id AS by_id, direction AS a, \
         queue AS b, talk_ms AS n, CAST(0 AS BIGINT) AS m, missed AS flag, disposition AS c",
        "calls",
        "started_at",
    ),
    (
        "SELECT 'ticket' AS kind, id, created_at AS at, subject AS title, created_by AS by_id, status AS a, kind AS b, \
         number AS n, CAST(0 AS BIGINT) AS m, FALSE AS flag, CAST(NULL AS TEXT) AS c",
        "tickets",
        "created_at",
    ),
    (
        "SELECT 'order' AS kind, id, created_at AS at, note AS title, created_by AS by_id, status AS a, \
         CAST(NULL AS TEXT) AS b, number AS n, total AS m, FALSE AS flag, CAST(NULL AS TEXT) AS c",
        "orders",
        "created_at",
    ),
    (
        "SELECT 'appointment' AS kind, id, starts_at AS at, title, created_by AS by_id, status AS a, \
         CAST(NULL AS TEXT) AS b, CAST(0 AS BIGINT) AS n, CAST(0 AS BIGINT) AS m, FALSE AS flag, CAST(NULL AS TEXT) AS c",
        "appointments",
        "starts_at",
    ),
    (
        "SELECT 'note' AS kind, id, at, text AS title, by_id, '' AS a, CAST(NULL AS TEXT) AS b, CAST(0 AS BIGINT) AS n, \
         CAST(0 AS BIGINT) AS m, FALSE AS flag, CAST(NULL AS TEXT) AS c",
        "notes",
        "at",
    ),
];

/// The statement of one page with its values.
pub(crate) fn statement(customer: &str, after: Option<(i64, &str)>, count: usize) -> (String, Vec<Value>) {
    let mut values = values![customer];
    let mut before = String::new();
    if let Some((at, id)) = after {
        values.extend(values![at, id]);
        before = " AND (AT, id) < ($2, $3)".to_owned();
    }
    let part = |(columns, table, at): &(&str, &str, &str)| {
        let before = before.replace("AT", at);
        format!(
            "SELECT * FROM ({columns} FROM {table} WHERE customer_id = $1{before} ORDER BY {at} DESC, id DESC LIMIT {count}) {table}"
        )
    };
    let parts: Vec<String> = PARTS.iter().map(part).collect();
    let all = parts.join(" UNION ALL ");
    (format!("SELECT i.*, u.display_name FROM ({all}) i LEFT JOIN users u ON u.id = i.by_id"), values)
}

fn item(row: &Row) -> Result<TimelineItem> {
    let (a, b) = (row.get::<Option<String>>("a")?, row.get::<Option<String>>("b")?);
    let (n, m) = (row.get::<i64>("n")?, row.get::<i64>("m")?);
    let (kind, data) = match row.get::<String>("kind")?.as_str() {
        "call" => {
            let (missed, disposition) = (row.get::<bool>("flag")?, row.get::<Option<String>>("c")?);
            let data = json!({"direction": a, "queue": b, "disposition": disposition, "talk_ms": n, "missed": missed});
            (TimelineKind::Call, data)
        }
        "ticket" => (TimelineKind::Ticket, json!({"number": n, "status": a, "kind": b})),
        "order" => (TimelineKind::Order, json!({"number": n, "status": a, "total": m})),
        "appointment" => (TimelineKind::Appointment, json!({"status": a})),
        _ => (TimelineKind::Note, json!({})),
    };
    Ok(TimelineItem {
        kind,
        id: row.get("id")?,
        at: row.get("at")?,
        title: row.get("title")?,
        by: row.get("display_name")?,
        data,
    })
}

impl Store {
    /// A customer's timeline, newest first.
    ///
    /// # Errors
    /// [`crate::StoreError::Invalid`] for a foreign cursor.
    pub async fn timeline(&self, customer: &str, ask: &PageAsk) -> Result<Page<TimelineItem>> {
        let cursor = ask.cursor.as_deref().map(Cursor::parse).transpose()?;
        let after = cursor.as_ref().map(|cursor| Ok::<_, StoreError>((cursor.moment()?, cursor.id()))).transpose()?;
        let (sql, values) = statement(customer, after, ask.size() + 1);
        let rows = self.db.list(AssertSqlSafe(sql), values).await?;
        let mut items: Vec<TimelineItem> = rows.iter().map(item).collect::<Result<_>>()?;
        items.sort_by(|one, other| (other.at, &other.id).cmp(&(one.at, &one.id)));
        let more = items.len() > ask.size();
        items.truncate(ask.size());
        let next = items.last().filter(|_| more).map(|last| Cursor::at(last.at, &last.id).print());
        Ok(Page { items, next })
    }
}
