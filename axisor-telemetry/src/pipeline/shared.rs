//! One handle for the SDK, which ends the spans made with it, and one for calls, which end theirs.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use crate::trace::SpanSink;

/// Takes the SDK's spans and those of calls.
pub(crate) trait Sink: SpanProcessor + SpanSink {}

impl<S: SpanProcessor + SpanSink> Sink for S {}

/// The SDK's handle.
#[derive(Debug)]
pub(super) struct Shared(pub(super) Arc<dyn Sink>);

impl SpanProcessor for Shared {
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
