//! The body of an answer, watched until it has been handed over or broke.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http::response::Parts;
use http::{Response, header};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::exchange::{End, Exchange};

pin_project! {
    /// The body of an answer that knows when it has been handed over to the end.
    #[must_use = "a body is for the server to read"]
    pub struct HttpBody<B> {
        // `None` if there is nothing to hand over
        #[pin]
        inner: Option<B>,
        // `None` once the request has ended
        exchange: Option<Exchange>,
        // bytes announced and not yet handed over
        left: Option<u64>,
    }
}

/// A body that broke.
#[derive(Debug)]
#[non_exhaustive]
pub enum BodyError<E> {
    /// The handler's own error.
    Handler(E),
    /// The body panicked while it was read. The connection is cut, the process goes on.
    Panicked,
}

impl<B: Body> HttpBody<B> {
    /// The answer with its body watched; a body that the server will not read has already ended.
    pub(super) fn watch(answer: Response<B>, exchange: Option<Exchange>) -> Response<Self> {
        let (head, body) = answer.into_parts();
        let left = announced(&head).or_else(|| body.size_hint().exact());
        let ended = left == Some(0) || body.is_end_stream();
        let exchange = exchange.and_then(|exchange| begun(exchange, &head, ended));
        let body = Self {
            inner: Some(body),
            exchange,
            left,
        };
        Response::from_parts(head, body)
    }

    /// Nothing to hand over, and nothing to wait for.
    pub(super) fn empty() -> Self {
        Self {
            inner: None,
            exchange: None,
            left: None,
        }
    }
}

impl<B: Body> Body for HttpBody<B> {
    type Data = B::Data;
    type Error = BodyError<B::Error>;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        let polled = match this.exchange {
            Some(exchange) => exchange.run(|| inner.poll_frame(cx)),
            None => Ok(inner.poll_frame(cx)),
        };
        let Ok(polled) = polled else {
            this.inner.set(None);
            end(this.exchange, End::BodyPanicked);
            return Poll::Ready(Some(Err(BodyError::Panicked)));
        };
        let frame = ready!(polled);
        let is_last = || {
            this.inner
                .as_ref()
                .as_pin_ref()
                .is_none_or(|inner| inner.is_end_stream())
        };
        if let Some(with) = ends(frame.as_ref(), this.left, is_last) {
            end(this.exchange, with);
        }
        Poll::Ready(frame.map(|frame| frame.map_err(BodyError::Handler)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let nothing = || SizeHint::with_exact(0);
        self.inner.as_ref().map_or_else(nothing, Body::size_hint)
    }
}

/// How the request ends with this frame, if it does.
fn ends<D: Buf, E>(
    frame: Option<&Result<Frame<D>, E>>,
    left: &mut Option<u64>,
    is_last: impl FnOnce() -> bool,
) -> Option<End> {
    match frame {
        Some(Err(_)) => Some(End::BodyBroke),
        Some(Ok(frame)) if !frame.is_trailers() => {
            let bytes = frame.data_ref().map_or(0, Buf::remaining) as u64;
            *left = left.map(|left| left.saturating_sub(bytes));
            (*left == Some(0) || is_last()).then_some(End::Complete)
        }
        // after trailers the server reads no more
        Some(Ok(_)) | None if left.is_some_and(|left| left > 0) => Some(End::BodyBroke),
        Some(Ok(_)) | None => Some(End::Complete),
    }
}

fn end(exchange: &mut Option<Exchange>, with: End) {
    if let Some(exchange) = exchange.take() {
        exchange.end(with);
    }
}

/// The length in the answer's head: past it the server reads no more.
fn announced(head: &Parts) -> Option<u64> {
    let length = head.headers.get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}

/// The exchange whose answer begins, unless that is all of it.
fn begun(mut exchange: Exchange, head: &Parts, empty: bool) -> Option<Exchange> {
    exchange.answered(head.status, &head.headers);
    if empty || exchange.is_bodiless(head.status) {
        exchange.end(End::Complete);
        return None;
    }
    Some(exchange)
}

impl<E: fmt::Display> fmt::Display for BodyError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handler(_) => f.write_str("the body of the answer broke"),
            Self::Panicked => f.write_str("the body of the answer panicked"),
        }
    }
}

impl<E: Error + 'static> Error for BodyError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Handler(error) => Some(error),
            Self::Panicked => None,
        }
    }
}

impl<B> fmt::Debug for HttpBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpBody")
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}
