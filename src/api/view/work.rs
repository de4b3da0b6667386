//! Tickets, orders, appointments, products and the audit log.

use serde::Serialize;
use serde_json::Value;
use store::{Appointment, AuditEntry, Callback, Order, Product, Ticket};
use utoipa::ToSchema;

use super::NamedView;
use crate::state::ApiState;

/// Who is in charge.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnerView {
    id: String,
    display_name: String,
}

impl From<store::Person> for OwnerView {
    fn from(person: store::Person) -> Self {
        Self { id: person.id, display_name: person.display_name }
    }
}

/// A ticket.
#[derive(Debug, Serialize, ToSchema)]
pub struct TicketView {
    id: String,
    number: i64,
    subject: String,
    body: String,
    /// `open`, `waiting`, `solved`, `closed`.
    status: String,
    /// `low`, `normal`, `high`, `urgent`.
    priority: String,
    /// `request`, `complaint`, `question`.
    kind: String,
    customer: Option<NamedView>,
    call: Option<String>,
    owner: Option<OwnerView>,
    due_at: Option<String>,
    created_at: String,
    updated_at: String,
    rev: i64,
    comments: Vec<CommentView>,
}

/// A comment on a ticket.
#[derive(Debug, Serialize, ToSchema)]
pub struct CommentView {
    at: String,
    /// Who, by name.
    by: String,
    text: String,
}

/// Writes a ticket.
pub fn ticket(state: &ApiState, ticket: Ticket) -> TicketView {
    let comments = ticket.comments.into_iter();
    TicketView {
        id: ticket.id,
        number: ticket.number,
        subject: ticket.subject,
        body: ticket.body,
        status: ticket.status.to_string(),
        priority: ticket.priority.to_string(),
        kind: ticket.kind.to_string(),
        customer: ticket.customer.map(Into::into),
        call: ticket.call,
        owner: ticket.owner.map(Into::into),
        due_at: state.time_of(ticket.due_at),
        created_at: state.time(ticket.created_at),
        updated_at: state.time(ticket.updated_at),
        rev: ticket.rev,
        comments: comments
            .map(|comment| CommentView { at: state.time(comment.at), by: comment.by, text: comment.text })
            .collect(),
    }
}

/// An order. Prices include KDV.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderView {
    id: String,
    number: i64,
    /// `draft`, `open`, `shipped`, `delivered`, `cancelled`.
    status: String,
    customer: Option<NamedView>,
    call: Option<String>,
    lines: Vec<LineView>,
    /// Kuruş.
    net: i64,
    /// Kuruş.
    vat: i64,
    /// Kuruş.
    total: i64,
    note: String,
    created_at: String,
    updated_at: String,
    rev: i64,
}

/// One line of an order.
#[derive(Debug, Serialize, ToSchema)]
pub struct LineView {
    product: Option<String>,
    name: String,
    quantity: i64,
    /// Kuruş per piece, KDV included.
    unit_price: i64,
    /// Per cent.
    vat_rate: i64,
    net: i64,
    vat: i64,
    total: i64,
}

/// Writes an order.
pub fn order(state: &ApiState, order: Order) -> OrderView {
    let lines = order.lines.into_iter();
    OrderView {
        id: order.id,
        number: order.number,
        status: order.status.to_string(),
        customer: Some(order.customer.into()),
        call: order.call,
        lines: lines
            .map(|line| LineView {
                product: line.product,
                name: line.name,
                quantity: line.quantity,
                unit_price: line.unit_price,
                vat_rate: line.vat_rate,
                net: line.net,
                vat: line.vat,
                total: line.total,
            })
            .collect(),
        net: order.net,
        vat: order.vat,
        total: order.total,
        note: order.note,
        created_at: state.time(order.created_at),
        updated_at: state.time(order.updated_at),
        rev: order.rev,
    }
}

/// An appointment.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppointmentView {
    id: String,
    customer: Option<NamedView>,
    call: Option<String>,
    title: String,
    starts_at: String,
    ends_at: String,
    with: Option<OwnerView>,
    /// `booked`, `done`, `no_show`, `cancelled`.
    status: String,
    note: String,
    created_at: String,
    rev: i64,
}

/// Writes an appointment.
pub fn appointment(state: &ApiState, appointment: Appointment) -> AppointmentView {
    AppointmentView {
        id: appointment.id,
        customer: appointment.customer.map(Into::into),
        call: appointment.call,
        title: appointment.title,
        starts_at: state.time(appointment.starts_at),
        ends_at: state.time(appointment.ends_at),
        with: appointment.with.map(Into::into),
        status: appointment.status.to_string(),
        note: appointment.note,
        created_at: state.time(appointment.created_at),
        rev: appointment.rev,
    }
}

/// A caller who is owed a call.
#[derive(Debug, Serialize, ToSchema)]
pub struct CallbackView {
    id: String,
    /// Number key.
    number: String,
    /// The number as people write it.
    display: String,
    /// Display name as sent: untrusted text.
    caller_name: Option<String>,
    customer: Option<NamedView>,
    call: Option<String>,
    queue: Option<String>,
    /// `missed`, `promised`.
    reason: String,
    /// How often they called in vain.
    misses: i64,
    owner: Option<OwnerView>,
    due_at: String,
    note: String,
    /// `reached`, `unreachable`, `not_needed`; `null` while it is open.
    outcome: Option<String>,
    done_by: Option<OwnerView>,
    done_at: Option<String>,
    created_at: String,
    updated_at: String,
    rev: i64,
}

/// Writes a callback.
pub fn callback(state: &ApiState, callback: Callback) -> CallbackView {
    CallbackView {
        id: callback.id,
        number: callback.number,
        display: callback.display,
        caller_name: callback.caller_name,
        customer: callback.customer.map(Into::into),
        call: callback.call,
        queue: callback.queue,
        reason: callback.reason.to_string(),
        misses: callback.misses,
        owner: callback.owner.map(Into::into),
        due_at: state.time(callback.due_at),
        note: callback.note,
        outcome: callback.outcome.map(|outcome| outcome.to_string()),
        done_by: callback.done_by.map(Into::into),
        done_at: state.time_of(callback.done_at),
        created_at: state.time(callback.created_at),
        updated_at: state.time(callback.updated_at),
        rev: callback.rev,
    }
}

/// A product.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProductView {
    id: String,
    name: String,
    sku: String,
    /// Kuruş, KDV included.
    price: i64,
    /// Per cent.
    vat_rate: i64,
    /// `adet`
    unit: String,
}

impl From<Product> for ProductView {
    fn from(product: Product) -> Self {
        Self {
            id: product.id,
            name: product.name,
            sku: product.sku,
            price: product.price,
            vat_rate: product.vat_rate,
            unit: product.unit,
        }
    }
}

/// One line of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditView {
    id: String,
    at: String,
    /// `usr_…`; `null` when the system did it.
    user: Option<String>,
    /// Their display name.
    user_name: Option<String>,
    /// `recording.listen`
    action: String,
    /// `call/c_…`
    subject: String,
    /// More, without personal data.
    detail: Value,
}

/// Writes a line.
pub fn audit(state: &ApiState, entry: AuditEntry) -> AuditView {
    AuditView {
        id: entry.id,
        at: state.time(entry.at),
        user: entry.user,
        user_name: entry.user_name,
        action: entry.action,
        subject: entry.subject,
        detail: entry.detail,
    }
}
