//! The callbacks that calls make and end by themselves, in the transaction that writes the calls.
//!
//! A call may be written many times. Each callback remembers up to which moment calls are counted, so writing one again
//! changes nothing.

use crm::callback::{Outcome, Reason};
use pbx::event::Direction;

use crate::Store;
use crate::callbacks::INTO_CALLBACKS;
use crate::db::{Row, Tx, Value, values};
use crate::error::Result;
use crate::fold::Folded;

/// The result that promises a call.
const PROMISE: &str = "callback";

/// Endings after which nobody is owed a call: the number does not exist, or the caller may not dial it.
const REFUSED: [&str; 2] = ["forbidden", "not-found"];

impl Store {
    /// Brings callbacks up to date with folded calls; the ids of those that changed.
    pub(crate) async fn owe(&self, tx: &mut Tx, calls: &[Folded]) -> Result<Vec<String>> {
        let mut changed = Vec::new();
        for call in calls.iter().filter(|call| call.record.direction == Direction::In) {
            let record = &call.record;
            let phone = record.from.as_deref().and_then(|from| self.read_phone(from));
            let (Some(phone), Some(last)) = (phone, record.answered_at.or(record.ended_at)) else { continue };
            if record.answered_at.is_some() {
                changed.extend(reached(tx, &phone.key, last, call.agent.as_deref()).await?);
            }
            let is_refused = record.ending.as_ref().is_some_and(|ending| REFUSED.contains(&ending.reason.as_str()));
            if record.is_missed() && !is_refused {
                changed.extend(self.missed(tx, &phone.key, last, call).await?);
            }
            if record.disposition.as_deref() == Some(PROMISE) {
                changed.extend(self.promised(tx, &phone.key, record.ended_at.unwrap_or(last), call).await?);
            }
        }
        Ok(changed)
    }

    /// They called in vain: one more on their entry, or a new entry unless somebody talked with them since.
    async fn missed(&self, tx: &mut Tx, number: &str, at: i64, call: &Folded) -> Result<Option<String>> {
        let due = Reason::Missed.due(at, &self.rules.hours);
        let queue = call.record.queue.as_ref().map(|queue| queue.as_str());
        let sql = "UPDATE callbacks SET misses = misses + 1, counted_to = $2, due_at = CASE WHEN due_at < $3 THEN due_at ELSE $3 END, \
                   call_id = CASE WHEN reason = 'missed' THEN $4 ELSE call_id END, queue = COALESCE($5, queue), \
                   customer_id = COALESCE(customer_id, $6), updated_at = $2, rev = rev + 1 \
                   WHERE number = $1 AND done_at IS NULL AND counted_to < $2 RETURNING id";
        let values = values![number, at, due, call.record.id.as_str(), queue, &call.customer];
        if let Some(row) = tx.row(sql, values).await? {
            return row.get("id").map(Some);
        }
        let sql = "SELECT id FROM callbacks WHERE number = $1 AND counted_to >= $2 \
                   UNION ALL SELECT id FROM calls WHERE from_key = $1 AND answered_at > $2 LIMIT 1";
        if tx.row(sql, values![number, at]).await?.is_some() {
            return Ok(None);
        }
        let owed = Owed { reason: Reason::Missed, misses: 1, at, owner: None };
        self.add(tx, number, owed, call).await.map(Some)
    }

    /// Somebody gave a call the result "call back" and made no entry: it is owed all the same.
    async fn promised(&self, tx: &mut Tx, number: &str, at: i64, call: &Folded) -> Result<Option<String>> {
        let known = "SELECT id FROM callbacks WHERE call_id = $2 OR (number = $1 AND counted_to > $3) LIMIT 1";
        if tx.row(known, values![number, call.record.id.as_str(), at]).await?.is_some() {
            return Ok(None);
        }
        let owner = tx.row("SELECT id FROM users WHERE id = $1", values![&call.agent]).await?;
        let owner: Option<String> = owner.map(|row| row.get("id")).transpose()?;
        let sql = "UPDATE callbacks SET reason = 'promised', call_id = $2, counted_to = $3, owner_id = COALESCE(owner_id, $4), \
                   customer_id = COALESCE(customer_id, $5), note = CASE WHEN note = '' THEN $6 ELSE note END, \
                   updated_at = $3, rev = rev + 1 WHERE number = $1 AND done_at IS NULL RETURNING id";
        let values = values![number, call.record.id.as_str(), at, &owner, &call.customer, note_of(call)];
        if let Some(row) = tx.row(sql, values).await? {
            return row.get("id").map(Some);
        }
        let owed = Owed { reason: Reason::Promised, misses: 0, at, owner };
        self.add(tx, number, owed, call).await.map(Some)
    }

    async fn add(&self, tx: &mut Tx, number: &str, owed: Owed, call: &Folded) -> Result<String> {
        let Owed { reason, misses, at, owner } = owed;
        let record = &call.record;
        let name = record.display.as_deref().map(|name| name.replace('\0', "")).filter(|name| !name.trim().is_empty());
        let queue = record.queue.as_ref().map(|queue| queue.as_str());
        let id = id_of(record.id.as_str());
        let due = reason.due(at, &self.rules.hours);
        let note = match reason {
            Reason::Promised => note_of(call),
            Reason::Missed => String::new(),
        };
        let row: Vec<Value> = values![
            &id,
            number,
            name,
            &call.customer,
            record.id.as_str(),
            queue,
            reason.as_str(),
            misses,
            at,
            owner,
            due,
            note,
            "",
            at,
            at
        ];
        // A colleague may have promised this number a call a moment ago: then it has its entry.
        tx.insert(INTO_CALLBACKS, vec![row], "ON CONFLICT DO NOTHING").await?;
        Ok(id)
    }
}

fn note_of(call: &Folded) -> String {
    call.record.note.as_deref().unwrap_or_default().replace('\0', "")
}

/// A call makes one callback at most, so that the id follows from the call's.
fn id_of(call: &str) -> String {
    format!("cbk_{}", call.trim_start_matches("c_"))
}

/// A new entry.
struct Owed {
    reason: Reason,
    misses: i64,
    at: i64,
    owner: Option<String>,
}

/// Somebody talked with them: what they missed before is settled. A promise stands until a person ends it.
async fn reached(tx: &mut Tx, number: &str, at: i64, agent: Option<&str>) -> Result<Vec<String>> {
    let sql = "UPDATE callbacks SET outcome = $3, done_by = $4, done_at = $2, updated_at = $2, rev = rev + 1 \
               WHERE number = $1 AND done_at IS NULL AND reason = 'missed' AND counted_to < $2 RETURNING id";
    let rows = tx.rows(sql, values![number, at, Outcome::Reached.as_str(), agent]).await?;
    rows.iter().map(|row: &Row| row.get("id")).collect()
}
