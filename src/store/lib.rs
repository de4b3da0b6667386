//! Everything kept, on SQLite or PostgreSQL. See docs/ARCHITECTURE.md.
//!
//! One SQL text serves both databases ([`Store`] holds the pools of the one in use). Times are microseconds UTC, money
//! is kuruş; the current time is always an argument. A function that writes has committed when it returns.

use std::sync::Arc;

use crm::calendar::Hours;
use crm::number::Home;
use crm::ticket::Promise;

mod appointments;
mod audit;
#[cfg(test)]
mod both_ways;
mod callbacks;
mod caller;
mod calls;
mod change;
mod check;
mod claim;
mod contacts;
mod current;
mod customers;
mod db;
mod devices;
mod error;
mod fields;
mod fold;
mod id;
mod idempotency;
mod joined;
mod journal;
mod orders;
mod owed;
mod page;
mod phones;
#[cfg(test)]
mod plans;
mod products;
mod registrations;
mod restart;
mod search;
pub mod seed;
mod sessions;
pub mod statements;
mod tickets;
mod timeline;
mod trouble;
mod users;
mod words;

pub use appointments::{Appointment, AppointmentFilter, AppointmentPatch, NewAppointment};
pub use audit::AuditEntry;
pub use callbacks::{Callback, CallbackFilter, CallbackPatch, NewCallback};
pub use calls::{AppointmentRef, Call, CallEvent, CallFilter, OrderRef, TicketRef};
pub use claim::{Claim, Claimed, Rival, claim, file_of};
pub use contacts::{Note, OfferAnswer};
pub use current::is_current;
pub use customers::{Customer, CustomerPatch, CustomerRow, NewCustomer, Phone};
pub use db::{Fault, Faults, Point, Unit};
pub use error::{Result, StoreError};
pub use id::new as new_id;
pub use idempotency::Answer;
pub use journal::journal_body;
pub use orders::{LineAsk, NewOrder, Order, OrderFilter, OrderPatch};
pub use page::{COUNTED, Page, PageAsk};
pub use pbx::record::{IvrStep, Recording, RecordingState};
pub use products::{NewProduct, Product};
pub use sessions::{NewSession, Session};
pub use tickets::{Comment, NewTicket, Ticket, TicketFilter, TicketPatch};
pub use timeline::{TimelineItem, TimelineKind};
pub use trouble::Trouble;
pub use users::{NewUser, Person, Role, User, UserPatch};

use db::{Db, Kind};

/// The database and the rules of the business. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    db: Db,
    rules: Arc<Rules>,
}

/// What the business decides about its data.
#[derive(Debug, Clone)]
pub struct Rules {
    /// How numbers are written here.
    pub home: Home,
    /// When we work: the clock of promises.
    pub hours: Hours,
    /// Within how much working time a ticket is to be solved.
    pub promise: Promise,
}

impl Default for Rules {
    fn default() -> Self {
        Self { home: Home::TURKIYE, hours: Hours::turkish_office(), promise: Promise::default() }
    }
}

/// A thing by its id, with what people call it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Named {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

impl Store {
    /// Opens the database and brings its tables up to date. `sqlite:PATH` (made when missing), `sqlite::memory:`, or
    /// `postgres://…`.
    ///
    /// # Errors
    /// [`StoreError::Database`] when it cannot be reached, [`StoreError::Migration`] when its tables are not ours.
    pub async fn open(url: &str) -> Result<Self> {
        Self::open_with(url, Faults::default()).await
    }

    /// [`Store::open`] with faults at writing steps, for tests.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open_with(url: &str, faults: Faults) -> Result<Self> {
        Ok(Self { db: Db::open(url, faults).await?, rules: Arc::new(Rules::default()) })
    }

    /// The same database with other rules.
    #[must_use]
    pub fn with_rules(self, rules: Rules) -> Self {
        Self { db: self.db, rules: Arc::new(rules) }
    }

    /// Begins a unit. It costs nothing until something is written.
    pub fn unit(&self) -> Unit {
        self.db.unit(self.rules.clone())
    }

    /// The rules in use.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// `sqlite` or `postgres`, for health and start-up messages.
    pub fn kind(&self) -> &'static str {
        match self.db.kind() {
            Kind::Sqlite => "sqlite",
            Kind::Postgres => "postgres",
        }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// Why it does not.
    pub async fn ping(&self) -> Result<()> {
        self.db.row("SELECT CAST(1 AS BIGINT) AS one", Vec::new()).await.map(|_| ())
    }

    /// Closes the pools after the statements in progress; SQLite folds its log into the file.
    pub async fn close(&self) {
        self.db.close().await;
    }
}
