//! A family of series and its bound.

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::Metric;

use super::cells::{CounterCell, GaugeCell, HistogramCell};
use super::origin::Origin;
use super::points::{self, Period, SeriesCell};
use super::table::{Series, SeriesTable};
use crate::catalog::{self, Values};
use crate::label::OVERFLOW;

/// How many series past the bound there may be for label values that are known beforehand.
pub(crate) const CLOSED_HEADROOM: usize = 500;

/// A counter's series, of whole increments; a custom counter's are fractional.
pub(crate) type CounterFamily = Family<CounterCell>;
/// A gauge's series.
pub(crate) type GaugeFamily = Family<GaugeCell>;
/// A histogram's series.
pub(crate) type HistogramFamily = Family<HistogramCell>;

/// The series of one metric, each made at its first use.
///
/// Past `bound` series a free label value becomes [`OVERFLOW`] and the recording is counted.
pub(crate) struct Family<C> {
    definition: Definition,
    new_cell: Box<dyn Fn() -> C + Send + Sync>,
    /// Since when its series count, in nanoseconds since 1970.
    since: u64,
    series: RwLock<SeriesTable<C>>,
    bound: usize,
    overflow: Option<Arc<CounterFamily>>,
    overflowed: AtomicBool,
    /// Whether it has been told that a series is asked for with other buckets than it has.
    mixed: AtomicBool,
}

/// What a family is called, whether it is the catalogue's or a user's.
pub(crate) struct Definition {
    pub(crate) name: String,
    pub(crate) help: String,
    pub(crate) labels: Box<[Label]>,
}

/// A label's name and whether its values are a set known beforehand.
pub struct Label {
    pub(crate) name: Cow<'static, str>,
    pub(crate) values: Values,
}

/// A series: that of the label values asked for, or the one they are folded into.
pub(crate) enum Found<C> {
    Own(C),
    Folded(C),
}

impl From<&catalog::Series> for Definition {
    fn from(series: &catalog::Series) -> Self {
        let label = |label: &catalog::Label| Label {
            name: label.name.into(),
            values: label.values,
        };
        Self {
            name: series.name.to_owned(),
            help: series.help.to_owned(),
            labels: series.labels.iter().map(label).collect(),
        }
    }
}

impl<C: SeriesCell> Family<C> {
    /// A family of cells that `new_cell` makes; without labels it has its series from the start.
    pub(super) fn new(
        definition: Definition,
        bound: usize,
        overflow: Option<Arc<CounterFamily>>,
        new_cell: impl Fn() -> C + Send + Sync + 'static,
    ) -> Self {
        let family = Self {
            definition,
            new_cell: Box::new(new_cell),
            since: points::now(),
            series: RwLock::default(),
            bound,
            overflow,
            overflowed: AtomicBool::new(false),
            mixed: AtomicBool::new(false),
        };
        if family.labels().is_empty() {
            family.with(&[]);
        }
        family
    }

    /// The series with these label values, as many as the family has labels and in their order.
    pub(crate) fn with(&self, values: &[&str]) -> C {
        match self.resolve(values, &[]) {
            Found::Own(series) | Found::Folded(series) => series,
        }
    }

    /// As [`with`](Self::with), for those who keep the series: only an own one may be kept, since each recording
    /// that is folded has to be counted as such. Of `origins` there are as many as of values, or none: they come from
    /// data.
    pub(crate) fn resolve(&self, values: &[&str], origins: &[Origin]) -> Found<C> {
        self.find_or_make(values, origins, &self.new_cell)
    }

    fn find_or_make(&self, values: &[&str], origins: &[Origin], new: impl Fn() -> C) -> Found<C> {
        debug_assert_eq!(values.len(), self.labels().len(), "{self:?}");
        debug_assert!([0, values.len()].contains(&origins.len()), "{self:?}");
        let found = self.find(&self.read(), values, origins);
        let found = found.unwrap_or_else(|| self.make(values, origins, new));
        if let Found::Folded(_) = found {
            self.report_overflow();
        }
        found
    }

    fn find(
        &self,
        series: &SeriesTable<C>,
        values: &[&str],
        origins: &[Origin],
    ) -> Option<Found<C>> {
        if let Some(own) = series.find(values) {
            return Some(Found::Own(own.clone()));
        }
        if series.len() < self.bound {
            return None;
        }
        let folded = self.folded(values, origins, series.len());
        series.find(&folded).cloned().map(Found::Folded)
    }

    fn make(&self, values: &[&str], origins: &[Origin], new: impl Fn() -> C) -> Found<C> {
        let mut series = self.series.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = self.find(&series, values, origins) {
            return found;
        }
        let folded = self.folded(values, origins, series.len());
        let made = new();
        series.insert(&folded, made.clone());
        if folded == values {
            Found::Own(made)
        } else {
            Found::Folded(made)
        }
    }

    /// The values under which a series is found or made while there are so many: known ones keep theirs, unless
    /// there turn out to be more than their recorder promised.
    fn folded<'a>(&self, values: &[&'a str], origins: &[Origin], series: usize) -> Vec<&'a str> {
        let fold = |(nth, (label, value)): (usize, (&Label, &&'a str))| {
            let in_code = origins.get(nth) == Some(&Origin::Code);
            let known = in_code || label.values == Values::Closed;
            let headroom = if known { CLOSED_HEADROOM } else { 0 };
            if series < self.bound + headroom {
                *value
            } else {
                OVERFLOW
            }
        };
        self.labels()
            .iter()
            .zip(values)
            .enumerate()
            .map(fold)
            .collect()
    }

    fn report_overflow(&self) {
        let name = self.name();
        if let Some(overflow) = &self.overflow {
            overflow.with(&[name]).add(1);
        }
        if !self.overflowed.swap(true, Ordering::Relaxed) {
            tracing::warn!(metric = %name, bound = self.bound, "bound of series reached: further label values become `other`");
        }
    }
}

impl HistogramFamily {
    /// As [`resolve`](Self::resolve), but a series that is made has these upper bounds instead of the family's. Who
    /// makes a series first decides, and it is told once if somebody wants it otherwise.
    pub(crate) fn resolve_in(
        &self,
        buckets: &[f64],
        values: &[&str],
        origins: &[Origin],
    ) -> Found<HistogramCell> {
        let found = self.find_or_make(values, origins, || HistogramCell::new(buckets.into()));
        let (Found::Own(cell) | Found::Folded(cell)) = &found;
        if cell.bounds() != buckets {
            self.report_mixed(values, cell.bounds(), buckets);
        }
        found
    }

    #[cold]
    fn report_mixed(&self, labels: &[&str], buckets: &[f64], unheeded: &[f64]) {
        if !self.mixed.swap(true, Ordering::Relaxed) {
            tracing::warn!(metric = %self.name(), ?labels, ?buckets, ?unheeded, "two functions of the same labels have different buckets: the series keeps those of the first call");
        }
    }
}

impl<C> Family<C> {
    pub(super) fn name(&self) -> &str {
        &self.definition.name
    }

    pub(super) fn labels(&self) -> &[Label] {
        &self.definition.labels
    }

    fn read(&self) -> RwLockReadGuard<'_, SeriesTable<C>> {
        self.series.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A family whatever its series are.
pub(super) trait AnyFamily: Send + Sync {
    fn name(&self) -> &str;

    /// Its series as they stand at `now`; none if there are none.
    fn metric(&self, now: u64) -> Option<Metric>;
}

impl<C: SeriesCell> AnyFamily for Family<C> {
    fn name(&self) -> &str {
        self.name()
    }

    fn metric(&self, now: u64) -> Option<Metric> {
        let points = self.points(now);
        (!points.is_empty()).then(|| Metric {
            name: self.definition.name.clone(),
            description: self.definition.help.clone(),
            data: Some(C::data(points)),
            ..Metric::default()
        })
    }
}

/// How many series are read before those who wait to make another get their turn.
const AT_ONCE: usize = 256;

impl<C: SeriesCell> Family<C> {
    fn points(&self, now: u64) -> Vec<C::Point> {
        let period = Period {
            start: self.since,
            end: now,
        };
        let point = |series: &Series<C>| series.cell.point(self.attributes(series), period);
        let mut points = Vec::with_capacity(self.read().len());
        loop {
            let table = self.read();
            let series = table.from(points.len());
            if series.is_empty() {
                return points;
            }
            points.extend(series.iter().take(AT_ONCE).map(point));
        }
    }

    fn attributes(&self, series: &Series<C>) -> Vec<KeyValue> {
        let labels = self.labels().iter().zip(&series.values);
        labels
            .map(|(label, value)| points::label(&label.name, value))
            .collect()
    }
}

impl<C> fmt::Debug for Family<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metric")
            .field("name", &self.definition.name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::metrics::v1::metric::Data;
    use std::sync::mpsc;
    use std::time::Duration;

    /// A family with a label for each of `labels`, and the counter of what it folds.
    fn family(labels: &[Values], bound: usize) -> (Family<CounterCell>, Arc<CounterFamily>) {
        let overflow = CounterFamily::new(definition(&[Values::Free]), 10, None, CounterCell::new);
        let overflow = Arc::new(overflow);
        let told = Some(Arc::clone(&overflow));
        let family = Family::new(definition(labels), bound, told, CounterCell::new);
        (family, overflow)
    }

    fn definition(labels: &[Values]) -> Definition {
        let label = |(nth, values): (usize, &Values)| Label {
            name: format!("label_{nth}").into(),
            values: *values,
        };
        Definition {
            name: "axisor_test".to_owned(),
            help: "Test".to_owned(),
            labels: labels.iter().enumerate().map(label).collect(),
        }
    }

    fn is_own<C>(found: &Found<C>) -> bool {
        matches!(found, Found::Own(_))
    }

    /// The label values of all series, in the order in which they were made.
    fn series<C>(family: &Family<C>) -> Vec<String> {
        let table = family.read();
        let joined = |series: &Series<C>| series.values.join(" ");
        table.from(0).iter().map(joined).collect()
    }

    #[test]
    fn values_from_data_fold_at_the_bound_and_known_ones_only_past_the_headroom() {
        let (family, overflow) = family(&[Values::Free], 2);
        for own in ["a", "b"] {
            assert!(is_own(&family.resolve(&[own], &[])));
        }
        assert!(!is_own(&family.resolve(&["c"], &[])));
        for known in 0..CLOSED_HEADROOM - 1 {
            assert!(is_own(
                &family.resolve(&[&known.to_string()], &[Origin::Code])
            ));
        }
        assert!(!is_own(&family.resolve(&["one too many"], &[Origin::Code])));
        assert!(is_own(&family.resolve(&["0"], &[Origin::Code])));
        assert_eq!(series(&family)[..4], ["a", "b", "other", "0"]);
        assert_eq!(series(&family).len(), 2 + CLOSED_HEADROOM);
        assert_eq!(overflow.with(&["axisor_test"]).read(), 2);
    }

    #[test]
    fn a_known_series_is_found_by_data_too() {
        let (family, overflow) = family(&[Values::Free], 1);
        family.with(&["data"]);
        family.resolve(&["code"], &[Origin::Code]);
        assert!(is_own(&family.resolve(&["code"], &[])));
        assert_eq!(overflow.with(&["axisor_test"]).read(), 0);
    }

    #[test]
    fn closed_labels_keep_their_values_beside_a_folded_one() {
        let (family, _) = family(&[Values::Closed, Values::Free], 1);
        for values in [["GET", "/a"], ["GET", "/b"], ["PUT", "/b"], ["PUT", "/c"]] {
            family.with(&values);
        }
        assert_eq!(series(&family), ["GET /a", "GET other", "PUT other"]);
    }

    #[test]
    fn a_series_has_the_buckets_of_who_made_it() {
        let ours: Arc<[f64]> = [1.0, 2.0].into();
        let new_cell = move || HistogramCell::new(Arc::clone(&ours));
        let family = Family::new(definition(&[Values::Free]), 10, None, new_cell);
        family.with(&["first"]).record(1.5);
        for value in ["first", "second"] {
            let found = family.resolve_in(&[5.0], &[value], &[Origin::Code]);
            let Found::Own(series) = found else {
                panic!("{value} is folded")
            };
            series.record(7.0);
        }
        let data = family.metric(0).and_then(|metric| metric.data);
        let Some(Data::Histogram(histogram)) = data else {
            panic!("{data:?} of a histogram")
        };
        let bounds = histogram.data_points.iter().map(|p| &p.explicit_bounds[..]);
        assert_eq!(bounds.collect::<Vec<_>>(), [&[1.0, 2.0][..], &[5.0]]);
        let counts = histogram.data_points.iter().map(|p| &p.bucket_counts[..]);
        assert_eq!(counts.collect::<Vec<_>>(), [&[0, 1, 1][..], &[0, 1]]);
    }

    #[test]
    fn a_collection_has_every_series_once_in_the_order_they_were_made() {
        let (family, _) = family(&[Values::Free], 2 * AT_ONCE);
        let names: Vec<String> = (0..2 * AT_ONCE).map(|nth| nth.to_string()).collect();
        for name in &names {
            family.with(&[name]);
        }
        let points = family.points(0);
        let of = |name: &String| vec![points::label("label_0", name)];
        let attributes: Vec<_> = points.into_iter().map(|point| point.attributes).collect();
        assert_eq!(attributes, names.iter().map(of).collect::<Vec<_>>());
    }

    #[test]
    fn a_recording_that_is_folded_needs_no_write_lock() {
        let (family, _) = family(&[Values::Free], 1);
        let family = Arc::new(family);
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
