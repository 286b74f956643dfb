//! One annotated call: it starts once and ends exactly once.

mod future;
mod given;
mod recorded;
mod site;
mod spec;

pub use future::CallFuture;
pub(crate) use given::GivenSpan;
pub use given::{Labels, Opening};
use site::Lean;
pub use site::Site;
pub use spec::{Count, OnCancel, Spec};

use std::mem::ManuallyDrop;

use opentelemetry::ContextGuard;

use crate::outcome::Verdict;
use crate::scope::{self, Current};
use crate::trace::Ending;
use given::Given;
use recorded::Recorded;

/// A call under way, ended exactly once: dropped without an end given, it has panicked.
///
/// It is begun in its place and never moved, since it is large where it is more than counted.
pub(crate) struct Call(Kind);

/// What a call does besides running its body.
enum Kind {
    /// Nothing: there is no telemetry, or it is over.
    Nothing,
    /// It is counted, in a series its site keeps.
    Lean(Lean),
    /// It has a span or label values of its own. Dropping this by itself would lose it.
    Recorded(ManuallyDrop<Recorded>),
}

impl Call {
    pub(crate) const NOTHING: Self = Self(Kind::Nothing);

    /// Begins a call that is the same as all others of its site, if there is a telemetry to record it.
    #[inline]
    fn begin(&mut self, site: &'static Site) {
        if let Some(scope) = scope::current() {
            self.begin_in(site, scope);
        }
    }

    #[inline]
    fn begin_in(&mut self, site: &'static Site, scope: Current) {
        if let Current::Installed(scope) = scope
            && let Some(lean) = site.lean(scope)
        {
            self.0 = Kind::Lean(lean);
        } else {
            self.record(site, scope, Given::nothing(site.spec()));
        }
    }

    /// Begins a call with what its attribute's expressions gave.
    #[inline(never)]
    fn record(&mut self, site: &'static Site, scope: Current, given: Given) {
        self.0 = Kind::Recorded(ManuallyDrop::new(Recorded::start(site, scope, given)));
    }

    #[inline]
    fn attach(&self) -> Option<ContextGuard> {
        match &self.0 {
            Kind::Recorded(call) => call.attach(),
            Kind::Nothing | Kind::Lean(_) => None,
        }
    }

    #[inline]
    fn returned<R>(
        &mut self,
        returned: &R,
        attached: Option<ContextGuard>,
        judge: impl for<'a> FnOnce(&'a R, &mut Labels) -> Verdict<'a>,
    ) {
        match &mut self.0 {
            Kind::Nothing => {}
            Kind::Lean(call) => {
                call.returned(judge(returned, &mut Labels::default()).outcome);
                self.0 = Kind::Nothing;
            }
            Kind::Recorded(call) => {
                let verdict = match call.own_labels() {
                    Some(labels) => judge(returned, labels),
                    None => judge(returned, &mut Labels::default()),
                };
                drop(attached);
                self.end(Ending::Returned(verdict));
            }
        }
    }

    #[inline(never)]
    fn end(&mut self, ending: Ending<'_>) {
        match std::mem::replace(&mut self.0, Kind::Nothing) {
            Kind::Nothing => {}
            Kind::Lean(call) => call.end(&ending),
            Kind::Recorded(call) => ManuallyDrop::into_inner(call).end(ending),
        }
    }
}

impl Drop for Call {
    #[inline]
    fn drop(&mut self) {
        if !matches!(self.0, Kind::Nothing) {
            self.end(Ending::Panicked);
        }
    }
}

/// Runs `body` as the call that `begin` begins.
#[inline(never)]
fn record<R>(
    begin: impl FnOnce(&mut Call),
    body: impl FnOnce() -> R,
    judge: impl for<'a> FnOnce(&'a R, &mut Labels) -> Verdict<'a>,
) -> R {
    let mut call = Call::NOTHING;
    begin(&mut call);
    let attached = call.attach();
    let returned = body();
    call.returned(&returned, attached, judge);
    returned
}

/// Runs `body` as a call that carries nothing.
#[inline]
fn lean<R>(
    call: Lean,
    body: impl FnOnce() -> R,
    judge: impl for<'a> FnOnce(&'a R, &mut Labels) -> Verdict<'a>,
) -> R {
    let unwinding = Unwinding(call);
    let returned = body();
    let outcome = judge(&returned, &mut Labels::default()).outcome;
    unwinding.0.returned(outcome);
    std::mem::forget(unwinding);
    returned
}

/// Ends a call that panics.
struct Unwinding(Lean);

impl Drop for Unwinding {
    fn drop(&mut self) {
        self.0.end(&Ending::Panicked);
    }
}

/// A call about to run its body, like every other of its function.
#[must_use = "runs nothing by itself"]
pub struct Start(pub(crate) &'static Site);

impl Start {
    /// Runs `body` as this call; `judge` says how what it returns counts.
    #[inline]
    pub fn run<R>(
        self,
        body: impl FnOnce() -> R,
        judge: impl for<'a> FnOnce(&'a R, &mut Labels) -> Verdict<'a>,
    ) -> R {
        let Self(site) = self;
        if scope::is_nowhere() {
            return body();
        }
        if scope::is_installed_alone()
            && let Some(call) = site.known_lean()
        {
            return lean(call, body, judge);
        }
        record(|call| call.begin(site), body, judge)
    }

    /// The future of this call, which begins with its first poll and runs `body`.
    #[inline]
    pub fn future<F, J>(self, body: F, judge: J) -> CallFuture<F, J>
    where
        F: Future,
        J: for<'a> FnOnce(&'a F::Output, &mut Labels) -> Verdict<'a>,
    {
        CallFuture::new(self.0, Given::nothing(self.0.spec()), body, judge)
    }
}

/// A call about to run its body, with what its attribute's expressions gave; `None` if nobody asked them.
#[must_use = "runs nothing by itself"]
pub struct StartWith {
    site: &'static Site,
    scope: Option<Current>,
    given: Option<Given>,
}

impl StartWith {
    /// Asks the expressions only if there is a telemetry to record the call.
    pub(crate) fn new(site: &'static Site, open: impl FnOnce(&mut Opening<'_>)) -> Self {
        let scope = scope::current();
        Self {
            site,
            given: scope.as_ref().map(|scope| given(site, Some(scope), open)),
            scope,
        }
    }

    /// Asks the expressions whether there is a telemetry by now or not: there may be when the future is polled.
    pub(crate) fn later(site: &'static Site, open: impl FnOnce(&mut Opening<'_>)) -> Self {
        let scope = scope::current();
        Self {
            site,
            given: Some(given(site, scope.as_ref(), open)),
            scope,
        }
    }

    /// Runs `body` as this call; `judge` says how what it returns counts.
    pub fn run<R>(
        self,
        body: impl FnOnce() -> R,
        judge: impl for<'a> FnOnce(&'a R, &mut Labels) -> Verdict<'a>,
    ) -> R {
        let begin = |call: &mut Call| {
            if let (Some(scope), Some(given)) = (self.scope, self.given) {
                call.record(self.site, scope, given);
            }
        };
        record(begin, body, judge)
    }

    /// The future of this call, which begins with its first poll and runs `body`.
    pub fn future<F, J>(self, body: F, judge: J) -> CallFuture<F, J>
    where
        F: Future,
        J: for<'a> FnOnce(&'a F::Output, &mut Labels) -> Verdict<'a>,
    {
        match self.given {
            Some(given) => CallFuture::new(self.site, given, body, judge),
            None => CallFuture::unrecorded(body, judge),
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
