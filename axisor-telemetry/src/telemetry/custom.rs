//! Metrics of the user's own.

use super::Telemetry;
use crate::catalog;
use crate::instruments::{Counter, Gauge, Histogram, MetricError};

impl Telemetry {
    /// Makes a counter of your own. Without labels it is 0 from the start.
    ///
    /// # Errors
    /// [`MetricError`] for a taken or invalid name, an invalid label or an empty help.
    pub fn counter(&self, name: &str, help: &str, labels: &[&str]) -> Result<Counter, MetricError> {
        self.0.custom.counter(name, help, labels)
    }

    /// Makes a gauge of your own. Without labels it is 0 from the start.
    ///
    /// # Errors
    /// As for [`counter`](Self::counter).
    pub fn gauge(&self, name: &str, help: &str, labels: &[&str]) -> Result<Gauge, MetricError> {
        self.0.custom.gauge(name, help, labels)
    }

    /// Makes a histogram of your own with [`DEFAULT_BUCKETS`](catalog::DEFAULT_BUCKETS), meant for seconds.
    ///
    /// # Errors
    /// As for [`counter`](Self::counter), and for a label `le`.
    pub fn histogram(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
    ) -> Result<Histogram, MetricError> {
        self.histogram_with_buckets(name, help, labels, catalog::DEFAULT_BUCKETS)
    }

    /// Makes a histogram of your own with these upper bounds; `+Inf` is implied.
    ///
    /// # Errors
    /// As for [`histogram`](Self::histogram), and for bounds that are not finite and rising.
    pub fn histogram_with_buckets(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
        buckets: &[f64],
    ) -> Result<Histogram, MetricError> {
        self.0.custom.histogram(name, help, labels, buckets)
    }
}
