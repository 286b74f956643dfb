//! Finished traces printed as readable trees, for a terminal without a Collector.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::trace::{SpanId, Status, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use super::ledger::{Ledger, Loss, Signal};

/// The most traces that may be unfinished at a time; the spans of others are printed by themselves.
const MAX_OPEN_TRACES: usize = 256;
/// The most spans of a trace kept for its tree.
const MAX_SPANS: usize = 256;

/// Gathers a trace until the span ends that has no parent in this process, then prints it to standard output.
#[derive(Debug)]
pub(super) struct TreePrinter {
    ledger: Arc<Ledger>,
    open: Mutex<HashMap<TraceId, Vec<SpanData>>>,
}

impl SpanProcessor for TreePrinter {
    fn on_start(&self, _span: &mut Span, _context: &Context) {}

    fn on_end(&self, span: SpanData) {
        if let Some(trace) = self.finished(span) {
            let written = io::stdout().lock().write_all(tree(&trace).as_bytes());
            self.settle(trace.len() as u64, written);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}

impl TreePrinter {
    pub(super) fn new(ledger: &Arc<Ledger>) -> Self {
        Self {
            ledger: Arc::clone(ledger),
            open: Mutex::default(),
        }
    }

    fn settle(&self, spans: u64, written: io::Result<()>) {
        match written {
            Ok(()) => self.ledger.exported(Signal::Traces, spans),
            Err(error) => self
                .ledger
                .lost(Signal::Traces, Loss::Unreachable, spans, error),
        }
    }

    fn finished(&self, span: SpanData) -> Option<Vec<SpanData>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let id = span.span_context.trace_id();
        let is_root = span.parent_span_id == SpanId::INVALID || span.parent_span_is_remote;
        if !is_root && !open.contains_key(&id) && open.len() >= MAX_OPEN_TRACES {
            return Some(vec![span]);
        }
        let spans = open.entry(id).or_default();
        if is_root || spans.len() < MAX_SPANS {
            spans.push(span);
        } else {
            self.ledger.lost(
                Signal::Traces,
                Loss::QueueFull,
                1,
                "the trace has more spans than its tree may show",
            );
        }
        if is_root { open.remove(&id) } else { None }
    }
}

fn tree(trace: &[SpanData]) -> String {
    let mut text = String::new();
    let known = |id: SpanId| trace.iter().any(|span| span.span_context.span_id() == id);
    let mut roots: Vec<&SpanData> = trace
        .iter()
        .filter(|span| !known(span.parent_span_id))
        .collect();
    roots.sort_by_key(|span| span.start_time);
    if let Some(root) = roots.first() {
        let _ = writeln!(text, "trace {}", root.span_context.trace_id());
    }
    for (position, root) in roots.iter().enumerate() {
        branch(&mut text, trace, root, "", position + 1 == roots.len());
    }
    text
}

fn branch(text: &mut String, trace: &[SpanData], span: &SpanData, indent: &str, last: bool) {
    let (corner, below) = if last {
        ("└─ ", "   ")
    } else {
        ("├─ ", "│  ")
    };
    let _ = writeln!(text, "{indent}{corner}{}", line(span));
    let mut children: Vec<&SpanData> = trace
        .iter()
        .filter(|child| child.parent_span_id == span.span_context.span_id())
        .collect();
    children.sort_by_key(|child| child.start_time);
    let indent = format!("{indent}{below}");
    for (position, child) in children.iter().enumerate() {
        branch(text, trace, child, &indent, position + 1 == children.len());
    }
}

fn line(span: &SpanData) -> String {
    let took = span
        .end_time
        .duration_since(span.start_time)
        .unwrap_or_default();
    let mut line = format!("{} {:.1} ms", span.name, took.as_secs_f64() * 1_000.0);
    for KeyValue { key, value, .. } in &span.attributes {
        if key.as_str().starts_with("axisor.") || key.as_str() == "http.response.status_code" {
            let _ = write!(line, " {key}={value}");
        }
    }
    if let Status::Error { description } = &span.status {
        let _ = write!(line, " ERROR {description}");
    }
    line
}
