//! Users' own counters, gauges and histograms.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::cells::{GaugeCell, HistogramCell, SumCell};
use super::error::MetricError;
use super::family::{Family, Found};
use super::labels::LabelSet;
use super::points::SeriesCell;

/// A series that comes into being with its first recording.
struct Lazy<C> {
    family: Arc<Family<C>>,
    values: Vec<String>,
    cell: OnceLock<C>,
}

impl<C: SeriesCell> Lazy<C> {
    fn new(family: &Arc<Family<C>>, labels: impl LabelSet) -> Result<Self, MetricError> {
        Ok(Self {
            values: labels.resolve(family.name(), family.labels())?,
            family: Arc::clone(family),
            cell: OnceLock::new(),
        })
    }

    fn record(&self, record: impl FnOnce(&C)) {
        match self.cell.get() {
            Some(cell) => record(cell),
            None => self.record_found(record),
        }
    }

    #[cold]
    fn record_found(&self, record: impl FnOnce(&C)) {
        let values: Vec<&str> = self.values.iter().map(String::as_str).collect();
        match self.family.resolve(&values, &[]) {
            Found::Own(cell) => record(self.cell.get_or_init(|| cell)),
            Found::Folded(cell) => record(&cell),
        }
    }
}

impl<C> fmt::Debug for Lazy<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Series")
            .field("name", &self.family.name())
            .field("values", &self.values)
            .finish_non_exhaustive()
    }
}

/// A custom counter.
#[derive(Debug, Clone)]
pub struct Counter(pub(super) Arc<Family<SumCell>>);

/// One series of a [`Counter`].
#[derive(Debug)]
pub struct CounterSeries(Lazy<SumCell>);

impl Counter {
    /// The series with these label values. Asking for it records nothing.
    ///
    /// # Errors
    /// [`MetricError::WrongLabelCount`] or [`MetricError::UndeclaredLabel`].
    pub fn with(&self, labels: impl LabelSet) -> Result<CounterSeries, MetricError> {
        Lazy::new(&self.0, labels).map(CounterSeries)
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
                metric: self.0.family.name().to_owned(),
                value,
            });
        }
        self.0.record(|counter| counter.add(value));
        Ok(())
    }
}

/// A custom gauge.
#[derive(Debug, Clone)]
pub struct Gauge(pub(super) Arc<Family<GaugeCell>>);

/// One series of a [`Gauge`].
#[derive(Debug)]
pub struct GaugeSeries(Lazy<GaugeCell>);

impl Gauge {
    /// The series with these label values. Asking for it records nothing.
    ///
    /// # Errors
    /// [`MetricError::WrongLabelCount`] or [`MetricError::UndeclaredLabel`].
    pub fn with(&self, labels: impl LabelSet) -> Result<GaugeSeries, MetricError> {
        Lazy::new(&self.0, labels).map(GaugeSeries)
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
pub struct Histogram(pub(super) Arc<Family<HistogramCell>>);

/// One series of a [`Histogram`].
#[derive(Debug)]
pub struct HistogramSeries(Lazy<HistogramCell>);

impl Histogram {
    /// The series with these label values. Asking for it records nothing.
    ///
    /// # Errors
    /// [`MetricError::WrongLabelCount`] or [`MetricError::UndeclaredLabel`].
    pub fn with(&self, labels: impl LabelSet) -> Result<HistogramSeries, MetricError> {
        Lazy::new(&self.0, labels).map(HistogramSeries)
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
                metric: self.0.family.name().to_owned(),
                value,
            });
        }
        self.0.record(|histogram| histogram.record(value));
        Ok(())
    }
}
