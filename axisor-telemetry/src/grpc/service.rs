//! A service whose calls are traced, and the future of one of them.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{HeaderMap, Request, Response, header};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::body::GrpcBody;
use super::call::Call;
use super::client::GrpcClientLayer;
use super::server::GrpcLayer;
use crate::remote::error_type;

/// A service behind a [`GrpcLayer`] or a [`GrpcClientLayer`].
#[derive(Debug, Clone)]
pub struct GrpcService<S> {
    inner: S,
    way: Way,
}

/// Where calls go.
#[derive(Debug, Clone)]
pub(super) enum Way {
    In(GrpcLayer),
    Out(GrpcClientLayer),
}

impl Way {
    fn begin<B>(&self, request: &mut Request<B>) -> Option<Call> {
        let path = request.uri().path().to_owned();
        match self {
            Self::In(layer) if is_grpc(request.headers()) => {
                Some(layer.begin(&path, request.headers()))
            }
            Self::In(_) => None,
            Self::Out(layer) => Some(layer.begin(&path, request.headers_mut())),
        }
    }
}

/// <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>: gRPC-Web is another protocol.
fn is_grpc(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE);
    let rest = content_type.and_then(|it| it.as_bytes().strip_prefix(b"application/grpc"));
    rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')))
}

impl<S> GrpcService<S> {
    pub(super) fn new(inner: S, way: Way) -> Self {
        Self { inner, way }
    }
}

impl<S, RequestBody, ResponseBody> Service<Request<RequestBody>> for GrpcService<S>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>>,
    ResponseBody: Body,
{
    type Response = Response<GrpcBody<ResponseBody>>;
    type Error = S::Error;
    type Future = GrpcFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<RequestBody>) -> Self::Future {
        let mut call = self.way.begin(&mut request);
        let inner = match &mut call {
            Some(call) => call.run(|| self.inner.call(request)),
            None => self.inner.call(request),
        };
        GrpcFuture { inner, call }
    }
}

pin_project! {
    /// The answer to a call, under way.
    #[must_use = "futures do nothing unless polled"]
    pub struct GrpcFuture<F> {
        #[pin]
        inner: F,
        // `None` once it is answered, and if it is no call
        call: Option<Call>,
    }
}

impl<F, B, E> Future for GrpcFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<GrpcBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = match this.call {
            Some(call) => ready!(call.run(|| this.inner.poll(cx))),
            None => ready!(this.inner.poll(cx)),
        };
        let call = this.call.take();
        Poll::Ready(match (answer, call) {
            (Ok(answer), call) => Ok(GrpcBody::watch(answer, call)),
            (Err(error), call) => {
                if let Some(call) = call {
                    call.fail(error_type::<E>());
                }
                Err(error)
            }
        })
    }
}
