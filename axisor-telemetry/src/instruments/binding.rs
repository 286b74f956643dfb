//! A series bound once to a place in the code.

use std::sync::OnceLock;

use super::family::{Family, Found};

/// The cell of one series of the installed telemetry, bound at its first use.
pub(crate) struct Bound<C>(OnceLock<C>);

impl<C: Clone> Bound<C> {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }

    #[inline]
    pub(crate) fn get(&self) -> Option<&C> {
        self.0.get()
    }

    /// Finds the series of `values`, which are the same at every use, and keeps it from here on, unless it is one that
    /// values are folded into: each use of that has to be counted as such.
    #[cold]
    pub(crate) fn bind(&self, family: &Family<C>, values: &[&str]) -> C {
        match family.resolve_known(values) {
            Found::Own(cell) => self.0.get_or_init(|| cell).clone(),
            Found::Folded(cell) => cell,
        }
    }
}
