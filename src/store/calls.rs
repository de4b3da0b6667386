//! Stored calls, read: the list, one call, its events, its recording.

use std::collections::HashMap;

use pbx::event::Ending;
use pbx::record::{IvrStep, Recording, RecordingState};
use sqlx::AssertSqlSafe;

use crate::db::{Row, Value, placeholders, values};
use crate::error::{Result, StoreError};
use crate::journal::readable;
use crate::page::{Order, Page, PageAsk, Select, Words};
use crate::search::{Digits, Question};
use crate::users::Person;
use crate::{Named, Store, words};

/// A ticket made from a call.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct TicketRef {
    /// `tkt_…`
    pub id: String,
    /// Its number.
    pub number: i64,
    /// Its subject.
    pub subject: String,
}

/// An order made from a call.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct OrderRef {
    /// `ord_…`
    pub id: String,
    /// Its number.
    pub number: i64,
}

/// An appointment made from a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppointmentRef {
    /// `apt_…`
    pub id: String,
    /// µs UTC.
    pub starts_at: i64,
}

/// A stored call.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// `c_…`
    pub id: String,
    /// `in` or `internal`.
    pub direction: String,
    /// Key of the caller's number; the text as sent when it is no number; `None` when withheld.
    pub from: Option<String>,
    /// As people write it.
    pub from_display: Option<String>,
    /// Display name as the peer sent it; untrusted.
    pub caller_name: Option<String>,
    /// What was dialled.
    pub to: String,
    /// The trunk it came by.
    pub trunk: Option<String>,
    /// Whose call it is.
    pub customer: Option<Named>,
    /// Last queue.
    pub queue: Option<String>,
    /// Last agent who talked, or who saved the result.
    pub agent: Option<Person>,
    /// Language spoken.
    pub language: Option<String>,
    /// Keys pressed.
    pub ivr: Vec<IvrStep>,
    /// µs UTC.
    pub started_at: i64,
    /// µs UTC.
    pub answered_at: Option<i64>,
    /// µs UTC.
    pub ended_at: Option<i64>,
    /// In the queue (or ringing), ms.
    pub wait_ms: i64,
    /// From the first answer to the end, ms.
    pub talk_ms: i64,
    /// How it ended.
    pub ending: Option<Ending>,
    /// A caller from outside reached nobody.
    pub missed: bool,
    /// The recording.
    pub recording: Option<Recording>,
    /// Result chosen by the agent.
    pub disposition: Option<String>,
    /// Note of the agent.
    pub note: Option<String>,
    /// Tickets made from it.
    pub tickets: Vec<TicketRef>,
    /// Orders made from it.
    pub orders: Vec<OrderRef>,
    /// Appointments made from it.
    pub appointments: Vec<AppointmentRef>,
}

/// One event of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct CallEvent {
    /// `call.queued` …
    pub kind: String,
    /// µs UTC.
    pub at: i64,
    /// Its data, as in the catalogue of `pbx::event`.
    pub data: serde_json::Value,
}

/// Which calls are wanted; `None` means any.
#[derive(Debug, Clone, Default)]
pub struct CallFilter {
    /// Name or digits.
    pub q: Option<String>,
    /// `cus_…`
    pub customer: Option<String>,
    /// `usr_…`: calls they talked in or missed; with `missed`, those that rang at them and that nobody answered.
    pub agent: Option<String>,
    /// Queue.
    pub queue: Option<String>,
    /// Callers who reached nobody.
    pub missed: bool,
    /// Talked, over, and without a result; with `agent`, those in which they talked last.
    pub unfinished: bool,
    /// Started at or after, µs UTC.
    pub from: Option<i64>,
    /// Started before, µs UTC.
    pub to: Option<i64>,
    /// Only calls with a recording.
    pub recorded: bool,
}

const CALL: &str = "SELECT c.id, c.direction, c.from_number, c.from_key, c.caller_name, c.to_number, c.trunk, c.customer_id, \
    cu.name AS customer_name, c.queue, c.agent_id, u.name AS agent_name, u.display_name AS agent_display, c.language, c.ivr, \
    c.started_at, c.answered_at, c.ended_at, c.wait_ms, c.talk_ms, c.end_class, c.end_reason, c.end_by, c.missed, \
    c.rec_state, c.rec_started_at, c.rec_millis, c.rec_lost, c.disposition, c.note \
    FROM calls c LEFT JOIN customers cu ON cu.id = c.customer_id LEFT JOIN users u ON u.id = c.agent_id";

impl Store {
    /// A call by id.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn call_get(&self, id: &str) -> Result<Call> {
        let row = self.db.row(AssertSqlSafe(format!("{CALL} WHERE c.id = $1")), values![id]).await?;
        let mut call = self.call(&row.ok_or(StoreError::NotFound)?)?;
        self.add_work(std::slice::from_mut(&mut call)).await?;
        Ok(call)
    }

    /// Calls, newest first.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a foreign cursor.
    pub async fn calls_list(&self, filter: &CallFilter, ask: &PageAsk) -> Result<Page<Call>> {
        let places = calls_select(filter).page(&self.db, ask).await?;
        let rows = places.rows(&self.db, CALL, "c.id").await?;
        let mut items: Vec<Call> = rows.iter().map(|row| self.call(row)).collect::<Result<_>>()?;
        self.add_work(&mut items).await?;
        Ok(Page { items, next: places.next })
    }

    /// How many there are, [`crate::COUNTED`] at most.
    ///
    /// # Errors
    /// Database errors.
    pub async fn calls_count(&self, filter: &CallFilter) -> Result<i64> {
        calls_select(filter).count(&self.db).await
    }

    /// Calls with a recording, newest first.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a foreign cursor.
    pub async fn recordings_list(&self, filter: &CallFilter, ask: &PageAsk) -> Result<Page<Call>> {
        self.calls_list(&CallFilter { recorded: true, ..filter.clone() }, ask).await
    }

    /// The events of a call, in order.
    ///
    /// # Errors
    /// Database errors.
    pub async fn call_events(&self, call: &str) -> Result<Vec<CallEvent>> {
        let sql = "SELECT id, type, at, body FROM events WHERE call_id = $1 ORDER BY rev, at";
        let rows = self.db.rows(sql, values![call]).await?;
        let event = |row: &Row| {
            let mut body: serde_json::Value = readable(row).unwrap_or_default();
            let data = body.get_mut("data").map(serde_json::Value::take).unwrap_or_default();
            Ok(CallEvent { kind: row.get("type")?, at: row.get("at")?, data })
        };
        rows.iter().map(event).collect()
    }

    /// Whether a person talked in a call, now or before a transfer; decides who may hear its recording.
    ///
    /// # Errors
    /// Database errors.
    pub async fn call_had_agent(&self, call: &str, user: &str) -> Result<bool> {
        let sql = "SELECT call_id FROM call_agents WHERE call_id = $1 AND user_id = $2 AND answered = TRUE";
        Ok(self.db.row(sql, values![call, user]).await?.is_some())
    }

    /// Corrects what is known of a recording's file after a crash (`Repaired` with its length, or `Missing`).
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the call is unknown or was not recorded.
    pub async fn recording_set_state(&self, call: &str, state: RecordingState, millis: i64) -> Result<()> {
        let sql = "UPDATE calls SET rec_state = $2, rec_millis = $3 WHERE id = $1 AND rec_state IS NOT NULL";
        match self.db.run(sql, values![call, words::recording_word(state), millis]).await? {
            0 => Err(StoreError::NotFound),
            _ => Ok(()),
        }
    }

    fn call(&self, row: &Row) -> Result<Call> {
        let key: Option<String> = row.get("from_key")?;
        let sent: Option<String> = row.get("from_number")?;
        let from_display = key.as_deref().map(|key| self.display_number(key)).or_else(|| sent.clone());
        let customer = row.get::<Option<String>>("customer_id")?.zip(row.get::<Option<String>>("customer_name")?);
        Ok(Call {
            id: row.get("id")?,
            direction: row.get("direction")?,
            from: key.or(sent),
            from_display,
            caller_name: row.get("caller_name")?,
            to: row.get("to_number")?,
            trunk: row.get("trunk")?,
            customer: customer.map(|(id, name)| Named { id, name }),
            queue: row.get("queue")?,
            agent: agent(row)?,
            language: row.get("language")?,
            ivr: row.json("ivr")?,
            started_at: row.get("started_at")?,
            answered_at: row.get("answered_at")?,
            ended_at: row.get("ended_at")?,
            wait_ms: row.get("wait_ms")?,
            talk_ms: row.get("talk_ms")?,
            ending: ending(row)?,
            missed: row.get("missed")?,
            recording: recording(row)?,
            disposition: row.get("disposition")?,
            note: row.get("note")?,
            tickets: Vec::new(),
            orders: Vec::new(),
            appointments: Vec::new(),
        })
    }

    /// Adds what was made from the calls, with three statements for any number of calls.
    async fn add_work(&self, calls: &mut [Call]) -> Result<()> {
        if calls.is_empty() {
            return Ok(());
        }
        let place: HashMap<String, usize> = calls.iter().enumerate().map(|(at, call)| (call.id.clone(), at)).collect();
        let ids: Vec<Value> = calls.iter().map(|call| Value::from(&call.id)).collect();
        let list = placeholders(1, ids.len());
        let sql = format!("SELECT id, number, subject, call_id FROM tickets WHERE call_id IN ({list}) ORDER BY number");
        for row in self.db.rows(AssertSqlSafe(sql), ids.clone()).await? {
            if let Some(&at) = place.get(&row.get::<String>("call_id")?) {
                let (id, number, subject) = (row.get("id")?, row.get("number")?, row.get("subject")?);
                calls[at].tickets.push(TicketRef { id, number, subject });
            }
        }
        let sql = format!("SELECT id, number, call_id FROM orders WHERE call_id IN ({list}) ORDER BY number");
        for row in self.db.rows(AssertSqlSafe(sql), ids.clone()).await? {
            if let Some(&at) = place.get(&row.get::<String>("call_id")?) {
                calls[at].orders.push(OrderRef { id: row.get("id")?, number: row.get("number")? });
            }
        }
        let sql =
            format!("SELECT id, starts_at, call_id FROM appointments WHERE call_id IN ({list}) ORDER BY starts_at");
        for row in self.db.rows(AssertSqlSafe(sql), ids).await? {
            if let Some(&at) = place.get(&row.get::<String>("call_id")?) {
                calls[at].appointments.push(AppointmentRef { id: row.get("id")?, starts_at: row.get("starts_at")? });
            }
        }
        Ok(())
    }
}

/// How calls are found by name and number.
const WORDS: Words = Words { text: "c.found_by", index: Some(("call_search", "c.started_at")), is_moment: true };

pub(crate) fn calls_select(filter: &CallFilter) -> Select {
    // A result is owed by who talked, a part in a call has everybody whose phone rang.
    let mut select = match filter.agent.as_deref().filter(|_| !filter.unfinished) {
        None => Select::new("calls c", Order::Newest { at: "c.started_at", id: "c.id" }),
        Some(agent) => {
            let from = "call_agents a JOIN calls c ON c.id = a.call_id";
            let mut select = Select::new(from, Order::Newest { at: "a.started_at", id: "a.call_id" });
            let part = if filter.missed { "a.missed = TRUE" } else { "a.took_part = TRUE" };
            select.and(&format!("a.user_id = ? AND {part}"), values![agent]);
            select
        }
    };
    // With an agent, the index of words leads to their part in the call of that moment, not to all of their calls.
    let rowid = if filter.agent.is_some() && !filter.unfinished { "a.started_at" } else { "c.started_at" };
    let words = Words { index: Some(("call_search", rowid)), ..WORDS };
    select.search(words, Question::read(filter.q.as_deref(), Digits::Telephone));
    select.maybe("c.customer_id = ?", filter.customer.as_deref());
    select.maybe("c.queue = ?", filter.queue.as_deref());
    select.within(filter.from, filter.to);
    if filter.unfinished {
        let talked = "c.disposition IS NULL AND c.answered_at IS NOT NULL AND c.ended_at IS NOT NULL";
        select.and(talked, Vec::new());
        select.maybe("c.agent_id = ?", filter.agent.as_deref());
    }
    if filter.recorded {
        select.and("c.rec_state IS NOT NULL", Vec::new());
    }
    // Whom an agent missed and somebody else then served is no missed call.
    if filter.missed {
        select.and("c.missed = TRUE", Vec::new());
    }
    select
}

fn agent(row: &Row) -> Result<Option<Person>> {
    let Some(id) = row.get::<Option<String>>("agent_id")? else { return Ok(None) };
    let name = row.get::<Option<String>>("agent_name")?.unwrap_or_else(|| id.clone());
    let display_name = row.get::<Option<String>>("agent_display")?.unwrap_or_else(|| name.clone());
    Ok(Some(Person { id, name, display_name }))
}

fn ending(row: &Row) -> Result<Option<Ending>> {
    let Some(class) = row.get::<Option<String>>("end_class")? else { return Ok(None) };
    let by = row.get::<Option<String>>("end_by")?.unwrap_or_default();
    Ok(Some(Ending {
        class: words::class_of(&class).ok_or(StoreError::Damaged("end_class"))?,
        reason: row.get::<Option<String>>("end_reason")?.unwrap_or_default(),
        by: words::by_of(&by).ok_or(StoreError::Damaged("end_by"))?,
    }))
}

fn recording(row: &Row) -> Result<Option<Recording>> {
    let Some(state) = row.get::<Option<String>>("rec_state")? else { return Ok(None) };
    Ok(Some(Recording {
        started_at: row.get::<Option<i64>>("rec_started_at")?.unwrap_or_default(),
        millis: unsigned(row.get("rec_millis")?),
        lost_frames: unsigned(row.get("rec_lost")?),
        state: words::recording_of(&state).ok_or(StoreError::Damaged("rec_state"))?,
    }))
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}
