//! A case under way.

use crate::function::{self, Calls};
use crate::subject::{self, Running};
use crate::{Case, ROUND};

/// A case whose telemetry has started.
pub struct Session {
    calls: Calls,
    running: Box<dyn Running>,
}

impl Session {
    /// Starts the telemetry of `case`.
    #[must_use]
    pub fn start(case: &Case) -> Self {
        Self {
            calls: function::calls(case),
            running: subject::start(case),
        }
    }

    /// Makes this many calls below one parent, within `measure`.
    pub fn calls<R>(&self, calls: u64, measure: impl FnOnce(&dyn Fn()) -> R) -> R {
        let _parent = self.running.enter();
        measure(&|| (self.calls)(calls))
    }

    /// Waits until every span that ended is sent.
    pub fn flush(&self) {
        self.running.flush();
    }

    /// Makes a round of calls within `measure`, and flushes.
    pub fn round<R>(&self, measure: impl FnOnce(&dyn Fn()) -> R) -> R {
        let measured = self.calls(ROUND, measure);
        self.flush();
        measured
    }

    /// Ends the telemetry, and checks that it has recorded this many calls.
    ///
    /// # Panics
    /// If it has not.
    pub fn end(self, calls: u64) {
        self.running.end(calls);
    }
}
