//! The journal: events are appended, and the rows of their calls are folded anew, in one transaction.
//!
//! Writing the same events twice changes nothing: an event is known by its id, and a row is made from all events of its
//! call. So a journal that crashed half-way simply writes again.

use std::collections::{BTreeSet, HashMap, HashSet};

use pbx::event::{Direction, EndClass, EndedBy, Ending, Event, What};
use pbx::id::{CallId, UserId};
use serde::de::DeserializeOwned;
use sqlx::AssertSqlSafe;

use crate::db::{Row, Tx, Value, placeholders, values};
use crate::error::{Result, StoreError};
use crate::fold::{Folded, Part};
use crate::phones::{self, ReadPhone};
use crate::statements::CALLS_LEFT_OPEN;
use crate::{Store, id, words};

impl Store {
    /// Keeps events and brings the rows of their calls up to date. May be called again with the same events.
    /// Figures of queues and phones' coming and going are not kept. Gives back the ids of callbacks that changed with the
    /// calls.
    ///
    /// # Errors
    /// Database errors; nothing was kept then.
    pub async fn journal_write(&self, events: &[Event]) -> Result<Vec<String>> {
        let kept: Vec<&Event> = events.iter().filter(|event| is_kept(&event.what)).collect();
        if kept.is_empty() {
            return Ok(Vec::new());
        }
        let mut tx = self.db.begin().await?;
        append(&mut tx, &kept).await?;
        let calls: BTreeSet<&str> = kept.iter().filter_map(|event| call_of(event)).collect();
        let mut folded = Vec::new();
        for call in calls {
            folded.push(Folded::of(call, &events_of(&mut tx, call).await?));
        }
        // What one number is owed follows from its calls in the order in which they came to an end.
        folded.sort_by_key(|call| call.record.answered_at.or(call.record.ended_at).unwrap_or(i64::MAX));
        let ids: Vec<CallId> = folded.iter().map(|call| call.record.id.clone()).collect();
        let callbacks = self.write_calls(&mut tx, folded).await?;
        for call in ids {
            self.adopt(&mut tx, call.as_str()).await?;
        }
        tx.commit().await?;
        Ok(callbacks)
    }

    /// Ends calls that a stopped process left open: class `failed`, reason `interrupted`, by the system, at the moment
    /// `died_at` the process was last known to live, or of their last event when that is unknown or later. For
    /// start-up, before new calls come. Returns their ids.
    ///
    /// # Errors
    /// Database errors.
    pub async fn calls_close_interrupted(&self, now: i64, died_at: Option<i64>) -> Result<Vec<String>> {
        let mut endings = Vec::new();
        let mut ids = Vec::new();
        for row in self.db.rows(CALLS_LEFT_OPEN, Vec::new()).await? {
            let call: String = row.get("id")?;
            let ending = Ending { class: EndClass::Failed, reason: "interrupted".to_owned(), by: EndedBy::System };
            let (Some(rev), Some(last)) = (row.get::<Option<i64>>("rev")?, row.get::<Option<i64>>("last_at")?) else {
                continue;
            };
            let rev = u64::try_from(rev).unwrap_or_default() + 1;
            let what = What::CallEnded { call: CallId::new(call.clone()), ending };
            let at = died_at.map_or(last, |died| died.min(now).max(last));
            endings.push(Event { id: id::new("evt", now), at, rev, what });
            ids.push(call);
        }
        self.journal_write(&endings).await?;
        ids.sort_unstable();
        Ok(ids)
    }

    /// Keeps the result of a call that is over and that no switch remembers, by sign-in name of who saves it. Gives back
    /// the ids of callbacks that changed with it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such call or it is not over.
    pub async fn call_complete(
        &self,
        call: &str,
        by: &str,
        disposition: &str,
        note: &str,
        now: i64,
    ) -> Result<Vec<String>> {
        let sql = "SELECT MAX(e.rev) AS rev FROM calls c JOIN events e ON e.call_id = c.id \
                   WHERE c.id = $1 AND c.ended_at IS NOT NULL GROUP BY c.id";
        let row = self.db.row(sql, values![call]).await?.ok_or(StoreError::NotFound)?;
        let rev = u64::try_from(row.get::<i64>("rev")?).unwrap_or_default() + 1;
        let what = What::CallCompleted {
            call: CallId::new(call),
            agent: UserId::new(by),
            disposition: disposition.to_owned(),
            note: note.to_owned(),
        };
        self.journal_write(&[Event { id: id::new("evt", now), at: now, rev, what }]).await
    }

    /// Ties a call to a customer and adds its number to them, so that the next call finds them. With `shares_number`
    /// also when it is another customer's too. `from` is the caller's number for a call that is not written yet.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such customer; [`StoreError::TakenNumber`].
    pub async fn call_link_customer(
        &self,
        call: &str,
        customer: &str,
        shares_number: bool,
        from: Option<&str>,
    ) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let known = tx.row("SELECT id FROM customers WHERE id = $1", values![customer]).await?;
        known.ok_or(StoreError::NotFound)?;
        self.link(&mut tx, call, customer, shares_number, from).await?;
        tx.commit().await
    }

    /// Ties a call to a customer, also when the journal has not yet written the call.
    pub(crate) async fn link(
        &self,
        tx: &mut Tx,
        call: &str,
        customer: &str,
        shares_number: bool,
        from: Option<&str>,
    ) -> Result<()> {
        if !shares_number {
            let sql = "SELECT CASE WHEN direction = 'in' AND from_key IS NOT NULL THEN from_number END AS from_number \
                       FROM calls WHERE id = $1";
            let from: Option<String> = match tx.row(sql, values![call]).await? {
                Some(row) => row.get("from_number")?,
                None => from.map(str::to_owned),
            };
            let phone = from.and_then(|from| self.read_phone(&from));
            phones::claim(tx, customer, phone.as_slice()).await?;
        }
        let sql = "INSERT INTO call_links (call_id, customer_id) VALUES ($1, $2) \
                   ON CONFLICT (call_id) DO UPDATE SET customer_id = excluded.customer_id";
        tx.run(sql, values![call, customer]).await?;
        tx.run("UPDATE calls SET customer_id = $2 WHERE id = $1", values![call, customer]).await?;
        self.adopt(tx, call).await
    }

    /// Gives a call's customer the work that was written down during it, and a linked one the call's number too.
    async fn adopt(&self, tx: &mut Tx, call: &str) -> Result<()> {
        let sql = "SELECT c.customer_id, c.from_key, c.from_number, c.direction, l.call_id AS linked FROM calls c \
                   LEFT JOIN call_links l ON l.call_id = c.id WHERE c.id = $1 AND c.customer_id IS NOT NULL";
        let Some(row) = tx.row(sql, values![call]).await? else { return Ok(()) };
        let customer: String = row.get("customer_id")?;
        for table in ["tickets", "appointments", "callbacks"] {
            let sql = format!("UPDATE {table} SET customer_id = $2 WHERE call_id = $1 AND customer_id IS NULL");
            tx.run(AssertSqlSafe(sql), values![call, &customer]).await?;
        }
        let is_linked = row.get::<Option<String>>("linked")?.is_some() && row.get::<String>("direction")? == "in";
        if let (Some(key), true) = (row.get::<Option<String>>("from_key")?, is_linked) {
            let display = self.display_number(&key);
            let original = row.get::<Option<String>>("from_number")?.unwrap_or_default();
            phones::add(tx, &customer, &[ReadPhone { key, display, original }]).await?;
        }
        Ok(())
    }

    /// Writes folded calls: rows, agents, links, the customer's last contact, callbacks; the ids of callbacks that
    /// changed.
    pub(crate) async fn write_calls(&self, tx: &mut Tx, mut calls: Vec<Folded>) -> Result<Vec<String>> {
        if calls.is_empty() {
            return Ok(Vec::new());
        }
        let users = user_ids(tx).await?;
        let links = links(tx, &calls).await?;
        for call in &mut calls {
            rename_agents(call, &users);
            if let Some(customer) = links.get(call.record.id.as_str()) {
                call.customer = Some(customer.clone());
            }
        }
        forget_unknown_customers(tx, &mut calls).await?;
        let rows = calls.iter().map(|call| self.call_values(call)).collect();
        tx.insert(INTO_CALLS, rows, ON_CONFLICT).await?;
        let agents = calls.iter().flat_map(agent_values).collect();
        tx.insert(INTO_AGENTS, agents, ON_AGENT_CONFLICT).await?;
        for call in &calls {
            remember_contact(tx, call).await?;
        }
        self.owe(tx, &calls).await
    }

    fn call_values(&self, call: &Folded) -> Vec<Value> {
        let record = &call.record;
        let from = record.from.as_deref().map(clean);
        let key = from.as_deref().and_then(|from| crm::number::key(from, &self.rules.home));
        let display = record.display.as_deref().map(clean).filter(|name| !name.trim().is_empty());
        let ending = record.ending.as_ref();
        let recording = record.recording.as_ref();
        let ivr = serde_json::to_string(&record.ivr).unwrap_or_else(|_| "[]".to_owned());
        values![
            record.id.as_str(),
            if record.direction == Direction::Internal { "internal" } else { "in" },
            from,
            key,
            &display,
            clean(&record.to),
            record.trunk.as_ref().map(|trunk| trunk.as_str()),
            &call.customer,
            record.queue.as_ref().map(|queue| queue.as_str()),
            &call.agent,
            record.language.as_deref().map(clean),
            ivr,
            record.started_at,
            record.answered_at,
            record.ended_at,
            record.wait_ms,
            record.talk_ms,
            ending.map(|ending| words::class_word(ending.class)),
            ending.map(|ending| clean(&ending.reason)),
            ending.map(|ending| words::by_word(ending.by)),
            record.is_missed(),
            recording.map(|recording| words::recording_word(recording.state)),
            recording.map(|recording| recording.started_at),
            recording.map_or(0, |recording| recording.millis),
            recording.map_or(0, |recording| recording.lost_frames),
            record.disposition.as_deref().map(clean),
            record.note.as_deref().map(clean).filter(|note| !note.trim().is_empty()),
            crm::text::fold(display.as_deref().unwrap_or_default()),
        ]
    }
}

/// The call an event is about.
fn call_of(event: &Event) -> Option<&str> {
    event.what.call().map(CallId::as_str)
}

const INTO_CALLS: &str = "calls (id, direction, from_number, from_key, caller_name, to_number, trunk, customer_id, queue, \
                          agent_id, language, ivr, started_at, answered_at, ended_at, wait_ms, talk_ms, end_class, \
                          end_reason, end_by, missed, rec_state, rec_started_at, rec_millis, rec_lost, disposition, \
                          note, search)";

pub(crate) const INTO_AGENTS: &str = "call_agents (call_id, user_id, answered, missed, took_part, started_at)";
const ON_AGENT_CONFLICT: &str = "ON CONFLICT (call_id, user_id) DO UPDATE SET answered = excluded.answered, \
    missed = excluded.missed, took_part = excluded.took_part, started_at = excluded.started_at";

/// A recording that was repaired or found missing after a crash keeps that state when its events are folded again.
const ON_CONFLICT: &str = "ON CONFLICT (id) DO UPDATE SET customer_id = COALESCE(excluded.customer_id, calls.customer_id), \
    queue = excluded.queue, agent_id = excluded.agent_id, language = excluded.language, ivr = excluded.ivr, \
    answered_at = excluded.answered_at, ended_at = excluded.ended_at, wait_ms = excluded.wait_ms, \
    talk_ms = excluded.talk_ms, end_class = excluded.end_class, end_reason = excluded.end_reason, \
    end_by = excluded.end_by, missed = excluded.missed, \
    rec_state = CASE WHEN calls.rec_state IN ('repaired', 'missing') THEN calls.rec_state ELSE excluded.rec_state END, \
    rec_started_at = excluded.rec_started_at, \
    rec_millis = CASE WHEN calls.rec_state IN ('repaired', 'missing') THEN calls.rec_millis ELSE excluded.rec_millis END, \
    rec_lost = excluded.rec_lost, disposition = excluded.disposition, note = excluded.note, \
    direction = excluded.direction, from_number = excluded.from_number, from_key = excluded.from_key, \
    caller_name = excluded.caller_name, to_number = excluded.to_number, trunk = excluded.trunk, \
    started_at = excluded.started_at, search = excluded.search";

fn is_kept(what: &What) -> bool {
    !matches!(what, What::QueueStats { .. } | What::PresenceChanged { .. })
}

/// What peers send may hold NUL, which PostgreSQL's text does not.
fn clean(text: &str) -> String {
    text.replace('\0', "")
}

pub(crate) async fn append(tx: &mut Tx, events: &[&Event]) -> Result<()> {
    let mut rows = Vec::with_capacity(events.len());
    for event in events {
        rows.push(event_values(event)?);
    }
    tx.insert("events (id, call_id, at, rev, type, body)", rows, "ON CONFLICT (id) DO NOTHING").await?;
    Ok(())
}

/// An event as it is kept, JSON. The card is not kept with it: it is made of data that is kept already, and a second copy
/// of personal data would outlive its erasure.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn journal_body(event: &Event) -> serde_json::Result<String> {
    let What::MatchResolved { call, caller } = &event.what else { return serde_json::to_string(event) };
    let mut caller = caller.clone();
    caller.card = None;
    let what = What::MatchResolved { call: call.clone(), caller };
    serde_json::to_string(&Event { id: event.id.clone(), at: event.at, rev: event.rev, what })
}

fn event_values(event: &Event) -> Result<Vec<Value>> {
    let body = journal_body(event).map_err(|_| StoreError::Damaged("body"))?;
    Ok(values![&event.id, call_of(event), event.at, event.rev, event.what.kind(), body])
}

async fn events_of(tx: &mut Tx, call: &str) -> Result<Vec<Event>> {
    let rows = tx.rows("SELECT id, body FROM events WHERE call_id = $1 ORDER BY rev, at", values![call]).await?;
    Ok(rows.iter().filter_map(readable).collect())
}

/// The event in a row's `id` and `body`, the latter of any shape. One of a newer program, or a damaged one, stays where it
/// is, and what is made of events is made of the others: one bad row must not stop a start, nor hide a call.
pub(crate) fn readable<T: DeserializeOwned>(row: &Row) -> Option<T> {
    let body = row.json("body");
    if body.is_err() {
        let id: String = row.get("id").unwrap_or_default();
        tracing::error!(id, "an event cannot be read; it is passed over");
    }
    body.ok()
}

/// Sign-in name → id: the configuration knows people by name, the data by id.
async fn user_ids(tx: &mut Tx) -> Result<HashMap<String, String>> {
    let rows = tx.rows("SELECT id, name FROM users", Vec::new()).await?;
    rows.iter().map(|row| Ok((row.get("name")?, row.get("id")?))).collect()
}

fn rename_agents(call: &mut Folded, users: &HashMap<String, String>) {
    let id_of = |name: String| users.get(&name).cloned().unwrap_or(name);
    call.agent = call.agent.take().map(id_of);
    call.agents = std::mem::take(&mut call.agents).into_iter().map(|(agent, what)| (id_of(agent), what)).collect();
}

/// Everybody whose phone rang, and who saved the result. With the call's own time, so that a person's calls are a list.
fn agent_values(call: &Folded) -> Vec<Vec<Value>> {
    let saver = call.agent.iter().filter(|agent| !call.agents.contains_key(*agent));
    let all = call.agents.iter().map(|(agent, part)| (agent, *part)).chain(saver.map(|agent| (agent, Part::default())));
    let row = |(agent, part): (&String, Part)| {
        let took_part = part.answered || part.missed || call.agent.as_ref() == Some(agent);
        values![call.record.id.as_str(), agent, part.answered, part.missed, took_part, call.record.started_at]
    };
    all.map(row).collect()
}

async fn links(tx: &mut Tx, calls: &[Folded]) -> Result<HashMap<String, String>> {
    let mut found = HashMap::new();
    for chunk in calls.chunks(500) {
        let ids = chunk.iter().map(|call| Value::from(call.record.id.as_str())).collect();
        let list = placeholders(1, chunk.len());
        let sql = format!("SELECT call_id, customer_id FROM call_links WHERE call_id IN ({list})");
        for row in tx.rows(AssertSqlSafe(sql), ids).await? {
            found.insert(row.get("call_id")?, row.get("customer_id")?);
        }
    }
    Ok(found)
}

/// An event may name a customer who is gone; the call is kept all the same.
async fn forget_unknown_customers(tx: &mut Tx, calls: &mut [Folded]) -> Result<()> {
    let wanted: BTreeSet<String> = calls.iter().filter_map(|call| call.customer.clone()).collect();
    let wanted: Vec<String> = wanted.into_iter().collect();
    let mut known = HashSet::new();
    for chunk in wanted.chunks(500) {
        let ids = chunk.iter().map(Value::from).collect();
        let sql = format!("SELECT id FROM customers WHERE id IN ({})", placeholders(1, chunk.len()));
        for row in tx.rows(AssertSqlSafe(sql), ids).await? {
            known.insert(row.get::<String>("id")?);
        }
    }
    for call in calls {
        call.customer = call.customer.take().filter(|customer| known.contains(customer));
    }
    Ok(())
}

async fn remember_contact(tx: &mut Tx, call: &Folded) -> Result<()> {
    let (Some(customer), Some(answered)) = (&call.customer, call.record.answered_at) else { return Ok(()) };
    let sql =
        "UPDATE customers SET last_contact_at = $2 WHERE id = $1 AND (last_contact_at IS NULL OR last_contact_at < $2)";
    tx.run(sql, values![customer, answered]).await.map(|_| ())
}
