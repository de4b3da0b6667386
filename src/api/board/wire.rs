//! The floor's values as the page reads them (docs/API.md): ids of people, times with the business's offset.

use crm::card::Caller;
use jiff::tz::TimeZone;
use pbx::contract::{State, Status};
use pbx::event::{Direction, Event, PhoneTrouble, What};
use pbx::id::{CallId, Extension, QueueId, UserId};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::floor::{self, Agent, Figures, Floor, Live};
use super::people::{People, Person};
use crate::time::rfc3339;

/// A call in progress.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LiveCall {
    /// `c_…`
    pub id: String,
    /// `in` or `internal`.
    #[schema(value_type = String)]
    pub direction: Direction,
    /// Number key, `null` when withheld.
    pub from: Option<String>,
    /// The number as people write it.
    pub from_display: Option<String>,
    /// Display name as the caller sent it: untrusted text.
    pub caller_name: Option<String>,
    /// What was dialled.
    pub to: String,
    /// Who calls, with the card.
    pub caller: Option<Value>,
    /// The queue.
    pub queue: Option<String>,
    /// Keys pressed in menus.
    pub ivr: Vec<KeyPressed>,
    /// Language of the call.
    pub language: Option<String>,
    /// RFC 3339.
    pub started_at: String,
    /// RFC 3339.
    pub queued_at: Option<String>,
    /// First answer by a person, RFC 3339.
    pub answered_at: Option<String>,
    /// Since when the agent of now talks, hold included, RFC 3339.
    pub talking_since: Option<String>,
    /// Since when the caller is on hold, RFC 3339.
    pub held_since: Option<String>,
    /// `menu`, `queued`, `ringing`, `talking`, `held`, `wrap_up`.
    pub phase: &'static str,
    /// `usr_…`
    pub agent: Option<String>,
    /// When ringing stops, RFC 3339.
    pub expires_at: Option<String>,
    /// Whether the page can answer the phone.
    pub remote_answer: bool,
    /// Whether it is being recorded.
    pub recording: bool,
    /// How long the caller waited before the last offer.
    pub waited_ms: u64,
    /// Revision.
    pub rev: u64,
}

/// A key pressed in a menu.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct KeyPressed {
    /// The menu.
    pub menu: String,
    /// The key; `timeout` and `invalid` in words.
    pub key: String,
}

/// One agent as `GET /agents` shows them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AgentRow {
    /// `usr_…`
    pub user: String,
    /// Sign-in name.
    pub name: String,
    /// Name for people.
    pub display_name: String,
    /// Their extension.
    pub extension: String,
    /// What they chose: `{"status":"break","reason":"yemek"}`.
    #[schema(value_type = Object)]
    pub status: Status,
    /// `idle`, `ringing`, `talking`, `holding`, `wrap_up`.
    #[schema(value_type = String)]
    pub state: State,
    /// The call they are busy with.
    pub call: Option<String>,
    /// Since when, RFC 3339; `null` before the switch said anything.
    pub since: Option<String>,
    /// Whether a phone is registered to their extension.
    pub registered: bool,
    /// Their phone, while it refuses calls or fails:
    /// `{"status":486,"reason":"Do Not Disturb","times":2,"until":RFC 3339 or null}`.
    #[schema(value_type = Option<Object>)]
    pub phone: Option<Value>,
}

/// One queue's figures as the stream tells them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct QueueNow {
    /// The queue.
    pub queue: String,
    /// Callers waiting.
    pub waiting: u32,
    /// Longest wait now, ms.
    pub longest_ms: u64,
    /// Since when the one who waits longest waits, RFC 3339; `null` when nobody does.
    pub waiting_since: Option<String>,
    /// Members available and idle.
    pub free: u32,
    /// Members available at all.
    pub available: u32,
}

/// What is needed to write values down: the zone and the people.
pub struct Pen<'a> {
    /// The business's time zone.
    pub zone: &'a TimeZone,
    /// Who is who.
    pub people: &'a People,
}

impl Pen<'_> {
    fn time(&self, micros: i64) -> String {
        rfc3339(self.zone, micros)
    }

    /// A call as `viewer` sees it: with several phones ringing, each agent sees their own offer.
    pub fn live_call(&self, floor: &Floor, id: &CallId, live: &Live, viewer: Option<&UserId>) -> LiveCall {
        let place = Place::of(floor, id, live, viewer);
        let from = live.caller.as_ref().and_then(|caller| caller.number.clone()).or_else(|| live.from.clone());
        let known = live.caller.as_ref().and_then(|caller| caller.display_number.clone());
        LiveCall {
            id: id.as_str().to_owned(),
            direction: live.direction,
            from_display: known.or_else(|| from.as_deref().map(crate::number::display)),
            from,
            caller_name: live.display.clone(),
            to: live.to.clone(),
            caller: live.caller.as_deref().map(|caller| caller_json(self.zone, caller)),
            queue: live.queue.as_ref().map(|queue| queue.as_str().to_owned()),
            ivr: live.ivr.iter().map(|(menu, key)| KeyPressed { menu: menu.clone(), key: key.clone() }).collect(),
            language: live.language.clone(),
            started_at: self.time(live.started_at),
            queued_at: live.queued_at.map(|at| self.time(at)),
            answered_at: live.answered_at.map(|at| self.time(at)),
            talking_since: live.talking_since.map(|at| self.time(at)),
            held_since: live.held_since.map(|at| self.time(at)),
            phase: place.phase,
            agent: place.agent.map(|name| self.people.id_of(name).to_owned()),
            expires_at: place.offer.map(|offer| self.time(offer.expires_at)),
            remote_answer: place.offer.is_some_and(|offer| offer.remote_answer),
            recording: live.recording,
            waited_ms: live.waited_ms,
            rev: live.rev,
        }
    }

    /// A queue's figures, with its name.
    pub fn queue(&self, queue: &QueueId, figures: Figures) -> QueueNow {
        let Figures { waiting, longest_ms, waiting_since, free, available } = figures;
        let waiting_since = waiting_since.map(|at| self.time(at));
        QueueNow { queue: queue.as_str().to_owned(), waiting, longest_ms, waiting_since, free, available }
    }

    fn phone(&self, phone: &PhoneTrouble) -> Value {
        let PhoneTrouble { said, times, until } = phone;
        json!({
            "status": said.status,
            "reason": said.reason,
            "times": times,
            "until": until.map(|at| self.time(at)),
        })
    }

    /// One agent's row.
    pub fn agent_row(&self, floor: &Floor, person: &Person, extension: &Extension) -> AgentRow {
        let seen = floor.agents.get(&person.name);
        AgentRow {
            user: person.id.clone(),
            name: person.name.as_str().to_owned(),
            display_name: person.display_name.clone(),
            extension: extension.as_str().to_owned(),
            status: seen.map_or(Status::Off, |agent| agent.status.clone()),
            state: seen.map_or(State::Idle, |agent| agent.state),
            call: seen.and_then(|agent| agent.call.as_ref()).map(|call| call.as_str().to_owned()),
            since: seen.map(|agent| self.time(agent.since)),
            registered: floor.phones.contains(extension),
            phone: seen.and_then(|agent| agent.phone.as_ref()).map(|phone| self.phone(phone)),
        }
    }

    /// The `agent` part of a snapshot.
    pub fn own_state(&self, floor: &Floor, name: &UserId) -> Value {
        let unseen = Agent::unseen(0);
        let agent = floor.agents.get(name).unwrap_or(&unseen);
        let extension = self.people.named(name).and_then(|person| person.extension.as_ref());
        json!({
            "status": agent.status,
            "state": agent.state,
            "call": agent.call,
            "until": agent.until.map(|at| self.time(at)),
            "misses": agent.misses,
            "phone": agent.phone.as_ref().map(|phone| self.phone(phone)),
            "registered": extension.is_some_and(|extension| floor.phones.contains(extension)),
        })
    }

    /// The data of an event: the catalogue's fields, with ids of people and RFC 3339 times.
    pub fn data(&self, floor: &Floor, event: &Event) -> Value {
        if let What::CallOffered { call, agent, .. } = &event.what
            && let Some(live) = floor.calls.get(call)
        {
            return json!(self.live_call(floor, call, live, Some(agent)));
        }
        if let What::MatchResolved { call, caller } = &event.what {
            return json!({"call": call, "caller": caller_json(self.zone, caller)});
        }
        let mut data = serde_json::to_value(&event.what).map_or(Value::Null, |mut whole| whole["data"].take());
        if let Some(agent) = floor::agent_of(&event.what) {
            data["agent"] = json!(self.people.id_of(agent));
        }
        if let What::QueueStats { waiting_since, .. } = &event.what {
            data["waiting_since"] = json!(waiting_since.map(|at| self.time(at)));
        }
        if let What::AgentState { agent, until, phone, .. } = &event.what {
            data["phone"] = json!(phone.as_ref().map(|phone| self.phone(phone)));
            let misses = floor.agents.get(agent).map_or(0, |agent| agent.misses);
            data["until"] = json!(until.map(|at| self.time(at)));
            data["since"] = json!(self.time(floor.agents.get(agent).map_or(event.at, |agent| agent.since)));
            data["misses"] = json!(misses);
        }
        if let What::CallOffered { expires_at, .. } = &event.what {
            data["expires_at"] = json!(self.time(*expires_at));
        }
        data
    }

    /// `call/c_…`, `agent/usr_…`, `queue/destek`, `extension/101`.
    pub fn subject(&self, what: &What) -> String {
        if let Some(call) = what.call() {
            return format!("call/{call}");
        }
        match what {
            What::AgentState { agent, .. } => format!("agent/{}", self.people.id_of(agent)),
            What::QueueStats { queue, .. } => format!("queue/{queue}"),
            What::PresenceChanged { extension, .. } => format!("extension/{extension}"),
            _ => String::new(),
        }
    }
}

/// A caller with its one time written as text.
pub fn caller_json(zone: &TimeZone, caller: &Caller) -> Value {
    let mut value = serde_json::to_value(caller).unwrap_or(Value::Null);
    if let Some(card) = &caller.card {
        value["card"] = card_json(zone, card);
    }
    value
}

/// A card with its one time written as text.
pub fn card_json(zone: &TimeZone, card: &crm::card::Card) -> Value {
    let mut value = serde_json::to_value(card).unwrap_or(Value::Null);
    let last = card.summary.last_contact_at.map(|at| rfc3339(zone, at));
    value["summary"]["last_contact_at"] = json!(last);
    value
}

/// Where a call is, for one viewer.
struct Place<'a> {
    phase: &'static str,
    agent: Option<&'a UserId>,
    offer: Option<floor::Offer>,
}

impl<'a> Place<'a> {
    fn of(floor: &'a Floor, id: &CallId, live: &'a Live, viewer: Option<&UserId>) -> Self {
        let writing = |name: &UserId| {
            let agent = floor.agents.get(name);
            agent.is_some_and(|agent| agent.state == State::WrapUp && agent.call.as_ref() == Some(id))
        };
        if let Some(name) = viewer.and_then(|viewer| live.talked.get(viewer)).filter(|name| writing(name)) {
            return Self { phase: "wrap_up", agent: Some(name), offer: None };
        }
        if live.ended {
            let agent = live.agent.as_ref().or_else(|| live.talked.iter().next_back());
            return Self { phase: "wrap_up", agent, offer: None };
        }
        if let Some(agent) = &live.agent {
            return Self {
                phase: if live.held_since.is_some() { "held" } else { "talking" },
                agent: Some(agent),
                offer: None,
            };
        }
        let own = viewer.and_then(|viewer| live.offers.get_key_value(viewer));
        if let Some((agent, offer)) = own.or_else(|| live.offers.iter().next()) {
            return Self { phase: "ringing", agent: Some(agent), offer: Some(*offer) };
        }
        let phase = if live.queued_at.is_some() { "queued" } else { "menu" };
        Self { phase, agent: None, offer: None }
    }
}
