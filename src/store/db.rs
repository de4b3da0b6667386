//! The door to the database: one SQL text with `$1`, values in, rows out, on SQLite or PostgreSQL.
//!
//! Looking up (`db/read.rs`, `db/look.rs`), lists (`db/list.rs`) and writing (`db/write.rs`) never share a connection: none waits for
//! another.

mod faults;
mod list;
mod look;
mod pool;
mod read;
mod unit;
mod value;
mod write;

pub use faults::{Fault, Faults, Point};
pub(crate) use look::Look;
pub(crate) use pool::Kind;
pub use unit::Unit;
pub(crate) use value::{Row, Value, placeholders, values};
pub(crate) use write::Tx;

use crate::error::Result;
use pool::{Pool, Use};
use unit::Slot;

/// The pools of the one database in use.
#[derive(Clone, Debug)]
pub(crate) struct Db {
    read: Pool,
    list: Pool,
    write: Pool,
    faults: Faults,
    unit: Option<Slot>,
}

impl Db {
    /// Opens and migrates. `sqlite:PATH`, `sqlite::memory:` or `postgres://…`.
    pub(crate) async fn open(url: &str, faults: Faults) -> Result<Self> {
        // A database in memory is its one connection.
        if url.contains(":memory:") {
            let only = Pool::open(url, Use::Only).await?;
            only.migrate().await?;
            return Ok(Self { read: only.clone(), list: only.clone(), write: only, faults, unit: None });
        }
        let write = Pool::open(url, Use::Write).await?;
        write.migrate().await?;
        let (read, list) = (Pool::open(url, Use::Read).await?, Pool::open(url, Use::List).await?);
        Ok(Self { read, list, write, faults, unit: None })
    }

    /// The same, every statement of it in the transaction of a unit.
    fn within(&self, slot: Slot) -> Self {
        Self { unit: Some(slot), ..self.clone() }
    }

    /// Which of the two.
    pub(crate) fn kind(&self) -> Kind {
        self.write.kind()
    }

    pub(crate) async fn close(&self) {
        self.read.close().await;
        self.list.close().await;
        self.write.close().await;
    }
}
