//! The numbers of customers: read once on the way in, kept as key, display and original.

use crm::number::{self, Kind, Reading};

use crate::Store;
use crate::customers::Phone;
use crate::db::{Tx, Value, values};
use crate::error::{Result, StoreError};

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
