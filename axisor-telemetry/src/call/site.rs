//! The place of an annotated function.

use std::sync::OnceLock;

use super::{Labels, OnCancel, Spec};
use crate::clock::Moment;
use crate::instruments::{Bound, CounterCell, Found, GaugeCell, HistogramCell, Instruments};
use crate::outcome::Outcome;
use crate::scope::{Current, Scope};
use crate::trace::Ending;

/// What is the same for every call of one annotated function, and the series its calls are bound to.
///
/// Those are the installed telemetry's. Telemetries that contexts carry take turns, and are asked each time.
pub struct Site {
    spec: Spec,
    installed: OnceLock<Installed>,
    counters: ByOutcome<CounterCell>,
    durations: ByOutcome<HistogramCell>,
    in_flight: Bound<GaugeCell>,
}

/// What the installed telemetry does with the calls of a site.
struct Installed {
    scope: &'static Scope,
    has_span: bool,
    /// Nothing but count, in a series known beforehand.
    only_counts: bool,
}

struct ByOutcome<C> {
    success: Bound<C>,
    failure: Bound<C>,
}

impl<C> ByOutcome<C> {
    const fn new() -> Self {
        Self {
            success: Bound::new(),
            failure: Bound::new(),
        }
    }

    #[inline]
    fn of(&self, outcome: Outcome) -> &Bound<C> {
        match outcome {
            Outcome::Success => &self.success,
            Outcome::Failure => &self.failure,
        }
    }
}

impl Site {
    /// The site of a function.
    #[must_use]
    pub const fn new(spec: Spec) -> Self {
        Self {
            spec,
            installed: OnceLock::new(),
            counters: ByOutcome::new(),
            durations: ByOutcome::new(),
            in_flight: Bound::new(),
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
        let filter = scope.spans.filter();
        filter.admits(self.spec.target, self.spec.level)
    }

    /// Whether calls do nothing but count, in a series known beforehand.
    #[inline]
    pub(super) fn only_counts(&self, scope: &'static Scope) -> bool {
        self.installed(scope).only_counts
    }

    /// Whether it is known by now that calls of the installed telemetry do nothing but count.
    #[inline]
    pub(super) fn is_known_to_only_count(&self) -> bool {
        let installed = self.installed.get();
        installed.is_some_and(|installed| installed.only_counts)
    }

    /// Whether calls have spans at all.
    pub(super) fn has_span(&self, scope: &Current) -> bool {
        match scope {
            Current::Installed(scope) => self.installed(scope).has_span,
            Current::Carried(scope) => self.admits_span(scope),
        }
    }

    /// A call begins. `labels` are `None` where they are the same for every call.
    pub(super) fn entered(&self, scope: &Current, labels: Option<&Labels>) {
        if self.spec.in_flight {
            self.under_way(scope, labels, 1.0);
        }
    }

    /// A call is over.
    pub(super) fn left(
        &self,
        scope: &Current,
        labels: Option<&Labels>,
        ending: &Ending<'_>,
        times: Option<(Moment, Moment)>,
    ) {
        if self.spec.in_flight {
            self.under_way(scope, labels, -1.0);
        }
        if !self.counts(ending) {
            return;
        }
        let outcome = ending.outcome();
        if let (Some(buckets), Some((started, ended))) = (self.spec.duration, times) {
            let took = scope.clock.between(started, ended).as_secs_f64();
            let recorder = self.spec.recorder;
            self.record(
                self.durations.of(outcome),
                scope,
                labels,
                |instruments, labels| recorder.duration(instruments, labels, outcome, buckets),
                |cell| cell.record(took),
            );
        }
        self.count_in(scope, labels, outcome);
    }

    /// Whether a call that ends so is recorded.
    pub(super) fn counts(&self, ending: &Ending<'_>) -> bool {
        !matches!(ending, Ending::Cancelled) || self.spec.on_cancel == OnCancel::Failure
    }

    /// Counts a call of a site whose calls do nothing else.
    #[inline]
    pub(super) fn count(&self, outcome: Outcome) {
        match self.counters.of(outcome).get() {
            Some(cell) => cell.add(1),
            None => self.count_first(outcome),
        }
    }

    #[cold]
    fn count_first(&self, outcome: Outcome) {
        if let Some(installed) = self.installed.get() {
            self.count_in(&Current::Installed(installed.scope), None, outcome);
        }
    }

    fn count_in(&self, scope: &Current, labels: Option<&Labels>, outcome: Outcome) {
        if self.spec.counts(outcome) {
            let recorder = self.spec.recorder;
            self.record(
                self.counters.of(outcome),
                scope,
                labels,
                |instruments, labels| recorder.counter(instruments, labels, outcome),
                |cell| cell.add(1),
            );
        }
    }

    fn under_way(&self, scope: &Current, labels: Option<&Labels>, more: f64) {
        let recorder = self.spec.recorder;
        self.record(
            &self.in_flight,
            scope,
            labels,
            |instruments, labels| recorder.in_flight(instruments, labels),
            |cell| cell.add(more),
        );
    }

    /// Records in the series that the call's labels name.
    #[inline]
    fn record<C>(
        &self,
        bound: &Bound<C>,
        scope: &Current,
        labels: Option<&Labels>,
        find: impl FnOnce(&Instruments, &Labels) -> Found<C>,
        record: impl FnOnce(&C),
    ) {
        let bound = matches!((scope, labels), (Current::Installed(_), None)).then_some(bound);
        if let Some(cell) = bound.and_then(Bound::get) {
            return record(cell);
        }
        let found = match labels {
            Some(labels) => find(&scope.instruments, labels),
            None => find(&scope.instruments, &Labels::of(&self.spec)),
        };
        match (found, bound) {
            (Found::Own(cell), Some(bound)) => record(bound.keep(cell)),
            (Found::Own(cell) | Found::Folded(cell), _) => record(&cell),
        }
    }
}
