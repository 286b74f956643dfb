//! The process's own log, and `tracing` spans on their way into traces.

use std::io;
use std::sync::Arc;

use opentelemetry_sdk::trace::SdkTracer;
use tracing::level_filters::LevelFilter;
use tracing::{Dispatch, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use crate::config::{LogFormat, Logging};
use crate::pipeline::Ledger;

/// Crates that carry telemetry: their spans would be telemetry about telemetry.
const CARRIERS: [&str; 6] = [
    "h2",
    "hyper",
    "hyper_util",
    "tonic",
    "tower",
    "opentelemetry",
];

/// Installs the process's subscriber: the log as configured, and `spans`.
pub(crate) fn install(
    logging: &Logging,
    spans: impl Layer<Registry> + Send + Sync,
) -> Result<(), TryInitError> {
    // OpenTelemetry tells of its everyday at `info`; what was configured comes later and goes before it.
    let filter = EnvFilter::new(format!("opentelemetry=warn,{}", logging.level));
    let lines = fmt::layer().with_writer(io::stderr);
    let lines = match logging.format {
        LogFormat::Json => lines.json().flatten_event(true).with_filter(filter).boxed(),
        LogFormat::Pretty => lines.with_filter(filter).boxed(),
    };
    Registry::default().with(spans).with(lines).try_init()
}

/// Turns `tracing` spans into spans of `tracer` and tells the ledger where to log.
pub(crate) fn spans<S>(
    tracer: SdkTracer,
    ledger: Arc<Ledger>,
) -> impl Layer<S> + Send + Sync + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    let own = Targets::new()
        .with_default(LevelFilter::INFO)
        .with_targets(CARRIERS.map(|carrier| (carrier, LevelFilter::OFF)));
    let spans = tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_filter(own);
    LogOfLosses(ledger).and_then(spans)
}

/// Learns the subscriber it becomes part of, so that the exporters' thread can log losses there.
struct LogOfLosses(Arc<Ledger>);

impl<S: Subscriber> Layer<S> for LogOfLosses {
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        self.0.log_to(subscriber.downgrade());
    }
}
