//! A call on the thread that runs its body.

use std::mem;

use opentelemetry::ContextGuard;

use super::{Call, Kind, LateLabels, Opening, Site};
use crate::judge::Rule;
use crate::outcome::Verdict;
use crate::trace::Ending;

/// A call whose body runs on this thread, until it returns. Dropped before, it has panicked.
///
/// What depends on the annotated function, or only on what it returns, is as little as can be: it is compiled for each.
#[must_use = "dropped, it counts as panicked"]
pub struct Running {
    // Dropped in this order: the context is left, and then the call has panicked.
    attached: Option<ContextGuard>,
    call: Call,
}

impl Running {
    #[inline]
    pub(crate) fn begin(site: &'static Site) -> Self {
        match Call::at_once(site) {
            Some(call) => Self {
                call,
                attached: None,
            },
            None => Self::begin_somewhere(site),
        }
    }

    #[inline(never)]
    fn begin_somewhere(site: &'static Site) -> Self {
        Self::enter(Call::begin(site))
    }

    pub(crate) fn begin_with(site: &'static Site, open: impl FnOnce(&mut Opening<'_>)) -> Self {
        Self::enter(Call::begin_with(site, open))
    }

    fn enter(call: Call) -> Self {
        let attached = call.attach();
        Self { attached, call }
    }

    /// The body returned, and counts as the rule of its type says.
    #[inline]
    pub fn end<R>(mut self, rule: impl Rule<R>, returned: &R) {
        if !self.call.is_nothing() {
            self.end_by(rule, returned);
        }
        mem::forget(self);
    }

    /// Leaves nothing to be dropped.
    #[inline(never)]
    fn end_by<R>(&mut self, rule: impl Rule<R>, returned: &R) {
        if let Kind::Counted(site) = self.call.0 {
            site.count(rule.outcome(returned));
        } else {
            self.end_timed(rule, returned);
        }
    }

    #[inline(never)]
    fn end_timed<R>(&mut self, rule: impl Rule<R>, returned: &R) {
        if let Kind::Lean(call) = self.call.0 {
            call.left(Some(rule.outcome(returned)));
        } else {
            self.returned(rule.verdict(returned));
        }
    }

    /// The body returned, and counts as `judge` says, which is asked only if the call is recorded.
    #[inline]
    pub fn end_with<'a>(mut self, judge: impl FnOnce(&mut LateLabels<'_>) -> Verdict<'a>) {
        if !self.call.is_nothing() {
            let verdict = judge(&mut self.call.late_labels());
            self.returned(verdict);
        }
        mem::forget(self);
    }

    #[inline(never)]
    fn returned(&mut self, verdict: Verdict<'_>) {
        self.attached = None;
        self.call.end(Ending::Returned(verdict));
    }
}
