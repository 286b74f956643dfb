//! One annotated call: it starts once and ends exactly once.

mod future;
mod given;
mod recorded;
mod running;
mod site;
mod spec;

pub use future::{Later, Polled};
pub(crate) use given::GivenSpan;
pub use given::{Labels, LateLabels, Opening};
pub use running::Running;
use site::Lean;
pub use site::Site;
pub use spec::{Count, OnCancel, Spec};

use opentelemetry::ContextGuard;

use crate::scope::{self, Current};
use crate::trace::{self, Ending};
use given::Given;
use recorded::Recorded;

/// A call under way, ended exactly once: dropped without an end given, it has panicked.
struct Call(Kind);

/// What a call does besides running its body.
enum Kind {
    /// Nothing: there is no telemetry, or it is over.
    Nothing,
    /// It is counted, and nothing else, in a series its site keeps.
    Counted(&'static Site),
    /// It is counted and timed, in series its site keeps.
    Lean(Lean),
    /// It has a span or label values of its own.
    Recorded(Box<Recorded>),
}

impl Call {
    const NOTHING: Self = Self(Kind::Nothing);

    /// A call that is the same as all others of its site, if one look tells what it does.
    #[inline]
    fn at_once(site: &'static Site) -> Option<Self> {
        match scope::recorded() {
            scope::Recorded::Installed if site.only_counts() => Some(Self(Kind::Counted(site))),
            scope::Recorded::Nowhere => Some(Self::NOTHING),
            _ => None,
        }
    }

    /// Begins a call that is the same as all others of its site, if there is a telemetry to record it.
    fn begin(site: &'static Site) -> Self {
        Self::begin_given(site, Given::nothing(site.spec()))
    }

    /// Begins a call with what its attribute's expressions give, which are asked only if there is a telemetry to record it.
    fn begin_with(site: &'static Site, open: impl FnOnce(&mut Opening<'_>)) -> Self {
        let Some(scope) = scope::current() else {
            return Self::NOTHING;
        };
        let may_have_span = site.spec().names_parent || trace::may_have_span_here();
        let given = Given::ask(site, may_have_span.then_some(&scope), open);
        Self::begin_in(site, scope, given)
    }

    /// Begins a call with what its attribute's expressions gave, if there is a telemetry to record it.
    fn begin_given(site: &'static Site, given: Given) -> Self {
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
            Kind::Nothing | Kind::Counted(_) | Kind::Lean(_) => None,
        }
    }

    /// The labels that what is returned may still change.
    fn late_labels(&mut self) -> LateLabels<'_> {
        LateLabels(match &mut self.0 {
            Kind::Recorded(call) => call.own_labels(),
            Kind::Nothing | Kind::Counted(_) | Kind::Lean(_) => None,
        })
    }

    #[inline(never)]
    fn end(&mut self, ending: Ending<'_>) {
        match std::mem::replace(&mut self.0, Kind::Nothing) {
            Kind::Nothing => {}
            Kind::Counted(site) => {
                if let Some(outcome) = site.outcome(&ending) {
                    site.count(outcome);
                }
            }
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
