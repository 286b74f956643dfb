//! A counter bound once per place in the code and telemetry.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

use super::cells::CounterCell;
use super::family::{CounterFamily, Found};
use crate::scope::Scope;

/// The counter of one series, bound at its first use and kept for the installed telemetry.
///
/// A telemetry that is only carried by a context is looked up each time: several may take turns in one place.
pub(crate) struct BoundCell(ArcSwapOption<Bound>);

struct Bound {
    scope: u64,
    counter: CounterCell,
}

impl BoundCell {
    pub(crate) const fn new() -> Self {
        Self(ArcSwapOption::const_empty())
    }

    /// Adds 1 to the series of `family` with these `values`, which stand in the code.
    pub(crate) fn add_fixed(&self, scope: &Scope, family: &CounterFamily, values: &[&str]) {
        match &*self.0.load() {
            Some(bound) if bound.scope == scope.id => bound.counter.add(1),
            _ => self.add_found(scope, family.resolve_known(values)),
        }
    }

    fn add_found(&self, scope: &Scope, found: Found<CounterCell>) {
        match found {
            Found::Own(counter) => {
                counter.add(1);
                if scope.is_installed() {
                    let scope = scope.id;
                    self.0.store(Some(Arc::new(Bound { scope, counter })));
                }
            }
            Found::Folded(counter) => counter.add(1),
        }
    }
}
