//! One annotated call: it starts once and ends exactly once.

mod future;
mod given;
mod recorded;
mod site;
mod spec;

pub use future::CallFuture;
use future::Waiting;
pub(crate) use given::GivenSpan;
pub use given::{Labels, Opening};
use site::Lean;
pub use site::Site;
pub use spec::{Count, OnCancel, Spec};

use opentelemetry::ContextGuard;

use crate::outcome::Verdict;
use crate::scope::{self, Current};
use crate::trace::Ending;
use given::Given;
use recorded::Recorded;

/// A call under way, ended exactly once: dropped without an end given, it has panicked.
pub(crate) struct Call(Kind);

/// What a call does besides running its body.
enum Kind {
    /// Nothing: there is no telemetry, or it is over.
    Nothing,
    /// It is counted, in a series its site keeps.
    Lean(Lean),
    /// It has a span or label values of its own.
    Recorded(Box<Recorded>),
}

impl Call {
    pub(crate) const NOTHING: Self = Self(Kind::Nothing);

    /// Begins a call that is the same as all others of its site, if there is a telemetry to record it.
    #[inline]
    fn begin(site: &'static Site) -> Self {
        if scope::is_nowhere() {
            return Self::NOTHING;
        }
        if scope::is_installed_alone()
            && let Some(lean) = site.known_lean()
        {
            return Self(Kind::Lean(lean));
        }
        Self::begin_somewhere(site, Given::nothing(site.spec()))
    }

    /// Begins a call with what its attribute's expressions gave, if there is a telemetry to record it.
    #[inline(never)]
    fn begin_somewhere(site: &'static Site, given: Given) -> Self {
        match scope::current() {
            None => Self::NOTHING,
            Some(scope) => Self::begin_in(site, scope, given),
        }
    }

    fn begin_in(site: &'static Site, scope: Current, given: Given) -> Self {
        if let Current::Installed(scope) = scope
            && given.is_nothing()
            && let Some(lean) = site.lean(scope)
        {
            return Self(Kind::Lean(lean));
        }
        Self(Kind::Recorded(Box::new(Recorded::start(
            site, scope, given,
        ))))
    }

    #[inline]
    fn is_nothing(&self) -> bool {
        matches!(self.0, Kind::Nothing)
    }

    #[inline]
    fn attach(&self) -> Option<ContextGuard> {
        match &self.0 {
            Kind::Recorded(call) => call.attach(),
            Kind::Nothing | Kind::Lean(_) => None,
        }
    }

    /// The label values, if they are this call's own.
    #[inline]
    fn own_labels(&mut self) -> Option<&mut Labels> {
        match &mut self.0 {
            Kind::Recorded(call) => call.own_labels(),
            Kind::Nothing | Kind::Lean(_) => None,
        }
    }

    #[inline]
    fn returned(&mut self, verdict: Verdict<'_>) {
        match &self.0 {
            Kind::Lean(call) => {
                call.returned(verdict.outcome);
                self.0 = Kind::Nothing;
            }
            Kind::Nothing | Kind::Recorded(_) => self.end(Ending::Returned(verdict)),
        }
    }

    #[inline(never)]
    fn end(&mut self, ending: Ending<'_>) {
        match std::mem::replace(&mut self.0, Kind::Nothing) {
            Kind::Nothing => {}
            Kind::Lean(call) => call.end(&ending),
            Kind::Recorded(call) => (*call).end(ending),
        }
    }
}

impl Drop for Call {
    #[inline]
    fn drop(&mut self) {
        if !self.is_nothing() {
            self.end(Ending::Panicked);
        }
    }
}

/// A call on the thread that runs its body.
struct Running {
    /// Dropped first, so that a call that panics ends outside of its own span.
    attached: Option<ContextGuard>,
    call: Call,
}

impl Running {
    #[inline]
    fn new(call: Call) -> Self {
        Self {
            attached: call.attach(),
            call,
        }
    }

    /// The one function that is made anew for each annotated function, and therefore a short one.
    #[inline]
    fn run<R>(
        mut self,
        body: impl FnOnce() -> R,
        judge: impl for<'a> FnOnce(&'a R, &mut Labels) -> Verdict<'a>,
    ) -> R {
        let returned = body();
        if !self.call.is_nothing() {
            let mut none = Labels::default();
            let labels = self.call.own_labels().unwrap_or(&mut none);
            let verdict = judge(&returned, labels);
            self.attached = None;
            self.call.returned(verdict);
        }
        returned
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
        Running::new(Call::begin(self.0)).run(body, judge)
    }

    /// The future of this call, which begins with its first poll and runs `body`.
    #[inline]
    pub fn future<R, F, J>(self, body: F, judge: J) -> CallFuture<F, J>
    where
        F: Future<Output = R>,
        J: for<'a> FnOnce(&'a R, &mut Labels) -> Verdict<'a>,
    {
        CallFuture::new(Waiting::ForAny(self.0), body, judge)
    }
}

/// A call about to run its body, with what its attribute's expressions gave; `None` if nobody asked them.
#[must_use = "runs nothing by itself"]
pub struct StartWith {
    site: &'static Site,
    given: Option<Given>,
}

impl StartWith {
    /// Asks the expressions only if there is a telemetry to record the call.
    pub(crate) fn new(site: &'static Site, open: impl FnOnce(&mut Opening<'_>)) -> Self {
        let scope = scope::current();
        Self {
            site,
            given: scope.is_some().then(|| given(site, scope.as_ref(), open)),
        }
    }

    /// Asks the expressions whether there is a telemetry by now or not: there may be when the future is polled.
    pub(crate) fn later(site: &'static Site, open: impl FnOnce(&mut Opening<'_>)) -> Self {
        Self {
            site,
            given: Some(given(site, scope::current().as_ref(), open)),
        }
    }

    fn begin(self) -> Call {
        let Self { site, given } = self;
        given.map_or(Call::NOTHING, |given| Call::begin_somewhere(site, given))
    }

    /// Runs `body` as this call; `judge` says how what it returns counts.
    #[inline]
    pub fn run<R>(
        self,
        body: impl FnOnce() -> R,
        judge: impl for<'a> FnOnce(&'a R, &mut Labels) -> Verdict<'a>,
    ) -> R {
        Running::new(self.begin()).run(body, judge)
    }

    /// The future of this call, which begins with its first poll and runs `body`.
    #[inline]
    pub fn future<R, F, J>(self, body: F, judge: J) -> CallFuture<F, J>
    where
        F: Future<Output = R>,
        J: for<'a> FnOnce(&'a R, &mut Labels) -> Verdict<'a>,
    {
        CallFuture::new(Waiting::With(Box::new(self)), body, judge)
    }
}

/// What the expressions of an attribute give. Those of a span are asked only where there may be one.
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
