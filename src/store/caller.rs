//! Who calls: the look-up and the card, in few statements, within the time a ringing phone allows.

use crate::Store;
use crate::db::{Row, values};
use crate::error::{Result, StoreError};
use crate::statements::{CALLER_BY_NUMBER, CALLS_FROM, CARD_FACTS};
use crm::card::{Caller, Candidate, Card, Facts, Match, Offer, Overdue, Summary, Who, compose};
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
        let rows = self.db.rows(CALLER_BY_NUMBER, values![&read.key]).await?;
        let candidates: Vec<Candidate> = rows.iter().map(candidate).collect::<Result<_>>()?;
        let mut caller = blank(Match::None { previous_calls: 0 }, Some(&read.key), Some(&read.display));
        match candidates.as_slice() {
            [] => {
                caller.matched = Match::None { previous_calls: self.calls_from(&read.key).await? };
                caller.card = Some(stranger(&read.display));
            }
            [one] => {
                let card = self.customer_card(&one.customer, now).await?;
                caller.matched = Match::One { customer: one.customer.clone(), name: one.name.clone() };
                caller.language.clone_from(&card.who.language);
                caller.segment = self.segment_of(&one.customer).await?;
                caller.card = Some(card);
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
        Ok(compose(&self.facts(customer, now).await?, now))
    }

    async fn facts(&self, customer: &str, now: i64) -> Result<Facts> {
        let values = values![customer, now.saturating_sub(YEAR), now, now.saturating_sub(WEEK)];
        let row = self.db.row(CARD_FACTS, values).await?.ok_or(StoreError::NotFound)?;
        let mut facts = facts(&row)?;
        let sql = "SELECT tag FROM customer_tags WHERE customer_id = $1 ORDER BY added_at, tag_key LIMIT 8";
        let tags = self.db.rows(sql, values![customer]).await?;
        facts.tags = tags.iter().map(|row| row.get("tag")).collect::<Result<_>>()?;
        facts.overdue = self.overdue(customer, now).await?;
        self.complaint(customer, &mut facts).await?;
        facts.offer = self.offer(customer, now).await?;
        self.last_contact(customer, &mut facts.summary).await?;
        Ok(facts)
    }

    /// The invoice that is overdue for longest.
    async fn overdue(&self, customer: &str, now: i64) -> Result<Option<Overdue>> {
        let sql = "SELECT number, amount, due_at FROM invoices WHERE customer_id = $1 AND paid_at IS NULL AND due_at < $2 \
                   ORDER BY due_at LIMIT 1";
        let Some(row) = self.db.row(sql, values![customer, now]).await? else { return Ok(None) };
        Ok(Some(Overdue { number: row.get("number")?, amount: row.get("amount")?, due_at: row.get("due_at")? }))
    }

    /// The oldest open complaint.
    async fn complaint(&self, customer: &str, facts: &mut Facts) -> Result<()> {
        let sql = "SELECT t.subject, t.created_at, u.display_name FROM tickets t LEFT JOIN users u ON u.id = t.owner_id \
                   WHERE t.customer_id = $1 AND t.kind = 'complaint' AND t.status IN ('open', 'waiting') \
                   ORDER BY t.created_at LIMIT 1";
        if let Some(row) = self.db.row(sql, values![customer]).await? {
            let (subject, since, owner) = (row.get("subject")?, row.get("created_at")?, row.get("display_name")?);
            facts.complaint = Some(crm::card::Complaint { subject, since, owner });
        }
        Ok(())
    }

    async fn offer(&self, customer: &str, now: i64) -> Result<Option<Offer>> {
        let sql = "SELECT id, title, why FROM offers WHERE customer_id = $1 AND (hidden_till IS NULL OR hidden_till <= $2) \
                   ORDER BY created_at DESC LIMIT 1";
        let Some(row) = self.db.row(sql, values![customer, now]).await? else { return Ok(None) };
        Ok(Some(Offer { id: row.get("id")?, title: row.get("title")?, why: row.get("why")? }))
    }

    /// The last answered call: when, who took it, and what it was about.
    async fn last_contact(&self, customer: &str, summary: &mut Summary) -> Result<()> {
        let sql = "SELECT c.answered_at, COALESCE(u.display_name, c.agent_id) AS agent, \
                   COALESCE((SELECT MIN(t.subject) FROM tickets t WHERE t.call_id = c.id), c.note, c.queue) AS about \
                   FROM calls c LEFT JOIN users u ON u.id = c.agent_id \
                   WHERE c.customer_id = $1 AND c.answered_at IS NOT NULL AND c.ended_at IS NOT NULL \
                   ORDER BY c.started_at DESC LIMIT 1";
        if let Some(row) = self.db.row(sql, values![customer]).await? {
            summary.last_contact_at = row.get("answered_at")?;
            summary.last_contact_by = row.get("agent")?;
            summary.last_contact_about = row.get("about")?;
        }
        Ok(())
    }

    async fn calls_from(&self, key: &str) -> Result<u32> {
        let row = self.db.row(CALLS_FROM, values![key]).await?;
        let calls: i64 = row.map_or(Ok(0), |row| row.get("n"))?;
        Ok(u32::try_from(calls).unwrap_or(u32::MAX))
    }

    async fn segment_of(&self, customer: &str) -> Result<Option<String>> {
        let row = self.db.row("SELECT segment FROM customers WHERE id = $1", values![customer]).await?;
        row.map_or(Ok(None), |row| row.get("segment"))
    }
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
            ..Summary::default()
        },
        ..Facts::default()
    })
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
