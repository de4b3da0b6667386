//! Stored calls.

use pbx::event::Ending;
use serde::Serialize;
use serde_json::{Value, json};
use store::{Call, CallEvent, RecordingState};
use utoipa::ToSchema;

use super::{NamedView, PersonView};
use crate::board::wire::KeyPressed;
use crate::state::ApiState;

/// A stored call.
#[derive(Debug, Serialize, ToSchema)]
pub struct CallView {
    id: String,
    /// `in` or `internal`.
    direction: String,
    /// Number key.
    from: Option<String>,
    /// The number as people write it.
    from_display: Option<String>,
    /// Display name as sent: untrusted text.
    caller_name: Option<String>,
    to: String,
    customer: Option<NamedView>,
    queue: Option<String>,
    agent: Option<PersonView>,
    language: Option<String>,
    ivr: Vec<KeyPressed>,
    started_at: String,
    answered_at: Option<String>,
    ended_at: Option<String>,
    wait_ms: i64,
    talk_ms: i64,
    /// `{"class","reason","by"}`
    #[schema(value_type = Option<Object>)]
    ending: Option<Ending>,
    recording: Option<RecordingView>,
    disposition: Option<String>,
    note: Option<String>,
    tickets: Vec<TicketRefView>,
    orders: Vec<OrderRefView>,
    appointments: Vec<AppointmentRefView>,
}

/// A call's recording.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordingView {
    millis: u64,
    lost_frames: u64,
    /// `recording`, `ready`, `missing`, `repaired`.
    #[schema(value_type = String)]
    state: RecordingState,
}

/// A ticket made from a call.
#[derive(Debug, Serialize, ToSchema)]
pub struct TicketRefView {
    id: String,
    number: i64,
    subject: String,
}

/// An order made from a call.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderRefView {
    id: String,
    number: i64,
}

/// An appointment made from a call.
#[derive(Debug, Serialize, ToSchema)]
pub struct AppointmentRefView {
    id: String,
    starts_at: String,
}

/// A call with everything that happened in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CallWithEvents {
    #[serde(flatten)]
    call: CallView,
    events: Vec<EventView>,
}

/// One thing that happened.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    /// `call.queued`
    #[serde(rename = "type")]
    kind: String,
    time: String,
    data: Value,
}

/// Writes a call.
pub fn call(state: &ApiState, call: Call) -> CallView {
    let tickets = call.tickets.into_iter();
    let orders = call.orders.into_iter();
    let appointments = call.appointments.into_iter();
    CallView {
        id: call.id,
        direction: call.direction,
        from: call.from,
        from_display: call.from_display,
        caller_name: call.caller_name,
        to: call.to,
        customer: call.customer.map(Into::into),
        queue: call.queue,
        agent: call.agent.map(Into::into),
        language: call.language,
        ivr: call.ivr.into_iter().map(|step| KeyPressed { menu: step.menu, key: step.key }).collect(),
        started_at: state.time(call.started_at),
        answered_at: state.time_of(call.answered_at),
        ended_at: state.time_of(call.ended_at),
        wait_ms: call.wait_ms,
        talk_ms: call.talk_ms,
        ending: call.ending,
        recording: call.recording.map(|recording| RecordingView {
            millis: recording.millis,
            lost_frames: recording.lost_frames,
            state: recording.state,
        }),
        disposition: call.disposition,
        note: call.note,
        tickets: tickets.map(|t| TicketRefView { id: t.id, number: t.number, subject: t.subject }).collect(),
        orders: orders.map(|o| OrderRefView { id: o.id, number: o.number }).collect(),
        appointments: appointments
            .map(|a| AppointmentRefView { id: a.id, starts_at: state.time(a.starts_at) })
            .collect(),
    }
}

/// Writes a call with its events; `id_of` turns a sign-in name into the public id.
pub fn with_events(
    state: &ApiState,
    stored: Call,
    events: Vec<CallEvent>,
    id_of: impl Fn(&str) -> String,
) -> CallWithEvents {
    let events = events.into_iter().map(|event| EventView {
        kind: event.kind,
        time: state.time(event.at),
        data: public(state, event.data, &id_of),
    });
    CallWithEvents { events: events.collect(), call: call(state, stored) }
}

/// The catalogue's data with ids of people and times as text, as the stream writes them.
fn public(state: &ApiState, mut data: Value, id_of: impl Fn(&str) -> String) -> Value {
    if let Some(agent) = data.get("agent").and_then(Value::as_str) {
        data["agent"] = json!(id_of(agent));
    }
    for pointer in ["/expires_at", "/until", "/caller/card/summary/last_contact_at"] {
        if let Some(place) = data.pointer_mut(pointer)
            && let Some(micros) = place.as_i64()
        {
            *place = json!(state.time(micros));
        }
    }
    data
}
