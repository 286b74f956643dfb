//! A call whose body is a future.

use std::cell::RefCell;
use std::panic::UnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

use opentelemetry::ContextGuard;
use pin_project_lite::pin_project;

use super::given::Given;
use super::{Call, LateLabels, Opening, Site};
use crate::judge::Rule;
use crate::outcome::Verdict;
use crate::scope;
use crate::trace::Ending;

/// A call that begins when its future is polled, with what its attribute's expressions gave when it was made.
#[must_use = "begins nothing by itself"]
pub struct Later {
    site: &'static Site,
    given: Given,
}

impl Later {
    /// Asks the expressions whether there is a telemetry by now or not: there may be when the future is polled.
    pub(crate) fn new(site: &'static Site, open: impl FnOnce(&mut Opening<'_>)) -> Self {
        let given = Given::ask(site, scope::current().as_ref(), open);
        Self { site, given }
    }

    /// The future is polled.
    pub fn begin(self) -> Polled {
        Polled::new(Call::begin_given(self.site, self.given))
    }
}

thread_local! {
    /// The contexts of the calls on this thread whose bodies are no longer polled: the last one is attached. There are
    /// several where a call that is cancelled holds others.
    static LEAVING: RefCell<Vec<ContextGuard>> = const { RefCell::new(Vec::new()) };
}

/// A call whose body is polled, until it returns. Dropped before, it has panicked if it was in a poll, or else was
/// cancelled.
///
/// It lives in the frame of the annotated future, before the body, and so is dropped after it.
#[must_use = "dropped, it counts as cancelled"]
pub struct Polled {
    call: Call,
    /// From the beginning of a poll until it is pending.
    is_in_poll: bool,
    /// Whether its context is one of [`LEAVING`].
    is_leaving: bool,
}

impl Polled {
    fn new(call: Call) -> Self {
        Self {
            call,
            is_in_poll: false,
            is_leaving: false,
        }
    }

    #[inline(never)]
    pub(crate) fn begin(site: &'static Site) -> Self {
        Self::new(Call::at_once(site).unwrap_or_else(|| Call::begin(site)))
    }

    pub(crate) fn begin_with(site: &'static Site, open: impl FnOnce(&mut Opening<'_>)) -> Self {
        Self::new(Call::begin_with(site, open))
    }

    /// Polls the body in this call.
    #[inline]
    pub fn polls<F>(&mut self, body: F) -> InCall<'_, F> {
        InCall {
            call: Polls(self),
            body,
        }
    }

    /// The body returned, and counts as the rule of its type says.
    #[inline]
    pub fn end<R>(self, rule: impl Rule<R>, returned: &R) {
        if !self.call.is_nothing() {
            self.end_by(rule, returned);
        }
    }

    #[inline(never)]
    fn end_by<R>(self, rule: impl Rule<R>, returned: &R) {
        self.returned(rule.verdict(returned));
    }

    /// The body returned, and counts as `judge` says, which is asked only if the call is recorded.
    #[inline]
    pub fn end_with<'a>(mut self, judge: impl FnOnce(&mut LateLabels<'_>) -> Verdict<'a>) {
        if !self.call.is_nothing() {
            let verdict = judge(&mut self.call.late_labels());
            self.returned(verdict);
        }
    }

    #[inline(never)]
    fn returned(mut self, verdict: Verdict<'_>) {
        self.detach();
        self.call.end(Ending::Returned(verdict));
    }

    #[inline(never)]
    fn enter(&mut self) -> Option<ContextGuard> {
        self.is_in_poll = true;
        self.call.attach()
    }

    #[inline(never)]
    fn leave(&mut self, attached: Option<ContextGuard>, is_pending: bool) {
        if is_pending {
            self.is_in_poll = false;
        } else {
            self.keep(attached);
        }
    }

    #[cold]
    #[inline(never)]
    fn leave_unfinished(&mut self) {
        let attached = self.call.attach();
        self.keep(attached);
    }

    /// The body is no longer polled: what is left of it is dropped in the context of the call.
    fn keep(&mut self, attached: Option<ContextGuard>) {
        if let Some(attached) = attached {
            let kept = LEAVING.try_with(|leaving| leaving.borrow_mut().push(attached));
            self.is_leaving = kept.is_ok(); // or the thread ends, and with it the context
        }
    }

    #[cold]
    #[inline(never)]
    fn left(&mut self) {
        self.detach();
        self.call.end(if self.is_in_poll {
            Ending::Panicked
        } else {
            Ending::Cancelled
        });
    }

    fn detach(&mut self) {
        if std::mem::take(&mut self.is_leaving) {
            let attached = LEAVING.try_with(|leaving| leaving.borrow_mut().pop());
            drop(attached);
        }
    }
}

impl Drop for Polled {
    #[inline]
    fn drop(&mut self) {
        if !self.call.is_nothing() {
            self.left();
        }
    }
}

/// A call as its polls see it. They are over when it is dropped.
struct Polls<'a>(&'a mut Polled);

impl Drop for Polls<'_> {
    #[inline]
    fn drop(&mut self) {
        if !self.0.is_in_poll {
            self.0.leave_unfinished();
        }
    }
}

pin_project! {
    /// Polls a body in the context of its call, in which it is dropped, too: after the call's polls.
    #[must_use = "futures do nothing unless polled"]
    pub struct InCall<'a, F> {
        call: Polls<'a>,
        #[pin]
        body: F,
    }
}

impl<F: Future> Future for InCall<'_, F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let attached = this.call.0.enter();
        let polled = this.body.poll(cx);
        this.call.0.leave(attached, polled.is_pending());
        polled
    }
}

/// A panic leaves the call as whole as it leaves the body: the call is over then.
impl<F: UnwindSafe> UnwindSafe for InCall<'_, F> {}
impl UnwindSafe for Polled {}
impl UnwindSafe for Later {}
