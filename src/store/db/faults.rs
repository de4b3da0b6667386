//! Faults for tests: what a disk or a server does to a statement, at the place of a test's choice.

use std::fmt;
use std::sync::Arc;

use crate::error::StoreError;

/// A step on the way to something kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// A transaction begins.
    Begin,
    /// A statement runs, alone or in a transaction.
    Statement,
    /// A transaction commits.
    Commit,
}

/// What goes wrong there.
#[derive(Debug)]
pub enum Fault {
    /// The step fails and changes nothing.
    Before(StoreError),
    /// The step is carried out and says that it failed.
    After(StoreError),
}

type Decide = dyn Fn(Point) -> Option<Fault> + Send + Sync;

/// Decides at each writing step; [`Faults::default`] lets all of them be.
#[derive(Clone, Default)]
pub struct Faults(Option<Arc<Decide>>);

impl Faults {
    /// Asks `decide` at each writing step.
    pub fn new(decide: impl Fn(Point) -> Option<Fault> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(decide)))
    }

    pub(super) fn at(&self, point: Point) -> Option<Fault> {
        self.0.as_ref().and_then(|decide| decide(point))
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Faults(some)" } else { "Faults(none)" })
    }
}
