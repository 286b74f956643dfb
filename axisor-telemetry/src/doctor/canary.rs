//! One point, span and log line, sent exactly as a service with these settings would send its own.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use tracing::Span;
use tracing::subscriber::with_default;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt as _;
use uuid::Uuid;

use super::DoctorError;
use crate::catalog::{DOCTOR_CANARY, SCOPE};
use crate::clock::Clock;
use crate::config::{Config, LogsExporter, Otlp, TracesExporter};
use crate::instruments::{CustomMetrics, Families, Instruments, MetricError};
use crate::logs;
use crate::pipeline::{
    self, Collector, Ledger, Pipeline, Reader, ShutdownError, ShutdownReport, Signal, SignalReport,
};
use crate::redact;
use crate::trace::SpanFilter;

/// `service.name` of the canaries.
const SERVICE: &str = "axisor-doctor";
/// How long sending may take, all tries together.
const SENDING: Duration = Duration::from_secs(3);
/// What starting and collecting take on top of that.
const MARGIN: Duration = Duration::from_secs(2);
/// Of so many traces a sampler that keeps one in a thousand keeps none less than once in ten thousand runs.
const TRIES: usize = 10_000;

/// The canaries and the pipeline that sends them. Metrics are pushed for as long as this lives.
pub(super) struct Canary {
    /// `service.instance.id`, which nothing else has.
    pub(super) id: String,
    /// The metric's name.
    pub(super) metric: String,
    pub(super) trace: Trace,
    report: ShutdownReport,
    ledger: Arc<Ledger>,
    _pipeline: Pipeline,
    _meters: SdkMeterProvider,
}

/// What became of the span.
#[derive(Debug)]
pub(super) enum Trace {
    /// It is in the trace with this id.
    Sampled(String),
    /// No trace was recorded.
    NotSampled,
    /// There is no such span.
    NoSpan,
}

/// What the receiver made of a signal.
#[derive(Debug)]
pub(super) enum Sent {
    Taken,
    Nothing,
    /// Not taken, for this reason.
    Failed(String),
}

impl Canary {
    /// Sends the canaries. Blocks for a few seconds where they are not taken.
    ///
    /// # Errors
    /// [`DoctorError`] if there is nothing to send with.
    pub(super) fn send(config: &Config, metric: &str) -> Result<Self, DoctorError> {
        let config = settings(config);
        let resource = pipeline::resource(&config);
        let (meters, collector) = metrics(&config, &resource, metric)?;
        // Counted apart, so that nothing but the canary is pushed.
        let apart = Families::new(config.metrics.series_bound);
        let ledger = Ledger::new(&Instruments::new(&apart));
        let clock = Clock::default();
        let started = pipeline::start(&config, &resource, &clock, Vec::new(), collector, &ledger)?;
        let tracers = started.tracers.build();
        let layer = logs::outgoing(
            tracers.tracer(SCOPE),
            SpanFilter::new(&config.traces.level).directives(),
            &config.logging,
            started.logs,
            Arc::clone(&ledger),
        );
        let trace = with_default(Registry::default().with(layer), span_and_line);
        let report = report(&started.pipeline.flush(SENDING + MARGIN));
        Ok(Self {
            id: config.service.instance_id,
            metric: metric.to_owned(),
            trace,
            report,
            ledger,
            _pipeline: started.pipeline,
            _meters: meters,
        })
    }

    /// What the receiver made of `signal`.
    pub(super) fn sent(&self, signal: Signal) -> Sent {
        let SignalReport {
            exported,
            dropped,
            left,
        } = self.report.of(signal);
        match (exported, dropped + left) {
            (1.., _) => Sent::Taken,
            (0, 0) => Sent::Nothing,
            (0, _) => Sent::Failed(redact::text(&self.ledger.why(signal)).into_owned()),
        }
    }
}

fn report(flushed: &Result<ShutdownReport, ShutdownError>) -> ShutdownReport {
    match flushed {
        Ok(report)
        | Err(ShutdownError::Deadline { report, .. } | ShutdownError::Lost { report }) => *report,
    }
}

/// The service's, but for who it is and how long it tries.
fn settings(config: &Config) -> Config {
    let mut config = config.clone();
    SERVICE.clone_into(&mut config.service.name);
    config.service.instance_id = Uuid::new_v4().to_string();
    config.sentry.enabled = false;
    if config.traces.exporter == TracesExporter::Console {
        config.traces.exporter = TracesExporter::None; // it would print among the report
    }
    for wait in [
        &mut config.metrics.timeout,
        &mut config.traces.export_timeout,
        &mut config.logs.export_timeout,
    ] {
        *wait = SENDING.min(*wait);
    }
    config
}

/// The canary metric alone, and the provider that its collection needs.
fn metrics(
    config: &Config,
    resource: &Resource,
    metric: &str,
) -> Result<(SdkMeterProvider, Collector), MetricError> {
    let reader = Reader::new();
    let meters = pipeline::meter_provider(config, resource.clone(), reader.clone());
    let families = Arc::new(Families::new(config.metrics.series_bound));
    let custom = CustomMetrics::new(Arc::clone(&families));
    let canary = custom.gauge(metric, DOCTOR_CANARY.help, &[])?;
    canary.with([""; 0])?.set(1.0);
    Ok((meters, Collector::new(reader, families)))
}

/// A span and a line in it; another span where the sampler left one out.
fn span_and_line() -> Trace {
    for _ in 0..TRIES {
        let span = tracing::info_span!("axisor doctor canary");
        let trace = Trace::of(&span);
        if !matches!(trace, Trace::NotSampled) {
            span.in_scope(line);
            return trace;
        }
    }
    line();
    Trace::NotSampled
}

fn line() {
    tracing::info!("axisor doctor canary");
}

impl Trace {
    fn of(span: &Span) -> Self {
        let context = span.context();
        let context = context.span().span_context().clone();
        match (context.is_valid(), context.is_sampled()) {
            (false, _) => Self::NoSpan,
            (true, false) => Self::NotSampled,
            (true, true) => Self::Sampled(context.trace_id().to_string()),
        }
    }
}

/// Where a signal is sent, if it is.
pub(super) fn receiver(config: &Config, signal: Signal) -> Option<&Otlp> {
    let Config { otlp, .. } = config;
    match signal {
        Signal::Metrics => config.metrics.push().then_some(&otlp.metrics),
        Signal::Traces => (config.traces.exporter == TracesExporter::Otlp).then_some(&otlp.traces),
        Signal::Logs => (config.logs.exporter == LogsExporter::Otlp).then_some(&otlp.logs),
        Signal::Errors => None,
    }
}
