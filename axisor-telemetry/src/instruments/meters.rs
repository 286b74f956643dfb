//! Instruments made through the OpenTelemetry metrics API, named exactly as they are scraped.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use opentelemetry::metrics::{BoundCounter, BoundHistogram, Meter, MeterProvider};
use opentelemetry::{InstrumentationScope, Key, KeyValue};
use opentelemetry_sdk::metrics::SdkMeterProvider;

use super::family::{CounterFamily, Family, GaugeCell, GaugeFamily, HistogramFamily, LabelName};
use super::unsaid::{GaugeKey, Unsaid, ZeroHistogram};
use crate::catalog::{self, Kind, Series, Values};
use crate::trace::SCOPE;

/// How many metrics can be named as having reached their bound, whatever that bound is.
pub(crate) const OVERFLOW_BOUND: usize = 10_000;

/// Makes the instruments and remembers what the SDK cannot say by itself.
pub(crate) struct Meters {
    provider: SdkMeterProvider,
    series_bound: usize,
    spellings: Mutex<HashMap<String, usize>>,
    unsaid: Arc<Unsaid>,
    overflow: OnceLock<Arc<CounterFamily>>,
}

/// What an instrument is made of, whether from the catalogue or from a user.
pub(crate) struct Definition {
    pub(crate) name: String,
    pub(crate) help: String,
    pub(crate) labels: Arc<[LabelName]>,
}

impl Definition {
    fn of(series: &Series) -> Self {
        let label = |label: &catalog::Label| LabelName {
            key: Key::from_static_str(label.name),
            closed: label.values == Values::Closed,
        };
        Self {
            name: series.name.to_owned(),
            help: series.help.to_owned(),
            labels: series.labels.iter().map(label).collect(),
        }
    }
}

impl Meters {
    pub(crate) fn new(provider: SdkMeterProvider, series_bound: usize) -> Arc<Self> {
        let meters = Arc::new(Self {
            provider,
            series_bound,
            spellings: Mutex::default(),
            unsaid: Arc::default(),
            overflow: OnceLock::new(),
        });
        let overflow = meters.bounded_counter(&catalog::LABEL_OVERFLOW, OVERFLOW_BOUND);
        let _ = meters.overflow.set(Arc::new(overflow));
        meters
    }

    pub(crate) fn counter(&self, series: &Series) -> CounterFamily {
        self.bounded_counter(series, self.series_bound)
    }

    fn bounded_counter(&self, series: &Series, bound: usize) -> CounterFamily {
        let definition = Definition::of(series);
        let counter = self
            .meter(&definition.name)
            .u64_counter(definition.name.clone())
            .with_description(definition.help.clone())
            .build();
        self.bounded_family(&definition, bound, move |labels| counter.bind(labels))
    }

    pub(crate) fn gauge(&self, series: &Series) -> GaugeFamily {
        self.gauge_family(&Definition::of(series))
    }

    pub(crate) fn histogram(&self, series: &Series) -> HistogramFamily {
        let Kind::Histogram { buckets } = series.kind else {
            unreachable!("the catalogue's {} is not a histogram", series.name)
        };
        self.histogram_family(&Definition::of(series), buckets)
    }

    /// A counter of fractional increments; without labels it is 0 from the start.
    pub(crate) fn counter_family(&self, definition: &Definition) -> Family<BoundCounter<f64>> {
        let counter = self
            .meter(&definition.name)
            .f64_counter(definition.name.clone())
            .with_description(definition.help.clone())
            .build();
        let family = self.family(definition, move |labels| counter.bind(labels));
        if definition.labels.is_empty() {
            family.with(&[]).add(0.0);
        }
        family
    }

    /// A gauge; without labels it is 0 from the start.
    pub(crate) fn gauge_family(&self, definition: &Definition) -> GaugeFamily {
        let gauge = self
            .meter(&definition.name)
            .f64_gauge(definition.name.clone())
            .with_description(definition.help.clone())
            .build();
        let (name, unsaid) = (definition.name.clone(), self.unsaid());
        let family = self.family(definition, move |labels| {
            Arc::new(GaugeCell::new(
                gauge.bind(labels),
                GaugeKey::new(&name, labels),
                Arc::clone(&unsaid),
            ))
        });
        if definition.labels.is_empty() {
            family.with(&[]).set(0.0);
        }
        family
    }

    pub(crate) fn histogram_family(
        &self,
        definition: &Definition,
        buckets: &[f64],
    ) -> Family<BoundHistogram<f64>> {
        let scope = self.scope(&definition.name);
        let since = SystemTime::now();
        let histogram = self
            .scoped(scope.clone())
            .f64_histogram(definition.name.clone())
            .with_description(definition.help.clone())
            .with_boundaries(buckets.to_vec())
            .build();
        if definition.labels.is_empty() {
            self.unsaid.zero_histogram(ZeroHistogram {
                scope,
                since,
                name: definition.name.clone(),
                help: definition.help.clone(),
                buckets: buckets.to_vec(),
            });
        }
        self.family(definition, move |labels| histogram.bind(labels))
    }

    /// What a collection must be amended with.
    pub(crate) fn unsaid(&self) -> Arc<Unsaid> {
        Arc::clone(&self.unsaid)
    }

    fn family<B: Clone>(
        &self,
        definition: &Definition,
        bind: impl Fn(&[KeyValue]) -> B + Send + Sync + 'static,
    ) -> Family<B> {
        self.bounded_family(definition, self.series_bound, bind)
    }

    fn bounded_family<B: Clone>(
        &self,
        definition: &Definition,
        bound: usize,
        bind: impl Fn(&[KeyValue]) -> B + Send + Sync + 'static,
    ) -> Family<B> {
        Family::new(
            Arc::from(definition.name.as_str()),
            definition.labels.clone(),
            bound,
            self.overflow.get().cloned(),
            bind,
        )
    }

    fn meter(&self, name: &str) -> Meter {
        self.scoped(self.scope(name))
    }

    fn scoped(&self, scope: String) -> Meter {
        let scope = InstrumentationScope::builder(scope).build();
        self.provider.meter_with_scope(scope)
    }

    /// The scope for a name: the SDK merges instruments of one scope whose names differ in case only,
    /// so the second spelling of a name gets a second scope.
    fn scope(&self, name: &str) -> String {
        let mut spellings = self
            .spellings
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let count = spellings.entry(name.to_ascii_lowercase()).or_default();
        *count += 1;
        match *count {
            1 => SCOPE.to_owned(),
            nth => format!("{SCOPE}.{nth}"),
        }
    }
}
