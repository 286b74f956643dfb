//! The place of an annotated function.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::trace::SpanContext;

use super::{Labels, OnCancel, Spec};
use crate::clock::Moment;
use crate::instruments::{Bound, CounterCell, Found, GaugeCell, HistogramCell, Instruments};
use crate::outcome::Outcome;
use crate::scope::{Current, Scope};
use crate::trace::{self, Ending};

/// What is the same for every call of one annotated function, and the series its calls are bound to.
///
/// Those are the installed telemetry's. Telemetries that contexts carry take turns, and are asked each time.
pub struct Site {
    spec: Spec,
    installed: OnceLock<Installed>,
    only_counts: AtomicBool,
    counters: ByOutcome<CounterCell>,
    durations: ByOutcome<HistogramCell>,
    in_flight: Bound<GaugeCell>,
}

/// A call under way that carries nothing but when it began.
#[derive(Clone, Copy)]
pub(super) struct Lean {
    site: &'static Site,
    started: Option<Moment>,
}

impl Lean {
    /// The call is over, in whichever way.
    pub(super) fn end(self, ending: &Ending<'_>) {
        self.left(self.site.outcome(ending));
    }

    /// The call is over and is recorded with this outcome, if it is.
    #[inline(never)]
    pub(super) fn left(self, outcome: Option<Outcome>) {
        if let Some(installed) = self.site.installed.get() {
            let now = || installed.scope.clock.now();
            let times = self.started.map(|started| (started, now()));
            let scope = Current::Installed(installed.scope);
            self.site.left(&scope, None, outcome, times, None);
        }
    }
}

/// What the installed telemetry does with the calls of a site.
struct Installed {
    scope: &'static Scope,
    has_span: bool,
    /// Without a span they carry nothing: their series is known beforehand.
    lean: bool,
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
            only_counts: AtomicBool::new(false),
            counters: ByOutcome::new(),
            durations: ByOutcome::new(),
            in_flight: Bound::new(),
        }
    }

    #[inline]
    pub(crate) fn spec(&self) -> &Spec {
        &self.spec
    }

    fn installed(&self, scope: &'static Scope) -> &Installed {
        self.installed.get_or_init(|| {
            let has_span = self.admits_span(scope);
            let lean = self.spec.fixed && !self.spec.in_flight && !self.spec.capture;
            let only_counts = lean && !has_span && self.spec.duration.is_none();
            self.only_counts.store(only_counts, Ordering::Relaxed);
            Installed {
                scope,
                has_span,
                lean,
            }
        })
    }

    fn admits_span(&self, scope: &Scope) -> bool {
        let filter = scope.spans.filter();
        filter.admits(self.spec.target, self.spec.level)
    }

    /// A call of the installed telemetry, begun now, if there is nothing to be carried through it.
    #[inline]
    pub(super) fn lean(&'static self, scope: &'static Scope) -> Option<Lean> {
        let installed = self.installed(scope);
        if !installed.lean || (installed.has_span && trace::may_have_span_here()) {
            return None;
        }
        let started = self.spec.duration.map(|_| scope.clock.now());
        Some(Lean {
            site: self,
            started,
        })
    }

    /// Whether calls of the installed telemetry do nothing but count, as far as it is known by now.
    #[inline]
    pub(super) fn only_counts(&self) -> bool {
        self.only_counts.load(Ordering::Relaxed)
    }

    /// Counts a call of the installed telemetry that does nothing else.
    #[inline]
    pub(super) fn count(&'static self, outcome: Outcome) {
        match self.counters.of(outcome).get() {
            Some(counter) => counter.add(1),
            None => self.count_first(outcome),
        }
    }

    #[cold]
    fn count_first(&'static self, outcome: Outcome) {
        let call = Lean {
            site: self,
            started: None,
        };
        call.left(Some(outcome));
    }

    /// Whether calls have spans at all.
    pub(super) fn has_span(&self, scope: &Current) -> bool {
        match scope {
            Current::Installed(scope) => self.installed(scope).has_span,
            Current::Carried(scope) => self.admits_span(scope),
        }
    }

    /// A call begins. `labels` are `None` where they are the same for every call.
    pub(super) fn entered(&self, scope: &Current, labels: Option<&Labels>) -> Option<GaugeCell> {
        if !self.spec.in_flight {
            return None;
        }
        let recorder = self.spec.recorder;
        let mut under_way = None;
        self.record(
            &self.in_flight,
            scope,
            labels,
            |instruments, labels| recorder.in_flight(instruments, labels),
            |cell| {
                cell.add(1.0);
                under_way = Some(cell.clone());
            },
        );
        under_way
    }

    /// A call is over, with the outcome it is recorded with, if it is, and its span, if that is sampled.
    pub(super) fn left(
        &self,
        scope: &Current,
        labels: Option<&Labels>,
        outcome: Option<Outcome>,
        times: Option<(Moment, Moment)>,
        span: Option<&SpanContext>,
    ) {
        let Some(outcome) = outcome else { return };
        let recorder = self.spec.recorder;
        if let (Some(buckets), Some((started, ended))) = (self.spec.duration, times) {
            let took = scope.clock.between(started, ended).as_secs_f64();
            self.record(
                self.durations.of(outcome),
                scope,
                labels,
                |instruments, labels| recorder.duration(instruments, labels, outcome, buckets),
                |cell| cell.record_in(span, took),
            );
        }
        if self.spec.counts(outcome) {
            self.record(
                self.counters.of(outcome),
                scope,
                labels,
                |instruments, labels| Some(recorder.counter(instruments, labels, outcome)),
                |cell| cell.add(1),
            );
        }
    }

    /// The outcome a call that ends so is recorded with; `None` if it is not.
    pub(super) fn outcome(&self, ending: &Ending<'_>) -> Option<Outcome> {
        let skipped = matches!(ending, Ending::Cancelled) && self.spec.on_cancel == OnCancel::Skip;
        (!skipped).then(|| ending.outcome())
    }

    /// Records in the series that the call's labels name.
    #[inline]
    fn record<C>(
        &self,
        bound: &Bound<C>,
        scope: &Current,
        labels: Option<&Labels>,
        find: impl FnOnce(&Instruments, &Labels) -> Option<Found<C>>,
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
            (Some(Found::Own(cell)), Some(bound)) => record(bound.keep(cell)),
            (Some(Found::Own(cell) | Found::Folded(cell)), _) => record(&cell),
            (None, _) => {}
        }
    }
}
