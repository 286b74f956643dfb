//! A counter bound once per place in the code and telemetry.

use arc_swap::ArcSwapOption;
use opentelemetry::metrics::BoundCounter;

use super::CounterFamily;
use crate::scope::Scope;

/// The counter of one series, bound at its first use and kept for the installed telemetry.
///
/// A telemetry that is only carried by a context is looked up each time: several may take turns in one place.
pub(crate) struct BoundCell(ArcSwapOption<Bound>);

struct Bound {
    scope: u64,
    counter: BoundCounter<u64>,
}

impl BoundCell {
    pub(crate) const fn new() -> Self {
        Self(ArcSwapOption::const_empty())
    }

    /// Adds 1 to the series of `family` with these `values`, which are the same in every call.
    pub(crate) fn add_fixed(&self, scope: &Scope, family: &CounterFamily, values: &[&str]) {
        match &*self.0.load() {
            Some(bound) if bound.scope == scope.id => bound.counter.add(1),
            _ => self.bind(scope, family, values).add(1),
        }
    }

    fn bind(&self, scope: &Scope, family: &CounterFamily, values: &[&str]) -> BoundCounter<u64> {
        let counter = family.with(values);
        // A value folded into `other` is looked up each time, so that each recording is counted as folded.
        if scope.is_installed() && family.known(values).is_some() {
            self.0.store(Some(std::sync::Arc::new(Bound {
                scope: scope.id,
                counter: counter.clone(),
            })));
        }
        counter
    }
}
