//! Processors that take the SDK's spans and those of calls.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SimpleSpanProcessor, Span, SpanData, SpanExporter, SpanProcessor};

use crate::clock::Clock;
use crate::trace::{EndedSpan, SpanSink};

/// A processor the SDK has one handle of and calls another.
#[derive(Debug)]
pub(super) struct Shared<P>(pub(super) Arc<P>);

impl<P: SpanProcessor> SpanProcessor for Shared<P> {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.0.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        self.0.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }
}

/// An exporter of the user's, which gets each span as it ends.
pub(crate) struct UsersExporter {
    processor: Box<dyn SpanProcessor>,
    clock: Clock,
}

impl UsersExporter {
    pub(crate) fn new(
        exporter: impl SpanExporter + 'static,
        resource: &Resource,
        clock: Clock,
    ) -> Self {
        let mut processor = Box::new(SimpleSpanProcessor::new(exporter));
        processor.set_resource(resource);
        Self { processor, clock }
    }
}

impl SpanSink for UsersExporter {
    fn ended(&self, span: EndedSpan) {
        self.processor
            .on_end(span.data(&self.clock, self.clock.anchor()));
    }
}

impl SpanProcessor for UsersExporter {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.processor.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        self.processor.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.processor.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.processor.shutdown_with_timeout(timeout)
    }
}

impl fmt::Debug for UsersExporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UsersExporter").finish_non_exhaustive()
    }
}
