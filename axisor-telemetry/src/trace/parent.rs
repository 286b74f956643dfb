//! Spans elsewhere that a call belongs under or is linked to.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::Arc;

use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry_http::HeaderExtractor;

/// What `parent` and `links` of the attributes take: something that knows the span a piece of work was asked for by.
///
/// OpenTelemetry's `Context` and `SpanContext` have it, and so has what carries a context in text: HTTP headers, a
/// `HashMap<String, String>` and a [`JobCarrier`](crate::jobs::JobCarrier), read by the configured propagators. Implement it
/// for a job of your own:
/// ```
/// use std::collections::HashMap;
/// use axisor_telemetry::{SpanParent, instrument_automation};
/// use opentelemetry::Context;
/// use opentelemetry::propagation::TextMapPropagator;
///
/// struct Job {
///     headers: HashMap<String, String>,
/// }
///
/// impl SpanParent for Job {
///     fn context(&self, propagator: &dyn TextMapPropagator) -> Option<Context> {
///         self.headers.context(propagator)
///     }
/// }
///
/// #[instrument_automation(type = "take_profit", parent = job)]
/// fn execute(job: &Job) {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` knows no span",
    label = "expected an OpenTelemetry `Context` or `SpanContext`, headers, or a type with `SpanParent`",
    note = "implement `axisor_telemetry::SpanParent` for `{Self}`"
)]
pub trait SpanParent {
    /// The context with that span, `None` if there is none: the current span is the parent then.
    fn context(&self, propagator: &dyn TextMapPropagator) -> Option<Context>;
}

impl SpanParent for Context {
    fn context(&self, _: &dyn TextMapPropagator) -> Option<Context> {
        self.span().span_context().is_valid().then(|| self.clone())
    }
}

impl SpanParent for SpanContext {
    fn context(&self, _: &dyn TextMapPropagator) -> Option<Context> {
        self.is_valid()
            .then(|| Context::new().with_remote_span_context(self.clone()))
    }
}

impl<S: BuildHasher> SpanParent for HashMap<String, String, S> {
    fn context(&self, propagator: &dyn TextMapPropagator) -> Option<Context> {
        propagator
            .extract_with_context(&Context::new(), self)
            .context(propagator)
    }
}

impl SpanParent for http::HeaderMap {
    fn context(&self, propagator: &dyn TextMapPropagator) -> Option<Context> {
        propagator
            .extract_with_context(&Context::new(), &HeaderExtractor(self))
            .context(propagator)
    }
}

impl<T: SpanParent> SpanParent for Option<T> {
    fn context(&self, propagator: &dyn TextMapPropagator) -> Option<Context> {
        self.as_ref()?.context(propagator)
    }
}

impl<T: SpanParent + ?Sized> SpanParent for &T {
    fn context(&self, propagator: &dyn TextMapPropagator) -> Option<Context> {
        T::context(self, propagator)
    }
}

impl<T: SpanParent + ?Sized> SpanParent for Box<T> {
    fn context(&self, propagator: &dyn TextMapPropagator) -> Option<Context> {
        T::context(self, propagator)
    }
}

impl<T: SpanParent + ?Sized> SpanParent for Arc<T> {
    fn context(&self, propagator: &dyn TextMapPropagator) -> Option<Context> {
        T::context(self, propagator)
    }
}
