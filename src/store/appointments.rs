//! Appointments. Nobody is in two places at once: the check and the insert are one transaction.

use crm::appointment::{Slot, Status};
use sqlx::AssertSqlSafe;

use crate::change::{bump, known_user, owner_of, undo};
use crate::db::{Row, Tx, values};
use crate::error::{Result, StoreError};
use crate::joined::{named, person};
use crate::page::{Order, Page, PageAsk, Select};
use crate::users::Person;
use crate::{Named, Store, check, id};

/// An appointment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appointment {
    /// `apt_…`
    pub id: String,
    /// Whose.
    pub customer: Option<Named>,
    /// The call it came from.
    pub call: Option<String>,
    /// What for.
    pub title: String,
    /// µs UTC.
    pub starts_at: i64,
    /// µs UTC.
    pub ends_at: i64,
    /// The colleague.
    pub with: Option<Person>,
    /// Status.
    pub status: Status,
    /// Free text.
    pub note: String,
    /// Who made it, `usr_…`.
    pub created_by: String,
    /// µs UTC.
    pub created_at: i64,
    /// Rises with each change.
    pub rev: i64,
}

/// An appointment to make.
#[derive(Debug, Clone, Default)]
pub struct NewAppointment {
    /// Whose; the call's customer when `None`.
    pub customer: Option<String>,
    /// The call it comes from.
    pub call: Option<String>,
    /// What for.
    pub title: String,
    /// µs UTC.
    pub starts_at: i64,
    /// How long.
    pub minutes: i64,
    /// The colleague, `usr_…`.
    pub with: Option<String>,
    /// Free text.
    pub note: String,
}

/// What changes; `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct AppointmentPatch {
    /// What for.
    pub title: Option<String>,
    /// µs UTC.
    pub starts_at: Option<i64>,
    /// How long.
    pub minutes: Option<i64>,
    /// The colleague, or nobody.
    pub with: Option<Option<String>>,
    /// Status.
    pub status: Option<Status>,
    /// Free text.
    pub note: Option<String>,
}

/// Which appointments are wanted; `None` means any.
#[derive(Debug, Clone, Default)]
pub struct AppointmentFilter {
    /// Ending after, µs UTC.
    pub from: Option<i64>,
    /// Starting before, µs UTC.
    pub to: Option<i64>,
    /// `cus_…`
    pub customer: Option<String>,
    /// `usr_…`
    pub with: Option<String>,
}

const APPOINTMENT: &str = "SELECT a.id, a.customer_id, cu.name AS customer_name, a.call_id, a.title, a.starts_at, a.ends_at, \
    a.with_id, u.name AS with_name, u.display_name AS with_display, a.status, a.note, a.created_by, a.created_at, a.rev \
    FROM appointments a LEFT JOIN customers cu ON cu.id = a.customer_id LEFT JOIN users u ON u.id = a.with_id";
pub(crate) const INTO_APPOINTMENTS: &str = "appointments (id, customer_id, call_id, title, starts_at, ends_at, with_id, \
                                            status, note, created_by, created_at, updated_at)";

fn appointment(row: &Row) -> Result<Appointment> {
    Ok(Appointment {
        id: row.get("id")?,
        customer: named(row)?,
        call: row.get("call_id")?,
        title: row.get("title")?,
        starts_at: row.get("starts_at")?,
        ends_at: row.get("ends_at")?,
        with: person(row, "with_id", "with_name", "with_display")?,
        status: row.word("status")?,
        note: row.get("note")?,
        created_by: row.get("created_by")?,
        created_at: row.get("created_at")?,
        rev: row.get("rev")?,
    })
}

impl Store {
    /// Makes an appointment for `by`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] `taken` when that colleague has another at that time; [`StoreError::Invalid`].
    pub async fn appointment_insert(&self, new: &NewAppointment, by: &str, now: i64) -> Result<Appointment> {
        let title = check::required("title", &new.title, check::LINE)?;
        let note = check::bounded("note", &new.note, check::FREE)?;
        let slot = Slot::wished(new.starts_at, new.minutes, now)
            .map_err(|fault| StoreError::invalid(fault.field(), "invalid"))?;
        let id = id::new("apt", now);
        let mut tx = self.db.begin().await?;
        let customer = owner_of(&mut tx, new.customer.as_deref(), new.call.as_deref()).await?;
        let with = match &new.with {
            Some(with) => known_user(&mut tx, "with", with, true).await?,
            None => None,
        };
        if let Some(with) = &with {
            claim(&mut tx, with, slot, &id).await?;
        }
        let row = values![
            &id,
            customer,
            &new.call,
            title,
            slot.starts_at,
            slot.ends_at,
            with,
            Status::Booked.as_str(),
            note,
            by,
            now,
            now
        ];
        tx.insert(INTO_APPOINTMENTS, vec![row], "").await?;
        tx.commit().await?;
        self.appointment_get(&id).await
    }

    /// An appointment by id.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn appointment_get(&self, id: &str) -> Result<Appointment> {
        let row = self.db.row(AssertSqlSafe(format!("{APPOINTMENT} WHERE a.id = $1")), values![id]).await?;
        appointment(&row.ok_or(StoreError::NotFound)?)
    }

    /// Changes an appointment. With `rev`, only if nobody else did since.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Changed`], [`StoreError::Invalid`]; [`StoreError::Conflict`] `taken`.
    pub async fn appointment_patch(
        &self,
        id: &str,
        rev: Option<i64>,
        patch: &AppointmentPatch,
        now: i64,
    ) -> Result<Appointment> {
        let mut tx = self.db.begin().await?;
        bump(&mut tx, "appointments", id, rev, now).await?;
        let row = tx.row(AssertSqlSafe(format!("{APPOINTMENT} WHERE a.id = $1")), values![id]).await?;
        let known = appointment(&row.ok_or(StoreError::NotFound)?)?;
        let slot = moved(&known, patch, now)?;
        let status = patch.status.unwrap_or(known.status);
        let with = match &patch.with {
            Some(Some(with)) => known_user(&mut tx, "with", with, true).await?,
            Some(None) => None,
            None => known.with.map(|with| with.id),
        };
        if let (Some(with), true) = (&with, status.occupies()) {
            claim(&mut tx, with, slot, id).await?;
        }
        let title = check::required("title", patch.title.as_ref().unwrap_or(&known.title), check::LINE)?;
        let note = check::bounded("note", patch.note.as_ref().unwrap_or(&known.note), check::FREE)?;
        let sql = "UPDATE appointments SET title = $2, starts_at = $3, ends_at = $4, with_id = $5, status = $6, note = $7 \
                   WHERE id = $1";
        tx.run(sql, values![id, title, slot.starts_at, slot.ends_at, with, status.as_str(), note]).await?;
        tx.commit().await?;
        self.appointment_get(id).await
    }

    /// Takes an appointment back within ten minutes of its making, by its maker.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Conflict`] `not-yours` or `too-late`.
    pub async fn appointment_undo(&self, id: &str, by: &str, now: i64) -> Result<()> {
        let mut tx = self.db.begin().await?;
        undo(&mut tx, "appointments", id, by, now).await?;
        tx.commit().await
    }

    /// Appointments, earliest first.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a foreign cursor.
    pub async fn appointments_list(&self, filter: &AppointmentFilter, ask: &PageAsk) -> Result<Page<Appointment>> {
        let places = appointments_select(filter).page(&self.db, ask).await?;
        let rows = places.rows(&self.db, APPOINTMENT, "a.id").await?;
        Ok(Page { items: rows.iter().map(appointment).collect::<Result<_>>()?, next: places.next })
    }

    /// How many there are, [`crate::COUNTED`] at most.
    ///
    /// # Errors
    /// Database errors.
    pub async fn appointments_count(&self, filter: &AppointmentFilter) -> Result<i64> {
        appointments_select(filter).count(&self.db).await
    }
}

pub(crate) fn appointments_select(filter: &AppointmentFilter) -> Select {
    let mut select = Select::new("appointments a", Order::Earliest { at: "a.starts_at", id: "a.id" });
    select.maybe("a.ends_at > ?", filter.from);
    // What still goes on has begun within the longest time one lasts; so the list begins there and not years ago.
    select.within(filter.from.map(|from| from.saturating_sub(LONGEST)), filter.to);
    select.maybe("a.customer_id = ?", filter.customer.as_deref());
    select.maybe("a.with_id = ?", filter.with.as_deref());
    select
}

/// The longest appointment, µs.
const LONGEST: i64 = crm::appointment::MAX_MINUTES * 60_000_000;

/// The slot after a change. Only a moved appointment must lie ahead: an old one may still be marked as done.
fn moved(known: &Appointment, patch: &AppointmentPatch, now: i64) -> Result<Slot> {
    if patch.starts_at.is_none() && patch.minutes.is_none() {
        return Ok(Slot { starts_at: known.starts_at, ends_at: known.ends_at });
    }
    let minutes = patch.minutes.unwrap_or((known.ends_at - known.starts_at) / 60_000_000);
    let slot = Slot::wished(patch.starts_at.unwrap_or(known.starts_at), minutes, now);
    slot.map_err(|fault| StoreError::invalid(fault.field(), "invalid"))
}

/// Makes sure that a colleague is free. Writing to their row first makes a second booking of the same colleague wait
/// for this transaction, so that it sees what this one inserted; other colleagues' bookings go on.
async fn claim(tx: &mut Tx, with: &str, slot: Slot, except: &str) -> Result<()> {
    tx.run("UPDATE users SET bookings = bookings + 1 WHERE id = $1", values![with]).await?;
    let sql = "SELECT id FROM appointments WHERE with_id = $1 AND starts_at < $3 AND ends_at > $2 AND id <> $4 \
               AND status IN ('booked', 'done') LIMIT 1";
    match tx.row(sql, values![with, slot.starts_at, slot.ends_at, except]).await? {
        Some(_) => Err(StoreError::Conflict("taken")),
        None => Ok(()),
    }
}
