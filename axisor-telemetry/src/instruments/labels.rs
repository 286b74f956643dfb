//! Label values as users give them.

use opentelemetry::Key;

use super::error::MetricError;

/// The values of a metric's labels: by position (`["buy", "limit"]`), by name (`[("side", "buy")]`), or none (`()`).
///
/// By position there is one for each label, in their order. By name a label may be left out and is then empty,
/// which a scraper takes as absent.
pub trait LabelSet: Resolve + Copy {}

impl<L: Resolve + Copy> LabelSet for L {}

/// Finds each label's value; sealed, since this module is private.
pub trait Resolve {
    fn resolve(&self, metric: &str, labels: &[Key]) -> Result<Vec<String>, MetricError>;
}

impl Resolve for &[&str] {
    fn resolve(&self, metric: &str, labels: &[Key]) -> Result<Vec<String>, MetricError> {
        if self.len() != labels.len() {
            return Err(MetricError::WrongLabelCount {
                metric: metric.to_owned(),
                given: self.len(),
                expected: names(labels),
            });
        }
        Ok(self.iter().map(|value| (*value).to_owned()).collect())
    }
}

impl Resolve for &[(&str, &str)] {
    fn resolve(&self, metric: &str, labels: &[Key]) -> Result<Vec<String>, MetricError> {
        let mut values = vec![String::new(); labels.len()];
        for (name, value) in *self {
            let Some(position) = labels.iter().position(|label| label.as_str() == *name) else {
                return Err(MetricError::UndeclaredLabel {
                    metric: metric.to_owned(),
                    label: (*name).to_owned(),
                    expected: names(labels),
                });
            };
            (*value).clone_into(&mut values[position]);
        }
        Ok(values)
    }
}

impl<const N: usize> Resolve for [&str; N] {
    fn resolve(&self, metric: &str, labels: &[Key]) -> Result<Vec<String>, MetricError> {
        self.as_slice().resolve(metric, labels)
    }
}

impl<const N: usize> Resolve for [(&str, &str); N] {
    fn resolve(&self, metric: &str, labels: &[Key]) -> Result<Vec<String>, MetricError> {
        self.as_slice().resolve(metric, labels)
    }
}

impl Resolve for () {
    fn resolve(&self, metric: &str, labels: &[Key]) -> Result<Vec<String>, MetricError> {
        <&[&str]>::default().resolve(metric, labels)
    }
}

fn names(labels: &[Key]) -> Vec<String> {
    labels
        .iter()
        .map(|label| label.as_str().to_owned())
        .collect()
}
