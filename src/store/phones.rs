//! The numbers of customers: read once on the way in, kept as key, display and original.

use crm::number::{self, Kind, Reading};

use crate::customers::Phone;
use crate::db::{Tx, Value, values};
use crate::error::{Result, StoreError};
use crate::{Named, Store};

/// A number on its way in.
pub(crate) struct ReadPhone {
    pub(crate) key: String,
    pub(crate) display: String,
    pub(crate) original: String,
}

impl Store {
    /// Reads typed numbers; spellings of one number count once.
    pub(crate) fn read_phones(&self, texts: &[String]) -> Result<Vec<ReadPhone>> {
        let mut phones: Vec<ReadPhone> = Vec::new();
        for (at, text) in texts.iter().enumerate() {
            let phone = self.read_phone(text).ok_or_else(|| StoreError::invalid(format!("phones/{at}"), "invalid"))?;
            if phones.iter().all(|known| known.key != phone.key) {
                phones.push(phone);
            }
        }
        Ok(phones)
    }

    /// Reads one number of a customer. Internal numbers are colleagues, not customers.
    pub(crate) fn read_phone(&self, text: &str) -> Option<ReadPhone> {
        match number::read(text, &self.rules.home) {
            Reading::Number(read) if !matches!(read.kind, Kind::Extension | Kind::Short) => {
                Some(ReadPhone { key: read.key, display: read.display, original: read.original.replace('\0', "") })
            }
            _ => None,
        }
    }

    /// A stored key as people write it.
    pub(crate) fn display_number(&self, key: &str) -> String {
        number::display(key, &self.rules.home)
    }
}

/// Makes sure that no other customer has one of the numbers. Writing to the counter first makes a second writer of numbers
/// wait for this transaction, so that it sees what this one added.
pub(crate) async fn claim(tx: &mut Tx, customer: &str, phones: &[ReadPhone]) -> Result<()> {
    if phones.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO counters (name, value) VALUES ('numbers', 1) \
               ON CONFLICT (name) DO UPDATE SET value = counters.value + 1";
    tx.run(sql, Vec::new()).await?;
    for (at, phone) in phones.iter().enumerate() {
        let sql = "SELECT c.id, c.name FROM customer_phones p JOIN customers c ON c.id = p.customer_id \
                   WHERE p.number = $1 AND p.customer_id <> $2 AND NOT EXISTS \
                   (SELECT 1 FROM customer_phones o WHERE o.number = $1 AND o.customer_id = $2) \
                   ORDER BY c.sort, c.id LIMIT 1";
        if let Some(row) = tx.row(sql, values![&phone.key, customer]).await? {
            let customer = Named { id: row.get("id")?, name: row.get("name")? };
            return Err(StoreError::TakenNumber {
                field: format!("phones/{at}"),
                display: phone.display.clone(),
                customer,
            });
        }
    }
    Ok(())
}

/// Adds numbers behind those a customer has; known ones stay where they are.
pub(crate) async fn add(tx: &mut Tx, customer: &str, phones: &[ReadPhone]) -> Result<()> {
    let sql = "SELECT COUNT(*) AS n FROM customer_phones WHERE customer_id = $1";
    let taken: i64 = tx.row(sql, values![customer]).await?.map_or(Ok(0), |row| row.get("n"))?;
    let row = |(at, phone): (i64, &ReadPhone)| -> Vec<Value> {
        values![customer, &phone.key, &phone.display, &phone.original, taken + at]
    };
    let rows = (0..).zip(phones).map(row).collect();
    let into = "customer_phones (customer_id, number, display, original, place)";
    tx.insert(into, rows, "ON CONFLICT (customer_id, number) DO NOTHING").await?;
    Ok(())
}

/// Replaces all numbers of a customer.
pub(crate) async fn replace(tx: &mut Tx, customer: &str, phones: &[ReadPhone]) -> Result<()> {
    tx.run("DELETE FROM customer_phones WHERE customer_id = $1", values![customer]).await?;
    add(tx, customer, phones).await
}

/// A stored number.
pub(crate) fn phone(row: &crate::db::Row) -> Result<Phone> {
    Ok(Phone { number: row.get("number")?, display: row.get("display")? })
}
