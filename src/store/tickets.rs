//! Tickets. A ticket is on disk when its insert returns, so an answer of 201 never lies.

use std::collections::HashMap;

use crm::ticket::{Kind, Priority, Status};
use sqlx::AssertSqlSafe;

use crate::change::{bump, known_user, next_number, owner_of, undo};
use crate::db::{Row, Tx, Value, placeholders, values};
use crate::error::{Result, StoreError};
use crate::joined::{named, person};
use crate::page::{Order, Page, PageAsk, Select, Words};
use crate::search::{Digits, Question};
use crate::users::Person;
use crate::{Named, Store, check, id};

/// A comment on a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// µs UTC.
    pub at: i64,
    /// Who: display name, or the id when they are gone.
    pub by: String,
    /// What.
    pub text: String,
}

/// A ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// `tkt_…`
    pub id: String,
    /// Number for people, without gaps by races, never used twice.
    pub number: i64,
    /// Subject.
    pub subject: String,
    /// Body.
    pub body: String,
    /// Status.
    pub status: Status,
    /// Priority.
    pub priority: Priority,
    /// Kind.
    pub kind: Kind,
    /// Whose.
    pub customer: Option<Named>,
    /// The call it came from.
    pub call: Option<String>,
    /// Who works on it.
    pub owner: Option<Person>,
    /// When it is due by the business's promise, µs UTC.
    pub due_at: Option<i64>,
    /// Who made it, `usr_…`.
    pub created_by: String,
    /// µs UTC.
    pub created_at: i64,
    /// µs UTC.
    pub updated_at: i64,
    /// Rises with each change.
    pub rev: i64,
    /// Comments, oldest first.
    pub comments: Vec<Comment>,
}

/// A ticket to make.
#[derive(Debug, Clone, Default)]
pub struct NewTicket {
    /// Subject.
    pub subject: String,
    /// Body.
    pub body: String,
    /// Priority; normal when `None`.
    pub priority: Option<Priority>,
    /// Kind; request when `None`.
    pub kind: Option<Kind>,
    /// Whose; the call's customer when `None`.
    pub customer: Option<String>,
    /// The call it comes from.
    pub call: Option<String>,
    /// Who works on it; the maker when `None`.
    pub owner: Option<String>,
}

/// What changes; `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct TicketPatch {
    /// Status, if it may follow the present one.
    pub status: Option<Status>,
    /// Priority; the due time follows, counted from the making.
    pub priority: Option<Priority>,
    /// Kind.
    pub kind: Option<Kind>,
    /// Subject.
    pub subject: Option<String>,
    /// Body.
    pub body: Option<String>,
    /// A comment to add.
    pub comment: Option<String>,
    /// Who works on it, or nobody.
    pub owner: Option<Option<String>>,
    /// Whose.
    pub customer: Option<Option<String>>,
}

/// Which tickets are wanted; `None` means any.
#[derive(Debug, Clone, Default)]
pub struct TicketFilter {
    /// Words of the subject, the body or the customer's name, or the number.
    pub q: Option<String>,
    /// Status.
    pub status: Option<Status>,
    /// Kind.
    pub kind: Option<Kind>,
    /// `usr_…`
    pub owner: Option<String>,
    /// `cus_…`
    pub customer: Option<String>,
}

const TICKET: &str = "SELECT t.id, t.number, t.subject, t.body, t.status, t.priority, t.kind, t.customer_id, \
    cu.name AS customer_name, t.call_id, t.owner_id, u.name AS owner_name, u.display_name AS owner_display, t.due_at, \
    t.created_by, t.created_at, t.updated_at, t.rev \
    FROM tickets t LEFT JOIN customers cu ON cu.id = t.customer_id LEFT JOIN users u ON u.id = t.owner_id";

fn ticket(row: &Row) -> Result<Ticket> {
    Ok(Ticket {
        id: row.get("id")?,
        number: row.get("number")?,
        subject: row.get("subject")?,
        body: row.get("body")?,
        status: row.word("status")?,
        priority: row.word("priority")?,
        kind: row.word("kind")?,
        customer: named(row)?,
        call: row.get("call_id")?,
        owner: person(row, "owner_id", "owner_name", "owner_display")?,
        due_at: row.get("due_at")?,
        created_by: row.get("created_by")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        rev: row.get("rev")?,
        comments: Vec::new(),
    })
}

pub(crate) fn search_text(number: i64, subject: &str, body: &str) -> String {
    crm::text::fold(&format!("{number} {subject} {body}"))
}

impl Store {
    /// Makes a ticket for `by`.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with the field.
    pub async fn ticket_insert(&self, new: &NewTicket, by: &str, now: i64) -> Result<Ticket> {
        let subject = check::required("subject", &new.subject, check::LINE)?;
        let body = check::bounded("body", &new.body, check::FREE)?;
        let priority = new.priority.unwrap_or(Priority::Normal);
        let kind = new.kind.unwrap_or(Kind::Request);
        let due = self.rules.promise.due(priority, now, &self.rules.hours);
        let id = id::new("tkt", now);
        let mut tx = self.db.begin().await?;
        let customer = owner_of(&mut tx, new.customer.as_deref(), new.call.as_deref()).await?;
        let owner = known_user(&mut tx, "owner", new.owner.as_deref().unwrap_or(by), new.owner.is_some()).await?;
        let number = next_number(&mut tx, "ticket").await?;
        let row = values![
            &id,
            number,
            &subject,
            &body,
            Status::Open.as_str(),
            priority.as_str(),
            kind.as_str(),
            customer,
            &new.call,
            owner,
            due,
            search_text(number, &subject, &body),
            by,
            now,
            now
        ];
        tx.insert(INTO_TICKETS, vec![row], "").await?;
        tx.commit().await?;
        self.ticket_get(&id).await
    }

    /// A ticket by id.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn ticket_get(&self, id: &str) -> Result<Ticket> {
        let row = self.db.row(AssertSqlSafe(format!("{TICKET} WHERE t.id = $1")), values![id]).await?;
        let mut ticket = ticket(&row.ok_or(StoreError::NotFound)?)?;
        self.add_comments(std::slice::from_mut(&mut ticket)).await?;
        Ok(ticket)
    }

    /// Changes a ticket for `by`. With `rev`, only if nobody else did since.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Changed`], [`StoreError::Invalid`], [`StoreError::Conflict`] `status`
    /// when the status may not follow the present one.
    pub async fn ticket_patch(
        &self,
        id: &str,
        rev: Option<i64>,
        patch: &TicketPatch,
        by: &str,
        now: i64,
    ) -> Result<Ticket> {
        let mut tx = self.db.begin().await?;
        bump(&mut tx, "tickets", id, rev, now).await?;
        let row = tx.row(AssertSqlSafe(format!("{TICKET} WHERE t.id = $1")), values![id]).await?;
        let known = ticket(&row.ok_or(StoreError::NotFound)?)?;
        self.write_patched(&mut tx, known, patch).await?;
        if let Some(comment) = &patch.comment {
            add_comment(&mut tx, id, comment, by, now).await?;
        }
        tx.commit().await?;
        self.ticket_get(id).await
    }

    async fn write_patched(&self, tx: &mut Tx, known: Ticket, patch: &TicketPatch) -> Result<()> {
        let status = patch.status.unwrap_or(known.status);
        if !known.status.may_become(status) {
            return Err(StoreError::Conflict("status"));
        }
        let subject = match &patch.subject {
            Some(subject) => check::required("subject", subject, check::LINE)?,
            None => known.subject,
        };
        let body = check::bounded("body", patch.body.as_ref().unwrap_or(&known.body), check::FREE)?;
        let kind = patch.kind.unwrap_or(known.kind);
        let priority = patch.priority.unwrap_or(known.priority);
        let due = match patch.priority {
            Some(priority) => self.rules.promise.due(priority, known.created_at, &self.rules.hours),
            None => known.due_at,
        };
        let owner = match &patch.owner {
            Some(Some(owner)) => known_user(tx, "owner", owner, true).await?,
            Some(None) => None,
            None => known.owner.map(|owner| owner.id),
        };
        let customer = match &patch.customer {
            Some(customer) => owner_of(tx, customer.as_deref(), None).await?,
            None => known.customer.map(|customer| customer.id),
        };
        let sql = "UPDATE tickets SET status = $2, priority = $3, kind = $4, subject = $5, body = $6, owner_id = $7, \
                   due_at = $8, customer_id = $9, search = $10 WHERE id = $1";
        let search = search_text(known.number, &subject, &body);
        let values = values![
            known.id,
            status.as_str(),
            priority.as_str(),
            kind.as_str(),
            subject,
            body,
            owner,
            due,
            customer,
            search
        ];
        tx.run(sql, values).await.map(|_| ())
    }

    /// Takes a ticket back within ten minutes of its making, by its maker. Its number is not used again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Conflict`] `not-yours` or `too-late`.
    pub async fn ticket_undo(&self, id: &str, by: &str, now: i64) -> Result<()> {
        let mut tx = self.db.begin().await?;
        undo(&mut tx, "tickets", id, by, now).await?;
        tx.commit().await
    }

    /// Tickets, newest first.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a foreign cursor.
    pub async fn tickets_list(&self, filter: &TicketFilter, ask: &PageAsk) -> Result<Page<Ticket>> {
        let places = tickets_select(filter).page(&self.db, ask).await?;
        let rows = places.rows(&self.db, TICKET, "t.id").await?;
        let mut items: Vec<Ticket> = rows.iter().map(ticket).collect::<Result<_>>()?;
        self.add_comments(&mut items).await?;
        Ok(Page { items, next: places.next })
    }

    /// How many there are, [`crate::COUNTED`] at most.
    ///
    /// # Errors
    /// Database errors.
    pub async fn tickets_count(&self, filter: &TicketFilter) -> Result<i64> {
        tickets_select(filter).count(&self.db).await
    }

    async fn add_comments(&self, tickets: &mut [Ticket]) -> Result<()> {
        if tickets.is_empty() {
            return Ok(());
        }
        let place: HashMap<String, usize> =
            tickets.iter().enumerate().map(|(at, ticket)| (ticket.id.clone(), at)).collect();
        let ids: Vec<Value> = tickets.iter().map(|ticket| Value::from(&ticket.id)).collect();
        let sql = format!(
            "SELECT m.ticket_id, m.at, COALESCE(u.display_name, m.by_id) AS by_name, m.text FROM ticket_comments m \
             LEFT JOIN users u ON u.id = m.by_id WHERE m.ticket_id IN ({}) ORDER BY m.at, m.id",
            placeholders(1, ids.len())
        );
        for row in self.db.rows(AssertSqlSafe(sql), ids).await? {
            if let Some(&at) = place.get(&row.get::<String>("ticket_id")?) {
                let comment = Comment { at: row.get("at")?, by: row.get("by_name")?, text: row.get("text")? };
                tickets[at].comments.push(comment);
            }
        }
        Ok(())
    }
}

/// How tickets are found by number, subject, body and the customer's name.
const WORDS: Words = Words { text: "t.found_by", index: Some(("ticket_search", "t.number")), is_moment: false };
/// What people call a ticket before its number, folded.
const NAMES: [&str; 6] = ["kayit", "talep", "bilet", "destek", "ticket", "request"];

pub(crate) fn tickets_select(filter: &TicketFilter) -> Select {
    let mut select = Select::new("tickets t", Order::Newest { at: "t.created_at", id: "t.id" });
    select.search(WORDS, Question::read(filter.q.as_deref(), Digits::Own(&NAMES)));
    select.maybe("t.status = ?", filter.status.map(Status::as_str));
    select.maybe("t.kind = ?", filter.kind.map(Kind::as_str));
    select.maybe("t.owner_id = ?", filter.owner.as_deref());
    select.maybe("t.customer_id = ?", filter.customer.as_deref());
    select
}

pub(crate) const INTO_TICKETS: &str = "tickets (id, number, subject, body, status, priority, kind, customer_id, call_id, \
                                       owner_id, due_at, search, created_by, created_at, updated_at)";

async fn add_comment(tx: &mut Tx, ticket: &str, text: &str, by: &str, now: i64) -> Result<()> {
    let text = check::required("comment", text, check::FREE)?;
    let sql = "INSERT INTO ticket_comments (id, ticket_id, at, by_id, text) VALUES ($1, $2, $3, $4, $5)";
    tx.run(sql, values![id::new("com", now), ticket, now, by, text]).await.map(|_| ())
}
