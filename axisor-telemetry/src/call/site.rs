//! The place of an annotated function.

use std::sync::OnceLock;

use super::{Labels, OnCancel, Spec};
use crate::clock::Moment;
use crate::instruments::BoundCell;
use crate::outcome::Outcome;
use crate::scope::{Current, Scope};
use crate::trace::Ending;

/// What is the same for every call of one annotated function, and the series its calls are bound to.
pub struct Site {
    spec: Spec,
    /// What the installed telemetry does here.
    installed: OnceLock<Installed>,
    success: BoundCell,
    failure: BoundCell,
}

/// What the installed telemetry does with the calls of a site.
#[derive(Clone, Copy)]
struct Installed {
    scope: &'static Scope,
    has_span: bool,
    /// Nothing but count, in a series known beforehand.
    only_counts: bool,
}

impl Site {
    /// The site of a function.
    #[must_use]
    pub const fn new(spec: Spec) -> Self {
        Self {
            spec,
            installed: OnceLock::new(),
            success: BoundCell::new(),
            failure: BoundCell::new(),
        }
    }

    #[inline]
    pub(crate) fn spec(&self) -> &Spec {
        &self.spec
    }

    #[inline]
    fn installed(&self, scope: &'static Scope) -> &Installed {
        self.installed.get_or_init(|| {
            let has_span = self.admits_span(scope);
            let spec = &self.spec;
            Installed {
                scope,
                has_span,
                only_counts: spec.fixed && !has_span && spec.duration.is_none() && !spec.in_flight,
            }
        })
    }

    fn admits_span(&self, scope: &Scope) -> bool {
        scope
            .spans
            .filter()
            .admits(self.spec.target, self.spec.level)
    }

    /// Whether calls do nothing but count, in a series known beforehand.
    #[inline]
    pub(super) fn only_counts(&self, scope: &'static Scope) -> bool {
        self.installed(scope).only_counts
    }

    /// Whether calls have spans at all.
    pub(super) fn has_span(&self, scope: &Current) -> bool {
        match scope {
            Current::Installed(scope) => self.installed(scope).has_span,
            Current::Carried(scope) => self.admits_span(scope),
        }
    }

    /// A call begins.
    pub(super) fn entered(&self, scope: &Scope, labels: &Labels) {
        if self.spec.in_flight {
            self.spec.recorder.in_flight(scope, labels, 1.0);
        }
    }

    /// A call is over.
    pub(super) fn left(
        &self,
        scope: &Current,
        labels: &Labels,
        ending: &Ending<'_>,
        times: Option<(Moment, Moment)>,
    ) {
        if self.spec.in_flight {
            self.spec.recorder.in_flight(scope, labels, -1.0);
        }
        if !self.counts(ending) {
            return;
        }
        let outcome = ending.outcome();
        if let (Some(_), Some((started, ended))) = (self.spec.duration, times) {
            let took = scope.clock.between(started, ended);
            self.spec.recorder.duration(scope, labels, outcome, took);
        }
        self.count(scope, labels, outcome);
    }

    /// Whether a call that ends so is counted.
    pub(super) fn counts(&self, ending: &Ending<'_>) -> bool {
        !matches!(ending, Ending::Cancelled) || self.spec.on_cancel == OnCancel::Failure
    }

    /// Counts a call of a site whose calls do nothing else.
    #[inline]
    pub(super) fn count_installed(&self, outcome: Outcome) {
        if let Some(installed) = self.installed.get() {
            self.count(
                &Current::Installed(installed.scope),
                &Labels::of(&self.spec),
                outcome,
            );
        }
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
