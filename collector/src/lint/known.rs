//! Which series there are.

use std::collections::{BTreeMap, BTreeSet};

use axisor_telemetry::catalog::{
    self, ACTIVE_USERS, DATABASE_CONNECTIONS, Series, WORKER_QUEUE_SIZE,
};

use super::closed;
use super::files::{Expression, Role};
use super::jobs::Jobs;

/// What exporters show, by `exporters/list.awk`: the first line names the jobs that scrape it, then a metric a
/// line with its kind and its labels.
const EXPORTERS: [&str; 9] = [
    include_str!("exporters/alertmanager.txt"),
    include_str!("exporters/blackbox.txt"),
    include_str!("exporters/collector.txt"),
    include_str!("exporters/jaeger.txt"),
    include_str!("exporters/nginx.txt"),
    include_str!("exporters/node.txt"),
    include_str!("exporters/postgres.txt"),
    include_str!("exporters/prometheus.txt"),
    include_str!("exporters/redis.txt"),
];

/// What Prometheus itself stores with each scrape.
const OF_EVERY_SCRAPE: [&str; 5] = [
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
];

/// What Prometheus stores of alerts.
const OF_ALERTS: [&str; 2] = ["ALERTS", "ALERTS_FOR_STATE"];

/// Gauges of something all instances share, such as the database, and each reports.
const SHARED: [Series; 3] = [ACTIVE_USERS, DATABASE_CONNECTIONS, WORKER_QUEUE_SIZE];

/// Every series by its name.
pub(super) struct Known {
    metrics: BTreeMap<String, Metric>,
    /// Labels that any series may have.
    everywhere: BTreeSet<String>,
}

/// A metric: what its samples mean, and how they are told apart.
#[derive(Default)]
pub(super) struct Metric {
    pub kind: Kind,
    pub source: Source,
    /// A label, and the values it may have; `None`, if that is any text.
    pub labels: BTreeMap<String, Option<Vec<String>>>,
    /// The scrape jobs that have it, and those that would have it if they were there.
    pub jobs: BTreeSet<String>,
    pub jobs_missing: BTreeSet<String>,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    #[default]
    Unknown,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The catalogue: any number of instances report it.
    Services,
    /// The same, and all of them of one thing.
    Shared,
    Exporter,
    /// A rule, which may give it any label.
    #[default]
    Rule,
}

impl Known {
    pub(super) fn new(jobs: &Jobs, expressions: &[Expression]) -> Self {
        let mut known = Self {
            metrics: BTreeMap::new(),
            everywhere: jobs.labels().into_iter().map(str::to_owned).collect(),
        };
        known.everywhere.insert("instance".to_owned());
        for exporter in EXPORTERS {
            known.add_exporter(exporter, jobs);
        }
        let services = services(jobs);
        for series in catalog::all() {
            known.add_series(series, &services);
        }
        for name in OF_EVERY_SCRAPE {
            let metric = known.metric(name, Kind::Gauge, Source::Exporter);
            metric.jobs.extend(jobs.names().map(str::to_owned));
        }
        for name in OF_ALERTS.into_iter().chain(recorded(expressions)) {
            known.metric(name, Kind::Unknown, Source::Rule);
        }
        known
    }

    pub(super) fn get(&self, name: &str) -> Option<&Metric> {
        self.metrics.get(name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.metrics.keys().map(String::as_str)
    }

    pub(super) fn is_everywhere(&self, label: &str) -> bool {
        self.everywhere.contains(label)
    }

    fn metric(&mut self, name: &str, kind: Kind, source: Source) -> &mut Metric {
        let metric = self.metrics.entry(name.to_owned()).or_default();
        metric.kind = kind;
        metric.source = source;
        metric
    }

    fn add_series(&mut self, series: &Series, services: &BTreeSet<&str>) {
        let source = if SHARED.iter().any(|shared| shared.name == series.name) {
            Source::Shared
        } else {
            Source::Services
        };
        let of_labels = |label: &catalog::Label| {
            let values = closed::values(series, label.name);
            (label.name.to_owned(), values)
        };
        let labels: BTreeMap<_, _> = series.labels.iter().map(of_labels).collect();
        for (name, kind, bounds) in samples(series) {
            let metric = self.metric(&name, kind, source);
            metric.labels = labels.clone();
            metric
                .labels
                .extend(bounds.map(|bounds| ("le".to_owned(), Some(bounds))));
            metric
                .jobs
                .extend(services.iter().copied().map(str::to_owned));
        }
    }

    fn add_exporter(&mut self, exporter: &str, jobs: &Jobs) {
        let (there, missing): (BTreeSet<&str>, BTreeSet<&str>) =
            jobs_of(exporter).partition(|job| jobs.names().any(|name| name == *job));
        let lines = exporter.lines().filter(|line| !line.starts_with('#'));
        for line in lines {
            let mut words = line.split(' ');
            let (Some(name), Some(kind)) = (words.next(), words.next()) else {
                continue;
            };
            let labels: Vec<&str> = words.collect();
            for (suffix, kind, own) in shown(kind) {
                let metric = self.metric(&format!("{name}{suffix}"), *kind, Source::Exporter);
                let labels = labels.iter().chain(*own);
                metric
                    .labels
                    .extend(labels.map(|label| ((*label).to_owned(), None)));
                metric.jobs.extend(there.iter().copied().map(str::to_owned));
                metric
                    .jobs_missing
                    .extend(missing.iter().copied().map(str::to_owned));
            }
        }
    }
}

impl Metric {
    /// The values a label may have here; `None` if that is any text, or the label is none.
    pub(super) fn values(&self, label: &str) -> Option<Vec<String>> {
        match label {
            "job" if self.source != Source::Rule => Some(self.jobs.iter().cloned().collect()),
            _ => self.labels.get(label)?.clone(),
        }
    }
}

/// The jobs of whom nothing else is known.
fn services(jobs: &Jobs) -> BTreeSet<&str> {
    let exporters: BTreeSet<&str> = EXPORTERS.into_iter().flat_map(jobs_of).collect();
    let unclaimed = |job: &&str| !exporters.contains(job);
    jobs.that_sign().filter(unclaimed).collect()
}

fn recorded(expressions: &[Expression]) -> impl Iterator<Item = &str> {
    let roles = expressions.iter().map(|expression| &expression.role);
    roles.filter_map(|role| match role {
        Role::Recording { name } => Some(name.as_str()),
        _ => None,
    })
}

fn jobs_of(exporter: &str) -> impl Iterator<Item = &str> {
    let first = exporter.lines().next().unwrap_or_default();
    first.trim_start_matches("# jobs:").split_whitespace()
}

/// The names under which a series is stored, and its buckets' bounds in both spellings.
fn samples(series: &Series) -> Vec<(String, Kind, Option<Vec<String>>)> {
    match series.kind {
        catalog::Kind::Counter => vec![(series.name.to_owned(), Kind::Counter, None)],
        catalog::Kind::Histogram { buckets } => {
            let part = |suffix| format!("{}{suffix}", series.name);
            vec![
                (part("_bucket"), Kind::Counter, Some(spelled(buckets))),
                (part("_sum"), Kind::Counter, None),
                (part("_count"), Kind::Counter, None),
            ]
        }
        _ => vec![(series.name.to_owned(), Kind::Gauge, None)],
    }
}

fn spelled(buckets: &[f64]) -> Vec<String> {
    let both = |bound: &f64| [format!("{bound}"), format!("{bound:?}")];
    let mut bounds: Vec<String> = buckets.iter().flat_map(both).collect();
    bounds.dedup();
    bounds.push("+Inf".to_owned());
    bounds
}

/// What a metric of a kind is stored as: a suffix, the kind of that, and a label it has of its own.
fn shown(kind: &str) -> &'static [(&'static str, Kind, &'static [&'static str])] {
    match kind {
        "counter" => &[("", Kind::Counter, &[])],
        "gauge" => &[("", Kind::Gauge, &[])],
        "histogram" => &[
            ("_bucket", Kind::Counter, &["le"]),
            ("_sum", Kind::Counter, &[]),
            ("_count", Kind::Counter, &[]),
        ],
        "summary" => &[
            ("", Kind::Gauge, &["quantile"]),
            ("_sum", Kind::Counter, &[]),
            ("_count", Kind::Counter, &[]),
        ],
        _ => &[("", Kind::Unknown, &[])],
    }
}
