//! Out of the process: resource, readers, exporters and their thread, and the account of what was sent.

mod console;
mod control;
mod encode;
mod ledger;
mod metrics;
mod otlp;
mod queue;
mod resource;
mod shared;
mod shutdown;
mod split;
mod thread;
mod traces;
mod users;

pub(crate) use ledger::Ledger;
pub use ledger::{Loss, Signal};
pub use metrics::CollectError;
pub(crate) use metrics::{Collector, Reader, families};
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
use crate::config::{Config, TracesExporter};
use crate::trace::{Limits, Sampling, SpanFilter, SpanSink, Spans};
use shared::Shared;
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
            let settings = config.traces.clone();
            let (queue, hold, exporter) = traces::queue(settings, resource, clock.clone(), ledger);
            started
                .pipeline
                .send_spans(&config.otlp.traces, hold, exporter)?;
            started = started.sink(queue);
        }
        TracesExporter::Console => {
            started = started.sink(Arc::new(console::TreePrinter::new(ledger, clock.clone())));
        }
        TracesExporter::None => {}
    }
    if config.metrics.push() {
        let (push, pusher) = metrics::push(config.metrics.clone(), collector, ledger);
        started
            .pipeline
            .push_metrics(&config.otlp.metrics, push, pusher)?;
    }
    Ok(started)
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
