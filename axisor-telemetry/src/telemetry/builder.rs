//! What a telemetry is made of.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanExporter;

use super::watching::{Rounds, Watched};
use super::{Inner, Telemetry, TelemetryGuard};
use crate::catalog::SCOPE;
use crate::clock::Clock;
use crate::config::{ConfigError, Loader};
use crate::instruments::{CustomMetrics, Families, Instruments};
use crate::pipeline::{self, Collector, Ledger, PipelineError, Reader, Sink, UsersExporter};
use crate::redact;
use crate::scope::Scope;
use crate::trace::{FailureSink, Propagation};

/// What a telemetry is made of. Made by [`Telemetry::builder`].
#[must_use = "nothing is recorded before `build()` or `init()`"]
pub struct TelemetryBuilder {
    settings: Loader,
    clock: Option<Clock>,
    exporters: Vec<AddExporter>,
    failures: Option<Arc<dyn FailureSink>>,
    pub(super) watched: Watched,
}

type AddExporter = Box<dyn FnOnce(&Resource, &Clock, &Arc<Ledger>) -> Arc<dyn Sink> + Send>;

impl TelemetryBuilder {
    pub(super) fn new(service_name: impl Into<String>) -> Self {
        Self {
            settings: Loader::new(service_name),
            clock: None,
            exporters: Vec::new(),
            failures: None,
            watched: Watched::default(),
        }
    }

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
        self.clock = Some(clock);
        self
    }

    /// Hands every sampled span to `exporter` as it ends, on the thread where it ends, beside the configured export: for
    /// tests and for exporters that do not block.
    ///
    /// What it records itself makes no spans. A span it fails or panics on is counted in `axisor_telemetry_dropped_total`.
    pub fn span_exporter(mut self, exporter: impl SpanExporter + 'static) -> Self {
        self.exporters.push(Box::new(|resource, clock, ledger| {
            Arc::new(UsersExporter::new(
                exporter,
                resource,
                clock.clone(),
                ledger,
            ))
        }));
        self
    }

    /// Tells `failures` of each failure, where Sentry is not told.
    #[cfg(feature = "testing")]
    pub(crate) fn failures(mut self, failures: Arc<dyn FailureSink>) -> Self {
        self.failures = Some(failures);
        self
    }

    /// Builds a telemetry and touches no global: for tests, and for several in one process.
    ///
    /// # Errors
    /// [`StartError::Config`] and [`StartError::Pipeline`].
    pub fn build(self) -> Result<Telemetry, StartError> {
        let telemetry = self.assemble()?;
        telemetry.log_configuration();
        Ok(telemetry)
    }

    /// Builds a telemetry and installs it for the whole process, with a `tracing` subscriber that logs as
    /// section `logging` says. That subscriber stays, so a process can do this once in its life.
    ///
    /// # Errors
    /// [`StartError`]; nothing is installed then.
    pub fn init(self) -> Result<TelemetryGuard, StartError> {
        let telemetry = self.assemble()?;
        telemetry.install()?;
        telemetry.log_configuration();
        Ok(TelemetryGuard(telemetry))
    }

    fn assemble(self) -> Result<Telemetry, StartError> {
        let config = self.settings.load()?;
        redact::prepare();
        let resource = pipeline::resource(&config);
        let reader = Reader::new();
        let meters = pipeline::meter_provider(&config, resource.clone(), reader.clone());
        let families = Arc::new(Families::new(config.metrics.series_bound));
        let collector = Collector::new(reader, Arc::clone(&families));
        let catalogued = Instruments::new(&families);
        let ledger = Ledger::new(&catalogued);
        let clock = self.clock.unwrap_or_default();
        let exporters = self.exporters.into_iter();
        let users = exporters
            .map(|make| make(&resource, &clock, &ledger))
            .collect();
        let started = pipeline::start(
            &config,
            &resource,
            &clock,
            users,
            collector.clone(),
            &ledger,
        )?;
        let tracers = started.tracers.build();
        let scope = Scope::new(
            catalogued,
            tracers.tracer(SCOPE),
            pipeline::spans(&config, started.sinks),
            Arc::new(Propagation::new(&config.propagators)),
            clock,
            started.failures.or(self.failures),
        );
        let (health, polls) = self.watched.make(&config, &scope)?;
        Ok(Telemetry(Arc::new(Inner {
            custom: CustomMetrics::new(families),
            health,
            rounds: Rounds::default(),
            polls,
            config,
            scope,
            collector,
            ledger,
            logs: started.logs,
            pipeline: started.pipeline,
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

/// Why the telemetry did not start. Nothing was installed then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A setting is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A health check cannot be made.
    #[cfg(feature = "http-check")]
    #[error(transparent)]
    HealthCheck(#[from] crate::health::HttpCheckError),
    /// The exports cannot be started.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    /// A telemetry is installed in this process, or was before.
    #[error(
        "telemetry has been installed in this process, expected one `init()` in its life: use `build()` for another"
    )]
    AlreadyInstalled,
    /// Another `tracing` subscriber is installed in this process.
    #[error(
        "a `tracing` subscriber is already installed, expected none: use `build()` and add `Telemetry::layer()` to yours"
    )]
    SubscriberInstalled,
    /// `metrics.runtime` is on where there is none.
    #[error(
        "`metrics.runtime` is on, expected `init()` to be called in the tokio runtime to be measured"
    )]
    NoRuntime,
}
