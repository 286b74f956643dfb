//! One annotated call: it starts once and ends exactly once.

mod future;
mod given;
mod recorded;
mod site;
mod spec;

pub use future::CallFuture;
pub(crate) use given::Given;
pub use given::{Labels, Opening};
pub use site::Site;
pub use spec::{Count, OnCancel, Spec};

use opentelemetry::ContextGuard;

use crate::outcome::{Outcome, Verdict};
use crate::scope::{self, Current};
use crate::trace::Ending;
use recorded::Recorded;

/// A call that started. Dropped without an end given, it has panicked.
pub(crate) struct Call(Option<Kind>);

/// What a call does besides running its body.
enum Kind {
    /// It is counted, in a series its site keeps.
    Counted(&'static Site),
    /// It is counted, and has a span, a duration or label values of its own.
    Recorded(Recorded),
}

impl Call {
    /// Starts a call that is the same as all others of its site, if there is a telemetry to record it.
    #[inline]
    pub(crate) fn start(site: &'static Site) -> Option<Self> {
        Some(match scope::current()? {
            Current::Installed(scope) if site.only_counts(scope) => Self(Some(Kind::Counted(site))),
            scope => Self::recorded(Recorded::start(site, scope, Given::of(site.spec()))),
        })
    }

    /// Starts a call with what `open` gives, which is asked only if there is a telemetry to record it.
    pub(crate) fn start_with(
        site: &'static Site,
        open: impl FnOnce(&mut Opening<'_>),
    ) -> Option<Self> {
        let scope = scope::current()?;
        let given = given(site, Some(&scope), open);
        Some(Self::recorded(Recorded::start(site, scope, given)))
    }

    fn recorded(call: Recorded) -> Self {
        Self(Some(Kind::Recorded(call)))
    }

    #[inline]
    pub(crate) fn attach(&self) -> Option<ContextGuard> {
        match &self.0 {
            Some(Kind::Recorded(call)) => call.attach(),
            Some(Kind::Counted(_)) | None => None,
        }
    }

    #[inline]
    pub(crate) fn returned<R>(
        mut self,
        returned: &R,
        attached: Option<ContextGuard>,
        judge: impl for<'a> FnOnce(&'a R, &mut Labels) -> Verdict<'a>,
    ) {
        match &mut self.0 {
            Some(Kind::Counted(site)) => {
                let outcome = judge(returned, &mut Labels::default()).outcome;
                site.count_installed(outcome);
                self.0 = None;
            }
            Some(Kind::Recorded(call)) => {
                let verdict = judge(returned, call.labels());
                drop(attached);
                self.end(Ending::Returned(verdict));
            }
            None => {}
        }
    }

    pub(crate) fn cancelled(mut self) {
        self.end(Ending::Cancelled);
    }

    fn end(&mut self, ending: Ending<'_>) {
        match self.0.take() {
            Some(Kind::Counted(site)) => {
                if site.counts(&ending) {
                    site.count_installed(Outcome::Failure);
                }
            }
            Some(Kind::Recorded(call)) => call.end(ending),
            None => {}
        }
    }
}

impl Drop for Call {
    #[inline]
    fn drop(&mut self) {
        if self.0.is_some() {
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
        Some(Call::recorded(Recorded::start(
            self.site, scope, self.given,
        )))
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
