//! What spans of calls are made of in one telemetry: who takes them, which are sampled, how large they may be.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceId};
use opentelemetry_sdk::trace::{IdGenerator as _, RandomIdGenerator};

use super::{EndedSpan, Sampling, SpanFilter};

/// Takes the spans of calls.
pub(crate) trait SpanSink: Send + Sync {
    /// A sampled span of this trace has begun.
    fn started(&self, _trace: TraceId) {}

    /// A sampled span is over.
    fn ended(&self, span: EndedSpan);
}

/// The most a span may hold: <https://opentelemetry.io/docs/specs/otel/trace/sdk/#span-limits>.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) attributes: usize,
    pub(crate) events: usize,
    pub(crate) links: usize,
}

/// Makes spans of calls.
pub(crate) struct Spans {
    filter: SpanFilter,
    pub(super) sampling: Sampling,
    ids: RandomIdGenerator,
    limits: Limits,
    sinks: Vec<Arc<dyn SpanSink>>,
    closed: AtomicBool,
}

impl Spans {
    pub(crate) fn new(
        filter: SpanFilter,
        sampling: Sampling,
        limits: Limits,
        sinks: Vec<Arc<dyn SpanSink>>,
    ) -> Self {
        Self {
            filter,
            sampling,
            ids: RandomIdGenerator::default(),
            limits,
            sinks,
            closed: AtomicBool::new(false),
        }
    }

    pub(crate) fn filter(&self) -> &SpanFilter {
        &self.filter
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// Whether spans that are sampled go anywhere.
    pub(super) fn has_sinks(&self) -> bool {
        !self.sinks.is_empty()
    }

    /// `span`, if it is sampled and goes anywhere.
    #[cfg_attr(
        not(feature = "axum"),
        expect(dead_code, reason = "no HTTP layer records requests")
    )]
    pub(crate) fn sampled<'a>(&self, span: &'a SpanContext) -> Option<&'a SpanContext> {
        (span.is_sampled() && self.has_sinks() && !self.is_closed()).then_some(span)
    }

    /// Makes no further spans.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// The identity of a new span under `parent`, which says whether it is sampled.
    pub(super) fn identify(&self, parent: &Context) -> SpanContext {
        let above = parent.span();
        let above = above.span_context();
        let trace = if above.is_valid() {
            above.trace_id()
        } else {
            self.ids.new_trace_id()
        };
        let sampled = self.sampling.samples(above, trace);
        SpanContext::new(
            trace,
            self.ids.new_span_id(),
            above.trace_flags().with_sampled(sampled),
            false,
            above.trace_state().clone(),
        )
    }

    pub(super) fn started(&self, trace: TraceId) {
        for sink in &self.sinks {
            sink.started(trace);
        }
    }

    pub(crate) fn ended(&self, span: EndedSpan) {
        let Some((last, others)) = self.sinks.split_last() else {
            return;
        };
        for sink in others {
            sink.ended(span.clone());
        }
        last.ended(span);
    }
}

impl fmt::Debug for Spans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spans").finish_non_exhaustive()
    }
}

/// The span above, if there is one.
pub(super) fn parent_of(parent: &Context) -> (SpanId, bool) {
    let above = parent.span();
    let above = above.span_context();
    (above.span_id(), above.is_valid() && above.is_remote())
}
