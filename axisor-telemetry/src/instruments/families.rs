//! Every family there is: made here, named exactly as it is scraped, and collected.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::metrics::v1::ScopeMetrics;

use super::cells::{CounterCell, GaugeCell, HistogramCell, SumCell};
use super::family::{AnyFamily, CounterFamily, Definition, Family, GaugeFamily, HistogramFamily};
use super::points::{self, SeriesCell};
use crate::catalog::SCOPE;
use crate::catalog::{self, Kind, Series};

/// How many metrics can be named as having reached their bound, whatever that bound is.
const OVERFLOW_BOUND: usize = 10_000;

/// The families of one telemetry.
pub(crate) struct Families {
    series_bound: usize,
    overflow: Arc<CounterFamily>,
    /// The catalogue's in its order, and then the custom ones as they were made.
    all: Mutex<Vec<Arc<dyn AnyFamily>>>,
}

impl Families {
    pub(crate) fn new(series_bound: usize) -> Self {
        let definition = Definition::from(&catalog::LABEL_OVERFLOW);
        let overflow = Family::new(definition, OVERFLOW_BOUND, None, CounterCell::new);
        let overflow = Arc::new(overflow);
        Self {
            series_bound,
            all: Mutex::new(vec![Arc::clone(&overflow) as Arc<dyn AnyFamily>]),
            overflow,
        }
    }

    pub(crate) fn counter(&self, series: &Series) -> Arc<CounterFamily> {
        self.family(series.into(), CounterCell::new)
    }

    pub(crate) fn gauge(&self, series: &Series) -> Arc<GaugeFamily> {
        self.gauge_of(series.into())
    }

    pub(crate) fn histogram(&self, series: &Series) -> Arc<HistogramFamily> {
        let Kind::Histogram { buckets } = series.kind else {
            unreachable!("the catalogue's {} is not a histogram", series.name)
        };
        self.histogram_of(series.into(), buckets)
    }

    /// A counter of fractional increments.
    pub(super) fn sum_of(&self, definition: Definition) -> Arc<Family<SumCell>> {
        self.family(definition, SumCell::default)
    }

    pub(super) fn gauge_of(&self, definition: Definition) -> Arc<GaugeFamily> {
        self.family(definition, GaugeCell::default)
    }

    pub(super) fn histogram_of(
        &self,
        definition: Definition,
        buckets: &[f64],
    ) -> Arc<HistogramFamily> {
        let buckets: Arc<[f64]> = buckets.into();
        self.family(definition, move || HistogramCell::new(Arc::clone(&buckets)))
    }

    fn family<C: SeriesCell>(
        &self,
        definition: Definition,
        new_cell: impl Fn() -> C + Send + Sync + 'static,
    ) -> Arc<Family<C>> {
        let overflow = Some(Arc::clone(&self.overflow));
        let family = Family::new(definition, self.series_bound, overflow, new_cell);
        let family = Arc::new(family);
        let mut all = self.all();
        let own = rank(family.name());
        let place = all.partition_point(|earlier| rank(earlier.name()) <= own);
        all.insert(place, Arc::clone(&family) as Arc<dyn AnyFamily>);
        family
    }

    /// Every series as it stands.
    pub(crate) fn collect(&self) -> ScopeMetrics {
        let now = points::now();
        let all = self.all().clone();
        ScopeMetrics {
            scope: Some(InstrumentationScope {
                name: SCOPE.to_owned(),
                ..InstrumentationScope::default()
            }),
            metrics: all.iter().filter_map(|family| family.metric(now)).collect(),
            ..ScopeMetrics::default()
        }
    }

    fn all(&self) -> MutexGuard<'_, Vec<Arc<dyn AnyFamily>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A family's place among others: the catalogue's, or after them.
fn rank(name: &str) -> usize {
    let named = |series: &&Series| series.name == name;
    catalog::all().take_while(|series| !named(series)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instruments::{CustomMetrics, Instruments};
    use opentelemetry_proto::tonic::metrics::v1::Metric;
    use opentelemetry_proto::tonic::metrics::v1::metric::Data;

    fn names(metrics: &[Metric]) -> Vec<&str> {
        metrics.iter().map(|metric| metric.name.as_str()).collect()
    }

    #[test]
    fn the_catalogues_families_come_in_its_order_and_the_custom_ones_after_them() {
        let families = Arc::new(Families::new(10));
        let _instruments = Instruments::new(&families);
        let custom = CustomMetrics::new(Arc::clone(&families));
        for name in ["axisor_z", "axisor_Z", "axisor_a"] {
            custom.gauge(name, "Help", &[]).expect("a gauge");
        }
        let all = families.all().clone();
        let expected = catalog::all().map(|series| series.name);
        let expected = expected.chain(["axisor_z", "axisor_Z", "axisor_a"]);
        assert!(all.iter().map(|family| family.name()).eq(expected));
    }

    #[test]
    fn without_labels_there_is_a_zero_from_the_start_and_with_labels_nothing() {
        let families = Arc::new(Families::new(10));
        let _instruments = Instruments::new(&families);
        let custom = CustomMetrics::new(Arc::clone(&families));
        for labels in [&[][..], &["label"]] {
            let named = |kind| format!("axisor_{kind}_{}", labels.len());
            let made = custom.counter(&named("counter"), "Help", labels);
            made.expect("a counter");
            let made = custom.histogram(&named("histogram"), "Help", labels, &[1.0]);
            made.expect("a histogram");
        }
        let metrics = families.collect().metrics;
        assert_eq!(
            names(&metrics),
            [
                "axisor_active_users",
                "axisor_database_connections",
                "axisor_system_health",
                "axisor_counter_0",
                "axisor_histogram_0"
            ]
        );
    }

    #[test]
    fn a_series_counts_since_its_family_was_made() {
        let families = Arc::new(Families::new(10));
        let custom = CustomMetrics::new(Arc::clone(&families));
        let counter = custom.counter("axisor_late", "Late", &["label"]);
        let made = points::now();
        let series = counter.expect("a counter").with(["x"]).expect("a series");
        series.inc();
        let metrics = families.collect().metrics;
        let Some(Data::Sum(sum)) = &metrics[0].data else {
            panic!("{metrics:?} of a counter")
        };
        let point = &sum.data_points[0];
        assert!((1..=made).contains(&point.start_time_unix_nano));
        assert!(point.time_unix_nano >= made);
    }
}
