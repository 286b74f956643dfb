//! The process's own log, and `tracing` spans on their way into traces.

use std::io;
use std::sync::Arc;

use opentelemetry_sdk::trace::SdkTracer;
use tracing::{Dispatch, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use crate::config::{LogFormat, Logging};
use crate::pipeline::Ledger;

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
    filter: Targets,
    ledger: Arc<Ledger>,
) -> impl Layer<S> + Send + Sync + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    let spans = tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_filter(filter);
    LogOfLosses(ledger).and_then(spans)
}

/// Learns the subscriber it becomes part of, so that the exporters' thread can log losses there.
struct LogOfLosses(Arc<Ledger>);

impl<S: Subscriber> Layer<S> for LogOfLosses {
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        self.0.log_to(subscriber.downgrade());
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::TraceContextExt as _;
    use tracing::Span;
    use tracing_opentelemetry::OpenTelemetrySpanExt as _;

    use super::*;
    use crate::Telemetry;

    /// Whether a span made by `make` becomes one of a trace.
    fn is_traced(make: impl FnOnce() -> Span) -> bool {
        let builder = Telemetry::builder("axisor-test").without_environment();
        let telemetry = builder.build().expect("a telemetry");
        let subscriber = Registry::default().with(telemetry.layer());
        tracing::subscriber::with_default(subscriber, || {
            make().context().span().span_context().is_valid()
        })
    }

    #[test]
    fn no_name_keeps_a_users_span_out_of_a_trace() {
        assert!(is_traced(
            || tracing::info_span!(target: "tower_http::trace", "a")
        ));
        assert!(is_traced(
            || tracing::info_span!(target: "towerbot::orders", "a")
        ));
        assert!(is_traced(
            || tracing::warn_span!(target: "hyperliquid::client", "a")
        ));
    }

    #[test]
    fn a_span_below_info_is_in_no_trace() {
        assert!(!is_traced(|| tracing::debug_span!("a")));
    }
}
