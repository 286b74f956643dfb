//! One annotated call: it starts once and ends exactly once.

mod future;
mod given;
mod site;
mod spec;

pub use future::CallFuture;
pub(crate) use given::Given;
pub use given::{Labels, Opening};
pub use site::Site;
pub use spec::{Count, OnCancel, Spec};

use opentelemetry::ContextGuard;

use crate::clock::Moment;
use crate::outcome::Verdict;
use crate::scope::{self, Current};
use crate::trace::{CallSpan, Ending};

/// A call that started. Dropped without an end given, it has panicked.
pub(crate) struct Call {
    site: &'static Site,
    scope: Current,
    labels: Labels,
    started: Option<Moment>,
    span: CallSpan,
    over: bool,
}

impl Call {
    /// Starts a call that is the same as all others of its site, if there is a telemetry to record it.
    #[inline]
    pub(crate) fn start(site: &'static Site) -> Option<Self> {
        let scope = scope::current()?;
        Some(Self::begin(site, scope, || Given::of(site.spec())))
    }

    /// Starts a call with what `open` gives, which is asked only if there is a telemetry to record it.
    pub(crate) fn start_with(
        site: &'static Site,
        open: impl FnOnce(&mut Opening<'_>),
    ) -> Option<Self> {
        let scope = scope::current()?;
        let given = given(site, Some(&scope), open);
        Some(Self::begin(site, scope, || given))
    }

    fn begin(site: &'static Site, scope: Current, given: impl FnOnce() -> Given) -> Self {
        let started = site.spec().duration.map(|_| scope.clock.now());
        let given = given();
        let labels = given.labels.clone();
        let span = if site.has_span(&scope) {
            CallSpan::start(&scope, site.spec(), given)
        } else {
            CallSpan::NONE
        };
        site.entered(&scope, &labels);
        Self {
            site,
            scope,
            labels,
            started,
            span,
            over: false,
        }
    }

    #[inline]
    pub(crate) fn attach(&self) -> Option<ContextGuard> {
        self.span.attach()
    }

    pub(crate) fn returned<R>(
        mut self,
        returned: &R,
        attached: Option<ContextGuard>,
        judge: impl for<'a> FnOnce(&'a R, &mut Labels) -> Verdict<'a>,
    ) {
        let verdict = judge(returned, &mut self.labels);
        drop(attached);
        self.end(Ending::Returned(verdict));
    }

    pub(crate) fn cancelled(mut self) {
        self.end(Ending::Cancelled);
    }

    fn end(&mut self, ending: Ending<'_>) {
        self.over = true;
        let took = self.started.map(|started| self.scope.clock.since(started));
        let spec = self.site.spec();
        if spec.late.contains(&true) {
            self.span.learned(spec, &self.labels);
        }
        self.site.left(&self.scope, &self.labels, &ending, took);
        self.span.end(ending);
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.over {
            self.end(Ending::Panicked);
        }
    }
}

fn given(
    site: &'static Site,
    scope: Option<&Current>,
    open: impl FnOnce(&mut Opening<'_>),
) -> Given {
    let spans_of = scope.filter(|scope| site.has_span(scope));
    let mut opening = Opening::new(site.spec(), spans_of.map(|scope| &**scope));
    open(&mut opening);
    opening.finish()
}

/// A call about to run its body.
#[must_use = "runs nothing by itself"]
pub struct Start(Option<Call>);

impl Start {
    #[inline]
    pub(crate) fn new(site: &'static Site) -> Self {
        Self(Call::start(site))
    }

    pub(crate) fn with(site: &'static Site, open: impl FnOnce(&mut Opening<'_>)) -> Self {
        Self(Call::start_with(site, open))
    }

    /// Runs `body` as this call; `judge` says how what it returns counts.
    #[inline]
    pub fn run<R>(
        self,
        body: impl FnOnce() -> R,
        judge: impl for<'a> FnOnce(&'a R, &mut Labels) -> Verdict<'a>,
    ) -> R {
        let Some(call) = self.0 else { return body() };
        let attached = call.attach();
        let returned = body();
        call.returned(&returned, attached, judge);
        returned
    }

    /// The future of this call, which runs `body`.
    pub fn future<F, J>(self, body: F, judge: J) -> CallFuture<F, J>
    where
        F: Future,
        J: for<'a> FnOnce(&'a F::Output, &mut Labels) -> Verdict<'a>,
    {
        CallFuture::started(self.0, body, judge)
    }
}

/// A call that starts when its future is polled first.
#[must_use = "runs nothing by itself"]
pub struct Later {
    site: &'static Site,
    given: Given,
}

impl Later {
    pub(crate) fn new(site: &'static Site) -> Self {
        Self {
            site,
            given: Given::of(site.spec()),
        }
    }

    pub(crate) fn with(site: &'static Site, open: impl FnOnce(&mut Opening<'_>)) -> Self {
        let scope = scope::current();
        Self {
            site,
            given: given(site, scope.as_ref(), open),
        }
    }

    fn start(self) -> Option<Call> {
        let scope = scope::current()?;
        Some(Call::begin(self.site, scope, || self.given))
    }

    /// The future of this call, which runs `body`.
    pub fn future<F, J>(self, body: F, judge: J) -> CallFuture<F, J>
    where
        F: Future,
        J: for<'a> FnOnce(&'a F::Output, &mut Labels) -> Verdict<'a>,
    {
        CallFuture::waiting(self, body, judge)
    }
}
