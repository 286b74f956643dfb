//! Why nothing arrives: a canary through every hop, and the name of the one that lost it.
//!
//! [`Doctor::examine`] sends a metric, a span and a log line exactly as a service with these settings sends its own, looks for
//! each in the Collector, Prometheus and Jaeger, and says where one was lost, why that is likely, and what to do. The
//! program `axisor-doctor` does the same from a command line, with a service's environment.
//!
//! ```no_run
//! use axisor_telemetry::Telemetry;
//! use axisor_telemetry::doctor::Doctor;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let telemetry = Telemetry::builder("axisor-backend").init()?;
//! let diagnosis = Doctor::new().examine(&telemetry).await?;
//! if !diagnosis.is_healthy() {
//!     eprintln!("{diagnosis}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The canaries are of a service of their own, `axisor-doctor`, with an instance id for each examination. Nothing of the
//! telemetry examined is changed or pushed: the one series that is, `axisor_doctor_canary`, is forgotten by the Collector like
//! that of any service that ended (`metric_expiration`, 30 s), and is never at a service's `/metrics`.

mod ask;
mod canary;
mod cause;
mod collector;
mod diagnosis;
mod jaeger;
mod log_files;
mod look;
mod probe;
mod prometheus;
mod registry;
mod sending;
mod versions;

pub use cause::Cause;
pub use diagnosis::{Diagnosis, Finding, Hop, Outcome};

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use crate::Telemetry;
use crate::catalog::DOCTOR_CANARY;
use crate::config::Config;
use crate::instruments::MetricError;
use crate::pipeline::PipelineError;
use ask::Asker;
use canary::Canary;
use look::Look;

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// Longer than Prometheus' pause between scrapes (10 s) and the Collector's before it decides about a trace (30 s).
const PATIENCE: Duration = Duration::from_secs(45);

/// Where to look.
#[derive(Debug, Clone)]
struct Places {
    collector_series: String,
    collector_telemetry: String,
    prometheus: String,
    jaeger: String,
    log_files: Option<PathBuf>,
    service: Option<String>,
    lock_file: Option<PathBuf>,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            collector_series: "http://localhost:8889/metrics".to_owned(),
            collector_telemetry: "http://localhost:8888/metrics".to_owned(),
            prometheus: "http://localhost:9090".to_owned(),
            jaeger: "http://localhost:16686".to_owned(),
            log_files: None,
            service: None,
            lock_file: None,
        }
    }
}

/// Examines a telemetry and the stack behind it.
#[derive(Clone)]
#[must_use = "nothing is examined before `examine`"]
pub struct Doctor {
    places: Places,
    metric: String,
    patience: Duration,
    progress: Arc<dyn Fn(&str) + Send + Sync>,
}

/// Why there is no diagnosis.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DoctorError {
    /// The canary metric cannot have its name.
    #[error("the canary metric cannot be made")]
    Metric(#[from] MetricError),
    /// The canaries cannot be sent.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    /// The lock file cannot be read.
    #[error("`{}` cannot be read, expected a Cargo.lock", path.display())]
    LockFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: io::Error,
    },
}

impl Default for Doctor {
    fn default() -> Self {
        Self::new()
    }
}

impl Doctor {
    /// One who looks at the usual ports of this machine, as `cargo stack up` has them.
    pub fn new() -> Self {
        Self {
            places: Places::default(),
            metric: DOCTOR_CANARY.name.to_owned(),
            patience: PATIENCE,
            progress: Arc::new(|_| {}),
        }
    }

    /// The Collector's page of the services' series, `http://localhost:8889/metrics` unless given.
    pub fn collector_series(mut self, url: impl Into<String>) -> Self {
        self.places.collector_series = url.into();
        self
    }

    /// The Collector's page of its own series, `http://localhost:8888/metrics` unless given.
    pub fn collector_telemetry(mut self, url: impl Into<String>) -> Self {
        self.places.collector_telemetry = url.into();
        self
    }

    /// Prometheus, `http://localhost:9090` unless given.
    pub fn prometheus(mut self, url: impl Into<String>) -> Self {
        self.places.prometheus = url.into();
        self
    }

    /// Jaeger's API, `http://localhost:16686` unless given.
    pub fn jaeger(mut self, url: impl Into<String>) -> Self {
        self.places.jaeger = url.into();
        self
    }

    /// The directory in which the Collector keeps log lines. Without it the line is not looked for beyond the Collector.
    pub fn log_files(mut self, directory: impl Into<PathBuf>) -> Self {
        self.places.log_files = Some(directory.into());
        self
    }

    /// A running service's page of metrics, such as `http://localhost:3010/metrics`, to see whether it shows this crate's
    /// series.
    pub fn service(mut self, url: impl Into<String>) -> Self {
        self.places.service = Some(url.into());
        self
    }

    /// A program's `Cargo.lock`, to see whether it has several versions of `opentelemetry`.
    pub fn lock_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.places.lock_file = Some(path.into());
        self
    }

    /// Calls the canary metric like this, to see whether a metric of this name arrives. A name of the
    /// [catalogue](crate::catalog)'s is refused.
    pub fn metric(mut self, name: impl Into<String>) -> Self {
        self.metric = name.into();
        self
    }

    /// How long to wait for something to arrive, 45 s unless given: longer than Prometheus pauses between two scrapes, and,
    /// where the Collector samples traces, than it takes to decide. What certainly does not arrive is not waited for.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Tells `told` what is being waited for.
    pub fn progress(mut self, told: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.progress = Arc::new(told);
        self
    }

    /// Sends the canaries with the settings of `telemetry`, and looks for each. Takes a few seconds, and at most ten beyond the
    /// patience. Needs a tokio runtime with time and network.
    ///
    /// # Errors
    /// [`DoctorError`] if the canaries cannot be made or the lock file not be read. What is lost is no error.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub async fn examine(&self, telemetry: &Telemetry) -> Result<Diagnosis, DoctorError> {
        let config = telemetry.config();
        let lock_file = self.places.lock_file.as_deref();
        let versions = lock_file.map(versions::look).transpose()?.flatten();
        let asker = Asker::new();
        (self.progress)("sending a metric, a span and a log line");
        let canary = self.send(config).await?;
        let until = Instant::now() + self.patience;
        let look = Look {
            doctor: self,
            config,
            asker: &asker,
            canary: &canary,
            until,
        };
        let (metrics, (traces, logs)) =
            join(look.metrics(), join(look.traces(), look.logs())).await;
        let mut findings: Vec<Finding> = versions.into_iter().collect();
        findings.extend(registry::private_provider(telemetry));
        findings.extend(look.elsewhere().await);
        findings.extend(asker.skews());
        Ok(Diagnosis {
            metrics,
            traces,
            logs,
            findings,
            warnings: config.warnings().to_vec(),
        })
    }

    async fn send(&self, config: &Config) -> Result<Canary, DoctorError> {
        let (config, metric) = (config.clone(), self.metric.clone());
        let sending = spawn_blocking(move || Canary::send(&config, &metric)).await;
        sending.unwrap_or_else(|failed| std::panic::resume_unwind(failed.into_panic()))
    }
}

impl fmt::Debug for Doctor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Doctor")
            .field("places", &self.places)
            .finish_non_exhaustive()
    }
}
