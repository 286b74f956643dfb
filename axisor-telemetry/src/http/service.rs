//! A service whose requests are observed, and the future of one of them.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response, StatusCode};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::body::HttpBody;
use super::exchange::{End, Exchange, Panicked};
use super::layer::HttpLayer;

/// A service behind an [`HttpLayer`].
#[derive(Debug, Clone)]
pub struct HttpService<S> {
    inner: S,
    layer: HttpLayer,
}

impl<S> HttpService<S> {
    pub(super) fn new(inner: S, layer: HttpLayer) -> Self {
        Self { inner, layer }
    }
}

impl<S, RequestBody, ResponseBody> Service<Request<RequestBody>> for HttpService<S>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>>,
    ResponseBody: Body,
{
    type Response = Response<HttpBody<ResponseBody>>;
    type Error = S::Error;
    type Future = HttpFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<RequestBody>) -> Self::Future {
        let exchange = Exchange::begin(&self.layer, &mut request);
        let inner = match &exchange {
            Some(exchange) => exchange.run(|| self.inner.call(request)).ok(),
            None => Some(self.inner.call(request)),
        };
        HttpFuture { inner, exchange }
    }
}

pin_project! {
    /// The answer to a request, under way.
    #[must_use = "futures do nothing unless polled"]
    pub struct HttpFuture<F> {
        // `None` once it has panicked
        #[pin]
        inner: Option<F>,
        // `None` if an outer layer counts the request
        exchange: Option<Exchange>,
    }
}

impl<F, B, E> Future for HttpFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<HttpBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let polled = match (this.inner.as_mut().as_pin_mut(), &this.exchange) {
            (Some(inner), Some(exchange)) => exchange.run(|| inner.poll(cx)),
            (Some(inner), None) => Ok(inner.poll(cx)),
            (None, _) => Err(Panicked),
        };
        let Ok(answer) = polled else {
            this.inner.set(None);
            return Poll::Ready(Ok(after_panic(this.exchange.take())));
        };
        let answer = ready!(answer);
        let exchange = this.exchange.take();
        match (answer, exchange) {
            (Ok(answer), exchange) => Poll::Ready(Ok(HttpBody::watch(answer, exchange))),
            (Err(error), None) => Poll::Ready(Err(error)),
            (Err(error), Some(exchange)) => {
                exchange.end(End::ServiceFailed);
                Poll::Ready(Err(error))
            }
        }
    }
}

fn after_panic<B: Body>(exchange: Option<Exchange>) -> Response<HttpBody<B>> {
    if let Some(exchange) = exchange {
        exchange.panicked();
    }
    let mut answer = Response::new(HttpBody::empty());
    *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    answer
}
