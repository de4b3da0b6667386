//! Callbacks: callers who are owed a call, until somebody ends it. At most one is open per number.

use crm::callback::{Outcome, Reason};
use sqlx::AssertSqlSafe;

use crate::change::{bump, known_user, owner_of, undo};
use crate::db::{Row, Tx, Value, values};
use crate::error::{Result, StoreError};
use crate::joined::{named, person};
use crate::page::{Order, Page, PageAsk, Select, Words};
use crate::search::{Digits, Question};
use crate::users::Person;
use crate::{Named, Store, check, id};

/// A caller who is owed a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// `cbk_…`
    pub id: String,
    /// Key of the number to call.
    pub number: String,
    /// As people write it.
    pub display: String,
    /// Display name as the peer sent it; untrusted.
    pub caller_name: Option<String>,
    /// Whose number it is.
    pub customer: Option<Named>,
    /// The last call it comes from.
    pub call: Option<String>,
    /// The queue they wanted.
    pub queue: Option<String>,
    /// Why.
    pub reason: Reason,
    /// How often they called in vain.
    pub misses: i64,
    /// Who has taken it.
    pub owner: Option<Person>,
    /// When to call, µs UTC.
    pub due_at: i64,
    /// What to know before calling.
    pub note: String,
    /// How it ended; `None` while it is open.
    pub outcome: Option<Outcome>,
    /// Who ended it.
    pub done_by: Option<Person>,
    /// µs UTC.
    pub done_at: Option<i64>,
    /// µs UTC.
    pub created_at: i64,
    /// µs UTC.
    pub updated_at: i64,
    /// Rises with each change.
    pub rev: i64,
}

/// A call to promise.
#[derive(Debug, Clone, Default)]
pub struct NewCallback {
    /// The number in any spelling; the call's, else the customer's first, when `None`.
    pub number: Option<String>,
    /// Whose; the call's customer when `None`.
    pub customer: Option<String>,
    /// The call in which it was promised.
    pub call: Option<String>,
    /// Who will call; the maker when `None`.
    pub owner: Option<String>,
    /// When, µs UTC; after an hour of working time when `None`.
    pub due_at: Option<i64>,
    /// What to know before calling.
    pub note: String,
}

/// What changes; `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct CallbackPatch {
    /// Who has taken it, or nobody.
    pub owner: Option<Option<String>>,
    /// When to call, µs UTC.
    pub due_at: Option<i64>,
    /// What to know before calling.
    pub note: Option<String>,
    /// How it ended; `Some(None)` opens it again.
    pub outcome: Option<Option<Outcome>>,
}

/// Which callbacks are wanted; `None` means any.
#[derive(Debug, Clone, Default)]
pub struct CallbackFilter {
    /// Words of the customer's name, or digits of the number.
    pub q: Option<String>,
    /// Ended ones (latest first) instead of open ones (earliest due first).
    pub done: bool,
    /// `usr_…`
    pub owner: Option<String>,
    /// Of these queues, or of none.
    pub queues: Option<Vec<String>>,
    /// `cus_…`
    pub customer: Option<String>,
}

const CALLBACK: &str = "SELECT b.id, b.number, b.caller_name, b.customer_id, cu.name AS customer_name, b.call_id, b.queue, \
    b.reason, b.misses, b.owner_id, u.name AS owner_name, u.display_name AS owner_display, b.due_at, b.note, b.outcome, \
    b.done_by, d.name AS done_name, d.display_name AS done_display, b.done_at, b.created_at, b.updated_at, b.rev \
    FROM callbacks b LEFT JOIN customers cu ON cu.id = b.customer_id LEFT JOIN users u ON u.id = b.owner_id \
    LEFT JOIN users d ON d.id = b.done_by";

pub(crate) const INTO_CALLBACKS: &str = "callbacks (id, number, caller_name, customer_id, call_id, queue, reason, misses, \
                                         counted_to, owner_id, due_at, note, created_by, created_at, updated_at)";

/// The note of an entry that is promised once more: nobody's words are lost, the newest stand first.
fn both_notes() -> String {
    format!(
        "CASE WHEN excluded.note = '' THEN callbacks.note \
         WHEN callbacks.note = '' OR callbacks.note = excluded.note THEN excluded.note \
         ELSE substr(excluded.note || '\n' || callbacks.note, 1, {}) END",
        check::FREE
    )
}

impl Store {
    fn callback(&self, row: &Row) -> Result<Callback> {
        let number: String = row.get("number")?;
        let outcome: Option<String> = row.get("outcome")?;
        let outcome = outcome.map(|word| word.parse().map_err(|_| StoreError::Damaged("outcome"))).transpose()?;
        Ok(Callback {
            id: row.get("id")?,
            display: self.display_number(&number),
            number,
            caller_name: row.get("caller_name")?,
            customer: named(row)?,
            call: row.get("call_id")?,
            queue: row.get("queue")?,
            reason: row.word("reason")?,
            misses: row.get("misses")?,
            owner: person(row, "owner_id", "owner_name", "owner_display")?,
            due_at: row.get("due_at")?,
            note: row.get("note")?,
            outcome,
            done_by: person(row, "done_by", "done_name", "done_display")?,
            done_at: row.get("done_at")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
            rev: row.get("rev")?,
        })
    }

    /// Promises a call for `by`. A number that is owed one already keeps its entry, with the new time and owner, and the
    /// new note before the old one.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with the field: `number` when there is none to call.
    pub async fn callback_insert(&self, new: &NewCallback, by: &str, now: i64) -> Result<Callback> {
        let note = check::bounded("note", &new.note, check::FREE)?;
        let due = new.due_at.unwrap_or_else(|| Reason::Promised.due(now, &self.rules.hours));
        let mut tx = self.db.begin().await?;
        let customer = owner_of(&mut tx, new.customer.as_deref(), new.call.as_deref()).await?;
        let number = match &new.number {
            Some(text) => self.read_phone(text).map(|phone| phone.key),
            None => number_of(&mut tx, new.call.as_deref(), customer.as_deref()).await?,
        };
        let number = number.ok_or_else(|| StoreError::invalid("number", "invalid"))?;
        let owner = known_user(&mut tx, "owner", new.owner.as_deref().unwrap_or(by), new.owner.is_some()).await?;
        let (id, reason) = (id::new("cbk", now), Reason::Promised.as_str());
        let nobody: Option<String> = None;
        let row = values![
            &id, &number, &nobody, customer, &new.call, &nobody, reason, 0_i64, now, owner, due, note, by, now, now
        ];
        let tail = format!(
            "ON CONFLICT (number) WHERE done_at IS NULL DO UPDATE SET reason = excluded.reason, \
                    call_id = COALESCE(excluded.call_id, callbacks.call_id), counted_to = excluded.counted_to, \
                    customer_id = COALESCE(excluded.customer_id, callbacks.customer_id), owner_id = excluded.owner_id, \
                    due_at = excluded.due_at, note = {}, updated_at = excluded.updated_at, rev = callbacks.rev + 1",
            both_notes()
        );
        tx.insert(INTO_CALLBACKS, vec![row], &tail).await?;
        let sql = "SELECT id FROM callbacks WHERE number = $1 AND done_at IS NULL";
        let id: String = tx.row(sql, values![number]).await?.ok_or(StoreError::NotFound)?.get("id")?;
        tx.commit().await?;
        self.callback_get(&id).await
    }

    /// A callback by id.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn callback_get(&self, id: &str) -> Result<Callback> {
        let row = self.db.row(AssertSqlSafe(format!("{CALLBACK} WHERE b.id = $1")), values![id]).await?;
        self.callback(&row.ok_or(StoreError::NotFound)?)
    }

    /// Changes a callback for `by`. With `rev`, only if nobody else did since.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Changed`], [`StoreError::Invalid`]; [`StoreError::Conflict`] `duplicate`
    /// when it is opened again while the number is owed another call, `status` when it is put off or taken after its end.
    pub async fn callback_patch(
        &self,
        id: &str,
        rev: Option<i64>,
        patch: &CallbackPatch,
        by: &str,
        now: i64,
    ) -> Result<Callback> {
        let mut tx = self.db.begin().await?;
        bump(&mut tx, "callbacks", id, rev, now).await?;
        let row = tx.row(AssertSqlSafe(format!("{CALLBACK} WHERE b.id = $1")), values![id]).await?;
        let known = self.callback(&row.ok_or(StoreError::NotFound)?)?;
        let stays_ended = known.outcome.is_some() && patch.outcome != Some(None);
        if stays_ended && (patch.due_at.is_some() || patch.owner.is_some()) {
            return Err(StoreError::Conflict("status"));
        }
        let owner = match &patch.owner {
            Some(Some(owner)) => known_user(&mut tx, "owner", owner, true).await?,
            Some(None) => None,
            None => known.owner.map(|owner| owner.id),
        };
        let note = check::bounded("note", patch.note.as_ref().unwrap_or(&known.note), check::FREE)?;
        let (outcome, done_by, done_at) = match patch.outcome {
            Some(Some(outcome)) => (Some(outcome), Some(by.to_owned()), Some(now)),
            Some(None) => (None, None, None),
            None => (known.outcome, known.done_by.map(|person| person.id), known.done_at),
        };
        let outcome = outcome.map(Outcome::as_str);
        let sql = "UPDATE callbacks SET owner_id = $2, due_at = $3, note = $4, outcome = $5, done_by = $6, done_at = $7 \
                   WHERE id = $1";
        tx.run(sql, values![id, owner, patch.due_at.unwrap_or(known.due_at), note, outcome, done_by, done_at]).await?;
        tx.commit().await?;
        self.callback_get(id).await
    }

    /// Takes a promise back within ten minutes of its making, by its maker, unless it has become more since: another
    /// promise, or a call in vain.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Changed`]; [`StoreError::Conflict`] `not-yours` or `too-late`.
    pub async fn callback_undo(&self, id: &str, by: &str, now: i64) -> Result<()> {
        let mut tx = self.db.begin().await?;
        undo(&mut tx, "callbacks", id, by, now).await?;
        tx.commit().await
    }

    /// Callbacks: open ones by their time, ended ones latest first.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a foreign cursor.
    pub async fn callbacks_list(&self, filter: &CallbackFilter, ask: &PageAsk) -> Result<Page<Callback>> {
        let places = callbacks_select(filter).page(&self.db, ask).await?;
        let rows = places.rows(&self.db, CALLBACK, "b.id").await?;
        Ok(Page { items: rows.iter().map(|row| self.callback(row)).collect::<Result<_>>()?, next: places.next })
    }

    /// How many there are, [`crate::COUNTED`] at most.
    ///
    /// # Errors
    /// Database errors.
    pub async fn callbacks_count(&self, filter: &CallbackFilter) -> Result<i64> {
        callbacks_select(filter).count(&self.db).await
    }
}

/// How callbacks are found by the customer's name and the number.
const WORDS: Words = Words { text: "b.found_by", index: Some(("callback_search", "b.place")), is_moment: false };

pub(crate) fn callbacks_select(filter: &CallbackFilter) -> Select {
    let order = match filter.done {
        true => Order::Newest { at: "b.done_at", id: "b.id" },
        false => Order::Earliest { at: "b.due_at", id: "b.id" },
    };
    let mut select = Select::new("callbacks b", order);
    select.search(WORDS, Question::read(filter.q.as_deref(), Digits::Telephone));
    select.and(if filter.done { "b.done_at IS NOT NULL" } else { "b.done_at IS NULL" }, Vec::new());
    select.maybe("b.owner_id = ?", filter.owner.as_deref());
    if let Some(queues) = &filter.queues {
        let any = queues.iter().fold("b.queue IS NULL".to_owned(), |any, _| any + " OR b.queue = ?");
        select.and(&any, queues.iter().map(Value::from).collect());
    }
    select.maybe("b.customer_id = ?", filter.customer.as_deref());
    select
}

/// The number to call: the call's, else the customer's first.
async fn number_of(tx: &mut Tx, call: Option<&str>, customer: Option<&str>) -> Result<Option<String>> {
    if let Some(call) = call {
        let sql = "SELECT from_key FROM calls WHERE id = $1 AND direction = 'in' AND from_key IS NOT NULL";
        if let Some(row) = tx.row(sql, values![call]).await? {
            return row.get("from_key").map(Some);
        }
    }
    let Some(customer) = customer else { return Ok(None) };
    let sql = "SELECT number FROM customer_phones WHERE customer_id = $1 ORDER BY place LIMIT 1";
    tx.row(sql, values![customer]).await?.map(|row| row.get("number")).transpose()
}
