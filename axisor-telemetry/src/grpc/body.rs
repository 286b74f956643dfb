//! The body of an answer, watched until its status has come.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tonic::Code;

use super::call::Call;
use super::status;
use crate::remote::error_type;

pin_project! {
    /// The body of an answer that knows with which status its call ended.
    #[must_use = "a body is to be read"]
    pub struct GrpcBody<B> {
        #[pin]
        inner: B,
        // `None` once the call has ended
        call: Option<Call>,
        // where the body ends without one
        fallback: Code,
    }
}

impl<B: Body> GrpcBody<B> {
    /// The answer with its body watched; one whose head has the status, or that has no body, has ended.
    pub(super) fn watch(answer: Response<B>, mut call: Option<Call>) -> Response<Self> {
        let fallback = status::without(answer.status());
        let told = status::of(answer.headers());
        if told.is_some() || answer.body().is_end_stream() {
            end(&mut call, told.unwrap_or(fallback));
        }
        answer.map(|inner| Self {
            inner,
            call,
            fallback,
        })
    }
}

impl<B: Body> Body for GrpcBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let mut this = self.project();
        let inner = this.inner.as_mut();
        let frame = match this.call {
            Some(call) => ready!(call.run(|| inner.poll_frame(cx))),
            None => ready!(inner.poll_frame(cx)),
        };
        match &frame {
            Some(Err(_)) => fail::<B::Error>(this.call),
            Some(Ok(frame)) => {
                let told = frame.trailers_ref().map(status::of);
                // nobody asks again for what has ended
                if told.is_some() || this.inner.is_end_stream() {
                    end(this.call, told.flatten().unwrap_or(*this.fallback));
                }
            }
            None => end(this.call, *this.fallback),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

fn end(call: &mut Option<Call>, code: Code) {
    if let Some(call) = call.take() {
        call.end(code);
    }
}

fn fail<E>(call: &mut Option<Call>) {
    if let Some(call) = call.take() {
        call.fail(error_type::<E>());
    }
}

impl<B> fmt::Debug for GrpcBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrpcBody").finish_non_exhaustive()
    }
}
