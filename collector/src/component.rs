//! The programs of the stack, and what the runner must know of each.

use std::fmt;
use std::path::PathBuf;

use crate::cache::Recipe;
use crate::components::{alertmanager, collector, exporters, jaeger, prometheus};
use crate::site::Site;

/// A program of the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Component {
    /// The OpenTelemetry Collector: takes OTLP, shows metrics, passes spans on.
    Collector,
    /// Prometheus: scrapes, stores, evaluates rules.
    Prometheus,
    /// Alertmanager: groups and routes what Prometheus fires.
    Alertmanager,
    /// Jaeger: stores spans and answers for traces.
    Jaeger,
    /// Asks PostgreSQL.
    PostgresExporter,
    /// Asks Redis.
    RedisExporter,
    /// Asks nginx.
    NginxExporter,
    /// Reads the machine's own state.
    NodeExporter,
    /// The prober: asks by HTTP or TCP whatever it is asked about.
    BlackboxExporter,
}

impl Component {
    /// Every component, in the order in which a clean stop ends them: who sends before who takes.
    pub const ALL: [Component; 9] = [
        Component::Collector,
        Component::Prometheus,
        Component::Alertmanager,
        Component::Jaeger,
        Component::PostgresExporter,
        Component::RedisExporter,
        Component::NginxExporter,
        Component::NodeExporter,
        Component::BlackboxExporter,
    ];

    /// The name in messages, of its log file and of its cache entry.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Component::Collector => "collector",
            Component::Prometheus => "prometheus",
            Component::Alertmanager => "alertmanager",
            Component::Jaeger => "jaeger",
            Component::PostgresExporter => "postgres-exporter",
            Component::RedisExporter => "redis-exporter",
            Component::NginxExporter => "nginx-exporter",
            Component::NodeExporter => "node-exporter",
            Component::BlackboxExporter => "blackbox-exporter",
        }
    }

    /// The name of its service in `compose.yaml`.
    #[must_use]
    pub const fn service(self) -> &'static str {
        match self {
            Component::Collector => "otel-collector",
            other => other.name(),
        }
    }

    /// The version that runs natively, without a leading `v`; none for an exporter, whose version is the distribution's.
    #[must_use]
    pub fn version(self) -> Option<&'static str> {
        self.recipe().map(|recipe| recipe.version)
    }

    /// How it is built; an exporter is not, and comes in a package.
    pub(crate) fn recipe(self) -> Option<&'static Recipe> {
        match self {
            Component::Collector => Some(&collector::RECIPE),
            Component::Prometheus => Some(&prometheus::RECIPE),
            Component::Alertmanager => Some(&alertmanager::RECIPE),
            Component::Jaeger => Some(&jaeger::RECIPE),
            _ => None,
        }
    }

    /// Whether it runs only where something is to be watched with it.
    pub(crate) fn is_exporter(self) -> bool {
        self.recipe().is_none()
    }

    /// Debian's package, and the program in it.
    pub(crate) fn package(self) -> String {
        format!("prometheus-{}", self.name())
    }

    pub(crate) fn launch(self, site: &Site) -> Launch {
        match self {
            Component::Collector => collector::launch(site),
            Component::Prometheus => prometheus::launch(site),
            Component::Alertmanager => alertmanager::launch(site),
            Component::Jaeger => jaeger::launch(site),
            Component::PostgresExporter => exporters::postgres(site),
            Component::RedisExporter => exporters::redis(site),
            Component::NginxExporter => exporters::nginx(site),
            Component::NodeExporter => exporters::node(site),
            Component::BlackboxExporter => exporters::blackbox(site),
        }
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How one component is started, and where it says that it is ready.
pub(crate) struct Launch {
    /// Which of the component's programs.
    pub program: String,
    pub args: Vec<String>,
    pub env: Vec<(&'static str, String)>,
    /// Answers 2xx once the component does its work; none if it answers only when others do.
    pub ready: Option<String>,
    /// Directories that must exist before.
    pub dirs: Vec<PathBuf>,
}
