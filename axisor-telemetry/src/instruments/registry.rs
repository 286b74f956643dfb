//! Makes users' own metrics, and refuses what prom-client refused.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::custom::{Counter, Gauge, Histogram};
use super::error::MetricError;
use super::families::Families;
use super::family::{Definition, Label};
use crate::catalog::{self, Kind, Values};

/// Makes custom metrics and knows which names are taken.
pub(crate) struct CustomMetrics {
    families: Arc<Families>,
    taken: Mutex<HashSet<String>>,
}

impl CustomMetrics {
    pub(crate) fn new(families: Arc<Families>) -> Self {
        let taken = catalog::all().flat_map(|series| names(series.name, samples(series.kind)));
        Self {
            families,
            taken: Mutex::new(taken.collect()),
        }
    }

    pub(crate) fn counter(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
    ) -> Result<Counter, MetricError> {
        let definition = self.define(name, help, labels, NUMBER)?;
        let family = self.families.sum_of(definition);
        Ok(Counter(family))
    }

    pub(crate) fn gauge(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
    ) -> Result<Gauge, MetricError> {
        let definition = self.define(name, help, labels, NUMBER)?;
        let family = self.families.gauge_of(definition);
        Ok(Gauge(family))
    }

    pub(crate) fn histogram(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
        buckets: &[f64],
    ) -> Result<Histogram, MetricError> {
        if labels.contains(&"le") {
            return Err(MetricError::ReservedLabel {
                metric: name.to_owned(),
            });
        }
        if !buckets.iter().all(|bound| bound.is_finite()) || !buckets.is_sorted_by(|a, b| a < b) {
            return Err(MetricError::InvalidBuckets {
                metric: name.to_owned(),
                buckets: buckets.to_vec(),
            });
        }
        let definition = self.define(name, help, labels, HISTOGRAM)?;
        let family = self.families.histogram_of(definition, buckets);
        Ok(Histogram(family))
    }

    fn define(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
        samples: &[&str],
    ) -> Result<Definition, MetricError> {
        check(name, help, labels)?;
        self.take(name, samples)?;
        warn_of_the_collector(name, labels);
        let free = |label: &&str| Label {
            name: (*label).to_owned().into(),
            values: Values::Free,
        };
        Ok(Definition {
            name: name.to_owned(),
            help: help.to_owned(),
            labels: labels.iter().map(free).collect(),
        })
    }

    fn take(&self, name: &str, samples: &[&str]) -> Result<(), MetricError> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(name) = names(name, samples).find(|name| taken.contains(name)) {
            return Err(MetricError::NameTaken { name });
        }
        taken.extend(names(name, samples));
        Ok(())
    }
}

/// What is added to the name of a counter or a gauge for its samples.
const NUMBER: &[&str] = &[""];
/// What is added to the name of a histogram for its family and its samples.
const HISTOGRAM: &[&str] = &["", "_bucket", "_sum", "_count"];

fn samples(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Counter | Kind::Gauge => NUMBER,
        Kind::Histogram { .. } => HISTOGRAM,
    }
}

fn names(name: &str, samples: &[&str]) -> impl Iterator<Item = String> {
    samples.iter().map(move |sample| format!("{name}{sample}"))
}

fn check(name: &str, help: &str, labels: &[&str]) -> Result<(), MetricError> {
    if !is_name(name, |c| c == b'_' || c == b':') {
        return Err(MetricError::InvalidName {
            name: name.to_owned(),
        });
    }
    if help.is_empty() {
        return Err(MetricError::EmptyHelp {
            metric: name.to_owned(),
        });
    }
    for (position, label) in labels.iter().enumerate() {
        if !is_name(label, |c| c == b'_') || labels[..position].contains(label) {
            return Err(MetricError::InvalidLabel {
                metric: name.to_owned(),
                label: (*label).to_owned(),
            });
        }
    }
    Ok(())
}

/// Says at once what the Collector would leave out later without a word.
fn warn_of_the_collector(name: &str, labels: &[&str]) {
    let taken = |label: &&str| matches!(*label, "job" | "instance") || label.starts_with("__");
    if !name.starts_with(catalog::PREFIX) || labels.iter().any(taken) {
        tracing::warn!(
            metric = name,
            ?labels,
            "the Collector passes on series named `{}*` without labels `job`, `instance` or `__*`: this one is only at \
             the service's own exposition",
            catalog::PREFIX
        );
    }
}

/// Names of the Prometheus data model: <https://prometheus.io/docs/concepts/data_model/>.
fn is_name(name: &str, also: impl Fn(u8) -> bool) -> bool {
    !name.is_empty()
        && !name.as_bytes()[0].is_ascii_digit()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || also(byte))
}
