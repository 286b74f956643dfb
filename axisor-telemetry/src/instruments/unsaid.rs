//! What the SDK (0.33) has no words for: a histogram without observations and a gauge that is no number.
//!
//! prom-client prints both. A collection is amended with what is remembered here before anybody reads it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use opentelemetry::KeyValue;

/// The memory of one telemetry.
#[derive(Default)]
pub(crate) struct Unsaid {
    zero_histograms: Mutex<Vec<ZeroHistogram>>,
    odd_gauges: Mutex<HashMap<GaugeKey, f64>>,
}

/// A histogram without labels: scraped as zeros from the start.
#[derive(Debug, Clone)]
pub(crate) struct ZeroHistogram {
    /// The instrumentation scope its observations will be in.
    pub(crate) scope: String,
    pub(crate) since: SystemTime,
    pub(crate) name: String,
    pub(crate) help: String,
    pub(crate) buckets: Vec<f64>,
}

/// A gauge series: its metric's name and its labels, sorted by name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct GaugeKey {
    pub(crate) name: String,
    pub(crate) labels: Vec<(String, String)>,
}

impl GaugeKey {
    pub(crate) fn new(name: &str, labels: &[KeyValue]) -> Self {
        let text = |label: &KeyValue| {
            (
                label.key.as_str().to_owned(),
                label.value.as_str().into_owned(),
            )
        };
        let mut labels: Vec<_> = labels.iter().map(text).collect();
        labels.sort_unstable();
        Self {
            name: name.to_owned(),
            labels,
        }
    }
}

impl Unsaid {
    pub(crate) fn zero_histogram(&self, histogram: ZeroHistogram) {
        lock(&self.zero_histograms).push(histogram);
    }

    /// Remembers a value the SDK ignores, or forgets the one before a value it takes.
    pub(crate) fn gauge(&self, key: &GaugeKey, value: f64) {
        let mut odd = lock(&self.odd_gauges);
        if value.is_finite() {
            odd.remove(key);
        } else {
            odd.insert(key.clone(), value);
        }
    }

    pub(crate) fn zero_histograms(&self) -> Vec<ZeroHistogram> {
        lock(&self.zero_histograms).clone()
    }

    pub(crate) fn odd_gauges(&self) -> HashMap<GaugeKey, f64> {
        lock(&self.odd_gauges).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
