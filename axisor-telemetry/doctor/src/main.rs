//! `cargo doctor`: why nothing arrives, asked with a service's environment.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use axisor_telemetry::config::{Config, Origin};
use axisor_telemetry::doctor::{Diagnosis, Doctor, DoctorError};
use axisor_telemetry::{StartError, Telemetry, TelemetryBuilder};
use clap::Parser;
use error_reporter::Report;

/// Sends a metric, a span and a log line as a service with this environment would (OTEL_*, AXISOR_*), looks for each in the
/// Collector, Prometheus and Jaeger, and says which hop lost it, why, and what to do.
///
/// Exits with 0 if all that is sent arrives, with 1 if something is lost or wrong, and with 2 if that cannot be said.
#[derive(Debug, Parser)]
#[command(name = "axisor-doctor", version)]
struct Cli {
    /// The Collector's page of the services' series.
    #[arg(
        long,
        value_name = "URL",
        default_value = "http://localhost:8889/metrics"
    )]
    collector_series: String,
    /// The Collector's page of its own series.
    #[arg(
        long,
        value_name = "URL",
        default_value = "http://localhost:8888/metrics"
    )]
    collector_telemetry: String,
    /// Prometheus.
    #[arg(long, value_name = "URL", default_value = "http://localhost:9090")]
    prometheus: String,
    /// Jaeger's API.
    #[arg(long, value_name = "URL", default_value = "http://localhost:16686")]
    jaeger: String,
    /// The directory in which the Collector keeps log lines [default: they are not looked for].
    #[arg(long, value_name = "DIR")]
    log_files: Option<PathBuf>,
    /// A running service's page of metrics, to see whether it shows the SDK's.
    #[arg(long, value_name = "URL")]
    service: Option<String>,
    /// Call the metric like this, to see whether one of this name arrives.
    #[arg(long, value_name = "NAME")]
    metric: Option<String>,
    /// The service's Cargo.toml, whose Cargo.lock is looked at for several versions of opentelemetry [default: the current
    /// directory's, if there is one].
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
    /// How long to wait for something to arrive.
    #[arg(long, value_name = "SECONDS", default_value_t = 45)]
    patience: u64,
}

/// Why there is no diagnosis.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error("a service with these settings does not start")]
    Start(#[from] StartError),
    #[error(transparent)]
    Doctor(#[from] DoctorError),
    #[error("no Cargo.lock belongs to `{}`, expected one beside it or above: build the service first", manifest.display())]
    NoLockFile { manifest: PathBuf },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match Cli::parse().examine().await {
        Ok(diagnosis) => {
            println!("{diagnosis}");
            ExitCode::from(u8::from(!diagnosis.is_healthy()))
        }
        Err(error) => {
            eprintln!("error: {}", Report::new(error));
            ExitCode::from(2)
        }
    }
}

impl Cli {
    async fn examine(&self) -> Result<Diagnosis, CommandError> {
        let telemetry = telemetry()?;
        Ok(self.doctor()?.examine(&telemetry).await?)
    }

    fn doctor(&self) -> Result<Doctor, CommandError> {
        let mut doctor = Doctor::new()
            .collector_series(&self.collector_series)
            .collector_telemetry(&self.collector_telemetry)
            .prometheus(&self.prometheus)
            .jaeger(&self.jaeger)
            .patience(Duration::from_secs(self.patience))
            .progress(|what| eprintln!("{what}"));
        if let Some(directory) = &self.log_files {
            doctor = doctor.log_files(directory);
        }
        if let Some(url) = &self.service {
            doctor = doctor.service(url);
        }
        if let Some(name) = &self.metric {
            doctor = doctor.metric(name);
        }
        if let Some(path) = self.lock_file()? {
            doctor = doctor.lock_file(path);
        }
        Ok(doctor)
    }

    fn lock_file(&self) -> Result<Option<PathBuf>, CommandError> {
        let Some(manifest) = &self.manifest_path else {
            return Ok(lock_file_of(Path::new("Cargo.toml")));
        };
        let found = lock_file_of(manifest).ok_or_else(|| CommandError::NoLockFile {
            manifest: manifest.clone(),
        })?;
        Ok(Some(found))
    }
}

/// A workspace's lock file is beside the workspace's manifest, above the package's.
fn lock_file_of(manifest: &Path) -> Option<PathBuf> {
    let manifest = std::path::absolute(manifest).ok()?;
    let directories = manifest.ancestors().skip(1);
    let mut files = directories.map(|directory| directory.join("Cargo.lock"));
    files.find(|file| file.is_file())
}

/// What a service with this environment has. If nothing says where to send, it is examined as if everything were sent to where
/// `cargo stack up` listens.
fn telemetry() -> Result<Telemetry, StartError> {
    let telemetry = builder().build()?;
    if says_where(telemetry.config()) {
        return Ok(telemetry);
    }
    eprintln!(
        "nothing says where to send, so a service with these settings would send nothing; examining as if \
         OTEL_TRACES_EXPORTER, OTEL_METRICS_EXPORTER and OTEL_LOGS_EXPORTER were otlp"
    );
    let keys = ["traces.exporter", "metrics.exporter", "logs.exporter"];
    let all = keys
        .iter()
        .fold(builder(), |builder, key| builder.set(*key, "otlp"));
    all.build()
}

fn builder() -> TelemetryBuilder {
    Telemetry::builder("axisor-doctor")
}

/// Whether anybody gave an endpoint, an exporter, or the word that there be none.
fn says_where(config: &Config) -> bool {
    let decides =
        |key: &str| key == "disabled" || key.ends_with(".exporter") || key.ends_with(".endpoint");
    let mut settings = config.effective();
    settings.any(|(key, _, origin)| decides(key) && *origin != Origin::Default)
}
