//! What is added to a customer: numbers, tags, notes, and the answers to offers.

use crm::text::fold;

use crate::change::bump;
use crate::db::{Tx, values};
use crate::error::{Result, StoreError};
use crate::{Store, check, id, phones};

/// A note on a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// `not_…`
    pub id: String,
    /// Text.
    pub text: String,
    /// The call it was written in.
    pub call: Option<String>,
    /// Who wrote it, `usr_…`.
    pub by: String,
    /// µs UTC.
    pub at: i64,
}

/// Answer to an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferAnswer {
    /// Yes.
    Accepted,
    /// Ask again in a week.
    Later,
    /// No.
    Declined,
}

/// How long an offer rests after "later".
const LATER: i64 = 7 * 24 * 3600 * 1_000_000;

impl Store {
    /// Adds a number in any spelling; one they have already is no error.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Invalid`].
    pub async fn customer_phone_add(&self, id: &str, text: &str, now: i64) -> Result<()> {
        let phone = self.read_phone(text).ok_or_else(|| StoreError::invalid("phone", "invalid"))?;
        let mut tx = self.db.begin().await?;
        bump(&mut tx, "customers", id, None, now).await?;
        phones::add(&mut tx, id, &[phone]).await?;
        tx.commit().await
    }

    /// Adds a tag; spellings that differ in case or Turkish letters are one tag.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Invalid`].
    pub async fn customer_tag_add(&self, id: &str, tag: &str, now: i64) -> Result<()> {
        let mut tx = self.db.begin().await?;
        bump(&mut tx, "customers", id, None, now).await?;
        add_tag(&mut tx, id, tag, now).await?;
        tx.commit().await
    }

    /// Removes a tag in any spelling; one they do not have is no error.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn customer_tag_remove(&self, id: &str, tag: &str, now: i64) -> Result<()> {
        let mut tx = self.db.begin().await?;
        bump(&mut tx, "customers", id, None, now).await?;
        tx.run("DELETE FROM customer_tags WHERE customer_id = $1 AND tag_key = $2", values![id, fold(tag)]).await?;
        tx.commit().await
    }

    /// Writes a note on a customer.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Invalid`].
    pub async fn customer_note_add(
        &self,
        id: &str,
        text: &str,
        call: Option<&str>,
        by: &str,
        now: i64,
    ) -> Result<Note> {
        let text = check::required("text", text, check::FREE)?;
        let note = Note { id: id::new("not", now), text, call: call.map(str::to_owned), by: by.to_owned(), at: now };
        let mut tx = self.db.begin().await?;
        bump(&mut tx, "customers", id, None, now).await?;
        let sql = "INSERT INTO notes (id, customer_id, call_id, text, by_id, at) VALUES ($1, $2, $3, $4, $5, $6)";
        tx.run(sql, values![&note.id, id, &note.call, &note.text, by, now]).await?;
        tx.commit().await?;
        Ok(note)
    }

    /// Logs the answer to an offer; `later` hides it for a week, the other two for good.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn offer_answer(
        &self,
        offer: &str,
        answer: OfferAnswer,
        call: Option<&str>,
        by: &str,
        now: i64,
    ) -> Result<()> {
        let (word, hidden_till) = match answer {
            OfferAnswer::Accepted => ("accepted", i64::MAX),
            OfferAnswer::Later => ("later", now.saturating_add(LATER)),
            OfferAnswer::Declined => ("declined", i64::MAX),
        };
        let mut tx = self.db.begin().await?;
        let touched = tx.run("UPDATE offers SET hidden_till = $2 WHERE id = $1", values![offer, hidden_till]).await?;
        if touched == 0 {
            return Err(StoreError::NotFound);
        }
        let sql =
            "INSERT INTO offer_answers (id, offer_id, answer, call_id, by_id, at) VALUES ($1, $2, $3, $4, $5, $6)";
        tx.run(sql, values![id::new("ofa", now), offer, word, call, by, now]).await?;
        tx.commit().await
    }
}

pub(crate) async fn add_tag(tx: &mut Tx, id: &str, tag: &str, now: i64) -> Result<()> {
    let tag = check::required("tag", tag, 40)?;
    let key = fold(&tag);
    if key.is_empty() {
        return Err(StoreError::invalid("tag", "invalid"));
    }
    let sql = "INSERT INTO customer_tags (customer_id, tag, tag_key, added_at) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (customer_id, tag_key) DO NOTHING";
    tx.run(sql, values![id, tag, key, now]).await.map(|_| ())
}
