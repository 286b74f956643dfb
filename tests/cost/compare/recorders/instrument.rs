//! What `tracing::instrument` records through tracing-opentelemetry.

use opentelemetry::trace::{Status, TracerProvider as _};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::Seen;

pub(crate) fn record(call: impl FnOnce()) -> Seen {
    let spans = InMemorySpanExporter::default();
    let tracers = SdkTracerProvider::builder()
        .with_simple_exporter(spans.clone())
        .build();
    tracing_subscriber::registry()
        .with(tracing_opentelemetry::layer().with_tracer(tracers.tracer("compared")))
        .init();
    call();
    let spans = spans.get_finished_spans().expect("no thread panicked");
    Seen {
        counted: None,
        span: Some(spans.first().map(said)),
    }
}

pub(crate) fn is_within_the_call() -> bool {
    !tracing::Span::current().is_none()
}

fn said(span: &SpanData) -> String {
    match &span.status {
        Status::Error { description } if !description.is_empty() => {
            format!("span says error `{description}`")
        }
        Status::Error { .. } => "span says error".to_owned(),
        _ => "span without outcome".to_owned(),
    }
}
