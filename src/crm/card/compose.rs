//! The card out of what is known: which warnings, which questions, how to treat the caller.

use super::{Ask, Card, Level, Offer, Summary, Warning, Who};
use crate::calendar::{day_of, turkish_time};
use crate::money;

/// What is known of a customer, before it is judged.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// `cus_…`
    pub customer: String,
    /// Name.
    pub name: String,
    /// Company.
    pub company: Option<String>,
    /// Role there.
    pub role: Option<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Segment (`vip`, `loyal`, `new`, `at_risk`, `lost`).
    pub segment: Option<String>,
    /// `tr`, `en`.
    pub language: Option<String>,
    /// Form of address.
    pub address_as: Option<String>,
    /// First contact, µs UTC.
    pub since: i64,
    /// Whether there is an e-mail address.
    pub has_email: bool,
    /// Whether the birth date is known.
    pub has_birth_date: bool,
    /// Whether messages are wanted; `None` when never asked.
    pub sms_consent: Option<bool>,
    /// The payment overdue for longest.
    pub overdue: Option<Overdue>,
    /// The oldest open complaint.
    pub complaint: Option<Complaint>,
    /// Calls of the last week, after the last contact, that reached nobody.
    pub misses: u32,
    /// Start of the next appointment, µs UTC.
    pub next_appointment: Option<i64>,
    /// Figures.
    pub summary: Summary,
    /// The offer to make.
    pub offer: Option<Offer>,
}

/// An unpaid invoice past its day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overdue {
    /// `F-2031`
    pub number: String,
    /// Kuruş.
    pub amount: i64,
    /// µs UTC.
    pub due_at: i64,
}

/// A complaint nobody has solved yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Subject.
    pub subject: String,
    /// µs UTC.
    pub since: i64,
    /// Display name of who works on it.
    pub owner: Option<String>,
}

const MICROS_PER_DAY: i64 = 24 * 3600 * 1_000_000;
/// Most warnings, sentences and questions that can be taken in while a phone rings.
const MOST_WARNINGS: usize = 3;
const MOST_SENTENCES: usize = 2;
const MOST_QUESTIONS: usize = 2;
/// Whoever bought nothing for so long is greeted as somebody who may be leaving.
const QUIET: i64 = 180 * MICROS_PER_DAY;

/// Makes the card of a customer at the moment `now` (µs UTC).
pub fn compose(facts: &Facts, now: i64) -> Card {
    Card {
        customer: facts.customer.clone(),
        who: who(facts),
        treat: treat(facts, now),
        warnings: warnings(facts, now),
        ask: ask(facts),
        summary: facts.summary.clone(),
        offer: offer(facts),
    }
}

fn who(facts: &Facts) -> Who {
    Who {
        name: facts.name.clone(),
        company: facts.company.clone(),
        role: facts.role.clone(),
        tags: facts.tags.clone(),
        segment: facts.segment.clone(),
        since: day_of(facts.since, &turkish_time()).map(|day| day.year()),
        language: facts.language.clone(),
        address_as: facts.address_as.clone(),
    }
}

/// Two sentences at most, the weightier first.
fn treat(facts: &Facts, now: i64) -> Vec<String> {
    let has_tag = |tag: &str| facts.tags.iter().any(|known| crate::text::fold(known) == tag);
    let mut sentences = Vec::new();
    let mut say = |code: &str| sentences.push(code.to_owned());
    if facts.complaint.is_some() {
        say("open_complaint");
    }
    if facts.segment.as_deref() == Some("vip") || has_tag("vip") {
        say("vip");
    }
    if facts.misses > 0 {
        say("missed");
    }
    if facts.language.as_deref().is_some_and(|language| language != "tr") {
        say("language");
    }
    if facts.segment.as_deref() == Some("at_risk") {
        say("at_risk");
    }
    if facts.segment.as_deref() == Some("new") {
        say("new");
    }
    let quiet = facts.summary.last_contact_at.is_some_and(|at| now.saturating_sub(at) > QUIET);
    if quiet {
        say("quiet");
    }
    sentences.truncate(MOST_SENTENCES);
    sentences
}

fn warnings(facts: &Facts, now: i64) -> Vec<Warning> {
    let days = |since: i64| (now.saturating_sub(since).max(0) / MICROS_PER_DAY).to_string();
    let warning = |level, code: &str, values| Warning { level, code: code.to_owned(), values };
    let mut warnings = Vec::new();
    if let Some(overdue) = &facts.overdue {
        let values = vec![days(overdue.due_at), money::format(overdue.amount), overdue.number.clone()];
        warnings.push(warning(Level::Danger, "overdue", values));
    }
    if let Some(complaint) = &facts.complaint {
        let owner = complaint.owner.clone().unwrap_or_default();
        let values = vec![complaint.subject.clone(), days(complaint.since), owner];
        warnings.push(warning(Level::Danger, "open_complaint", values));
    }
    if facts.misses > 0 {
        warnings.push(warning(Level::Caution, "missed_calls", vec![facts.misses.to_string()]));
    }
    if let Some(at) = facts.next_appointment.filter(|&at| at.saturating_sub(now) < 2 * MICROS_PER_DAY) {
        warnings.push(warning(Level::Info, "appointment_soon", vec![local_time(at)]));
    }
    if facts.sms_consent == Some(false) {
        warnings.push(warning(Level::Info, "no_messages", Vec::new()));
    }
    warnings.sort_by_key(|warning| warning.level);
    warnings.truncate(MOST_WARNINGS);
    warnings
}

/// `24.11.2026 14:30`
fn local_time(at: i64) -> String {
    let Ok(moment) = jiff::Timestamp::from_microsecond(at) else { return String::new() };
    let local = moment.to_zoned(turkish_time());
    let (day, month, year) = (local.day(), local.month(), local.year());
    format!("{day:02}.{month:02}.{year} {:02}:{:02}", local.hour(), local.minute())
}

/// The missing fields, the most useful first.
fn ask(facts: &Facts) -> Vec<Ask> {
    let missing = [
        ("birth_date", !facts.has_birth_date),
        ("sms_consent", facts.sms_consent.is_none()),
        ("email", !facts.has_email),
    ];
    let wanted = missing.into_iter().filter(|&(_, is_missing)| is_missing).take(MOST_QUESTIONS);
    wanted.map(|(field, _)| Ask { field: field.to_owned() }).collect()
}

/// Nobody sells to somebody who is waiting for an answer to a complaint.
fn offer(facts: &Facts) -> Option<Offer> {
    facts.offer.clone().filter(|_| facts.complaint.is_none() || facts.segment.as_deref() == Some("vip"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_000_000_000_000;

    fn ayse() -> Facts {
        Facts {
            customer: "cus_1".to_owned(),
            name: "Ayşe Yılmaz".to_owned(),
            tags: vec!["VIP".to_owned()],
            segment: Some("vip".to_owned()),
            since: NOW - 7 * 365 * MICROS_PER_DAY,
            overdue: Some(Overdue {
                number: "F-2031".to_owned(),
                amount: 1_245_000,
                due_at: NOW - 23 * MICROS_PER_DAY - 5,
            }),
            complaint: Some(Complaint {
                subject: "Geç teslimat".to_owned(),
                since: NOW - 3 * MICROS_PER_DAY,
                owner: Some("Murat Demir".to_owned()),
            }),
            ..Facts::default()
        }
    }

    #[test]
    fn the_worst_comes_first_and_three_are_enough() {
        let facts =
            Facts { misses: 2, next_appointment: Some(NOW + 3600 * 1_000_000), sms_consent: Some(false), ..ayse() };
        let card = compose(&facts, NOW);
        let codes: Vec<&str> = card.warnings.iter().map(|warning| warning.code.as_str()).collect();
        assert_eq!(codes, ["overdue", "open_complaint", "missed_calls"]);
        assert_eq!(card.warnings[0].values, ["23", "₺12.450,00", "F-2031"]);
        assert_eq!(card.warnings[1].values, ["Geç teslimat", "3", "Murat Demir"]);
        assert_eq!(card.treat.len(), 2);
        assert_eq!(card.treat[0], "open_complaint");
    }

    #[test]
    fn only_missing_fields_are_asked_and_two_at_most() {
        let fields =
            |facts: &Facts| -> Vec<String> { compose(facts, NOW).ask.into_iter().map(|ask| ask.field).collect() };
        assert_eq!(fields(&ayse()), ["birth_date", "sms_consent"]);
        let known = Facts { has_birth_date: true, sms_consent: Some(false), ..ayse() };
        assert_eq!(fields(&known), ["email"], "a no is an answer and is not asked again");
        assert!(fields(&Facts { has_email: true, ..known }).is_empty());
    }

    #[test]
    fn a_customer_without_trouble_has_no_warning() {
        let card = compose(&Facts { name: "Can".to_owned(), ..Facts::default() }, NOW);
        assert!(card.warnings.is_empty() && card.treat.is_empty() && card.offer.is_none());
    }

    #[test]
    fn nobody_sells_to_a_complaining_customer_unless_they_are_vip() {
        let offer = Some(Offer { id: "off_1".to_owned(), title: "Bakım".to_owned(), why: "Garanti".to_owned() });
        let vip = Facts { offer, ..ayse() };
        assert!(compose(&vip, NOW).offer.is_some());
        let other = Facts { segment: Some("loyal".to_owned()), ..vip };
        assert!(compose(&other, NOW).offer.is_none());
        assert!(compose(&Facts { complaint: None, ..other }, NOW).offer.is_some());
    }
}
