//! A call that is more than counted.

use opentelemetry::ContextGuard;

use super::{Given, Labels, Site};
use crate::clock::Moment;
use crate::scope::Current;
use crate::trace::{CallSpan, Ending};

/// A call under way.
pub(super) struct Recorded {
    site: &'static Site,
    scope: Current,
    labels: Labels,
    started: Option<Moment>,
    span: CallSpan,
}

impl Recorded {
    pub(super) fn start(site: &'static Site, scope: Current, mut given: Given) -> Self {
        let spec = site.spec();
        let mut started = spec.duration.map(|_| scope.clock.now());
        let mut span = CallSpan::None;
        if site.has_span(&scope) {
            let now = || *started.get_or_insert_with(|| scope.clock.now());
            span = CallSpan::start(&scope.spans, spec, &mut given, now);
        }
        site.entered(&scope, &given.labels);
        Self {
            site,
            scope,
            labels: given.labels,
            started,
            span,
        }
    }

    #[inline]
    pub(super) fn attach(&self) -> Option<ContextGuard> {
        self.span.attach()
    }

    pub(super) fn labels(&mut self) -> &mut Labels {
        &mut self.labels
    }

    pub(super) fn end(self, ending: Ending<'_>) {
        let Self {
            site,
            scope,
            labels,
            started,
            span,
        } = self;
        let ended = started.map(|started| (started, scope.clock.now()));
        site.left(&scope, &labels, &ending, ended);
        if let Some((_, ended)) = ended {
            span.end(&scope.spans, site.spec(), labels, ending, ended);
        }
    }
}
