//! What axisor-telemetry records.

use std::time::Duration;

use axisor_telemetry::Telemetry;
use opentelemetry::Context;
use opentelemetry::trace::{Status, TraceContextExt as _};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SpanData};

use crate::Seen;

pub(crate) fn record(call: impl FnOnce()) -> Seen {
    let spans = InMemorySpanExporter::default();
    let telemetry = Telemetry::builder("compared")
        .without_environment()
        .set("logging.level", "off")
        .span_exporter(spans.clone())
        .init()
        .expect("these settings are right");
    call();
    let page = telemetry.exposition().expect("nothing here panics in a callback");
    let spans = spans.get_finished_spans().expect("no thread panicked");
    telemetry.shutdown(Duration::from_secs(5)).expect("nothing is exported");
    Seen {
        counted: Some(counted(&page)),
        span: Some(spans.first().map(said)),
    }
}

pub(crate) fn is_within_the_call() -> bool {
    Context::current().span().span_context().is_valid()
}

fn counted(page: &str) -> Option<String> {
    let series = "axisor_automation_executions_total{automation_type=\"compared\",status=\"";
    let status = page.lines().find_map(|line| line.strip_prefix(series))?;
    Some(format!("`{}`", status.split('"').next()?))
}

fn said(span: &SpanData) -> String {
    let mut attributes = span.attributes.iter();
    let outcome = attributes.find(|attribute| attribute.key.as_str() == "axisor.outcome");
    let outcome = outcome.map(|attribute| attribute.value.to_string()).unwrap_or_default();
    match &span.status {
        Status::Error { description } if !description.is_empty() => {
            format!("span says `{outcome}`, error `{description}`")
        }
        Status::Error { .. } => format!("span says `{outcome}`, error"),
        _ => format!("span says `{outcome}`"),
    }
}
