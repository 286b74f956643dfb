//! Completes a collection with what the SDK left out.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, ScopeMetrics,
};

use super::metrics::families;
use crate::instruments::{GaugeKey, Unsaid, ZeroHistogram};

/// Adds the histograms nothing was observed in, and gives gauges the values that are no numbers.
pub(super) fn amend(request: &mut ExportMetricsServiceRequest, unsaid: &Unsaid) {
    for histogram in unsaid.zero_histograms() {
        if !families(request).any(|family| family.name == histogram.name) {
            add(request, zero(histogram));
        }
    }
    let odd = unsaid.odd_gauges();
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

fn zero(histogram: ZeroHistogram) -> Metric {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
    let point = HistogramDataPoint {
        start_time_unix_nano: now,
        time_unix_nano: now,
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

fn add(request: &mut ExportMetricsServiceRequest, family: Metric) {
    let Some(resource) = request.resource_metrics.first_mut() else {
        return;
    };
    if resource.scope_metrics.is_empty() {
        resource.scope_metrics.push(ScopeMetrics::default());
    }
    resource.scope_metrics[0].metrics.push(family);
}
