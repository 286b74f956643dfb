//! A client whose requests are traced, and the future of one of them.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::span::{self, Head};
use crate::remote::{Remote, error_type};
use crate::scope::Scope;

/// A client behind an [`HttpClientLayer`](super::HttpClientLayer).
#[derive(Clone)]
pub struct HttpClientService<S> {
    inner: S,
    scope: Arc<Scope>,
}

impl<S> HttpClientService<S> {
    pub(super) fn new(inner: S, scope: Arc<Scope>) -> Self {
        Self { inner, scope }
    }
}

impl<S, RequestBody, ResponseBody> Service<Request<RequestBody>> for HttpClientService<S>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = HttpClientFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let head = Head {
            method: &parts.method,
            uri: &parts.uri,
            extensions: &parts.extensions,
        };
        let mut remote = span::start(&self.scope, head, &mut parts.headers);
        let request = Request::from_parts(parts, body);
        HttpClientFuture {
            inner: remote.run(|| self.inner.call(request)),
            remote: Some(remote),
        }
    }
}

pin_project! {
    /// The answer to a request that was sent, under way.
    #[must_use = "futures do nothing unless polled"]
    pub struct HttpClientFuture<F> {
        #[pin]
        inner: F,
        // `None` once it is answered
        remote: Option<Remote>,
    }
}

impl<F, B, E> Future for HttpClientFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = match this.remote {
            Some(remote) => ready!(remote.run(|| this.inner.poll(cx))),
            None => ready!(this.inner.poll(cx)),
        };
        match (this.remote.take(), &answer) {
            (Some(remote), Ok(answer)) => {
                span::answered(remote, answer.status(), answer.version());
            }
            (Some(remote), Err(_)) => remote.end(Some(error_type::<E>())),
            (None, _) => {}
        }
        Poll::Ready(answer)
    }
}

impl<S: std::fmt::Debug> std::fmt::Debug for HttpClientService<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpClientService")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
