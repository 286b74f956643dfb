//! The context a request takes along.

use http::{HeaderMap, HeaderName};
use opentelemetry::Context;
use opentelemetry::propagation::{Injector, TextMapPropagator};
use opentelemetry_http::HeaderInjector;

/// Writes `context` into `headers`.
pub(crate) fn outgoing(
    context: &Context,
    propagator: &dyn TextMapPropagator,
    headers: &mut HeaderMap,
) {
    propagator.inject_context(context, &mut Headers(headers));
}

/// Where nothing is to be said there is no header, not even one of before: the SDK sets an empty `tracestate`.
struct Headers<'a>(&'a mut HeaderMap);

impl Injector for Headers<'_> {
    fn set(&mut self, name: &str, value: String) {
        if !value.is_empty() {
            HeaderInjector(self.0).set(name, value);
        } else if let Ok(name) = HeaderName::try_from(name) {
            self.0.remove(name);
        }
    }
}
