//! The future of an annotated call.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::{Call, Labels, Later};
use crate::outcome::Verdict;

pin_project! {
    /// Runs an annotated function's future: the call starts at the first poll and ends with the value, a panic
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
            if let State::Running(call) = this.state.take() {
                let attached = call.attach();
                this.body.set(None);
                drop(attached);
                call.cancelled();
            }
        }
    }
}

enum State {
    Waiting(Later),
    Running(Call),
    Over,
}

impl State {
    /// The call, started now if it was waiting.
    fn call(&mut self) -> Option<&Call> {
        if let Self::Waiting(_) = self
            && let Self::Waiting(later) = self.take()
            && let Some(call) = later.start()
        {
            *self = Self::Running(call);
        }
        match self {
            Self::Running(call) => Some(call),
            Self::Waiting(_) | Self::Over => None,
        }
    }

    fn take(&mut self) -> Self {
        std::mem::replace(self, Self::Over)
    }
}

/// Ends the call if the poll it watches panics.
struct Watch<'a>(&'a mut State);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.0.take();
    }
}

impl<F, J> CallFuture<F, J> {
    pub(super) fn started(call: Option<Call>, body: F, judge: J) -> Self {
        Self::new(call.map_or(State::Over, State::Running), body, judge)
    }

    pub(super) fn waiting(later: Later, body: F, judge: J) -> Self {
        Self::new(State::Waiting(later), body, judge)
    }

    fn new(state: State, body: F, judge: J) -> Self {
        Self {
            body: Some(body),
            judge: Some(judge),
            state,
        }
    }
}

impl<F, J> Future for CallFuture<F, J>
where
    F: Future,
    J: for<'a> FnOnce(&'a F::Output, &mut Labels) -> Verdict<'a>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(mut body) = this.body.as_mut().as_pin_mut() else {
            panic!("an annotated future was polled after it had returned")
        };
        let Some(call) = this.state.call() else {
            let returned = ready!(body.poll(cx));
            this.body.set(None);
            return Poll::Ready(returned);
        };
        let attached = call.attach();
        let watch = Watch(this.state);
        let Poll::Ready(returned) = body.as_mut().poll(cx) else {
            std::mem::forget(watch);
            return Poll::Pending;
        };
        this.body.set(None);
        if let State::Running(call) = watch.0.take()
            && let Some(judge) = this.judge.take()
        {
            call.returned(&returned, attached, judge);
        }
        Poll::Ready(returned)
    }
}
