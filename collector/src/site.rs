//! One stack's place: its ports, its directory, what the user asked for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::component::Component;
use crate::ports::{Endpoint, Ports};
use crate::watch::Watch;

/// A file of `collector/`, as committed.
pub(crate) fn committed(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub ports: Ports,
    pub dir: PathBuf,
    pub components: Vec<Component>,
    /// By scrape job; what is probed is a target instead.
    pub watched: BTreeMap<&'static str, Watch>,
    pub scrape_interval: Option<Duration>,
    /// How many times faster the times of rules and routes pass.
    pub haste: Option<u32>,
    pub metric_expiration: Option<Duration>,
    pub log_files: Option<LogFiles>,
    pub tail_sampling: Option<TailSampling>,
    /// Over everything else of the Collector's configuration.
    pub collector_overlay: Option<PathBuf>,
    /// The directory of Alertmanager's secrets.
    pub secrets: Option<PathBuf>,
}

/// How much of services' log lines the Collector keeps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LogFiles {
    pub megabytes: u32,
    pub backups: u32,
}

/// Which traces Jaeger gets besides those with an error or a margin guard action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TailSampling {
    /// How long after its first span a trace is decided.
    pub wait: Duration,
    /// A trace that takes longer is kept.
    pub slow: Duration,
    /// How many of a hundred others are kept.
    pub percent: u8,
}

impl Default for TailSampling {
    /// As the overlay has it: 30 s, 2 s, 10.
    fn default() -> Self {
        Self {
            wait: Duration::from_secs(30),
            slow: Duration::from_secs(2),
            percent: 10,
        }
    }
}

/// The overlay of the Collector's configuration.
pub(crate) const TAIL_SAMPLING: &str = "overlays/tail_sampling.yaml";

impl Site {
    pub(crate) fn port(&self, endpoint: Endpoint) -> u16 {
        self.ports.of(endpoint)
    }

    pub(crate) fn address(&self, endpoint: Endpoint) -> String {
        format!("127.0.0.1:{}", self.port(endpoint))
    }

    pub(crate) fn url(&self, endpoint: Endpoint) -> String {
        format!("http://{}", self.address(endpoint))
    }

    /// Survives a restart of the component.
    pub(crate) fn data(&self, component: Component) -> PathBuf {
        self.dir.join("data").join(component.name())
    }

    pub(crate) fn log(&self, component: Component) -> PathBuf {
        self.dir.join("logs").join(format!("{component}.log"))
    }

    pub(crate) fn prometheus_yml(&self) -> PathBuf {
        self.dir.join("prometheus.yml")
    }

    pub(crate) fn alertmanager_yml(&self) -> PathBuf {
        self.dir.join("alertmanager.yml")
    }

    /// Where the Collector keeps services' log lines.
    pub(crate) fn service_logs(&self) -> PathBuf {
        self.dir.join("data").join("service-logs")
    }

    pub(crate) fn log_files_env(&self) -> Vec<(&'static str, String)> {
        let Some(LogFiles { megabytes, backups }) = self.log_files else {
            return Vec::new();
        };
        vec![
            ("AXISOR_COLLECTOR_LOGS_MEGABYTES", megabytes.to_string()),
            ("AXISOR_COLLECTOR_LOGS_BACKUPS", backups.to_string()),
        ]
    }

    pub(crate) fn tail_sampling_env(&self) -> Vec<(&'static str, String)> {
        let Some(sampling) = self.tail_sampling else {
            return Vec::new();
        };
        vec![
            (
                "AXISOR_COLLECTOR_SAMPLING_WAIT",
                milliseconds(sampling.wait),
            ),
            (
                "AXISOR_COLLECTOR_SAMPLING_SLOW_MS",
                sampling.slow.as_millis().to_string(),
            ),
            (
                "AXISOR_COLLECTOR_SAMPLING_PERCENT",
                sampling.percent.to_string(),
            ),
        ]
    }

    pub(crate) fn metric_expiration_env(&self) -> Option<(&'static str, String)> {
        let expiration = self.metric_expiration?;
        Some((
            "AXISOR_COLLECTOR_METRIC_EXPIRATION",
            milliseconds(expiration),
        ))
    }
}

/// A duration as both Go and Prometheus read it.
pub(crate) fn milliseconds(duration: Duration) -> String {
    format!("{}ms", duration.as_millis())
}
