//! The future of an annotated call.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::given::Given;
use super::{Call, Kind, Labels, Site};
use crate::outcome::Verdict;
use crate::scope;
use crate::trace::Ending;

pin_project! {
    /// Runs an annotated function's future: the call begins with the first poll and ends with the value, a panic
    /// or the drop, whichever comes first.
    #[must_use = "futures do nothing unless polled"]
    pub struct CallFuture<F, J> {
        #[pin]
        body: Option<F>,
        judge: Option<J>,
        waiting: Option<Waiting>,
        call: Call,
    }

    impl<F, J> PinnedDrop for CallFuture<F, J> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if !matches!(this.call.0, Kind::Nothing) {
                let attached = this.call.attach();
                this.body.set(None);
                drop(attached);
                this.call.end(Ending::Cancelled);
            }
        }
    }
}

/// A call before its first poll.
struct Waiting {
    site: &'static Site,
    given: Given,
}

impl Waiting {
    #[inline]
    fn begin(self, call: &mut Call) {
        if !scope::is_nowhere() {
            self.begin_somewhere(call);
        }
    }

    #[inline(never)]
    fn begin_somewhere(self, call: &mut Call) {
        let Self { site, given } = self;
        match scope::current() {
            Some(scope) if given.is_nothing() => call.begin_in(site, scope),
            Some(scope) => call.record(site, scope, given),
            None => {}
        }
    }
}

/// Ends the call if the poll it watches panics.
struct Watch<'a>(&'a mut Call);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.0.end(Ending::Panicked);
    }
}

impl<F, J> CallFuture<F, J> {
    #[inline]
    pub(super) fn new(site: &'static Site, given: Given, body: F, judge: J) -> Self {
        Self::waiting(Some(Waiting { site, given }), body, judge)
    }

    pub(super) fn unrecorded(body: F, judge: J) -> Self {
        Self::waiting(None, body, judge)
    }

    #[inline]
    fn waiting(waiting: Option<Waiting>, body: F, judge: J) -> Self {
        Self {
            body: Some(body),
            judge: Some(judge),
            waiting,
            call: Call::NOTHING,
        }
    }
}

impl<F, J> Future for CallFuture<F, J>
where
    F: Future,
    J: for<'a> FnOnce(&'a F::Output, &mut Labels) -> Verdict<'a>,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(mut body) = this.body.as_mut().as_pin_mut() else {
            panic!("an annotated future was polled after it had returned")
        };
        if let Some(waiting) = this.waiting.take() {
            waiting.begin(this.call);
        }
        let attached = this.call.attach();
        let watch = Watch(this.call);
        let Poll::Ready(returned) = body.as_mut().poll(cx) else {
            std::mem::forget(watch);
            return Poll::Pending;
        };
        this.body.set(None);
        if let Some(judge) = this.judge.take() {
            watch.0.returned(&returned, attached, judge);
        }
        std::mem::forget(watch);
        Poll::Ready(returned)
    }
}
