//! Everything that happened with a customer, newest first.

use serde_json::json;

use crate::Store;
use crate::db::{Row, values};
use crate::error::Result;
use crate::page::{Order, Page, PageAsk, Select};

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

/// The five tables as one: three texts, two figures and a flag whose meaning depends on the kind.
const ITEMS: &str = "SELECT i.kind, i.id, i.at, i.title, i.by_id, u.display_name, i.a, i.b, i.n, i.m, i.flag, i.c, \
    i.at AS page_at, i.id AS page_id FROM (\
    SELECT 'call' AS kind, id, started_at AS at, COALESCE(note, '') AS title, agent_id AS by_id, direction AS a, \
        queue AS b, talk_ms AS n, CAST(0 AS BIGINT) AS m, missed AS flag, disposition AS c, customer_id FROM calls \
    UNION ALL SELECT 'ticket', id, created_at, subject, created_by, status, kind, number, CAST(0 AS BIGINT), FALSE, NULL, \
        customer_id FROM tickets \
    UNION ALL SELECT 'order', id, created_at, note, created_by, status, NULL, number, total, FALSE, NULL, \
        customer_id FROM orders \
    UNION ALL SELECT 'appointment', id, starts_at, title, created_by, status, NULL, CAST(0 AS BIGINT), CAST(0 AS BIGINT), \
        FALSE, NULL, customer_id FROM appointments \
    UNION ALL SELECT 'note', id, at, text, by_id, '', NULL, CAST(0 AS BIGINT), CAST(0 AS BIGINT), FALSE, NULL, \
        customer_id FROM notes) i LEFT JOIN users u ON u.id = i.by_id";

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
        let mut select = Select::new(ITEMS);
        select.and("i.customer_id = ?", values![customer]);
        let (rows, next) = select.page(&self.db, ask, &Order::Newest { at: "i.at", id: "i.id" }).await?;
        Ok(Page { items: rows.iter().map(item).collect::<Result<_>>()?, next })
    }
}
