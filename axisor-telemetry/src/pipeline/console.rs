//! Finished traces printed as readable trees, for a terminal without a Collector.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use opentelemetry::trace::{Span as _, SpanId, Status, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use super::ledger::{Ledger, Loss, Signal};
use crate::clock::Clock;
use crate::trace::{EndedSpan, SpanSink};

/// The most traces that may be unfinished at a time; the spans of others are printed by themselves.
const MAX_OPEN_TRACES: usize = 256;
/// The most spans of a trace kept for its tree.
const MAX_SPANS: usize = 256;

/// Gathers a trace until none of its spans is running in this process, then prints it to standard output.
#[derive(Debug)]
pub(super) struct TreePrinter {
    ledger: Arc<Ledger>,
    clock: Clock,
    open: Mutex<HashMap<TraceId, Open>>,
}

/// A trace under way.
#[derive(Debug, Default)]
struct Open {
    running: usize,
    ended: Vec<SpanData>,
}

impl SpanProcessor for TreePrinter {
    fn on_start(&self, span: &mut Span, _context: &Context) {
        let context = span.span_context();
        if context.is_sampled() {
            self.started(context.trace_id());
        }
    }

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

impl SpanSink for TreePrinter {
    fn started(&self, trace: TraceId) {
        let mut open = self.open();
        if open.len() < MAX_OPEN_TRACES || open.contains_key(&trace) {
            open.entry(trace).or_default().running += 1;
        }
    }

    fn ended(&self, span: EndedSpan) {
        self.on_end(span.data(&self.clock, self.clock.anchor()));
    }
}

impl TreePrinter {
    pub(super) fn new(ledger: &Arc<Ledger>, clock: Clock) -> Self {
        Self {
            ledger: Arc::clone(ledger),
            clock,
            open: Mutex::default(),
        }
    }

    /// The whole trace with its last span; a span of a trace that was one too many by itself.
    fn finished(&self, span: SpanData) -> Option<Vec<SpanData>> {
        let id = span.span_context.trace_id();
        let mut open = self.open();
        let Some(trace) = open.get_mut(&id) else {
            return Some(vec![span]);
        };
        trace.running = trace.running.saturating_sub(1);
        if trace.ended.len() < MAX_SPANS {
            trace.ended.push(span);
        } else {
            let why = "the trace has more spans than its tree may show";
            self.ledger.lost(Signal::Traces, Loss::QueueFull, 1, why);
        }
        if trace.running > 0 {
            return None;
        }
        open.remove(&id).map(|trace| trace.ended)
    }

    fn settle(&self, spans: u64, written: io::Result<()>) {
        match written {
            Ok(()) => self.ledger.exported(Signal::Traces, spans),
            Err(error) => self
                .ledger
                .lost(Signal::Traces, Loss::Unreachable, spans, error),
        }
    }

    fn open(&self) -> MutexGuard<'_, HashMap<TraceId, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
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
