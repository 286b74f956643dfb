//! The place of an annotated function.

use std::sync::OnceLock;
use std::time::Duration;

use super::{Labels, OnCancel, Spec};
use crate::instruments::BoundCell;
use crate::outcome::Outcome;
use crate::scope::{Current, Scope};
use crate::trace::Ending;

/// What is the same for every call of one annotated function, and the series its calls are bound to.
pub struct Site {
    spec: Spec,
    /// Whether the installed telemetry makes spans here.
    spans: OnceLock<bool>,
    success: BoundCell,
    failure: BoundCell,
}

impl Site {
    /// The site of a function.
    #[must_use]
    pub const fn new(spec: Spec) -> Self {
        Self {
            spec,
            spans: OnceLock::new(),
            success: BoundCell::new(),
            failure: BoundCell::new(),
        }
    }

    #[inline]
    pub(crate) fn spec(&self) -> &Spec {
        &self.spec
    }

    /// Whether calls have spans at all.
    pub(crate) fn has_span(&self, scope: &Current) -> bool {
        let admitted = |scope: &Scope| {
            scope
                .spans
                .filter()
                .admits(self.spec.target, self.spec.level)
        };
        match scope {
            Current::Installed(scope) => *self.spans.get_or_init(|| admitted(scope)),
            Current::Carried(scope) => admitted(scope),
        }
    }

    /// A call begins.
    pub(crate) fn entered(&self, scope: &Scope, labels: &Labels) {
        if self.spec.in_flight {
            self.spec.recorder.in_flight(scope, labels, 1.0);
        }
    }

    /// A call is over.
    pub(crate) fn left(
        &self,
        scope: &Scope,
        labels: &Labels,
        ending: &Ending<'_>,
        took: Option<Duration>,
    ) {
        if self.spec.in_flight {
            self.spec.recorder.in_flight(scope, labels, -1.0);
        }
        if matches!(ending, Ending::Cancelled) && self.spec.on_cancel == OnCancel::Skip {
            return;
        }
        let outcome = ending.outcome();
        if let Some(took) = took.filter(|_| self.spec.duration.is_some()) {
            self.spec.recorder.duration(scope, labels, outcome, took);
        }
        self.count(scope, labels, outcome);
    }

    fn count(&self, scope: &Scope, labels: &Labels, outcome: Outcome) {
        let counted =
            self.spec
                .recorder
                .series(&scope.instruments, labels, outcome, self.spec.count);
        let Some((family, values)) = counted else {
            return;
        };
        match (self.spec.fixed, outcome) {
            (false, _) => family.with(&values).add(1),
            (true, Outcome::Success) => self.success.add_fixed(scope, family, &values),
            (true, Outcome::Failure) => self.failure.add_fixed(scope, family, &values),
        }
    }
}
