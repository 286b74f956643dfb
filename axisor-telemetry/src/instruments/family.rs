//! A family of series and its bound.

use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

use hashbrown::{Equivalent, HashMap};
use opentelemetry::metrics::{BoundCounter, BoundGauge, BoundHistogram};
use opentelemetry::{Key, KeyValue};

use super::unsaid::{GaugeKey, Unsaid};
use crate::label::OVERFLOW;

/// How many series past the bound there may be for the values of closed labels.
pub(crate) const CLOSED_HEADROOM: usize = 500;

/// A counter's series; increments are whole for the catalogue and fractional for custom metrics.
pub(crate) type CounterFamily = Family<BoundCounter<u64>>;
/// A gauge's series.
pub(crate) type GaugeFamily = Family<Arc<GaugeCell>>;
/// A histogram's series.
pub(crate) type HistogramFamily = Family<BoundHistogram<f64>>;

/// The series of one metric, each bound to its label values at its first use.
///
/// Past `bound` series a free label becomes [`OVERFLOW`] and the recording is counted, so that the SDK's own
/// silent fold is never reached.
pub(crate) struct Family<B> {
    name: Arc<str>,
    labels: Arc<[LabelName]>,
    bind: Bind<B>,
    series: RwLock<SeriesMap<B>>,
    bound: usize,
    overflow: Option<Arc<CounterFamily>>,
    overflowed: AtomicBool,
}

/// One gauge series, which knows its value: the SDK's gauge can only be set.
pub(crate) struct GaugeCell {
    value: Mutex<f64>,
    gauge: BoundGauge<f64>,
    key: GaugeKey,
    unsaid: Arc<Unsaid>,
}

impl GaugeCell {
    pub(crate) fn new(gauge: BoundGauge<f64>, key: GaugeKey, unsaid: Arc<Unsaid>) -> Self {
        Self {
            value: Mutex::new(0.0),
            gauge,
            key,
            unsaid,
        }
    }

    pub(crate) fn set(&self, value: f64) {
        self.change(|_| value);
    }

    pub(crate) fn add(&self, by: f64) {
        self.change(|value| value + by);
    }

    fn change(&self, change: impl FnOnce(f64) -> f64) {
        let mut value = self.value.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *value;
        *value = change(before);
        // Told first and only then no longer odd, or a collection in between finds the value before both.
        self.gauge.record(*value);
        if !value.is_finite() || !before.is_finite() {
            self.unsaid.gauge(&self.key, *value);
        }
    }
}

/// The series there are.
type SeriesMap<B> = HashMap<LabelValues, B>;

/// A series: that of the label values asked for, or the one they are folded into.
pub(crate) enum Found<B> {
    Own(B),
    Folded(B),
}

/// Makes the series of these label values.
type Bind<B> = Box<dyn Fn(&[KeyValue]) -> B + Send + Sync>;

/// A label's name and whether its values are a set known beforehand.
#[derive(Clone)]
pub(crate) struct LabelName {
    pub(crate) key: Key,
    pub(crate) closed: bool,
}

#[derive(PartialEq, Eq)]
struct LabelValues(Box<[Box<str>]>);

impl Hash for LabelValues {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.iter().for_each(|value| value.hash(state));
    }
}

struct Given<'a>(&'a [&'a str]);

impl Hash for Given<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.iter().for_each(|value| value.hash(state));
    }
}

impl Equivalent<LabelValues> for Given<'_> {
    fn equivalent(&self, key: &LabelValues) -> bool {
        self.0.len() == key.0.len()
            && self
                .0
                .iter()
                .zip(&key.0)
                .all(|(given, kept)| *given == &**kept)
    }
}

impl<B: Clone> Family<B> {
    pub(crate) fn new(
        name: Arc<str>,
        labels: Arc<[LabelName]>,
        bound: usize,
        overflow: Option<Arc<CounterFamily>>,
        bind: impl Fn(&[KeyValue]) -> B + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            labels,
            bind: Box::new(bind),
            series: RwLock::default(),
            bound,
            overflow,
            overflowed: AtomicBool::new(false),
        }
    }

    /// The series with these label values, in the order of the family's labels.
    ///
    /// A value too many is left out and a missing one is empty: recorders give as many as the catalogue has.
    pub(crate) fn with(&self, values: &[&str]) -> B {
        match self.resolve(values) {
            Found::Own(series) | Found::Folded(series) => series,
        }
    }

    /// As [`with`](Self::with), for those who keep the series: only an own one may be kept, since each recording
    /// that is folded has to be counted as such.
    pub(crate) fn resolve(&self, values: &[&str]) -> Found<B> {
        let found = self.find(&self.read(), values);
        let found = found.unwrap_or_else(|| self.make(values));
        if let Found::Folded(_) = found {
            self.report_overflow();
        }
        found
    }

    fn read(&self) -> RwLockReadGuard<'_, SeriesMap<B>> {
        self.series.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, series: &SeriesMap<B>, values: &[&str]) -> Option<Found<B>> {
        if let Some(own) = series.get(&Given(values)) {
            return Some(Found::Own(own.clone()));
        }
        if series.len() < self.bound {
            return None;
        }
        let folded = self.folded(values, series.len());
        series.get(&Given(&folded)).cloned().map(Found::Folded)
    }

    fn make(&self, values: &[&str]) -> Found<B> {
        let mut series = self.series.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = self.find(&series, values) {
            return found;
        }
        if series.len() < self.bound {
            return Found::Own(self.insert(&mut series, values));
        }
        let folded = self.folded(values, series.len());
        let made = self.insert(&mut series, &folded);
        if folded == values {
            Found::Own(made)
        } else {
            Found::Folded(made)
        }
    }

    fn insert(&self, series: &mut SeriesMap<B>, values: &[&str]) -> B {
        let attributes: Vec<KeyValue> = self
            .labels
            .iter()
            .zip(values)
            .map(|(label, value)| KeyValue::new(label.key.clone(), String::from(*value)))
            .collect();
        let bound = (self.bind)(&attributes);
        let key = LabelValues(values.iter().map(|value| Box::from(*value)).collect());
        series.insert(key, bound.clone());
        bound
    }

    /// Closed labels keep their values, unless there turn out to be more than their recorder promised.
    fn folded<'a>(&self, values: &[&'a str], series: usize) -> Vec<&'a str> {
        let keep = series < self.bound + CLOSED_HEADROOM;
        let fold = |(label, value): (&LabelName, &&'a str)| {
            if label.closed && keep {
                *value
            } else {
                OVERFLOW
            }
        };
        self.labels.iter().zip(values).map(fold).collect()
    }

    fn report_overflow(&self) {
        if let Some(overflow) = &self.overflow {
            overflow.with(&[&self.name]).add(1);
        }
        if !self.overflowed.swap(true, Ordering::Relaxed) {
            tracing::warn!(metric = %self.name, bound = self.bound, "bound of series reached: further label values become `other`");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;

    #[test]
    fn a_recording_that_is_folded_needs_no_write_lock() {
        let label = LabelName {
            key: Key::from_static_str("key"),
            closed: false,
        };
        let family = Arc::new(Family::new("name".into(), [label].into(), 1, None, |_| ()));
        family.with(&["own"]);
        family.with(&["folded"]);
        let reading = family.read();
        let (done, waiting) = mpsc::channel();
        let folding = Arc::clone(&family);
        std::thread::spawn(move || {
            folding.with(&["folded too"]);
            done.send(())
        });
        waiting
            .recv_timeout(Duration::from_secs(10))
            .expect("no wait for the lock");
        drop(reading);
    }
}
