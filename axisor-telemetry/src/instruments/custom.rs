//! Users' own counters, gauges and histograms.

use std::fmt;
use std::sync::{Arc, OnceLock};

use opentelemetry::Key;
use opentelemetry::metrics::{BoundCounter, BoundHistogram};

use super::error::MetricError;
use super::family::{Family, Found, GaugeCell};
use super::labels::LabelSet;
use super::meters::Definition;

/// A custom metric of any kind: its name, its labels and its series.
pub(super) struct Metric<B> {
    name: String,
    labels: Vec<Key>,
    family: Family<B>,
}

impl<B: Clone> Metric<B> {
    pub(super) fn new(definition: Definition, family: Family<B>) -> Arc<Self> {
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
        if let Some(series) = self.bound.get() {
            return record(series);
        }
        let values: Vec<&str> = self.values.iter().map(String::as_str).collect();
        match self.metric.family.resolve(&values) {
            Found::Own(series) => record(self.bound.get_or_init(|| series)),
            Found::Folded(series) => record(&series),
        }
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
pub struct Counter(pub(super) Arc<Metric<BoundCounter<f64>>>);

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
pub struct Gauge(pub(super) Arc<Metric<Arc<GaugeCell>>>);

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
pub struct Histogram(pub(super) Arc<Metric<BoundHistogram<f64>>>);

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
