//! Completes a collection with what the SDK left out.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, ScopeMetrics,
};

use super::metrics::families;
use crate::instruments::{GaugeKey, Unsaid, ZeroHistogram};

/// What a collection lacks.
pub(super) struct Amendment {
    zero_histograms: Vec<ZeroHistogram>,
    odd_gauges: HashMap<GaugeKey, f64>,
}

impl Amendment {
    /// Taken before the collection: a value set in between is then in the collection already.
    pub(super) fn of(unsaid: &Unsaid) -> Self {
        Self {
            zero_histograms: unsaid.zero_histograms(),
            odd_gauges: unsaid.odd_gauges(),
        }
    }

    /// Adds the histograms nothing was observed in, and gives gauges the values that are no numbers.
    pub(super) fn apply(self, request: &mut ExportMetricsServiceRequest) {
        for histogram in self.zero_histograms {
            if !families(request).any(|family| family.name == histogram.name) {
                add(request, histogram);
            }
        }
        say_odd(request, &self.odd_gauges);
    }
}

fn say_odd(request: &mut ExportMetricsServiceRequest, odd: &HashMap<GaugeKey, f64>) {
    if odd.is_empty() {
        return;
    }
    for (name, gauge) in gauges(request) {
        for point in &mut gauge.data_points {
            let key = GaugeKey {
                name: name.clone(),
                labels: labels(&point.attributes),
            };
            if let Some(value) = odd.get(&key) {
                point.value = Some(Value::AsDouble(*value));
            }
        }
    }
}

fn gauges(
    request: &mut ExportMetricsServiceRequest,
) -> impl Iterator<Item = (&String, &mut Gauge)> {
    let scopes = request
        .resource_metrics
        .iter_mut()
        .flat_map(|resource| &mut resource.scope_metrics);
    scopes
        .flat_map(|scope| &mut scope.metrics)
        .filter_map(|family| match &mut family.data {
            Some(Data::Gauge(gauge)) => Some((&family.name, gauge)),
            _ => None,
        })
}

fn labels(attributes: &[KeyValue]) -> Vec<(String, String)> {
    let text = |attribute: &KeyValue| match attribute.value.as_ref()?.value.as_ref()? {
        Any::StringValue(value) => Some((attribute.key.clone(), value.clone())),
        _ => None,
    };
    let mut labels: Vec<_> = attributes.iter().filter_map(text).collect();
    labels.sort_unstable();
    labels
}

fn add(request: &mut ExportMetricsServiceRequest, histogram: ZeroHistogram) {
    let Some(resource) = request.resource_metrics.first_mut() else {
        return;
    };
    let scopes = &mut resource.scope_metrics;
    let ours =
        |scope: &ScopeMetrics| matches!(&scope.scope, Some(scope) if scope.name == histogram.scope);
    let position = scopes.iter().position(ours).unwrap_or_else(|| {
        scopes.push(empty(&histogram.scope));
        scopes.len() - 1
    });
    scopes[position].metrics.push(zero(histogram));
}

fn empty(scope: &str) -> ScopeMetrics {
    ScopeMetrics {
        scope: Some(InstrumentationScope {
            name: scope.to_owned(),
            ..InstrumentationScope::default()
        }),
        ..ScopeMetrics::default()
    }
}

fn zero(histogram: ZeroHistogram) -> Metric {
    let point = HistogramDataPoint {
        start_time_unix_nano: unix_nano(histogram.since),
        time_unix_nano: unix_nano(SystemTime::now()),
        sum: Some(0.0),
        bucket_counts: vec![0; histogram.buckets.len() + 1],
        explicit_bounds: histogram.buckets,
        ..HistogramDataPoint::default()
    };
    Metric {
        name: histogram.name,
        description: histogram.help,
        data: Some(Data::Histogram(Histogram {
            data_points: vec![point],
            aggregation_temporality: AggregationTemporality::Cumulative.into(),
        })),
        ..Metric::default()
    }
}

fn unix_nano(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instruments::{CustomMetrics, Meters};
    use crate::pipeline::{Collector, Reader};
    use opentelemetry::metrics::MeterProvider as _;
    use opentelemetry_proto::tonic::metrics::v1::ResourceMetrics;
    use opentelemetry_sdk::metrics::SdkMeterProvider;

    /// The scope and the point of a histogram.
    fn collected(collector: &Collector, name: &str) -> (String, HistogramDataPoint) {
        let mut request = collector.collect().expect("a collection");
        let resource = request.resource_metrics.remove(0);
        let mut families = resource.scope_metrics.into_iter().flat_map(|scope| {
            let name = scope.scope.expect("a scope").name;
            scope
                .metrics
                .into_iter()
                .map(move |family| (name.clone(), family))
        });
        let (scope, family) = families
            .find(|(_, family)| family.name == name)
            .expect("the family");
        let Some(Data::Histogram(mut histogram)) = family.data else {
            panic!("{name} is no histogram")
        };
        (scope, histogram.data_points.remove(0))
    }

    fn collector() -> (Collector, CustomMetrics, SdkMeterProvider) {
        let reader = Reader::new();
        let provider = SdkMeterProvider::builder()
            .with_reader(reader.clone())
            .build();
        let meters = Meters::new(provider.clone(), 10);
        let collector = Collector::new(reader, meters.unsaid());
        (collector, CustomMetrics::new(meters), provider)
    }

    #[test]
    fn a_histogram_starts_when_it_was_made_and_never_goes_back() {
        let (collector, custom, _) = collector();
        let histogram = custom
            .histogram("axisor_zero_seconds", "Zero", &[], &[1.0])
            .expect("a histogram");
        let start = || {
            collected(&collector, "axisor_zero_seconds")
                .1
                .start_time_unix_nano
        };
        let (first, second) = (start(), start());
        histogram
            .with(())
            .expect("a series")
            .observe(1.0)
            .expect("taken");
        assert_eq!(first, second);
        assert!(start() >= second, "{} after {second}", start());
    }

    #[test]
    fn a_histogram_is_in_the_scope_of_its_observations_from_the_start() {
        let (collector, custom, provider) = collector();
        let meter = provider.meter("user");
        meter.u64_counter("user_total").build().add(1, &[]);
        for name in ["axisor_zero_seconds", "axisor_Zero_seconds"] {
            let histogram = custom
                .histogram(name, "Zero", &[], &[1.0])
                .expect("a histogram");
            let before = collected(&collector, name).0;
            histogram
                .with(())
                .expect("a series")
                .observe(1.0)
                .expect("taken");
            assert_eq!(before, collected(&collector, name).0);
        }
    }

    #[test]
    fn a_scope_that_is_not_there_is_made() {
        let mut request = ExportMetricsServiceRequest {
            resource_metrics: vec![ResourceMetrics {
                scope_metrics: vec![empty("user")],
                ..ResourceMetrics::default()
            }],
        };
        let unsaid = Unsaid::default();
        unsaid.zero_histogram(ZeroHistogram {
            scope: "ours".to_owned(),
            since: UNIX_EPOCH,
            name: "axisor_zero_seconds".to_owned(),
            help: "Zero".to_owned(),
            buckets: vec![1.0],
        });
        Amendment::of(&unsaid).apply(&mut request);
        let scopes = &request.resource_metrics[0].scope_metrics;
        let families: Vec<usize> = scopes.iter().map(|scope| scope.metrics.len()).collect();
        assert_eq!(families, [0, 1]);
    }
}
