//! Families in the words of OpenTelemetry's protocol.

use std::time::SystemTime;

use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, NumberDataPoint, Sum,
};
use opentelemetry_proto::tonic::metrics::v1::{Exemplar as ExemplarPoint, exemplar};

use super::cells::{CounterCell, Distributed, GaugeCell, HistogramCell, SumCell};
use super::exemplars::Exemplar;
use crate::clock::unix_nanos;

/// A cell that can be told.
pub(crate) trait SeriesCell: Clone + Send + Sync + 'static {
    type Point;

    /// What it holds now.
    fn point(&self, labels: Vec<KeyValue>, period: Period) -> Self::Point;

    /// The points of a family.
    fn data(points: Vec<Self::Point>) -> Data;
}

/// The time a point is about, in nanoseconds since 1970.
#[derive(Clone, Copy)]
pub(crate) struct Period {
    pub(super) start: u64,
    pub(super) end: u64,
}

impl SeriesCell for CounterCell {
    type Point = NumberDataPoint;

    fn point(&self, labels: Vec<KeyValue>, period: Period) -> NumberDataPoint {
        let count = i64::try_from(self.read()).unwrap_or(i64::MAX);
        number(Value::AsInt(count), labels, period)
    }

    fn data(points: Vec<NumberDataPoint>) -> Data {
        sum(points)
    }
}

impl SeriesCell for SumCell {
    type Point = NumberDataPoint;

    fn point(&self, labels: Vec<KeyValue>, period: Period) -> NumberDataPoint {
        number(Value::AsDouble(self.read()), labels, period)
    }

    fn data(points: Vec<NumberDataPoint>) -> Data {
        sum(points)
    }
}

impl SeriesCell for GaugeCell {
    type Point = NumberDataPoint;

    fn point(&self, labels: Vec<KeyValue>, period: Period) -> NumberDataPoint {
        number(Value::AsDouble(self.read()), labels, period)
    }

    fn data(data_points: Vec<NumberDataPoint>) -> Data {
        Data::Gauge(Gauge { data_points })
    }
}

impl SeriesCell for HistogramCell {
    type Point = HistogramDataPoint;

    fn point(&self, labels: Vec<KeyValue>, period: Period) -> HistogramDataPoint {
        let Distributed {
            bounds,
            counts,
            sum,
            exemplars,
        } = self.read();
        HistogramDataPoint {
            attributes: labels,
            start_time_unix_nano: period.start,
            time_unix_nano: period.end,
            count: counts.iter().sum(),
            sum: Some(sum),
            bucket_counts: counts,
            explicit_bounds: bounds.to_vec(),
            exemplars: exemplars.into_iter().map(ExemplarPoint::from).collect(),
            ..HistogramDataPoint::default()
        }
    }

    fn data(data_points: Vec<HistogramDataPoint>) -> Data {
        Data::Histogram(Histogram {
            data_points,
            aggregation_temporality: AggregationTemporality::Cumulative.into(),
        })
    }
}

impl From<Exemplar> for ExemplarPoint {
    fn from(exemplar: Exemplar) -> Self {
        Self {
            time_unix_nano: exemplar.unix_nanos,
            trace_id: exemplar.trace_id.to_vec(),
            span_id: exemplar.span_id.to_vec(),
            value: Some(exemplar::Value::AsDouble(exemplar.value)),
            ..Self::default()
        }
    }
}

fn number(value: Value, labels: Vec<KeyValue>, period: Period) -> NumberDataPoint {
    NumberDataPoint {
        attributes: labels,
        start_time_unix_nano: period.start,
        time_unix_nano: period.end,
        value: Some(value),
        ..NumberDataPoint::default()
    }
}

fn sum(data_points: Vec<NumberDataPoint>) -> Data {
    Data::Sum(Sum {
        data_points,
        aggregation_temporality: AggregationTemporality::Cumulative.into(),
        is_monotonic: true,
    })
}

pub(super) fn label(name: &str, value: &str) -> KeyValue {
    let value = Any::StringValue(value.to_owned());
    KeyValue {
        key: name.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

pub(super) fn now() -> u64 {
    unix_nanos(SystemTime::now())
}
