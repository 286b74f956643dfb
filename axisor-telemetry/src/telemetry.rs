//! Everything put together, started and stopped; the only room that touches a global.

#[cfg(feature = "axum")]
mod endpoints;
mod recorders;
mod watching;

use std::fmt;
use std::future::Future;
use std::io;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use opentelemetry::propagation::{TextMapCompositePropagator, TextMapPropagator};
use opentelemetry::trace::{FutureExt as _, TracerProvider as _};
use opentelemetry::{Context, global};
use opentelemetry_http::HeaderInjector;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, SpanExporter, TracerProviderBuilder};
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

use crate::clock::Clock;
use crate::config::{Config, ConfigError, Loader, MetricsExporter, Propagator, TracesExporter};
use crate::health::{Health, HealthCheck};
use crate::instruments::{
    Counter, CustomMetrics, Gauge, Histogram, Instruments, Meters, MetricError,
};
use crate::pipeline::{
    self, CollectError, Collector, Ledger, Pipeline, Reader, ShutdownError, ShutdownReport,
};
use crate::poll::{self, Poll, Polls};
use crate::scope::{self, Scope};
use crate::{catalog, exposition, logs, redact};

/// How long a dropped guard tries to send what is left.
const DROP_DEADLINE: Duration = Duration::from_secs(2);

static INSTALLED: ArcSwapOption<Inner> = ArcSwapOption::const_empty();

/// Why the telemetry did not start. Nothing was installed then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A setting is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The system gave no thread or runtime to the exporters.
    #[error("the exporters' thread cannot be started, expected the system to give one more thread")]
    Thread(#[source] io::Error),
    /// Another telemetry is installed in this process.
    #[error(
        "telemetry is already installed in this process, expected one `init()`, or `build()` for a second telemetry"
    )]
    AlreadyInstalled,
    /// Another `tracing` subscriber is installed in this process.
    #[error(
        "a `tracing` subscriber is already installed, expected none: use `build()` and add `Telemetry::layer()` to yours"
    )]
    SubscriberInstalled,
}

/// One built telemetry: its series, spans, health and exports. Clones are handles on the same one.
#[derive(Clone)]
pub struct Telemetry(Arc<Inner>);

struct Inner {
    config: Config,
    scope: Arc<Scope>,
    custom: CustomMetrics,
    health: Arc<Health>,
    polls: Polls,
    collector: Collector,
    ledger: Arc<Ledger>,
    pipeline: Pipeline,
    propagator: Arc<dyn TextMapPropagator + Send + Sync>,
    tracers: SdkTracerProvider,
    meters: SdkMeterProvider,
}

/// What a telemetry is made of. Made by [`Telemetry::builder`].
#[must_use = "nothing is recorded before `build()` or `init()`"]
pub struct TelemetryBuilder {
    settings: Loader,
    clock: Clock,
    exporters: Vec<AddExporter>,
    checks: Vec<(String, Arc<dyn HealthCheck>)>,
    polls: Vec<Poll>,
}

type AddExporter = Box<dyn FnOnce(TracerProviderBuilder) -> TracerProviderBuilder + Send>;

impl TelemetryBuilder {
    /// Sets `key` from code, which goes before the environment and the file. The keys are those of [`config`](crate::config).
    ///
    /// A wrong key or value is an error of [`build`](Self::build) and [`init`](Self::init).
    pub fn set(mut self, key: impl Into<String>, value: impl ToString) -> Self {
        self.settings = self.settings.set(key, value);
        self
    }

    /// Reads settings from a TOML file, which the environment and code go before.
    pub fn config_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings = self.settings.file(path);
        self
    }

    /// Does not look at the environment: for tests and for a second telemetry in a process.
    pub fn without_environment(mut self) -> Self {
        self.settings = self.settings.without_environment();
        self
    }

    /// Measures durations with `clock` instead of the system's steady clock.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Hands every sampled span to `exporter` as it ends, beside the configured export.
    pub fn span_exporter(mut self, exporter: impl SpanExporter + 'static) -> Self {
        self.exporters
            .push(Box::new(|tracers| tracers.with_simple_exporter(exporter)));
        self
    }

    /// Builds a telemetry and touches no global: for tests, and for several in one process.
    ///
    /// # Errors
    /// [`StartError::Config`] and [`StartError::Thread`].
    pub fn build(self) -> Result<Telemetry, StartError> {
        let telemetry = self.assemble()?;
        telemetry.log_configuration();
        Ok(telemetry)
    }

    /// Builds a telemetry and installs it for the whole process, with a `tracing` subscriber that logs as
    /// section `logging` says.
    ///
    /// # Errors
    /// [`StartError`]; nothing is installed then.
    pub fn init(self) -> Result<TelemetryGuard, StartError> {
        let telemetry = self.assemble()?;
        telemetry.install()?;
        telemetry.log_configuration();
        Ok(TelemetryGuard {
            telemetry: Some(telemetry),
        })
    }

    fn assemble(self) -> Result<Telemetry, StartError> {
        let mut config = self.settings.load()?;
        if config.disabled {
            disable(&mut config);
        }
        redact::prepare();
        let resource = pipeline::resource(&config);
        let reader = Reader::new();
        let meters = pipeline::meter_provider(&config, resource.clone(), reader.clone());
        let instruments = Meters::new(meters.clone(), config.metrics.series_bound);
        let collector = Collector::new(reader, instruments.unsaid());
        let catalogued = Instruments::new(&instruments);
        let ledger = Ledger::new(&catalogued);
        let tracers = pipeline::tracer_provider(&config, resource.clone());
        let tracers = self
            .exporters
            .into_iter()
            .fold(tracers, |tracers, add| add(tracers));
        let (pipeline, tracers) =
            pipeline::start(&config, &resource, tracers, collector.clone(), &ledger)
                .map_err(StartError::Thread)?;
        let tracers = tracers.build();
        let scope = Scope::new(
            catalogued,
            tracers.tracer(env!("CARGO_PKG_NAME")),
            self.clock,
        );
        Ok(Telemetry(Arc::new(Inner {
            propagator: Arc::new(propagator(&config.propagators)),
            custom: CustomMetrics::new(instruments),
            health: Arc::new(Health::new(
                Arc::clone(&scope),
                config.health.timeout,
                self.checks,
            )),
            polls: Polls::new(Arc::clone(&scope), poll::DEFAULT_TIMEOUT, self.polls),
            config,
            scope,
            collector,
            ledger,
            pipeline,
            tracers,
            meters,
        })))
    }
}

impl fmt::Debug for TelemetryBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TelemetryBuilder").finish_non_exhaustive()
    }
}

/// `OTEL_SDK_DISABLED`: calls cost next to nothing and nothing leaves.
fn disable(config: &mut Config) {
    config.traces.exporter = TracesExporter::None;
    config.traces.sampler = crate::config::Sampler::AlwaysOff;
    config
        .metrics
        .exporters
        .retain(|exporter| *exporter != MetricsExporter::Otlp);
    config.prometheus.enabled = false;
}

fn propagator(propagators: &[Propagator]) -> TextMapCompositePropagator {
    let propagator = |propagator: &Propagator| -> Box<dyn TextMapPropagator + Send + Sync> {
        match propagator {
            Propagator::TraceContext => Box::new(TraceContextPropagator::new()),
            Propagator::Baggage => Box::new(BaggagePropagator::new()),
        }
    };
    TextMapCompositePropagator::new(propagators.iter().map(propagator).collect())
}

impl Telemetry {
    /// Begins a telemetry for the service of this name: `service.name`, Prometheus' `job`.
    pub fn builder(service_name: impl Into<String>) -> TelemetryBuilder {
        TelemetryBuilder {
            settings: Loader::new(service_name),
            clock: Clock::default(),
            exporters: Vec::new(),
            checks: Vec::new(),
            polls: Vec::new(),
        }
    }

    /// The telemetry installed by [`init`](TelemetryBuilder::init), if there is one.
    #[must_use]
    pub fn current() -> Option<Self> {
        INSTALLED.load_full().map(Self)
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
        Arc::clone(&self.0.propagator)
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
            .propagator
            .inject_context(&Context::current(), &mut HeaderInjector(headers));
    }

    /// A layer for a `tracing` subscriber of your own: spans made with `tracing` join the same traces.
    #[must_use]
    pub fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        logs::spans(self.tracer(), Arc::clone(&self.0.ledger))
    }

    /// What a scrape gets: every series in the Prometheus text format 0.0.4.
    ///
    /// # Errors
    /// [`CollectError`] after a panic in an observable callback of the user's.
    pub fn exposition(&self) -> Result<String, CollectError> {
        let collection = self.0.collector.collect()?;
        Ok(exposition::write(
            &collection,
            &catalog::CONTRACT[..catalog::ANNOUNCED],
        ))
    }

    /// Makes a counter of your own. Without labels it is 0 from the start.
    ///
    /// # Errors
    /// [`MetricError`] for a taken or invalid name, an invalid label or an empty help.
    pub fn counter(&self, name: &str, help: &str, labels: &[&str]) -> Result<Counter, MetricError> {
        self.0.custom.counter(name, help, labels)
    }

    /// Makes a gauge of your own. Without labels it is 0 from the start.
    ///
    /// # Errors
    /// As for [`counter`](Self::counter).
    pub fn gauge(&self, name: &str, help: &str, labels: &[&str]) -> Result<Gauge, MetricError> {
        self.0.custom.gauge(name, help, labels)
    }

    /// Makes a histogram of your own with [`DEFAULT_BUCKETS`](catalog::DEFAULT_BUCKETS), meant for seconds.
    ///
    /// # Errors
    /// As for [`counter`](Self::counter), and for a label `le`.
    pub fn histogram(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
    ) -> Result<Histogram, MetricError> {
        self.histogram_with_buckets(name, help, labels, catalog::DEFAULT_BUCKETS)
    }

    /// Makes a histogram of your own with these upper bounds; `+Inf` is implied.
    ///
    /// # Errors
    /// As for [`histogram`](Self::histogram), and for bounds that are not finite and rising.
    pub fn histogram_with_buckets(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
        buckets: &[f64],
    ) -> Result<Histogram, MetricError> {
        self.0.custom.histogram(name, help, labels, buckets)
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

    /// Sends what has been recorded and goes on. Blocks the calling thread at most `deadline`.
    ///
    /// # Errors
    /// [`ShutdownError::Deadline`] if not everything was sent by then.
    pub fn force_flush(&self, deadline: Duration) -> Result<(), ShutdownError> {
        self.0.pipeline.flush(deadline)
    }

    /// Sends what has been recorded and ends the exports. Blocks the calling thread at most `deadline`, under any
    /// flavour of runtime or none.
    ///
    /// The report says for each signal what was sent, dropped and left behind. A scrape works on.
    ///
    /// # Errors
    /// [`ShutdownError::Deadline`] if something was still unsent; it carries the same report.
    pub fn shutdown(&self, deadline: Duration) -> Result<ShutdownReport, ShutdownError> {
        self.0.pipeline.shutdown(deadline)
    }

    fn install(&self) -> Result<(), StartError> {
        if INSTALLED
            .compare_and_swap(&None::<Arc<Inner>>, Some(Arc::clone(&self.0)))
            .is_some()
        {
            return Err(StartError::AlreadyInstalled);
        }
        if let Err(error) = logs::install(&self.0.config.logging, self.layer()) {
            INSTALLED.store(None);
            tracing::debug!(%error, "no subscriber installed");
            return Err(StartError::SubscriberInstalled);
        }
        scope::install(Arc::clone(&self.0.scope));
        global::set_tracer_provider(self.0.tracers.clone());
        global::set_meter_provider(self.0.meters.clone());
        global::set_text_map_propagator(propagator(&self.0.config.propagators));
        Ok(())
    }

    fn uninstall(&self) {
        scope::uninstall(&self.0.scope);
        if INSTALLED
            .load()
            .as_ref()
            .is_some_and(|installed| Arc::ptr_eq(installed, &self.0))
        {
            INSTALLED.store(None);
        }
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

/// Keeps the installed telemetry; dropping it sends what is left, for at most two seconds, and uninstalls it.
#[must_use = "dropping the guard ends the telemetry"]
#[derive(Debug)]
pub struct TelemetryGuard {
    telemetry: Option<Telemetry>,
}

impl TelemetryGuard {
    /// Ends the telemetry as [`Telemetry::shutdown`] and uninstalls it.
    ///
    /// # Errors
    /// As [`Telemetry::shutdown`].
    ///
    /// # Panics
    /// Never: the guard holds its telemetry until it is dropped.
    pub fn shutdown(mut self, deadline: Duration) -> Result<ShutdownReport, ShutdownError> {
        let telemetry = self.telemetry.take().expect("held until dropped");
        telemetry.uninstall();
        telemetry.shutdown(deadline)
    }
}

impl Deref for TelemetryGuard {
    type Target = Telemetry;

    fn deref(&self) -> &Telemetry {
        self.telemetry.as_ref().expect("held until dropped")
    }
}

impl Drop for TelemetryGuard {
    fn drop(&mut self) {
        if let Some(telemetry) = self.telemetry.take() {
            telemetry.uninstall();
            if let Err(error) = telemetry.shutdown(DROP_DEADLINE) {
                tracing::warn!(%error, "telemetry ended");
            }
        }
    }
}
