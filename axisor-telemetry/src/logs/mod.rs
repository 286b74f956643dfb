//! The process's own log, and `tracing` spans on their way into traces.
//!
//! An event becomes a line once (`line`), which is written as JSON or for people, or sent by OTLP.

mod events;
mod json;
mod line;
mod pretty;
mod sent;
#[cfg(feature = "testing")]
mod taken;
mod written;

use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::time::SystemTime;

use jiff::Timestamp;
use opentelemetry_sdk::trace::SdkTracer;
use tracing::{Dispatch, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};
use tracing_subscriber::{EnvFilter, Layer, Registry, layer};

use crate::config::{Config, Logging};
use crate::pipeline::{Ledger, LogSink};
use events::Events;
use pretty::Colours;
use sent::Sent;
#[cfg(feature = "testing")]
pub(crate) use taken::taken;
use written::Written;

/// Installs the process's subscriber: the log as configured, and `outgoing`.
pub(crate) fn install(
    config: &Config,
    outgoing: impl Layer<Registry> + Send + Sync,
) -> Result<(), TryInitError> {
    let colours = if io::stderr().is_terminal() {
        Colours::Shown
    } else {
        Colours::Not
    };
    let lines = Events::to(Written::to(io::stderr, config, colours));
    let lines = lines.with_filter(filter(&config.logging));
    Registry::default().with(outgoing).with(lines).try_init()
}

/// Writes lines as the configuration says.
pub(crate) fn lines<S, W>(config: &Config, writer: W) -> impl Layer<S> + Send + Sync + use<S, W>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    Events::to(Written::to(writer, config, Colours::Not)).with_filter(filter(&config.logging))
}

/// OpenTelemetry tells of its everyday at `info`; what was configured comes later and goes before it.
fn filter(logging: &Logging) -> EnvFilter {
    EnvFilter::new(format!("opentelemetry=warn,{}", logging.level))
}

/// As RFC 3339 has it, in UTC, to the microsecond.
fn time(time: SystemTime) -> String {
    let time = Timestamp::try_from(time).unwrap_or_default();
    format!("{time:.6}")
}

/// Turns `tracing` spans into spans of `tracer`, hands as many events to `sink` as are written, and tells the ledger where
/// to log.
pub(crate) fn outgoing<S>(
    tracer: SdkTracer,
    spans: Targets,
    logging: &Logging,
    sink: Option<LogSink>,
    ledger: Arc<Ledger>,
) -> impl Layer<S> + Send + Sync + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    let events = match sink {
        Some(_) => filter(logging),
        None => EnvFilter::new("off"),
    };
    let base = Base {
        ledger,
        most_verbose: most_verbose::<S>(&spans, &events),
    };
    let spans = tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_filter(spans);
    let sent = Events::to(Sent(sink)).with_filter(events);
    spans.and_then(sent).and_then(base)
}

fn most_verbose<S>(spans: &Targets, events: &EnvFilter) -> Option<LevelFilter> {
    let spans = layer::Filter::<S>::max_level_hint(spans)?;
    Some(spans.max(events.max_level_hint()?))
}

/// Learns the subscriber it becomes part of, so that the exporters' thread can log losses there, and says for all layers
/// below it what they want to see: above a `Registry`, `tracing-subscriber` (0.3.23) asks only the last of several.
struct Base {
    ledger: Arc<Ledger>,
    most_verbose: Option<LevelFilter>,
}

impl<S: Subscriber> Layer<S> for Base {
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        self.ledger.log_to(subscriber.downgrade());
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.most_verbose
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
