//! A series bound once to a place in the code.

use std::sync::OnceLock;

/// The cell of one series of the installed telemetry, kept from its first use on.
pub(crate) struct Bound<C>(OnceLock<C>);

impl<C> Bound<C> {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }

    #[inline]
    pub(crate) fn get(&self) -> Option<&C> {
        self.0.get()
    }

    /// Keeps the cell of a series of its own; each use of one that values are folded into has to be counted.
    pub(crate) fn keep(&self, cell: C) -> &C {
        self.0.get_or_init(|| cell)
    }
}
