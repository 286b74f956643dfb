//! Custom metrics of a scenario, made and used through the SDK's typed interface.

use std::collections::HashMap;

use axisor_telemetry::{Counter, Gauge, Histogram, MetricError, Telemetry};

use super::scenario::{Create, Labels, MetricKind, Op, Record};

/// Why a step about a custom metric was refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error(transparent)]
    Metric(#[from] MetricError),
    #[error("the metric was not created")]
    NotCreated,
    #[error("the typed interface has no call for it")]
    NoSuchCall,
}

/// The custom metrics made so far, by name.
#[derive(Default)]
pub(super) struct CustomMetrics(HashMap<String, Custom>);

enum Custom {
    Counter(Counter),
    Gauge(Gauge),
    Histogram(Histogram),
}

impl CustomMetrics {
    pub(super) fn create(&mut self, telemetry: &Telemetry, create: &Create) -> Result<(), Refusal> {
        let (name, help) = (&create.name, &create.help);
        let labels: Vec<&str> = create.labels.iter().flatten().map(String::as_str).collect();
        let custom = match create.kind {
            MetricKind::Counter => Custom::Counter(telemetry.counter(name, help, &labels)?),
            MetricKind::Gauge => Custom::Gauge(telemetry.gauge(name, help, &labels)?),
            MetricKind::Histogram => Custom::Histogram(telemetry.histogram(name, help, &labels)?),
        };
        self.0.insert(name.clone(), custom);
        Ok(())
    }

    pub(super) fn record(&self, record: &Record) -> Result<(), Refusal> {
        let value = record.number().ok_or(Refusal::NoSuchCall)?;
        match self.0.get(&record.name).ok_or(Refusal::NotCreated)? {
            Custom::Counter(counter) => count(counter, record, value),
            Custom::Gauge(gauge) => change(gauge, record, value),
            Custom::Histogram(histogram) => observe(histogram, record, value),
        }
    }
}

/// The series a record names: `$metric.with(…)` by name or by position.
macro_rules! series {
    ($metric:expr, $labels:expr) => {
        match $labels {
            Labels::ByPosition(values) if !values.is_empty() => {
                let values: Vec<&str> = values.iter().map(|value| value.0.as_str()).collect();
                $metric.with(values.as_slice())?
            }
            Labels::ByPosition(_) => $metric.with([("", ""); 0])?,
            Labels::ByName(labels) => {
                let labels: Vec<(&str, &str)> = labels
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.0.as_str()))
                    .collect();
                $metric.with(labels.as_slice())?
            }
        }
    };
}

fn count(counter: &Counter, record: &Record, value: f64) -> Result<(), Refusal> {
    let series = series!(counter, &record.labels);
    match record.op {
        Op::Touch => Ok(()),
        Op::Inc => Ok(series.inc_by(value)?),
        Op::Dec | Op::Set | Op::Observe => Err(Refusal::NoSuchCall),
    }
}

fn change(gauge: &Gauge, record: &Record, value: f64) -> Result<(), Refusal> {
    let series = series!(gauge, &record.labels);
    match record.op {
        Op::Touch => {}
        Op::Inc => series.inc_by(value),
        Op::Dec => series.dec_by(value),
        Op::Set => series.set(value),
        Op::Observe => return Err(Refusal::NoSuchCall),
    }
    Ok(())
}

fn observe(histogram: &Histogram, record: &Record, value: f64) -> Result<(), Refusal> {
    let series = series!(histogram, &record.labels);
    match record.op {
        Op::Touch => Ok(()),
        Op::Observe => Ok(series.observe(value)?),
        Op::Inc | Op::Dec | Op::Set => Err(Refusal::NoSuchCall),
    }
}
