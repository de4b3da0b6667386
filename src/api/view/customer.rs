//! Customers, notes and the timeline.

use serde::Serialize;
use serde_json::Value;
use store::{Customer, CustomerRow, Note, TimelineItem, TimelineKind};
use utoipa::ToSchema;

use crate::state::ApiState;

/// A customer in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerRowView {
    id: String,
    name: String,
    company: Option<String>,
    phones: Vec<PhoneView>,
    tags: Vec<String>,
    last_contact_at: Option<String>,
}

/// A number.
#[derive(Debug, Serialize, ToSchema)]
pub struct PhoneView {
    /// Key, `+905321112233`.
    number: String,
    /// As people write it.
    display: String,
}

/// A whole customer.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerView {
    #[serde(flatten)]
    row: CustomerRowView,
    role: Option<String>,
    email: Option<String>,
    /// `YYYY-MM-DD`
    birth_date: Option<String>,
    language: Option<String>,
    segment: Option<String>,
    address_as: Option<String>,
    sms_consent: Option<bool>,
    note: String,
    created_at: String,
    rev: i64,
}

/// A note.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoteView {
    id: String,
    text: String,
    call: Option<String>,
    /// `usr_…`
    by: String,
    at: String,
}

/// One thing of a customer's past.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimelineView {
    /// `call`, `ticket`, `order`, `appointment`, `note`.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// When.
    pub at: String,
    /// In one line.
    pub title: String,
    /// Who.
    pub by: Option<String>,
    /// More.
    pub data: Value,
}

/// Writes a row.
pub fn row(state: &ApiState, row: CustomerRow) -> CustomerRowView {
    let phones = row.phones.into_iter();
    CustomerRowView {
        id: row.id,
        name: row.name,
        company: row.company,
        phones: phones.map(|phone| PhoneView { number: phone.number, display: phone.display }).collect(),
        tags: row.tags,
        last_contact_at: state.time_of(row.last_contact_at),
    }
}

/// Writes a customer.
pub fn customer(state: &ApiState, customer: Customer) -> CustomerView {
    CustomerView {
        row: row(state, customer.row),
        role: customer.role,
        email: customer.email,
        birth_date: customer.birth_date,
        language: customer.language,
        segment: customer.segment,
        address_as: customer.address_as,
        sms_consent: customer.sms_consent,
        note: customer.note,
        created_at: state.time(customer.created_at),
        rev: customer.rev,
    }
}

/// Writes a note.
pub fn note(state: &ApiState, note: Note) -> NoteView {
    NoteView { id: note.id, text: note.text, call: note.call, by: note.by, at: state.time(note.at) }
}

/// Writes one thing of the past.
pub fn timeline_item(state: &ApiState, item: TimelineItem) -> TimelineView {
    let kind = match item.kind {
        TimelineKind::Call => "call",
        TimelineKind::Ticket => "ticket",
        TimelineKind::Order => "order",
        TimelineKind::Appointment => "appointment",
        TimelineKind::Note => "note",
    };
    TimelineView { kind, id: item.id, at: state.time(item.at), title: item.title, by: item.by, data: item.data }
}
