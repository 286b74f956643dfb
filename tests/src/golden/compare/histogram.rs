//! Request durations, which depend on the machine, must still be a possible histogram.

use axisor_telemetry::catalog::{self, Kind};

use super::{AtLeast, DURATION};
use crate::golden::exposition::{Exposition, Sample};

/// How much too early a sleep may end, in seconds per request.
const SLACK: f64 = 0.005;

/// The timed parts must still be a possible histogram.
#[expect(
    clippy::float_cmp,
    clippy::cast_precision_loss,
    reason = "counts of a few requests"
)]
pub(super) fn problems(actual: &Exposition, at_least: &AtLeast) -> Vec<String> {
    let count = format!("{DURATION}_count");
    let mut found = Vec::new();
    for (sample, value) in actual
        .samples
        .iter()
        .filter(|(sample, _)| sample.name == count)
    {
        let histogram = Histogram::of(actual, sample, *value);
        found.extend(histogram.problems());
        let key = format!("{} {}", sample.label("method"), sample.label("route"));
        if let Some(least) = at_least
            .get(&key)
            .filter(|least| least.len() as f64 == *value)
        {
            found.extend(histogram.too_fast(least));
        }
    }
    found
}

/// One series of the duration histogram, put together from its samples.
struct Histogram<'a> {
    labels: &'a Sample,
    count: f64,
    sum: Option<f64>,
    buckets: Vec<(f64, f64)>,
}

impl<'a> Histogram<'a> {
    fn of(text: &Exposition, labels: &'a Sample, count: f64) -> Self {
        let named = |suffix: &str| format!("{DURATION}{suffix}");
        let sum = Sample {
            name: named("_sum"),
            labels: labels.labels.clone(),
        };
        let bucket = named("_bucket");
        let mut buckets: Vec<(f64, f64)> = text
            .samples
            .iter()
            .filter(|(sample, _)| {
                sample.name == bucket && sample.without("le").labels == labels.labels
            })
            .map(|(sample, count)| (sample.label("le").parse().unwrap_or(f64::NAN), *count))
            .collect();
        buckets.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        Self {
            labels,
            count,
            sum: text.samples.get(&sum).copied(),
            buckets,
        }
    }

    #[expect(clippy::float_cmp, reason = "bounds and counts are exact")]
    fn problems(&self) -> Vec<String> {
        let mut found = Vec::new();
        let bounds: Vec<f64> = self.buckets.iter().map(|(bound, _)| *bound).collect();
        if bounds != expected_bounds() {
            found.push(format!("buckets of {} are {bounds:?}", self.labels));
        }
        if !self.buckets.is_sorted_by(|(_, a), (_, b)| a <= b) {
            found.push(format!("buckets of {} go down", self.labels));
        }
        if self
            .buckets
            .last()
            .is_some_and(|(_, last)| *last != self.count)
        {
            found.push(format!("+Inf bucket of {} is not its count", self.labels));
        }
        if self.sum.is_none_or(|sum| sum.is_nan() || sum < 0.0) {
            found.push(format!("sum of {} is {:?}", self.labels, self.sum));
        }
        found
    }

    /// What is too fast to be true.
    #[expect(clippy::cast_precision_loss, reason = "counts of a few requests")]
    fn too_fast(&self, least: &[f64]) -> Vec<String> {
        let possible = |bound: f64| least.iter().filter(|time| **time - SLACK <= bound).count();
        let mut found: Vec<String> = self
            .buckets
            .iter()
            .filter(|(bound, got)| *got > possible(*bound) as f64)
            .map(|(bound, got)| {
                let may = possible(*bound);
                let series = self.labels;
                format!(
                    "{series}: {got} requests within {bound} s, but only {may} can be that fast"
                )
            })
            .collect();
        let total = least.iter().sum::<f64>() - SLACK * least.len() as f64;
        if let Some(sum) = self.sum.filter(|sum| *sum < total) {
            let series = self.labels;
            found.push(format!(
                "sum of {series} is {sum}, less than the requests took"
            ));
        }
        found
    }
}

fn expected_bounds() -> Vec<f64> {
    let Kind::Histogram { buckets } = catalog::HTTP_REQUEST_DURATION.kind else {
        unreachable!("request durations are a histogram")
    };
    buckets.iter().copied().chain([f64::INFINITY]).collect()
}
