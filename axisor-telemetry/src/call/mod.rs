//! One annotated call: it starts once and ends exactly once.

mod future;
mod given;
mod recorded;
mod site;
mod spec;

pub use future::CallFuture;
use future::Waiting;
pub(crate) use given::GivenSpan;
pub use given::{Labels, LateLabels, Opening};
use site::Lean;
pub use site::Site;
pub use spec::{Count, OnCancel, Spec};

use std::mem::ManuallyDrop;

use opentelemetry::ContextGuard;

use crate::outcome::{Outcome, Verdict};
use crate::scope::{self, Current};
use crate::trace::{self, Ending};
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
    fn begin(site: &'static Site) -> Self {
        Self::begin_somewhere(site, Given::nothing(site.spec()))
    }

    /// Begins a call with what its attribute's expressions gave, if there is a telemetry to record it.
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
    fn own_labels(&mut self) -> Option<&mut Labels> {
        match &mut self.0 {
            Kind::Recorded(call) => call.own_labels(),
            Kind::Nothing | Kind::Lean(_) => None,
        }
    }

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
///
/// What stands here is compiled anew for each annotated function: it is short, and calls what is compiled once. Nothing
/// of it is dropped by itself.
struct Running(Way);

enum Way {
    Nothing,
    /// It does nothing but count, as is known without asking.
    Counted(&'static Site),
    Entered(ManuallyDrop<Entered>),
}

struct Entered {
    attached: Option<ContextGuard>,
    call: Call,
}

impl Running {
    #[inline]
    fn begin(site: &'static Site) -> Self {
        match scope::recorded() {
            scope::Recorded::Nowhere => Self(Way::Nothing),
            scope::Recorded::Installed if site.only_counts() => Self(Way::Counted(site)),
            _ => Self::begin_somewhere(site),
        }
    }

    #[inline(never)]
    fn begin_somewhere(site: &'static Site) -> Self {
        Self::enter(Call::begin(site))
    }

    fn enter(call: Call) -> Self {
        if call.is_nothing() {
            return Self(Way::Nothing);
        }
        Self(Way::Entered(ManuallyDrop::new(Entered {
            attached: call.attach(),
            call,
        })))
    }

    #[inline]
    fn run<R>(
        mut self,
        body: impl FnOnce() -> R,
        judge: impl for<'a> FnOnce(&'a R, &mut LateLabels<'_>) -> Verdict<'a>,
    ) -> R {
        let returned = body();
        match &mut self.0 {
            Way::Nothing => {}
            Way::Counted(site) => {
                site.count(judge(&returned, &mut LateLabels(None)).outcome);
                self.0 = Way::Nothing;
            }
            Way::Entered(entered) => {
                let labels = entered.call.own_labels();
                let verdict = judge(&returned, &mut LateLabels(labels));
                self.returned(verdict);
            }
        }
        returned
    }

    #[inline(never)]
    fn returned(&mut self, verdict: Verdict<'_>) {
        if let Way::Entered(entered) = &mut self.0 {
            entered.attached = None;
            entered.call.returned(verdict);
        }
        self.0 = Way::Nothing;
    }

    #[cold]
    fn panicked(&mut self) {
        match &mut self.0 {
            Way::Nothing => {}
            Way::Counted(site) => site.count(Outcome::Failure),
            Way::Entered(entered) => {
                entered.attached = None;
                entered.call.end(Ending::Panicked);
            }
        }
        self.0 = Way::Nothing;
    }
}

impl Drop for Running {
    #[inline]
    fn drop(&mut self) {
        if !matches!(self.0, Way::Nothing) {
            self.panicked();
        }
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
        judge: impl for<'a> FnOnce(&'a R, &mut LateLabels<'_>) -> Verdict<'a>,
    ) -> R {
        Running::begin(self.0).run(body, judge)
    }

    /// The future of this call, which begins with its first poll and runs `body`.
    #[inline]
    pub fn future<R, F, J>(self, body: F, judge: J) -> CallFuture<F, J>
    where
        F: Future<Output = R>,
        J: for<'a> FnOnce(&'a R, &mut LateLabels<'_>) -> Verdict<'a>,
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
            given: scope.map(|scope| {
                let may_have_span = site.spec().names_parent || trace::may_have_span_here();
                given(site, may_have_span.then_some(&scope), open)
            }),
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
        judge: impl for<'a> FnOnce(&'a R, &mut LateLabels<'_>) -> Verdict<'a>,
    ) -> R {
        Running::enter(self.begin()).run(body, judge)
    }

    /// The future of this call, which begins with its first poll and runs `body`.
    #[inline]
    pub fn future<R, F, J>(self, body: F, judge: J) -> CallFuture<F, J>
    where
        F: Future<Output = R>,
        J: for<'a> FnOnce(&'a R, &mut LateLabels<'_>) -> Verdict<'a>,
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
