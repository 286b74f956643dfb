//! One stack's place: its ports, its directory, what the user asked for.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::component::Component;
use crate::ports::{Endpoint, Ports};

/// A file of `collector/`, as committed.
pub(crate) fn committed(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub ports: Ports,
    pub dir: PathBuf,
    pub components: Vec<Component>,
    pub scrape_interval: Option<Duration>,
    pub metric_expiration: Option<Duration>,
    pub log_files: Option<LogFiles>,
}

/// How much of services' log lines the Collector keeps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LogFiles {
    pub megabytes: u32,
    pub backups: u32,
}

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
