//! Failures that are told one by one.

use std::sync::{Arc, Mutex, PoisonError};

use crate::trace::{Failure, FailureSink};

/// Keeps every failure that is told.
#[derive(Debug, Clone, Default)]
pub(super) struct Captured(Arc<Mutex<Vec<String>>>);

impl Captured {
    /// A line for each, in their order.
    pub(super) fn all(&self) -> Vec<String> {
        let failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failures.clone()
    }
}

impl FailureSink for Captured {
    fn failed(&self, failure: Failure) {
        let mut line = format!("{}: {}", failure.what, failure.error_type);
        if !failure.text.is_empty() {
            line = format!("{line}: {}", failure.text);
        }
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failures.push(line);
    }

    fn panics_are_told(&self) {}

    fn wants_panics(&self) -> bool {
        true
    }
}
