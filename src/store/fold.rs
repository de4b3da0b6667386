//! What the database keeps of a call: the switch's record, and every agent whose phone rang.

use std::collections::BTreeMap;

use pbx::event::{Event, What};
use pbx::id::CallId;
use pbx::record::CallRecord;

/// A call folded out of its events. Folding the same events again gives the same.
pub(crate) struct Folded {
    pub(crate) record: CallRecord,
    /// Whose call it is, as recognised or as linked by an agent.
    pub(crate) customer: Option<String>,
    /// Who talked last, else who saved the result.
    pub(crate) agent: Option<String>,
    /// Everybody whose phone rang, by name or id.
    pub(crate) agents: BTreeMap<String, Part>,
}

/// An agent's part in a call.
#[derive(Clone, Copy, Default)]
pub(crate) struct Part {
    pub(crate) answered: bool,
    pub(crate) missed: bool,
}

impl Folded {
    /// Folds a call's events, which are in order.
    pub(crate) fn of(call: &str, events: &[Event]) -> Self {
        let mut record = CallRecord::fold(CallId::new(call), events);
        // A journal that begins in the middle of a call still has a beginning.
        if record.started_at == 0 {
            record.started_at = events.first().map_or(0, |event| event.at);
        }
        let customer = record.customer().map(|(customer, _)| customer.to_owned());
        let agent = record.agent.as_ref().or(record.completed_by.as_ref()).map(|agent| agent.as_str().to_owned());
        Self { record, customer, agent, agents: parts(events) }
    }
}

fn parts(events: &[Event]) -> BTreeMap<String, Part> {
    let mut parts: BTreeMap<String, Part> = BTreeMap::new();
    for event in events {
        match &event.what {
            What::CallOffered { agent, .. } => {
                parts.entry(agent.as_str().to_owned()).or_default();
            }
            What::CallAnswered { agent, .. } => parts.entry(agent.as_str().to_owned()).or_default().answered = true,
            What::CallMissed { agent, .. } => parts.entry(agent.as_str().to_owned()).or_default().missed = true,
            _ => {}
        }
    }
    parts
}
