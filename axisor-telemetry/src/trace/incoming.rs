//! The context a request brings, and how far those who send it are trusted.

use http::HeaderMap;
use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry_http::HeaderExtractor;

use super::Spans;

/// Whether the sampled flag of those who call counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Callers {
    Trusted,
    Untrusted,
}

impl Callers {
    pub(crate) fn of(trust: bool) -> Self {
        if trust {
            Self::Trusted
        } else {
            Self::Untrusted
        }
    }
}

impl Spans {
    /// The context that `headers` bring. Of a caller that is not trusted it says whose child the request is, and our own
    /// sampler says whether that trace is recorded.
    pub(crate) fn incoming(
        &self,
        headers: &HeaderMap,
        propagator: &dyn TextMapPropagator,
        callers: Callers,
    ) -> Context {
        let current = Context::current();
        let context = propagator.extract_with_context(&current, &HeaderExtractor(headers));
        let parent = context.span().span_context().clone();
        if callers == Callers::Trusted || !parent.is_remote() {
            return context;
        }
        let sampled = self.sampling.samples_alone(parent.trace_id());
        context.with_remote_span_context(SpanContext::new(
            parent.trace_id(),
            parent.span_id(),
            parent.trace_flags().with_sampled(sampled),
            true,
            parent.trace_state().clone(),
        ))
    }
}
