//! Several writes that are kept together or not at all.

use std::sync::{Arc, Mutex, PoisonError};

use super::Db;
use super::write::{Open, Tx};
use crate::error::{Result, StoreError};
use crate::{Rules, Store};

/// Where a unit's one transaction rests between two uses.
#[derive(Clone, Debug, Default)]
pub(super) struct Slot(Arc<Mutex<State>>);

#[derive(Debug, Default)]
enum State {
    /// Nothing was written yet.
    #[default]
    Empty,
    /// Something was written, and nobody is writing now.
    Resting(Open),
    /// A function has it.
    Lent,
    /// A write failed: the others are gone with it.
    Spoiled,
}

impl Slot {
    /// Takes the transaction; `None` when there is none yet.
    pub(super) fn lend(&self) -> Result<Option<Open>> {
        let mut state = self.state();
        match std::mem::replace(&mut *state, State::Lent) {
            State::Empty => Ok(None),
            State::Resting(open) => Ok(Some(open)),
            State::Lent => Err(StoreError::Busy),
            State::Spoiled => {
                *state = State::Spoiled;
                Err(StoreError::Busy)
            }
        }
    }

    /// Whether a reader must look at what the unit wrote.
    pub(super) fn is_written(&self) -> bool {
        !matches!(*self.state(), State::Empty)
    }

    pub(super) fn rest(&self, open: Open) {
        *self.state() = State::Resting(open);
    }

    pub(super) fn spoil(&self) {
        *self.state() = State::Spoiled;
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A store whose writes are one transaction, begun by the first of them and ended by [`Unit::commit`]; what it reads after
/// that first write it reads in the transaction. Dropped without a commit, nothing is kept. One function at a time.
#[derive(Debug)]
pub struct Unit {
    store: Store,
    slot: Slot,
    db: Db,
}

impl Db {
    /// Begins a unit for a store of these rules.
    pub(crate) fn unit(&self, rules: Arc<Rules>) -> Unit {
        let slot = Slot::default();
        Unit { store: Store { db: self.within(slot.clone()), rules }, slot, db: self.clone() }
    }
}

impl Unit {
    /// The store inside the unit. It must not outlive the unit's end.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Whether something was written.
    pub fn is_written(&self) -> bool {
        self.slot.is_written()
    }

    /// Keeps everything. After an error nothing is kept, unless the commit itself was not answered.
    ///
    /// # Errors
    /// Database errors; [`StoreError::Busy`] when a write of the unit failed before.
    pub async fn commit(self) -> Result<()> {
        match self.slot.lend()? {
            Some(open) => Tx::alone(open, self.db).commit().await,
            None => Ok(()),
        }
    }
}
