//! The future of an annotated call.

use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::{Call, LateLabels, Site, StartWith};
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
        state: State,
    }

    impl<F, J> PinnedDrop for CallFuture<F, J> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if !this.state.call.is_nothing() {
                let attached = this.state.call.attach();
                this.body.set(None);
                drop(attached);
                this.state.call.end(Ending::Cancelled);
            }
        }
    }
}

/// A call before its first poll.
pub(super) enum Waiting {
    /// Like every other of its site.
    ForAny(&'static Site),
    /// With what its attribute's expressions gave.
    With(Box<StartWith>),
}

impl Waiting {
    #[inline(never)]
    fn begin(self) -> Call {
        match self {
            Self::ForAny(site) => Call::begin(site),
            Self::With(start) => start.begin(),
        }
    }
}

/// What of a future does not depend on its types.
struct State {
    waiting: Option<Waiting>,
    call: Call,
}

impl State {
    #[inline]
    fn begin(&mut self) {
        if let Some(waiting) = self.waiting.take()
            && !matches!(scope::recorded(), scope::Recorded::Nowhere)
        {
            self.call = waiting.begin();
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
    pub(super) fn new(waiting: Waiting, body: F, judge: J) -> Self {
        Self {
            body: Some(body),
            judge: Some(judge),
            state: State {
                waiting: Some(waiting),
                call: Call::NOTHING,
            },
        }
    }
}

impl<R, F, J> Future for CallFuture<F, J>
where
    F: Future<Output = R>,
    J: for<'a> FnOnce(&'a R, &mut LateLabels<'_>) -> Verdict<'a>,
{
    type Output = R;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        let mut this = self.project();
        let Some(body) = this.body.as_mut().as_pin_mut() else {
            panic!("an annotated future was polled after it had returned")
        };
        this.state.begin();
        let attached = this.state.call.attach();
        let watch = Watch(&mut this.state.call);
        let Poll::Ready(returned) = body.poll(cx) else {
            std::mem::forget(watch);
            return Poll::Pending;
        };
        this.body.set(None);
        if !watch.0.is_nothing()
            && let Some(judge) = this.judge.take()
        {
            let labels = watch.0.own_labels();
            let verdict = judge(&returned, &mut LateLabels(labels));
            drop(attached);
            watch.0.returned(verdict);
        }
        std::mem::forget(watch);
        Poll::Ready(returned)
    }
}

/// A panic leaves the call as whole as it leaves the body: the call is over then.
impl<F: std::panic::UnwindSafe, J> std::panic::UnwindSafe for CallFuture<F, J> {}
