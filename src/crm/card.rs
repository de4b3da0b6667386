//! The customer card: one value, six zones, painted by the page without a second request.

mod compose;

pub use compose::{Complaint, Facts, Overdue, compose};

use serde::{Deserialize, Serialize};

/// Who calls, as the look-up found it. Travels inside the ring event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Caller {
    /// How it was recognised.
    #[serde(rename = "match")]
    pub matched: Match,
    /// E.164 key (`+905321112233`), short number (`112`, `4441444`) or extension; `None` when withheld.
    pub number: Option<String>,
    /// The number as people write it: `0532 111 22 33`, `444 1 444`.
    pub display_number: Option<String>,
    /// Language of the customer, if known (`tr`, `en`).
    pub language: Option<String>,
    /// Segment of the customer, for routing (`vip`).
    pub segment: Option<String>,
    /// The card, when exactly one customer matches; for an unknown number a card with zone 1 only.
    pub card: Option<Card>,
}

/// How a number was recognised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Match {
    /// One customer.
    One {
        /// `cus_…`
        customer: String,
        /// What people call them.
        name: String,
    },
    /// Several share the number: the agent chooses.
    Many {
        /// The candidates.
        candidates: Vec<Candidate>,
    },
    /// Nobody, but the number is known to have called before.
    None {
        /// Calls before this one.
        previous_calls: u32,
    },
    /// The caller hides the number: nothing was looked up.
    Withheld,
    /// A colleague.
    Internal {
        /// Extension's owner.
        name: String,
    },
}

/// One of several matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// `cus_…`
    pub customer: String,
    /// Name.
    pub name: String,
    /// Company, if any.
    pub company: Option<String>,
}

/// The six zones.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// `cus_…`
    pub customer: String,
    /// 1 who.
    pub who: Who,
    /// 2 how to treat them: at most two sentences, by their codes in the page's catalogue (`open_complaint`, `vip`).
    pub treat: Vec<String>,
    /// 3 warnings, worst first, at most three.
    pub warnings: Vec<Warning>,
    /// 4 what to ask: at most two fields.
    pub ask: Vec<Ask>,
    /// 5 figures.
    pub summary: Summary,
    /// 6 the one offer.
    pub offer: Option<Offer>,
}

/// Zone 1.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Who {
    /// Name as written.
    pub name: String,
    /// Company.
    pub company: Option<String>,
    /// Role there.
    pub role: Option<String>,
    /// Tags (`VIP`).
    pub tags: Vec<String>,
    /// Segment, if any: `vip`, `loyal`, `new`, `at_risk`, `lost`; the page has its word.
    pub segment: Option<String>,
    /// Year of the first contact.
    pub since: Option<i16>,
    /// `tr`, `en`.
    pub language: Option<String>,
    /// Form of address: "Ayşe Hanım".
    pub address_as: Option<String>,
}

/// How bad a warning is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Act on it.
    Danger,
    /// Mind it.
    Caution,
    /// Good to know.
    Info,
}

/// Zone 3, one line. `code` is in the page's catalogue, `values` fill its text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Warning {
    /// How bad.
    pub level: Level,
    /// `overdue`, `open_complaint`, …
    pub code: String,
    /// Values of the text, in order of the catalogue's placeholders `{0}`, `{1}` ….
    pub values: Vec<String>,
}

/// Zone 4, one question. The page knows how each field is asked (`birth_date`, `sms_consent`, `email`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    /// Field of the customer.
    pub field: String,
}

/// Zone 5.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Paid in the last twelve months, kuruş.
    pub revenue_12m: i64,
    /// Orders in all.
    pub orders: u32,
    /// Orders not yet finished.
    pub open_orders: u32,
    /// Open tickets.
    pub open_tickets: u32,
    /// Last contact, µs UTC.
    pub last_contact_at: Option<i64>,
    /// Who took it.
    pub last_contact_by: Option<String>,
    /// About what.
    pub last_contact_about: Option<String>,
}

/// Zone 6.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    /// `off_…`, for logging the answer.
    pub id: String,
    /// What to offer.
    pub title: String,
    /// Why to this customer.
    pub why: String,
}
