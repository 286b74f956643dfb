//! The layer as it is given to a router, and its choices.

use std::fmt;
use std::sync::Arc;

use tower_layer::Layer;

use super::route::Spelling;
use super::service::HttpService;
use crate::scope::Scope;
use crate::trace::Callers;

/// Counts, times and traces every request of the router it is given to.
///
/// Give it to the whole router as its last layer, so that unmatched requests are seen as well. Layers added
/// after it are outside: what they answer by themselves is not counted, and a time limit among them makes a
/// request they give up an aborted one.
///
/// - `axisor_http_requests_total{method,route,status_code}` and
///   `axisor_http_request_duration_seconds{method,route}` count a request once, when its body has been handed
///   over to the end, and measure up to there, in seconds. A panicking handler is answered and counted as 500.
/// - `axisor_http_requests_aborted_total{method,route}` counts instead the client that left before and the
///   body that broke.
/// - `route` is the pattern in the original's spelling, `/api/users/:id` and `/api/files/*`. What matches no
///   route is `undefined`, however many paths are tried, and so is a wrong method on a known path: a 405
///   without an `Allow` header, since axum adds that header further out. A handler that answers 405 itself
///   keeps its route by setting `Allow`, as [RFC 9110] asks of it. Routes behind `nest_service` are unknown
///   to the outer router: use `nest`.
/// - `method` is one of the nine known methods, anything else is `_OTHER`.
///
/// Each request is a server span after the [semantic conventions], child of the `traceparent` it brought; its baggage
/// comes along, and what handlers do is below it. Headers that are not as [trace context] and [baggage] say are as if they
/// had not come. Whether the sampled flag counts is [a setting](Self::trust_incoming_sampling). A request that passes two
/// layers of one telemetry is counted by the outer.
///
/// [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6
/// [trace context]: https://www.w3.org/TR/trace-context/
/// [baggage]: https://www.w3.org/TR/baggage/
/// [semantic conventions]: https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server
#[derive(Clone)]
#[must_use = "a layer sees requests once a router has it: `router.layer(telemetry.http_layer())`"]
pub struct HttpLayer {
    pub(super) scope: Arc<Scope>,
    pub(super) callers: Callers,
    pub(super) spelling: Spelling,
    pub(super) metrics: Metrics,
}

/// Whether requests are counted; spans are made either way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Metrics {
    On,
    Off,
}

impl HttpLayer {
    /// A layer that records into `scope`.
    pub(crate) fn new(scope: Arc<Scope>, callers: Callers) -> Self {
        Self {
            scope,
            callers,
            spelling: Spelling::Original,
            metrics: Metrics::On,
        }
    }

    /// Spans only: no request is counted, as with `prometheus.enabled = false`.
    pub(crate) fn without_metrics(mut self) -> Self {
        self.metrics = Metrics::Off;
        self
    }

    /// Whether the sampled flag of a request's `traceparent` counts, in place of `traces.trust_incoming_sampling`: for a
    /// service with one router for its own kind and another one at the public edge.
    ///
    /// Trusted, a `parentbased_…` sampler records what its caller records, and so a trace is recorded whole or not at all.
    /// Untrusted, the request still belongs to the trace it names and is still the child of its caller's span, but the sampler
    /// decides as if the trace began here: no client can make a service record, or keep it from recording, by a flag.
    /// A `…traceidratio` sampler goes by the trace's id, which a client that means it can choose; a proxy that removes
    /// `traceparent` at the edge prevents that.
    pub fn trust_incoming_sampling(mut self, trust: bool) -> Self {
        self.callers = Callers::of(trust);
        self
    }

    /// Keeps axum's spelling of patterns, `/api/users/{id}`, in labels and spans.
    pub fn axum_route_spelling(mut self) -> Self {
        self.spelling = Spelling::Axum;
        self
    }
}

impl<S> Layer<S> for HttpLayer {
    type Service = HttpService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        HttpService::new(inner, self.clone())
    }
}

impl fmt::Debug for HttpLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpLayer")
            .field("spelling", &self.spelling)
            .finish_non_exhaustive()
    }
}
