//! Out of the process: resource, readers, exporters and their thread, and the account of what was sent.

mod batches;
mod console;
mod control;
mod encode;
mod ledger;
mod log_records;
mod metrics;
#[cfg(not(feature = "sentry"))]
mod no_sentry;
mod otlp;
mod queue;
mod resource;
#[cfg(feature = "sentry")]
mod sentry;
mod shared;
mod shutdown;
mod split;
mod thread;
mod users;

pub(crate) use ledger::Ledger;
pub use ledger::{Loss, Signal};
pub(crate) use log_records::LogSink;
pub use metrics::CollectError;
pub(crate) use metrics::{Collector, Reader, families};
#[cfg(feature = "doctor")]
pub(crate) use otlp::{roots, with_causes};
pub(crate) use resource::resource;
pub(crate) use shared::Sink;
pub(crate) use shutdown::Pipeline;
pub use shutdown::{ShutdownError, ShutdownReport, SignalReport};
pub(crate) use users::UsersExporter;

use std::io;
use std::sync::Arc;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{Instrument, SdkMeterProvider, Stream};
use opentelemetry_sdk::trace::{SdkTracerProvider, TracerProviderBuilder};

use crate::clock::Clock;
use crate::config::{Config, Logs, LogsExporter, Traces, TracesExporter};
use crate::trace::{FailureSink, Limits, Sampling, SpanFilter, SpanSink, Spans};
use encode::Encoder;
use log_records::LineEncoder;
#[cfg(not(feature = "sentry"))]
use no_sentry as sentry;
use queue::Batching;
use shared::Shared;
use shutdown::Destination;
use split::MAX_REQUEST;
use thread::ExporterThread;

/// A provider for users' own instruments, each with as many series as one of the product's may have.
pub(crate) fn meter_provider(
    config: &Config,
    resource: Resource,
    reader: Reader,
) -> SdkMeterProvider {
    let bound = config.metrics.series_bound;
    let view = move |_: &Instrument| Stream::builder().with_cardinality_limit(bound).build().ok();
    SdkMeterProvider::builder()
        .with_resource(resource)
        .with_reader(reader)
        .with_view(view)
        .build()
}

/// A tracer provider with the configuration's sampler and limits and, as yet, no processor.
///
/// All of them are given, since the SDK would read the environment for what is not.
fn tracer_provider(config: &Config, resource: Resource) -> TracerProviderBuilder {
    SdkTracerProvider::builder()
        .with_resource(resource)
        .with_sampler(Sampling::new(config.traces.sampler).sdk())
        .with_max_attributes_per_span(config.traces.attribute_count_limit)
        .with_max_events_per_span(config.traces.event_count_limit)
        .with_max_links_per_span(config.traces.link_count_limit)
}

/// Why the exports did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PipelineError {
    /// The system gave no thread or runtime.
    #[error("the exporters' thread cannot be started, expected the system to give one more thread")]
    Thread(#[source] io::Error),
    /// Sentry does not take its DSN.
    #[error(
        "`sentry.dsn` is no DSN, expected one such as `https://key@sentry.example/1`: {reason}"
    )]
    Dsn {
        /// What is wrong with it.
        reason: String,
    },
    /// The receiver of a signal cannot be spoken to as configured.
    #[error("{} cannot be sent to {endpoint}: {reason}", signal.as_str())]
    Receiver {
        /// The signal.
        signal: Signal,
        /// Its endpoint.
        endpoint: String,
        /// What is wrong.
        reason: String,
    },
}

/// What the configuration sends, under way.
pub(crate) struct Started {
    pub(crate) pipeline: Pipeline,
    /// With a processor for each sink.
    pub(crate) tracers: TracerProviderBuilder,
    pub(crate) sinks: Vec<Arc<dyn SpanSink>>,
    pub(crate) logs: Option<LogSink>,
    pub(crate) failures: Option<Arc<dyn FailureSink>>,
}

impl Started {
    /// Nothing yet but the exporters of the user's.
    fn new(
        tracers: TracerProviderBuilder,
        users: Vec<Arc<dyn Sink>>,
        ledger: &Arc<Ledger>,
    ) -> Self {
        let nothing = Self {
            pipeline: Pipeline::new(Arc::clone(ledger)),
            tracers,
            sinks: Vec::new(),
            logs: None,
            failures: None,
        };
        users.into_iter().fold(nothing, Self::sink)
    }

    fn sink(mut self, sink: Arc<dyn Sink>) -> Self {
        self.tracers = self.tracers.with_span_processor(Shared(Arc::clone(&sink)));
        self.sinks.push(sink);
        self
    }
}

/// Starts what the configuration sends, on the exporters' own thread, beside the exporters of the user's.
///
/// # Errors
/// [`PipelineError`].
pub(crate) fn start(
    config: &Config,
    resource: &Resource,
    clock: &Clock,
    users: Vec<Arc<dyn Sink>>,
    collector: Collector,
    ledger: &Arc<Ledger>,
) -> Result<Started, PipelineError> {
    let tracers = tracer_provider(config, resource.clone());
    let mut started = Started::new(tracers, users, ledger);
    match config.traces.exporter {
        TracesExporter::Otlp => {
            let encoder = Encoder::new(resource, clock.clone(), MAX_REQUEST);
            let settings = Batching::from(&config.traces);
            let ((queue, hold), exporter) =
                batches::queue(Signal::Traces, settings, encoder, ledger);
            started.pipeline.send_batches(
                &Destination::of_otlp(&config.otlp.traces),
                hold,
                exporter,
            )?;
            started = started.sink(queue);
        }
        TracesExporter::Console => {
            started = started.sink(Arc::new(console::TreePrinter::new(ledger, clock.clone())));
        }
        TracesExporter::None => {}
    }
    if config.logs.exporter == LogsExporter::Otlp {
        let encoder = LineEncoder::new(resource, MAX_REQUEST);
        let settings = Batching::from(&config.logs);
        let ((queue, hold), exporter) = batches::queue(Signal::Logs, settings, encoder, ledger);
        started
            .pipeline
            .send_batches(&Destination::of_otlp(&config.otlp.logs), hold, exporter)?;
        started.logs = Some(LogSink::new(queue));
    }
    if config.sentry.enabled {
        let failures = sentry::start(config, &mut started.pipeline, ledger)?;
        started.failures = Some(failures);
    }
    if config.metrics.push() {
        let (push, pusher) = metrics::push(config.metrics.clone(), collector, ledger);
        started
            .pipeline
            .push_metrics(&config.otlp.metrics, push, pusher)?;
    }
    Ok(started)
}

impl From<&Traces> for Batching {
    fn from(traces: &Traces) -> Self {
        Self {
            queue_size: traces.queue_size,
            batch_size: traces.batch_size,
            schedule_delay: traces.schedule_delay,
            export_timeout: traces.export_timeout,
        }
    }
}

impl From<&Logs> for Batching {
    fn from(logs: &Logs) -> Self {
        Self {
            queue_size: logs.queue_size,
            batch_size: logs.batch_size,
            schedule_delay: logs.schedule_delay,
            export_timeout: logs.export_timeout,
        }
    }
}

/// How spans of calls are made, as the configuration says.
pub(crate) fn spans(config: &Config, sinks: Vec<Arc<dyn SpanSink>>) -> Spans {
    let limit = |limit: u32| usize::try_from(limit).unwrap_or(usize::MAX);
    let limits = Limits {
        attributes: limit(config.traces.attribute_count_limit),
        events: limit(config.traces.event_count_limit),
        links: limit(config.traces.link_count_limit),
    };
    let filter = SpanFilter::new(&config.traces.level);
    let sampling = Sampling::new(config.traces.sampler);
    Spans::new(filter, sampling, limits, sinks)
}
