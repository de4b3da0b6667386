//! Who calls: the look-up and the card, in few statements, within the time a ringing phone allows.

use crate::Store;
use crate::db::{Look, Row, values};
use crate::error::{Result, StoreError};
use crate::statements::{CALLER_BY_NUMBER, CALLS_FROM, CARD_FACTS, CARD_TAGS};
use crm::card::{Caller, Candidate, Card, Complaint, Facts, Match, Offer, Overdue, Summary, Who, compose};
use crm::number::{self, Reading};

const YEAR: i64 = 365 * 24 * 3600 * 1_000_000;
const WEEK: i64 = 7 * 24 * 3600 * 1_000_000;

impl Store {
    /// Who has this number (as the trunk sent it; `None` when withheld), with the card when it is one customer.
    ///
    /// # Errors
    /// Database errors.
    pub async fn caller_for(&self, number: Option<&str>, now: i64) -> Result<Caller> {
        let read = match number.map(|text| number::read(text, &self.rules.home)) {
            Some(Reading::Number(read)) => read,
            Some(Reading::Other) => return Ok(unread(number)),
            Some(Reading::Withheld) | None => return Ok(withheld()),
        };
        let mut look = self.db.look().await?;
        let rows = look.rows(CALLER_BY_NUMBER, values![&read.key]).await?;
        let candidates: Vec<Candidate> = rows.iter().map(candidate).collect::<Result<_>>()?;
        let mut caller = blank(Match::None { previous_calls: 0 }, Some(&read.key), Some(&read.display));
        match candidates.as_slice() {
            [] => {
                caller.matched = Match::None { previous_calls: calls_from(&mut look, &read.key).await? };
                caller.card = Some(stranger(&read.display));
            }
            [one] => {
                let facts = facts_of(&mut look, &one.customer, now).await?;
                caller.matched = Match::One { customer: one.customer.clone(), name: one.name.clone() };
                caller.language.clone_from(&facts.language);
                caller.segment.clone_from(&facts.segment);
                caller.card = Some(compose(&facts, now));
            }
            _ => caller.matched = Match::Many { candidates },
        }
        Ok(caller)
    }

    /// A colleague calling from an extension, which the switch has recognised as ours.
    ///
    /// # Errors
    /// Database errors.
    pub async fn caller_internal(&self, extension: &str) -> Result<Caller> {
        let user = self.user_by_extension(extension).await?;
        let language = user.as_ref().map(|user| user.language.clone());
        let name = user.map_or_else(|| extension.to_owned(), |user| user.display_name);
        Ok(Caller { language, ..blank(Match::Internal { name }, Some(extension), Some(extension)) })
    }

    /// The card of a customer.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn customer_card(&self, customer: &str, now: i64) -> Result<Card> {
        let mut look = self.db.look().await?;
        Ok(compose(&facts_of(&mut look, customer, now).await?, now))
    }
}

async fn facts_of(look: &mut Look, customer: &str, now: i64) -> Result<Facts> {
    let values = values![customer, now.saturating_sub(YEAR), now, now.saturating_sub(WEEK)];
    let row = look.row(CARD_FACTS, values).await?.ok_or(StoreError::NotFound)?;
    let tags = look.rows(CARD_TAGS, values![customer]).await?;
    Ok(Facts { tags: tags.iter().map(|row| row.get("tag")).collect::<Result<_>>()?, ..facts(&row)? })
}

async fn calls_from(look: &mut Look, key: &str) -> Result<u32> {
    let row = look.row(CALLS_FROM, values![key]).await?;
    let calls: i64 = row.map_or(Ok(0), |row| row.get("n"))?;
    Ok(u32::try_from(calls).unwrap_or(u32::MAX))
}

fn facts(row: &Row) -> Result<Facts> {
    let count = |column| Ok::<u32, StoreError>(u32::try_from(row.get::<i64>(column)?).unwrap_or_default());
    Ok(Facts {
        customer: row.get("id")?,
        name: row.get("name")?,
        company: row.get("company")?,
        role: row.get("role")?,
        segment: row.get("segment")?,
        language: row.get("language")?,
        address_as: row.get("address_as")?,
        has_email: row.get::<Option<String>>("email")?.is_some(),
        has_birth_date: row.get::<Option<String>>("birth_date")?.is_some(),
        sms_consent: row.get("sms_consent")?,
        since: row.get("created_at")?,
        misses: count("misses")?,
        next_appointment: row.get("next_appointment")?,
        summary: Summary {
            revenue_12m: row.get("revenue")?,
            orders: count("orders")?,
            open_orders: count("open_orders")?,
            open_tickets: count("open_tickets")?,
            last_contact_at: row.get("talk_at")?,
            last_contact_by: row.get("talk_by")?,
            last_contact_about: row.get("talk_about")?,
        },
        overdue: overdue(row)?,
        complaint: complaint(row)?,
        offer: offer(row)?,
        ..Facts::default()
    })
}

fn overdue(row: &Row) -> Result<Option<Overdue>> {
    let Some(number) = row.get("due_number")? else { return Ok(None) };
    Ok(Some(Overdue { number, amount: row.get("due_amount")?, due_at: row.get("due_at")? }))
}

fn complaint(row: &Row) -> Result<Option<Complaint>> {
    let Some(subject) = row.get("wrong_subject")? else { return Ok(None) };
    Ok(Some(Complaint { subject, since: row.get("wrong_since")?, owner: row.get("wrong_owner")? }))
}

fn offer(row: &Row) -> Result<Option<Offer>> {
    let Some(id) = row.get("offer_id")? else { return Ok(None) };
    Ok(Some(Offer { id, title: row.get("offer_title")?, why: row.get("offer_why")? }))
}

fn candidate(row: &Row) -> Result<Candidate> {
    Ok(Candidate { customer: row.get("id")?, name: row.get("name")?, company: row.get("company")? })
}

fn blank(matched: Match, number: Option<&str>, display: Option<&str>) -> Caller {
    Caller {
        matched,
        number: number.map(str::to_owned),
        display_number: display.map(str::to_owned),
        language: None,
        segment: None,
        card: None,
    }
}

fn withheld() -> Caller {
    blank(Match::Withheld, None, None)
}

/// A caller whose number is no number (a SIP user name): shown as sent.
fn unread(text: Option<&str>) -> Caller {
    Caller { card: text.map(stranger), ..blank(Match::None { previous_calls: 0 }, text, text) }
}

/// A card with zone 1 only.
fn stranger(shown: &str) -> Card {
    Card { who: Who { name: shown.to_owned(), ..Who::default() }, ..Card::default() }
}
