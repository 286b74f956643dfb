//! The scrape jobs, and whether what they ask can answer.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use super::files::{LintError, yaml};
use super::{Defect, Finding};

/// Ports on which programs listen that do not know Prometheus.
const NO_EXPORTERS: [(&str, &str); 5] = [
    ("80", "a web server"),
    ("443", "a web server"),
    ("5432", "PostgreSQL"),
    ("6379", "Redis"),
    ("10009", "LND's gRPC"),
];

/// The jobs of a configuration, in its order.
pub(super) struct Jobs(Vec<Job>);

#[derive(Deserialize)]
struct Configuration {
    scrape_configs: Vec<Job>,
}

#[derive(Deserialize)]
struct Job {
    #[serde(rename = "job_name")]
    name: String,
    /// Its series keep the job they came with.
    #[serde(default)]
    honor_labels: bool,
    #[serde(default)]
    static_configs: Vec<Targets>,
    #[serde(default)]
    relabel_configs: Vec<Relabel>,
}

#[derive(Deserialize)]
struct Targets {
    targets: Vec<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Relabel {
    target_label: Option<String>,
}

impl Jobs {
    pub(super) fn read(file: &Path) -> Result<Self, LintError> {
        let read: Configuration = yaml(file, "scrape jobs")?;
        Ok(Self(read.scrape_configs))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|job| job.name.as_str())
    }

    /// Those whose name is on the series they scrape.
    pub(super) fn that_sign(&self) -> impl Iterator<Item = &str> {
        let sign = self.0.iter().filter(|job| !job.honor_labels);
        sign.map(|job| job.name.as_str())
    }

    /// Labels that jobs give all their series.
    pub(super) fn labels(&self) -> BTreeSet<&str> {
        let configs = self.0.iter().flat_map(|job| &job.static_configs);
        configs
            .flat_map(|config| config.labels.keys().map(String::as_str))
            .collect()
    }

    pub(super) fn findings(&self, file: &Path) -> Vec<Finding> {
        let finding = |(job, defect): (&Job, Defect)| Finding {
            file: file.to_owned(),
            place: job.name.clone(),
            defect,
        };
        let defects = self
            .0
            .iter()
            .flat_map(|job| job.defects().map(move |defect| (job, defect)));
        defects.map(finding).collect()
    }
}

impl Job {
    fn defects(&self) -> impl Iterator<Item = Defect> {
        let targets = self
            .static_configs
            .iter()
            .flat_map(|config| &config.targets);
        let asked_itself = targets.filter(|_| !self.is_probed());
        asked_itself.filter_map(|target| {
            let port = target.rsplit(':').next()?;
            let (_, what) = NO_EXPORTERS.iter().find(|(no, _)| *no == port)?;
            Some(Defect::NotAnExporter {
                target: target.clone(),
                what,
            })
        })
    }

    /// Whether its targets are for a prober to ask.
    fn is_probed(&self) -> bool {
        let mut written = self
            .relabel_configs
            .iter()
            .filter_map(|relabel| relabel.target_label.as_deref());
        written.any(|label| label == "__address__")
    }
}
