//! Spans as they end, and the trees they make.

use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry::trace::Status;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

/// Keeps every span that ends.
#[derive(Debug, Clone, Default)]
pub(super) struct Spans(Arc<Mutex<Vec<SpanData>>>);

impl Spans {
    /// Those that have ended so far, in the order of their ends.
    pub(super) fn all(&self) -> Arc<[SpanData]> {
        let spans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spans.as_slice().into()
    }
}

impl SpanExporter for Spans {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let mut spans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spans.extend(batch);
        Ok(())
    }
}

/// The span that `span` was started in, if it is among `spans`.
pub(super) fn parent<'a>(span: &SpanData, spans: &'a [SpanData]) -> Option<&'a SpanData> {
    spans.iter().find(|parent| is_child(span, parent))
}

fn is_child(span: &SpanData, parent: &SpanData) -> bool {
    let (span_context, parent_context) = (&span.span_context, &parent.span_context);
    span.parent_span_id == parent_context.span_id()
        && span_context.trace_id() == parent_context.trace_id()
}

/// A line a span, below its parent and two spaces further in; those of one parent in the order of their ends.
pub(super) fn tree(spans: &[SpanData]) -> Vec<String> {
    let mut lines = Vec::with_capacity(spans.len());
    for root in spans.iter().filter(|span| parent(span, spans).is_none()) {
        branch(root, spans, 0, &mut lines);
    }
    lines
}

fn branch(span: &SpanData, spans: &[SpanData], depth: usize, lines: &mut Vec<String>) {
    lines.push(format!("{:1$}{2}", "", 2 * depth, shown(span)));
    for child in spans.iter().filter(|child| is_child(child, span)) {
        branch(child, spans, depth + 1, lines);
    }
}

/// The name of a span, and how it failed if it did.
fn shown(span: &SpanData) -> String {
    match &span.status {
        Status::Error { description } if description.is_empty() => format!("{} (error)", span.name),
        Status::Error { description } => format!("{} (error: {description})", span.name),
        Status::Ok | Status::Unset => span.name.to_string(),
    }
}

/// The tree below a head, for messages.
pub(super) fn seen(spans: &[SpanData]) -> String {
    if spans.is_empty() {
        return "no span has ended".to_owned();
    }
    format!("ended spans:\n  {}", tree(spans).join("\n  "))
}
