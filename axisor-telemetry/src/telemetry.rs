//! Everything put together, started and stopped; the only room that touches a global.

mod builder;
mod clients;
mod custom;
#[cfg(feature = "axum")]
mod endpoints;
#[cfg(feature = "doctor")]
mod examined;
#[cfg(feature = "grpc")]
mod grpc;
mod installed;
#[cfg(feature = "runtime")]
mod measured;
#[cfg(not(feature = "runtime"))]
mod not_measured;
mod recorders;
mod watching;

pub use builder::{StartError, TelemetryBuilder};
pub use installed::TelemetryGuard;
#[cfg(not(feature = "runtime"))]
use not_measured as measured;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::FutureExt as _;
use opentelemetry_http::HeaderInjector;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::registry::LookupSpan;

use crate::config::Config;
use crate::exposition::Format;
use crate::health::Health;
use crate::instruments::CustomMetrics;
use crate::pipeline::{
    CollectError, Collector, Ledger, LogSink, Pipeline, ShutdownError, ShutdownReport,
};
use crate::poll::Polls;
use crate::scope::Scope;
use crate::{catalog, exposition, logs};

/// One built telemetry: its series, spans, health and exports. Clones are handles on the same one.
#[derive(Clone)]
pub struct Telemetry(Arc<Inner>);

struct Inner {
    config: Config,
    scope: Arc<Scope>,
    custom: CustomMetrics,
    health: Arc<Health>,
    rounds: watching::Rounds,
    polls: Polls,
    collector: Collector,
    ledger: Arc<Ledger>,
    logs: Option<LogSink>,
    pipeline: Pipeline,
    tracers: SdkTracerProvider,
    meters: SdkMeterProvider,
}

impl Telemetry {
    /// Begins a telemetry for the service of this name: `service.name`, Prometheus' `job`.
    pub fn builder(service_name: impl Into<String>) -> TelemetryBuilder {
        TelemetryBuilder::new(service_name)
    }

    /// The effective configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The tracer of this telemetry, for spans made by hand.
    #[must_use]
    pub fn tracer(&self) -> SdkTracer {
        self.0.scope.tracer.clone()
    }

    /// The meter provider of this telemetry, for instruments made with OpenTelemetry's own interface. Their
    /// series are scraped and pushed together with the catalogue's.
    #[must_use]
    pub fn meter_provider(&self) -> SdkMeterProvider {
        self.0.meters.clone()
    }

    /// How context enters and leaves the process, as `propagators` says.
    #[must_use]
    pub fn propagator(&self) -> Arc<dyn TextMapPropagator + Send + Sync> {
        Arc::clone(&self.0.scope.propagator)
    }

    /// Writes the current context into the headers of a request that is about to be sent, so that the receiver's
    /// spans join this trace.
    ///
    /// ```
    /// # use axisor_telemetry::Telemetry;
    /// # fn send(telemetry: &Telemetry) {
    /// let mut headers = http::HeaderMap::new();
    /// telemetry.inject(&mut headers);
    /// # }
    /// ```
    pub fn inject(&self, headers: &mut http::HeaderMap) {
        self.0
            .scope
            .propagator
            .inject_context(&Context::current(), &mut HeaderInjector(headers));
    }

    /// A layer for a `tracing` subscriber of your own: spans made with `tracing` join the same traces, as far as
    /// `traces.level` admits them, and events are sent by OTLP where `logs.exporter` says so, as far as `logging.level`
    /// admits them.
    #[must_use]
    pub fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        logs::outgoing(
            self.tracer(),
            self.0.scope.spans.filter().directives(),
            &self.0.config.logging,
            self.0.logs.clone(),
            Arc::clone(&self.0.ledger),
        )
    }

    /// A layer for a `tracing` subscriber of your own that writes events to `writer`, each as a line with the ids of its
    /// trace: as much as `logging.level` says, as `logging.format` says. [`init`](TelemetryBuilder::init) installs one
    /// that writes to standard error.
    ///
    /// In JSON the names and their order are stable, and what a user calls a field stands below `fields`:
    /// ```json
    /// {"timestamp":"2026-01-02T03:04:05.678901Z","level":"INFO","target":"axisor::margin","message":"margin added",
    ///  "service":"axisor-backend","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7",
    ///  "fields":{"plan":"pro","sats":5000}}
    /// ```
    /// The ids are those of the annotated function, the HTTP request or the `tracing` span in which the event happened,
    /// sampled or not; without a trace they are absent. A spawned task is in the trace whose context it was given, as by
    /// [`scope`](Self::scope) or OpenTelemetry's `with_current_context`. Messages and fields are redacted as
    /// [`redact`](crate::redact) says, and a field whose name promises a secret shows none.
    ///
    /// ```
    /// use axisor_telemetry::Telemetry;
    /// use tracing_subscriber::layer::SubscriberExt;
    ///
    /// # fn example(telemetry: &Telemetry) {
    /// let subscriber = tracing_subscriber::registry()
    ///     .with(telemetry.layer())
    ///     .with(telemetry.log_layer(std::io::stdout));
    /// # }
    /// ```
    #[must_use]
    pub fn log_layer<S, W>(&self, writer: W) -> impl Layer<S> + Send + Sync + use<S, W>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
        W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
    {
        logs::lines(&self.0.config, writer)
    }

    /// What a scrape gets: every series in the Prometheus text format 0.0.4.
    ///
    /// # Errors
    /// [`CollectError`] after a panic in an observable callback of the user's.
    pub fn exposition(&self) -> Result<String, CollectError> {
        self.exposition_in(Format::Text)
    }

    /// The same series in a format of choice, for a service with a web server of its own: [`router`](Self::router)
    /// chooses by what the scraper accepts.
    ///
    /// ```
    /// use axisor_telemetry::Telemetry;
    /// use axisor_telemetry::exposition::Format;
    ///
    /// # fn answer(telemetry: &Telemetry) -> Result<(), axisor_telemetry::pipeline::CollectError> {
    /// let page = telemetry.exposition_in(Format::OpenMetrics)?;
    /// let content_type = Format::OpenMetrics.content_type();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`exposition`](Self::exposition).
    pub fn exposition_in(&self, format: Format) -> Result<String, CollectError> {
        let collection = self.0.collector.collect()?;
        let announced = &catalog::CONTRACT[..catalog::ANNOUNCED];
        Ok(exposition::write(&collection, announced, format))
    }

    /// Runs `future` so that annotated functions inside record here, whatever is installed.
    pub fn scope<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        future.with_context(self.0.scope.carry(&Context::current()))
    }

    /// Runs `function` so that annotated functions inside record here, whatever is installed.
    pub fn in_scope<R>(&self, function: impl FnOnce() -> R) -> R {
        let _carried = self.0.scope.carry(&Context::current()).attach();
        function()
    }

    /// Sends what has been recorded and goes on. Blocks the calling thread at most `deadline`, or a day.
    ///
    /// # Errors
    /// [`ShutdownError::Deadline`] if that took longer, [`ShutdownError::Lost`] if not everything was accepted. Both
    /// carry the report.
    pub fn force_flush(&self, deadline: Duration) -> Result<ShutdownReport, ShutdownError> {
        let report = self.0.pipeline.flush(deadline);
        let _ = self.0.tracers.force_flush(); // exporters of the user's own
        report
    }

    /// Sends what has been recorded and ends the exports. Blocks the calling thread at most `deadline`, or a day, under
    /// any flavour of runtime or none.
    ///
    /// The service is [no longer ready](Health::drain) from its beginning on, and the checks are no longer asked by themselves.
    /// The report says for each signal what was sent, dropped and left behind. A scrape works on; spans are recorded no
    /// more. Without a shutdown, what waits when the last handle goes is lost.
    ///
    /// # Errors
    /// [`ShutdownError::Deadline`] if something was still unsent by then, [`ShutdownError::Lost`] if not everything was
    /// accepted. Both carry the report.
    pub fn shutdown(&self, deadline: Duration) -> Result<ShutdownReport, ShutdownError> {
        let start = Instant::now();
        self.0.health.drain();
        self.end_rounds();
        self.0.scope.spans.close();
        let report = self.0.pipeline.shutdown(deadline);
        let left = deadline.saturating_sub(start.elapsed());
        let _ = self.0.tracers.shutdown_with_timeout(left); // exporters of the user's own
        report
    }

    fn log_configuration(&self) {
        let setting = |(key, value, origin)| format!("{key}={value} ({origin})");
        let settings: Vec<String> = self.0.config.effective().map(setting).collect();
        tracing::info!(settings = settings.join(", "), "telemetry configured");
        for warning in self.0.config.warnings() {
            tracing::warn!("{warning}");
        }
    }
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry")
            .field("service", &self.0.config.service)
            .finish_non_exhaustive()
    }
}
