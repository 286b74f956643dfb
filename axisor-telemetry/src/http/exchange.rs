//! One request from its arrival to the last byte of its answer: it ends exactly once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use http::{HeaderMap, Request, StatusCode};
use opentelemetry::Context;
use opentelemetry::trace::{TraceContextExt as _, Tracer as _};

use super::layer::{HttpLayer, Metrics};
use super::{method, route, span};
use crate::clock::Moment;
use crate::scope::Scope;
use crate::trace::{Failure, Route, Seen};

/// A request under way. Dropped before its end, it is a client that left.
pub(super) struct Exchange {
    scope: Arc<Scope>,
    metrics: Metrics,
    method: &'static str,
    route: Option<String>,
    status: Option<StatusCode>,
    start: Moment,
    context: Context,
    ended: bool,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The body was handed over to the end.
    Complete,
    /// The handler panicked and 500 was answered in its place.
    HandlerPanicked,
    /// The connection closed before.
    ClientLeft,
    /// The body gave an error, or less than was announced.
    BodyBroke,
    BodyPanicked,
    /// The service behind the layer gave an error instead of an answer.
    ServiceFailed,
}

/// What ran panicked; the panic hook has already said so.
pub(super) struct Panicked;

/// Where an answer of 503 is an answer and no failure.
const PROBES: [&str; 3] = ["/health", "/livez", "/readyz"];

/// Left in a request's extensions by the layer that counts it.
#[derive(Clone)]
struct Counted {
    by: u64,
}

impl Exchange {
    /// Begins with the request's arrival, unless an outer layer already has.
    pub(super) fn begin<B>(layer: &HttpLayer, request: &mut Request<B>) -> Option<Self> {
        let by = layer.scope.id;
        let counted = request.extensions_mut().insert(Counted { by });
        if counted.is_some_and(|counted| counted.by == by) {
            return None;
        }
        let start = layer.scope.clock.now();
        let method = method::known(request.method());
        let route = route::matched(request.extensions(), layer.spelling);
        let context = context(layer, request, method, route.as_deref());
        Some(Self {
            scope: Arc::clone(&layer.scope),
            metrics: layer.metrics,
            method,
            route,
            status: None,
            start,
            context,
            ended: false,
        })
    }

    /// Runs a part of the request below its span; a panic stays here.
    pub(super) fn run<R>(&self, part: impl FnOnce() -> R) -> Result<R, Panicked> {
        let attached = || {
            let _attached = self.context.clone().attach();
            part()
        };
        catch_unwind(AssertUnwindSafe(attached)).map_err(|_| Panicked)
    }

    /// The answer's head is known.
    pub(super) fn answered(&mut self, status: StatusCode, headers: &HeaderMap) {
        self.status = Some(status);
        if route::is_wrong_method(status, headers) && self.route.take().is_some() {
            let name = method::span_name(self.method, None);
            self.context.span().update_name(name);
        }
    }

    /// The handler panicked: 500, handed over as an empty body.
    pub(super) fn panicked(mut self) {
        self.status = Some(StatusCode::INTERNAL_SERVER_ERROR);
        self.end(End::HandlerPanicked);
    }

    /// Ends the request: it is counted in one place or the other.
    pub(super) fn end(mut self, end: End) {
        self.finish(end);
    }

    /// Whether the server reads no body of an answer with this status.
    pub(super) fn is_bodiless(&self, status: StatusCode) -> bool {
        self.method == "HEAD"
            || (self.method == "CONNECT" && status.is_success())
            || status.is_informational()
            || status == StatusCode::NO_CONTENT
            || status == StatusCode::NOT_MODIFIED
    }

    fn finish(&mut self, end: End) {
        self.ended = true;
        if self.metrics == Metrics::On {
            self.count(end);
        }
        let route = self.route.take();
        if let Some(error_type) = span::error_type(self.status, end) {
            self.tell(route.as_deref(), end, error_type);
        }
        span::end(&self.context.span(), route, self.status, end);
    }

    /// Tells of a request that failed, but for those that ask how the service is.
    fn tell(&self, route: Option<&str>, end: End, error_type: String) {
        let Some(failures) = &self.scope.failures else {
            return;
        };
        let seen = match end {
            End::HandlerPanicked | End::BodyPanicked if failures.wants_panics() => Seen::Panic,
            End::HandlerPanicked | End::BodyPanicked => return,
            _ => Seen::Request,
        };
        if route.is_some_and(|route| PROBES.contains(&route)) {
            return;
        }
        let failure = Failure::below(&self.context, seen, method::span_name(self.method, route));
        failures.failed(Failure {
            error_type,
            route: route.map(Arc::from), // as it is known by now
            ..failure
        });
    }

    fn count(&self, end: End) {
        let instruments = &self.scope.instruments;
        let labels = [self.method, self.route_label()];
        let (End::Complete | End::HandlerPanicked, Some(status)) = (end, self.status) else {
            return instruments.http_requests_aborted.with(&labels).add(1);
        };
        let seconds = self.scope.clock.since(self.start).as_secs_f64();
        let [method, route] = labels;
        let requests = &instruments.http_requests;
        requests.with(&[method, route, status.as_str()]).add(1);
        let span = self.context.span();
        let span = self.scope.spans.sampled(span.span_context());
        instruments
            .http_request_duration
            .with(&labels)
            .record_in(span, seconds);
    }

    fn route_label(&self) -> &str {
        self.route.as_deref().unwrap_or(route::UNDEFINED)
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if !self.ended {
            self.finish(End::ClientLeft);
        }
    }
}

/// The request's context: its server span, child of what the caller sent, and where to record.
fn context<B>(
    layer: &HttpLayer,
    request: &Request<B>,
    method: &'static str,
    route: Option<&str>,
) -> Context {
    let parent =
        layer
            .scope
            .spans
            .incoming(request.headers(), &*layer.scope.propagator, layer.callers);
    let builder = span::builder(request, method, route);
    let span = layer.scope.tracer.build_with_context(builder, &parent);
    let context = layer.scope.within(parent.with_span(span));
    match (&layer.scope.failures, route) {
        (Some(_), Some(route)) => context.with_value(Route(Arc::from(route))),
        _ => context,
    }
}
