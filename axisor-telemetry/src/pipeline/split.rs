//! Requests small enough for a receiver.
//!
//! gRPC servers refuse messages above 4 MiB unless told otherwise, the Collector's among them; a refused push would
//! lose every series of the service.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{Metric, ResourceMetrics, ScopeMetrics};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans};
use prost::Message;

/// The most a request is filled with, in bytes; well below 4 MiB, since a last family may go a little over it.
pub(super) const MAX_REQUEST: usize = 3 << 20;

/// The same families in as many requests as they need for at most about `limit` bytes each.
pub(super) fn metrics(
    request: ExportMetricsServiceRequest,
    limit: usize,
) -> Vec<ExportMetricsServiceRequest> {
    if request.encoded_len() <= limit {
        return vec![request];
    }
    let mut requests = Vec::new();
    for mut resource in request.resource_metrics {
        for mut scope in std::mem::take(&mut resource.scope_metrics) {
            let families = std::mem::take(&mut scope.metrics);
            for batch in batches(
                families
                    .into_iter()
                    .flat_map(|family| pieces(family, limit)),
                limit,
            ) {
                requests.push(with_families(&resource, &scope, batch));
            }
        }
    }
    requests
}

fn with_families(
    resource: &ResourceMetrics,
    scope: &ScopeMetrics,
    metrics: Vec<Metric>,
) -> ExportMetricsServiceRequest {
    let scope = ScopeMetrics {
        metrics,
        ..scope.clone()
    };
    let resource = ResourceMetrics {
        scope_metrics: vec![scope],
        ..resource.clone()
    };
    ExportMetricsServiceRequest {
        resource_metrics: vec![resource],
    }
}

/// The same spans in as many requests as they need for at most about `limit` bytes each.
pub(super) fn traces(
    request: ExportTraceServiceRequest,
    limit: usize,
) -> Vec<ExportTraceServiceRequest> {
    if request.encoded_len() <= limit {
        return vec![request];
    }
    let mut requests = Vec::new();
    for mut resource in request.resource_spans {
        for mut scope in std::mem::take(&mut resource.scope_spans) {
            for batch in batches(std::mem::take(&mut scope.spans).into_iter(), limit) {
                let scope_spans = vec![ScopeSpans {
                    spans: batch,
                    ..scope.clone()
                }];
                let resource = ResourceSpans {
                    scope_spans,
                    ..resource.clone()
                };
                requests.push(ExportTraceServiceRequest {
                    resource_spans: vec![resource],
                });
            }
        }
    }
    requests
}

fn batches<M: Message>(items: impl Iterator<Item = M>, limit: usize) -> Vec<Vec<M>> {
    let (mut batches, mut room) = (Vec::<Vec<M>>::new(), 0);
    for item in items {
        let size = item.encoded_len();
        match batches.last_mut() {
            Some(batch) if size <= room => batch.push(item),
            _ => {
                room = limit;
                batches.push(vec![item]);
            }
        }
        room = room.saturating_sub(size);
    }
    batches
}

/// A family in pieces of at most about `limit` bytes, each with some of its points.
fn pieces(family: Metric, limit: usize) -> Vec<Metric> {
    let count = family.encoded_len().div_ceil(limit);
    if count <= 1 {
        return vec![family];
    }
    let head = Metric {
        data: None,
        ..family.clone()
    };
    let piece = |data| Metric {
        data: Some(data),
        ..head.clone()
    };
    match family.data {
        Some(Data::Gauge(mut gauge)) => chunks(std::mem::take(&mut gauge.data_points), count)
            .map(|data_points| {
                gauge.data_points = data_points;
                piece(Data::Gauge(gauge.clone()))
            })
            .collect(),
        Some(Data::Sum(mut sum)) => chunks(std::mem::take(&mut sum.data_points), count)
            .map(|data_points| {
                sum.data_points = data_points;
                piece(Data::Sum(sum.clone()))
            })
            .collect(),
        Some(Data::Histogram(mut histogram)) => {
            chunks(std::mem::take(&mut histogram.data_points), count)
                .map(|data_points| {
                    histogram.data_points = data_points;
                    piece(Data::Histogram(histogram.clone()))
                })
                .collect()
        }
        data => vec![Metric { data, ..head }],
    }
}

fn chunks<T>(points: Vec<T>, count: usize) -> impl Iterator<Item = Vec<T>> {
    let size = points.len().div_ceil(count).max(1);
    let mut points = points.into_iter();
    std::iter::from_fn(move || {
        let chunk: Vec<T> = points.by_ref().take(size).collect();
        (!chunk.is_empty()).then_some(chunk)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::common::v1::any_value::Value;
    use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
    use opentelemetry_proto::tonic::metrics::v1::{NumberDataPoint, Sum};
    use proptest::prelude::*;

    fn point(label: &str) -> NumberDataPoint {
        let value = AnyValue {
            value: Some(Value::StringValue(label.to_owned())),
        };
        let attribute = KeyValue {
            key: "key".to_owned(),
            value: Some(value),
            ..KeyValue::default()
        };
        NumberDataPoint {
            attributes: vec![attribute],
            ..NumberDataPoint::default()
        }
    }

    fn family(name: usize, points: usize) -> Metric {
        let data_points = (0..points)
            .map(|label| point(&format!("{name}-{label}")))
            .collect();
        Metric {
            name: name.to_string(),
            data: Some(Data::Sum(Sum {
                data_points,
                ..Sum::default()
            })),
            ..Metric::default()
        }
    }

    fn points(requests: &[ExportMetricsServiceRequest]) -> Vec<(String, NumberDataPoint)> {
        let families = requests.iter().flat_map(super::super::metrics::families);
        let points = families.flat_map(|family| match &family.data {
            Some(Data::Sum(sum)) => sum
                .data_points
                .iter()
                .map(|point| (family.name.clone(), point.clone()))
                .collect(),
            _ => Vec::new(),
        });
        points.collect()
    }

    proptest! {
        #[test]
        fn every_point_arrives_once_in_requests_within_the_limit(
            sizes in prop::collection::vec(0_usize..200, 0..12),
            limit in 500_usize..5_000,
        ) {
            let metrics = sizes.iter().enumerate().map(|(name, points)| family(name, *points)).collect();
            let scope = ScopeMetrics { metrics, ..ScopeMetrics::default() };
            let resource = ResourceMetrics { scope_metrics: vec![scope], ..ResourceMetrics::default() };
            let whole = ExportMetricsServiceRequest { resource_metrics: vec![resource] };
            let before = points(std::slice::from_ref(&whole));
            let parts = super::metrics(whole, limit);
            prop_assert_eq!(points(&parts), before);
            for part in &parts {
                prop_assert!(part.encoded_len() <= limit + limit / 2, "{} of {limit}", part.encoded_len());
            }
        }
    }
}
