//! A call that is more than counted.

use opentelemetry::ContextGuard;

use super::given::{Given, GivenSpan};
use super::{Labels, Site};
use crate::clock::Moment;
use crate::instruments::GaugeCell;
use crate::scope::Current;
use crate::trace::{CallSpan, Ending};

/// A call under way.
pub(super) struct Recorded {
    site: &'static Site,
    scope: Current,
    /// `None` where they are the same for every call.
    labels: Option<Box<Labels>>,
    started: Option<Moment>,
    span: CallSpan,
    /// The gauge that counts it while it is under way, if there is one: what is added to it is taken from the same.
    under_way: Option<GaugeCell>,
}

impl Recorded {
    pub(super) fn start(site: &'static Site, scope: Current, given: Given) -> Self {
        let Given { labels, span } = given;
        let mut call = Self {
            site,
            started: site.spec().duration.map(|_| scope.clock.now()),
            scope,
            labels,
            span: CallSpan::None,
            under_way: None,
        };
        if site.has_span(&call.scope) {
            call.start_span(span);
        }
        call.under_way = site.entered(&call.scope, call.labels.as_deref());
        call
    }

    fn start_span(&mut self, given: Option<Box<GivenSpan>>) {
        let clock = &self.scope.clock;
        let now = || *self.started.get_or_insert_with(|| clock.now());
        self.span = CallSpan::start(&self.scope.spans, given, now);
    }

    #[inline]
    pub(super) fn attach(&self) -> Option<ContextGuard> {
        self.span.attach()
    }

    /// The label values, if they are this call's own.
    #[inline]
    pub(super) fn own_labels(&mut self) -> Option<&mut Labels> {
        self.labels.as_deref_mut()
    }

    pub(super) fn end(self, ending: Ending<'_>) {
        let spec = self.site.spec();
        let ended = self
            .started
            .map(|started| (started, self.scope.clock.now()));
        if let Some(under_way) = self.under_way {
            under_way.add(-1.0);
        }
        let outcome = self.site.outcome(&ending);
        let (labels, span) = (self.labels.as_deref(), self.span.sampled());
        self.site.left(&self.scope, labels, outcome, ended, span);
        let failures = self.scope.failures.as_deref();
        let failures = failures.filter(|_| spec.capture);
        if failures.is_none() && !matches!(self.span, CallSpan::Live(..)) {
            return;
        }
        let result = ending.result();
        if let Some(failures) = failures {
            self.span.tell(spec, &result, failures);
        }
        if let (CallSpan::Live(_, live), Some((_, ended))) = (self.span, ended) {
            let labels = self
                .labels
                .map_or_else(|| Labels::of(spec), |labels| *labels);
            let ended = live.end(spec, labels, result, ended);
            self.scope.spans.ended(ended);
        }
    }
}
