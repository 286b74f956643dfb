//! One annotated call: it starts once and ends exactly once.

mod future;
mod site;

pub use future::CallFuture;
pub use site::{Labels, Site};

use std::sync::Arc;

use opentelemetry::ContextGuard;

use crate::outcome::Verdict;
use crate::scope::{self, Scope};
use crate::trace::{CallSpan, Ending};

/// A call that started. Dropped without an end given, it has panicked.
pub(crate) struct Call {
    site: &'static Site,
    scope: Arc<Scope>,
    labels: Labels,
    span: CallSpan,
    over: bool,
}

impl Call {
    /// Starts a call if there is a telemetry to record it; `labels` are asked for only then.
    pub(crate) fn start(site: &'static Site, labels: impl FnOnce() -> Labels) -> Option<Self> {
        let scope = scope::current()?;
        let labels = labels();
        let span = CallSpan::start(&scope.tracer, site.name(), || site.attributes(&labels));
        Some(Self {
            site,
            scope,
            labels,
            span,
            over: false,
        })
    }

    pub(crate) fn attach(&self) -> Option<ContextGuard> {
        self.span.attach()
    }

    pub(crate) fn returned(mut self, verdict: Verdict<'_>) {
        self.end(&Ending::Returned(verdict));
    }

    pub(crate) fn cancelled(mut self) {
        self.end(&Ending::Cancelled);
    }

    fn end(&mut self, ending: &Ending<'_>) {
        self.over = true;
        self.site.count(&self.scope, &self.labels, ending.outcome());
        self.span.end(ending);
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.over {
            self.end(&Ending::Panicked);
        }
    }
}

/// A call about to run its body.
#[must_use = "runs nothing by itself"]
pub struct Start(Option<Call>);

impl Start {
    pub(crate) fn new(site: &'static Site, labels: impl FnOnce() -> Labels) -> Self {
        Self(Call::start(site, labels))
    }

    /// Runs `body` as this call; `judge` says how what it returns counts.
    #[inline]
    pub fn run<R>(self, body: impl FnOnce() -> R, judge: impl FnOnce(&R) -> Verdict<'_>) -> R {
        let Some(call) = self.0 else { return body() };
        let attached = call.attach();
        let returned = body();
        let verdict = judge(&returned);
        drop(attached);
        call.returned(verdict);
        returned
    }

    /// The future of this call, which runs `body`.
    pub fn future<F, J>(self, body: F, judge: J) -> CallFuture<F, J>
    where
        F: Future,
        J: FnOnce(&F::Output) -> Verdict<'_>,
    {
        CallFuture::started(self.0, body, judge)
    }
}

/// A call that starts when its future is polled first.
#[must_use = "runs nothing by itself"]
pub struct Later {
    pub(crate) site: &'static Site,
    pub(crate) labels: Labels,
}

impl Later {
    /// The future of this call, which runs `body`.
    pub fn future<F, J>(self, body: F, judge: J) -> CallFuture<F, J>
    where
        F: Future,
        J: FnOnce(&F::Output) -> Verdict<'_>,
    {
        CallFuture::waiting(self, body, judge)
    }
}
