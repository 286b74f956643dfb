//! The programs of the stack, and what the runner must know of each.

use std::fmt;
use std::path::PathBuf;

use crate::cache::Recipe;
use crate::components::{alertmanager, collector, jaeger, prometheus};
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
}

impl Component {
    /// Every component, in the order in which a clean stop ends them: who sends before who takes.
    pub const ALL: [Component; 4] = [
        Component::Collector,
        Component::Prometheus,
        Component::Alertmanager,
        Component::Jaeger,
    ];

    /// The name in messages, of its log file and of its cache entry.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Component::Collector => "collector",
            Component::Prometheus => "prometheus",
            Component::Alertmanager => "alertmanager",
            Component::Jaeger => "jaeger",
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

    /// The version that runs natively, without a leading `v`.
    #[must_use]
    pub fn version(self) -> &'static str {
        self.recipe().version
    }

    pub(crate) fn recipe(self) -> &'static Recipe {
        match self {
            Component::Collector => &collector::RECIPE,
            Component::Prometheus => &prometheus::RECIPE,
            Component::Alertmanager => &alertmanager::RECIPE,
            Component::Jaeger => &jaeger::RECIPE,
        }
    }

    pub(crate) fn launch(self, site: &Site) -> Launch {
        match self {
            Component::Collector => collector::launch(site),
            Component::Prometheus => prometheus::launch(site),
            Component::Alertmanager => alertmanager::launch(site),
            Component::Jaeger => jaeger::launch(site),
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
    /// Which of the recipe's programs.
    pub program: &'static str,
    pub args: Vec<String>,
    pub env: Vec<(&'static str, String)>,
    /// Answers 2xx once the component does its work.
    pub ready: String,
    /// Directories that must exist before.
    pub dirs: Vec<PathBuf>,
}
