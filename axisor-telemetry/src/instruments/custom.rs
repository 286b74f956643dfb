//! Users' own counters, gauges and histograms, refused where prom-client refused them.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use opentelemetry::Key;
use opentelemetry::metrics::{BoundCounter, BoundHistogram};

use super::error::MetricError;
use super::family::{Family, GaugeCell, LabelName};
use super::labels::LabelSet;
use super::meters::{Definition, Meters};
use crate::catalog::{self, Kind};

/// A custom metric of any kind: its name, its labels and its series.
struct Metric<B> {
    name: String,
    labels: Vec<Key>,
    family: Family<B>,
}

impl<B: Clone> Metric<B> {
    fn new(definition: Definition, family: Family<B>) -> Arc<Self> {
        let labels = definition.labels.iter().map(|label| label.key.clone());
        Arc::new(Self {
            labels: labels.collect(),
            name: definition.name,
            family,
        })
    }

    fn with(self: &Arc<Self>, labels: impl LabelSet) -> Result<Lazy<B>, MetricError> {
        let values = labels.resolve(&self.name, &self.labels)?;
        Ok(Lazy {
            metric: Arc::clone(self),
            values,
            bound: OnceLock::new(),
        })
    }
}

/// A series that comes into being with its first recording.
struct Lazy<B> {
    metric: Arc<Metric<B>>,
    values: Vec<String>,
    bound: OnceLock<B>,
}

impl<B: Clone> Lazy<B> {
    fn record(&self, record: impl FnOnce(&B)) {
        match self.bound.get() {
            Some(series) => record(series),
            None => record(&self.bind()),
        }
    }

    fn bind(&self) -> B {
        let values: Vec<&str> = self.values.iter().map(String::as_str).collect();
        let series = self.metric.family.with(&values);
        // A value folded into `other` is looked up each time, so that each recording is counted as folded.
        if self.metric.family.known(&values).is_some() {
            let _ = self.bound.set(series.clone());
        }
        series
    }
}

impl<B> fmt::Debug for Metric<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metric")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl<B> fmt::Debug for Lazy<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Series")
            .field("name", &self.metric.name)
            .field("values", &self.values)
            .finish_non_exhaustive()
    }
}

/// A custom counter.
#[derive(Debug, Clone)]
pub struct Counter(Arc<Metric<BoundCounter<f64>>>);

/// One series of a [`Counter`].
#[derive(Debug)]
pub struct CounterSeries(Lazy<BoundCounter<f64>>);

impl Counter {
    /// The series with these label values. Asking for it records nothing.
    ///
    /// # Errors
    /// [`MetricError::WrongLabelCount`] or [`MetricError::UndeclaredLabel`].
    pub fn with(&self, labels: impl LabelSet) -> Result<CounterSeries, MetricError> {
        self.0.with(labels).map(CounterSeries)
    }
}

impl CounterSeries {
    /// Adds one.
    pub fn inc(&self) {
        self.0.record(|counter| counter.add(1.0));
    }

    /// Adds `value`.
    ///
    /// # Errors
    /// [`MetricError::InvalidIncrement`] if it is negative, infinite or not a number.
    pub fn inc_by(&self, value: f64) -> Result<(), MetricError> {
        if !value.is_finite() || value < 0.0 {
            return Err(MetricError::InvalidIncrement {
                metric: self.0.metric.name.clone(),
                value,
            });
        }
        self.0.record(|counter| counter.add(value));
        Ok(())
    }
}

/// A custom gauge.
#[derive(Debug, Clone)]
pub struct Gauge(Arc<Metric<Arc<GaugeCell>>>);

/// One series of a [`Gauge`].
#[derive(Debug)]
pub struct GaugeSeries(Lazy<Arc<GaugeCell>>);

impl Gauge {
    /// The series with these label values. Asking for it records nothing.
    ///
    /// # Errors
    /// [`MetricError::WrongLabelCount`] or [`MetricError::UndeclaredLabel`].
    pub fn with(&self, labels: impl LabelSet) -> Result<GaugeSeries, MetricError> {
        self.0.with(labels).map(GaugeSeries)
    }
}

impl GaugeSeries {
    /// Sets the value; any number will do, also infinity and not-a-number.
    pub fn set(&self, value: f64) {
        self.0.record(|gauge| gauge.set(value));
    }

    /// Adds one.
    pub fn inc(&self) {
        self.inc_by(1.0);
    }

    /// Adds `value`.
    pub fn inc_by(&self, value: f64) {
        self.0.record(|gauge| gauge.add(value));
    }

    /// Takes one off.
    pub fn dec(&self) {
        self.dec_by(1.0);
    }

    /// Takes `value` off.
    pub fn dec_by(&self, value: f64) {
        self.0.record(|gauge| gauge.add(-value));
    }
}

/// A custom histogram.
#[derive(Debug, Clone)]
pub struct Histogram(Arc<Metric<BoundHistogram<f64>>>);

/// One series of a [`Histogram`].
#[derive(Debug)]
pub struct HistogramSeries(Lazy<BoundHistogram<f64>>);

impl Histogram {
    /// The series with these label values. Asking for it records nothing.
    ///
    /// # Errors
    /// [`MetricError::WrongLabelCount`] or [`MetricError::UndeclaredLabel`].
    pub fn with(&self, labels: impl LabelSet) -> Result<HistogramSeries, MetricError> {
        self.0.with(labels).map(HistogramSeries)
    }
}

impl HistogramSeries {
    /// Counts `value` in its bucket; a value equal to an upper bound belongs to that bucket.
    ///
    /// # Errors
    /// [`MetricError::InvalidObservation`] if it is infinite or not a number.
    pub fn observe(&self, value: f64) -> Result<(), MetricError> {
        if !value.is_finite() {
            return Err(MetricError::InvalidObservation {
                metric: self.0.metric.name.clone(),
                value,
            });
        }
        self.0.record(|histogram| histogram.record(value));
        Ok(())
    }
}

/// Makes custom metrics and knows which names are taken.
pub(crate) struct CustomMetrics {
    meters: Arc<Meters>,
    taken: Mutex<HashSet<String>>,
}

impl CustomMetrics {
    pub(crate) fn new(meters: Arc<Meters>) -> Self {
        let taken = catalog::all().flat_map(|series| names(series.name, samples(series.kind)));
        Self {
            meters,
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
        let family = self.meters.counter_family(&definition);
        Ok(Counter(Metric::new(definition, family)))
    }

    pub(crate) fn gauge(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
    ) -> Result<Gauge, MetricError> {
        let definition = self.define(name, help, labels, NUMBER)?;
        let family = self.meters.gauge_family(&definition);
        Ok(Gauge(Metric::new(definition, family)))
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
        let family = self.meters.histogram_family(&definition, buckets);
        Ok(Histogram(Metric::new(definition, family)))
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
        let free = |label: &&str| LabelName {
            key: Key::new((*label).to_owned()),
            closed: false,
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
