//! Where requests leave: the layer that traces them and sends the context along.

#[cfg(feature = "reqwest")]
mod reqwest;
mod service;
mod span;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use tower_layer::Layer;

pub use service::{HttpClientFuture, HttpClientService};

use crate::scope::Scope;

/// Traces every request of the HTTP client it is given to, and sends the context along.
///
/// It is a tower layer for any client that is a `Service<http::Request<B>>`, such as hyper's, and with the feature `reqwest`
/// also a middleware of `reqwest-middleware`: `ClientBuilder::new(client).with(telemetry.http_client_layer())`.
///
/// Each request is a client span after the [semantic conventions], child of the current one: named by its method, and by
/// its [`UrlTemplate`] where it has one. It begins when the request is handed over and ends when the head of the answer is
/// there, since nobody need read the body. `url.full` has neither user nor password, of its query the names alone, and in
/// its path nothing that looks like a credential ([`redact`](crate::redact)).
///
/// | the request | the span |
/// |---|---|
/// | is answered with less than 400 | status unset |
/// | is answered with 400 or more | error, `error.type` is the status |
/// | fails | error, `error.type` is the error's type; with `reqwest` `timeout`, `connect`, `redirect`, `body`, `decode` or `request` |
/// | is given up: its future is dropped | status unset, `axisor.outcome="cancelled"` |
/// | panics | error, `error.type="panic"` |
///
/// Below a retry each try is a request of its own. A middleware knows which try it is; to a tower layer the retry says so
/// by [`ResendCount`]. Redirects that the client follows by itself, as `reqwest` does, are part of the request that led to
/// them.
///
/// There is no series: who is called is not bounded. Where durations of a peer are wanted, annotate the function that
/// calls it.
///
/// [semantic conventions]: https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span
#[derive(Clone)]
#[must_use = "a layer sees requests once a client has it"]
pub struct HttpClientLayer {
    scope: Arc<Scope>,
}

/// The route that a request's URL was made from, such as `/positions/:id`: put it into the extensions of the request, and
/// its span is called `GET /positions/:id`. It must not have the values filled in.
///
/// ```
/// use axisor_telemetry::http::UrlTemplate;
///
/// # fn example() -> Result<http::Request<()>, http::Error> {
/// http::Request::get("http://positions:3000/positions/7")
///     .extension(UrlTemplate::new("/positions/:id"))
///     .body(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrlTemplate(Cow<'static, str>);

/// How often a request has been sent before: in the extensions of one that is sent again it becomes
/// `http.request.resend_count`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResendCount(pub u32);

impl HttpClientLayer {
    /// A layer that records into `scope`.
    pub(crate) fn new(scope: Arc<Scope>) -> Self {
        Self { scope }
    }
}

impl UrlTemplate {
    /// This route.
    pub fn new(template: impl Into<Cow<'static, str>>) -> Self {
        Self(template.into())
    }
}

impl<S> Layer<S> for HttpClientLayer {
    type Service = HttpClientService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        HttpClientService::new(inner, Arc::clone(&self.scope))
    }
}

impl fmt::Debug for HttpClientLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClientLayer").finish_non_exhaustive()
    }
}
