//! Pushes small enough for a receiver.
//!
//! gRPC servers refuse messages above 4 MiB unless told otherwise, the Collector's among them; a refused push would
//! lose every series of the service.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Histogram, Metric, ResourceMetrics, ScopeMetrics, Sum,
};
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
                delimited,
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

/// Items in order, in as many batches as they need for at most `limit` bytes each, or one item.
pub(super) fn batches<M>(
    items: impl Iterator<Item = M>,
    size: impl Fn(&M) -> usize,
    limit: usize,
) -> Vec<Vec<M>> {
    let (mut batches, mut room) = (Vec::<Vec<M>>::new(), 0);
    for item in items {
        let size = size(&item);
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

/// The bytes of a message in a repeated field of a low number.
pub(super) fn delimited(item: &impl Message) -> usize {
    let size = item.encoded_len();
    1 + prost::length_delimiter_len(size) + size
}

/// A family in pieces of at most about `limit` bytes, each with some of its points.
fn pieces(mut family: Metric, limit: usize) -> Vec<Metric> {
    if family.encoded_len() <= limit {
        return vec![family];
    }
    let Some(data) = family.data.take() else {
        return vec![family];
    };
    let room = limit.saturating_sub(family.encoded_len());
    let piece = |data| Metric {
        data: Some(data),
        ..family.clone()
    };
    cut(data, room).into_iter().map(piece).collect()
}

fn cut(data: Data, limit: usize) -> Vec<Data> {
    match data {
        Data::Gauge(gauge) => batches(gauge.data_points.into_iter(), delimited, limit)
            .into_iter()
            .map(|data_points| Data::Gauge(Gauge { data_points }))
            .collect(),
        Data::Sum(mut sum) => batches(
            std::mem::take(&mut sum.data_points).into_iter(),
            delimited,
            limit,
        )
        .into_iter()
        .map(|data_points| {
            Data::Sum(Sum {
                data_points,
                ..sum.clone()
            })
        })
        .collect(),
        Data::Histogram(mut histogram) => batches(
            std::mem::take(&mut histogram.data_points).into_iter(),
            delimited,
            limit,
        )
        .into_iter()
        .map(|data_points| {
            Data::Histogram(Histogram {
                data_points,
                ..histogram.clone()
            })
        })
        .collect(),
        data => vec![data],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
    use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
    use opentelemetry_proto::tonic::metrics::v1::NumberDataPoint;
    use proptest::prelude::*;

    fn point(label: &str) -> NumberDataPoint {
        let value = AnyValue {
            value: Some(Any::StringValue(label.to_owned())),
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

    /// A family with a point for each of `lengths`, its label that long.
    fn family(name: usize, lengths: &[usize]) -> Metric {
        let point = |(label, length): (usize, &usize)| point(&format!("{name}-{label:0length$}"));
        let data_points = lengths.iter().enumerate().map(point).collect();
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

    fn request(families: &[Vec<usize>]) -> ExportMetricsServiceRequest {
        let metrics = families.iter().enumerate();
        let scope = ScopeMetrics {
            metrics: metrics
                .map(|(name, lengths)| family(name, lengths))
                .collect(),
            ..ScopeMetrics::default()
        };
        let resource = ResourceMetrics {
            scope_metrics: vec![scope],
            ..ResourceMetrics::default()
        };
        ExportMetricsServiceRequest {
            resource_metrics: vec![resource],
        }
    }

    #[test]
    fn points_of_ten_kilobytes_beside_small_ones_make_no_request_above_the_limit() {
        let mut lengths = vec![10_000; 600];
        lengths.resize(9_600, 10);
        let parts = metrics(request(&[lengths]), MAX_REQUEST);
        let largest = parts.iter().map(Message::encoded_len).max();
        assert!(largest < Some(MAX_REQUEST + 100), "{largest:?}");
    }

    /// The lengths of the labels of a family's points: many short ones, some long ones.
    fn lengths() -> impl Strategy<Value = Vec<usize>> {
        let length = prop_oneof![4 => 0_usize..20, 1 => 200_usize..400];
        prop::collection::vec(length, 0..200)
    }

    proptest! {
        #[test]
        fn every_point_arrives_once_in_requests_within_the_limit(
            mut families in prop::collection::vec(lengths(), 0..12),
            sorted: bool,
            limit in 500_usize..5_000,
        ) {
            if sorted {
                for lengths in &mut families {
                    lengths.sort_unstable();
                }
            }
            let whole = request(&families);
            let before = points(std::slice::from_ref(&whole));
            let parts = metrics(whole, limit);
            prop_assert_eq!(points(&parts), before);
            for part in &parts {
                prop_assert!(part.encoded_len() <= limit + 50, "{} of {limit}", part.encoded_len());
            }
        }
    }
}
