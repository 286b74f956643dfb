//! Every setting: from code, the environment and a file, checked and typed.
//!
//! Code goes before the environment, the environment before the file, the file before the default: setting by setting.
//! Only then does a signal's own setting go before the general one, as the specification has it: the variable
//! `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` goes before `otlp.endpoint` from code, but not before `otlp.traces.endpoint`.
//! A time is a whole number of milliseconds, or in file and code a number with its unit, as in `"5s"`.
//! `AXISOR_TELEMETRY_CONFIG` names the file, which is TOML with the keys' sections as tables. An empty variable
//! counts as absent. What is not below is refused: keys, and variables that begin like ours.
//!
#![doc = include_str!("../../guide/configuration.md")]

mod certificate;
mod error;
mod file;
mod given;
mod kubernetes;
mod loader;
mod lookup;
mod otlp;
mod parse;
mod resolve;
mod sections;
mod sources;
mod values;

use std::path::PathBuf;
use std::time::Duration;

#[cfg(all(feature = "tls", any(feature = "grpc", feature = "http")))]
pub(crate) use certificate::roots;
pub use error::{ConfigError, Origin};
pub use loader::Loader;
pub use sections::reference;
pub use values::{
    Compression, LogFormat, LogsExporter, MetricsExporter, Propagator, Protocol, Sampler, Secret,
    Statuses, TracesExporter,
};

/// The effective configuration, complete and checked.
///
/// Made by a [`Loader`]; secrets are masked in its `Debug` text and in its listing.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Config {
    /// Who this process is: the resource of everything it sends.
    pub service: Service,
    /// `deployment.environment.name`, such as `production`.
    pub environment: Option<String>,
    /// Further resource attributes, by name.
    pub resource_attributes: Vec<(String, String)>,
    /// The in-process exposition.
    pub prometheus: Prometheus,
    /// Errors to Sentry.
    pub sentry: Sentry,
    /// The process's own log.
    pub logging: Logging,
    /// OTLP, signal by signal.
    pub otlp: OtlpSignals,
    /// Spans.
    pub traces: Traces,
    /// Metrics.
    pub metrics: Metrics,
    /// Logs sent by OTLP.
    pub logs: Logs,
    /// How context enters and leaves the process; empty: it does neither.
    pub propagators: Vec<Propagator>,
    /// Health checks.
    pub health: Health,
    /// Polls of the database.
    pub poll: Poll,
    /// `true`: no span is made, nothing is sent or exposed (`OTEL_SDK_DISABLED`); the settings of exporters,
    /// sampler and exposition already say so. Series still count in memory.
    pub disabled: bool,
    listing: Vec<Line>,
    warnings: Vec<String>,
}

/// One line of the listing.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    key: &'static str,
    value: String,
    origin: Origin,
}

impl Config {
    /// Every setting that has a value as it was loaded: its key, the value with secrets masked, and where it comes from.
    pub fn effective(&self) -> impl Iterator<Item = (&'static str, &str, &Origin)> {
        let lines = self.listing.iter();
        lines.map(|line| (line.key, line.value.as_str(), &line.origin))
    }

    /// What is allowed but probably not meant, a sentence each.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// Section `service`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Service {
    /// `service.name`, Prometheus' `job`.
    pub name: String,
    /// `service.version`.
    pub version: Option<String>,
    /// `service.instance.id`, Prometheus' `instance`; a random UUID unless given, never empty.
    pub instance_id: String,
    /// `service.namespace`, only if asked for: it changes `job` to `namespace/name`.
    pub namespace: Option<String>,
}

/// Section `prometheus`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Prometheus {
    /// Whether there is an in-process exposition.
    pub enabled: bool,
    /// The port of the small server for workers; 0 lets the system choose.
    pub port: u16,
    /// The exposition's path, beginning with `/`.
    pub path: String,
}

/// Section `sentry`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Sentry {
    /// Whether errors go to Sentry.
    pub enabled: bool,
    /// Where to.
    pub dsn: Option<Secret>,
    /// Sentry's environment; the deployment's unless given.
    pub environment: Option<String>,
    /// The share of errors that is sent, 0 to 1.
    pub sample_rate: f64,
}

/// Section `logging`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Logging {
    /// A level, or directives as `RUST_LOG` takes them (`info,sqlx=warn`). Checked: an `EnvFilter` takes it.
    pub level: String,
    /// How a line looks.
    pub format: LogFormat,
}

/// Section `otlp`, with the general settings already handed down to each signal.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OtlpSignals {
    /// For spans.
    pub traces: Otlp,
    /// For metrics.
    pub metrics: Otlp,
    /// For logs.
    pub logs: Otlp,
}

/// Where and how one signal is sent by OTLP.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Otlp {
    /// The whole URL, `http://` or `https://`, for HTTP with the signal's path (`…/v1/traces`).
    /// Never contains credentials.
    pub endpoint: String,
    /// The protocol spoken there.
    pub protocol: Protocol,
    /// Headers of every request, names in lower case, valid for the protocol.
    pub headers: Vec<(String, Secret)>,
    /// How long one try may take.
    pub timeout: Duration,
    /// How bodies are compressed.
    pub compression: Compression,
    /// A PEM file of the root certificates trusted in place of the system's. Checked: it holds at least one.
    pub certificate: Option<PathBuf>,
}

/// Section `traces`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Traces {
    /// Where spans go.
    pub exporter: TracesExporter,
    /// Which spans are made: a level, or directives by target.
    pub level: String,
    /// Which traces are recorded.
    pub sampler: Sampler,
    /// Whether the sampled flag of an incoming request counts.
    pub trust_incoming_sampling: bool,
    /// How many ended spans may wait, at least [`batch_size`](Self::batch_size).
    pub queue_size: usize,
    /// The most spans of one request, at least 1.
    pub batch_size: usize,
    /// How long a batch waits to fill up.
    pub schedule_delay: Duration,
    /// How long one batch may take, tries and pauses together.
    pub export_timeout: Duration,
    /// The most attributes of a span.
    pub attribute_count_limit: u32,
    /// The most events of a span.
    pub event_count_limit: u32,
    /// The most links of a span.
    pub link_count_limit: u32,
}

/// Section `metrics`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metrics {
    /// Where metrics go. The in-process exposition is there beside OTLP whenever `prometheus.enabled`.
    pub exporters: Vec<MetricsExporter>,
    /// The pause between two pushes.
    pub interval: Duration,
    /// How long one push may take, tries and pauses together.
    pub timeout: Duration,
    /// The most series a family may have, at least 1.
    pub series_bound: usize,
    /// Whether the process is measured, from `/proc`: `process.cpu.time` in seconds by `cpu.mode`, `process.memory.usage` and
    /// `process.memory.virtual` in bytes, `process.thread.count`, `process.unix.file_descriptor.count`, `process.disk.io` in
    /// bytes and `process.context_switches`, as OpenTelemetry's
    /// [conventions](https://opentelemetry.io/docs/specs/semconv/system/process-metrics/) name them.
    ///
    /// On `/metrics` a dot is an underscore. The Collector's configuration passes on `axisor_*` alone; Prometheus has
    /// these from the scrape of the service itself.
    pub process: bool,
    /// Whether the tokio runtime that `init()` is called in is measured: `tokio.workers`, `tokio.alive_tasks`,
    /// `tokio.global_queue_depth`, and of each worker `tokio.worker.busy_duration` in milliseconds and
    /// `tokio.worker.park_count`.
    ///
    /// Further runtimes are for `opentelemetry_instrumentation_tokio::Config` to observe.
    pub runtime: bool,
}

impl Metrics {
    /// Whether metrics are pushed by OTLP.
    #[must_use]
    pub fn push(&self) -> bool {
        self.exporters.contains(&MetricsExporter::Otlp)
    }
}

/// Section `logs`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Logs {
    /// Where log lines go besides the process's own output: those that [`Logging::level`] lets through.
    pub exporter: LogsExporter,
    /// How many lines may wait, at least [`batch_size`](Self::batch_size).
    pub queue_size: usize,
    /// The most lines of one request, at least 1.
    pub batch_size: usize,
    /// How long a batch waits to fill up.
    pub schedule_delay: Duration,
    /// How long one batch may take, tries and pauses together.
    pub export_timeout: Duration,
}

/// Section `health`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// How long one check may take before it counts as failed.
    pub timeout: Duration,
    /// The pause between two rounds when nobody asks; zero: there are none.
    pub refresh: Duration,
    /// How old an answer may be that is given again.
    pub max_age: Duration,
    /// For how long a check that has not been well yet is excused.
    pub grace: Duration,
    /// What the check of LN Markets asks.
    pub lnmarkets_url: String,
    /// The statuses of LN Markets that are well.
    pub lnmarkets_accept: Statuses,
}

/// Section `poll`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Poll {
    /// How long one poll may take.
    pub timeout: Duration,
    /// The users' table, with or without its schema, not quoted yet.
    pub users_table: String,
    /// Its column with the time of the last activity, not quoted yet.
    pub users_column: String,
}
