//! A call as events, for stories.

use crm::card::{Caller, Match};
use pbx::event::{Direction, EndClass, EndedBy, Ending, Event, OfferEnd, What};
use pbx::id::{CallId, Extension, QueueId, UserId};

/// Writes events with rising times and revisions.
pub struct Tape {
    pub call: CallId,
    pub at: i64,
    pub events: Vec<Event>,
}

impl Tape {
    pub fn new(at: i64) -> Self {
        Self { call: CallId::new(store::new_id("c", at)), at, events: Vec::new() }
    }

    pub fn after(mut self, millis: i64, what: impl FnOnce(CallId) -> What) -> Self {
        self.at += millis * 1000;
        let rev = self.events.len() as u64 + 1;
        let what = what(self.call.clone());
        self.events.push(Event { id: store::new_id("evt", self.at), at: self.at, rev, what });
        self
    }

    pub fn started(self, from: Option<&str>) -> Self {
        let from = from.map(str::to_owned);
        let (display, to) = (Some("Arayan".to_owned()), "08501234567".to_owned());
        self.after(0, |call| What::CallStarted { call, direction: Direction::In, from, display, to, trunk: None })
    }

    pub fn named(self, name: &str, from: &str) -> Self {
        let (from, display, to) = (Some(from.to_owned()), Some(name.to_owned()), "08501234567".to_owned());
        self.after(0, |call| What::CallStarted { call, direction: Direction::In, from, display, to, trunk: None })
    }

    pub fn recognised(self, customer: &str, name: &str) -> Self {
        let matched = Match::One { customer: customer.to_owned(), name: name.to_owned() };
        let card = Some(crm::card::Card { customer: customer.to_owned(), ..Default::default() });
        let caller = Caller { matched, number: None, display_number: None, language: None, segment: None, card };
        self.after(5, |call| What::MatchResolved { call, caller: Box::new(caller) })
    }

    pub fn queued(self, queue: &str) -> Self {
        self.after(8_000, |call| What::CallIvr {
            call,
            menu: "ana-menu".to_owned(),
            key: Some("2".to_owned()),
            language: "tr".to_owned(),
        })
        .after(10, |call| What::CallQueued { call, queue: QueueId::new(queue), position: 1 })
    }

    pub fn offered(self, agent: &str) -> Self {
        self.after(1_000, |call| What::CallOffered {
            call,
            agent: UserId::new(agent),
            extension: Extension::new("101"),
            queue: None,
            waited_ms: 1_000,
            expires_at: 0,
            remote_answer: true,
        })
    }

    pub fn missed(self, agent: &str) -> Self {
        let agent = UserId::new(agent);
        let again = agent.clone();
        self.after(20_000, |call| What::CallOfferEnded { call, agent, reason: OfferEnd::Timeout, said: None })
            .after(0, |call| What::CallMissed { call, agent: again })
    }

    pub fn answered(self, agent: &str) -> Self {
        let agent = UserId::new(agent);
        self.after(4_000, |call| What::CallAnswered { call, agent, extension: Extension::new("101"), waited_ms: 5_000 })
    }

    pub fn recorded(self, millis: u64) -> Self {
        self.after(100, |call| What::RecordingStarted { call }).after(60_000, |call| What::RecordingReady {
            call,
            millis,
            lost_frames: 3,
        })
    }

    pub fn ended(self, class: EndClass, reason: &str) -> Self {
        let ending = Ending { class, reason: reason.to_owned(), by: EndedBy::Caller };
        self.after(500, |call| What::CallEnded { call, ending })
    }

    pub fn completed(self, agent: &str, disposition: &str, note: &str) -> Self {
        let (agent, disposition, note) = (UserId::new(agent), disposition.to_owned(), note.to_owned());
        self.after(9_000, |call| What::CallCompleted { call, agent, disposition, note })
    }

    pub fn id(&self) -> &str {
        self.call.as_str()
    }
}
