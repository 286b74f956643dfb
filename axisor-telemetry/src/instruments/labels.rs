//! Label values as users give them.

use std::borrow::Cow;

use super::error::MetricError;
use super::family::Label;

/// The values of a metric's labels: by position (`["buy", "limit"]`), by name (`[("side", "buy")]`), or none (`()`).
///
/// By position there is one for each label, in their order. By name a label may be left out and is then empty,
/// which a scraper takes as absent. An array or a slice will do, of `&str`, `String`, `&String` or `Cow<str>`.
pub trait LabelSet: Resolve {}

impl<L: Resolve> LabelSet for L {}

/// Finds each label's value; sealed, since this module is private.
pub trait Resolve {
    fn resolve(self, metric: &str, labels: &[Label]) -> Result<Vec<String>, MetricError>;
}

/// What a label set is a list of: values, or names with values.
pub trait Entry: Sized {
    fn resolve(
        entries: &[Self],
        metric: &str,
        labels: &[Label],
    ) -> Result<Vec<String>, MetricError>;
}

impl<E: Entry> Resolve for &[E] {
    fn resolve(self, metric: &str, labels: &[Label]) -> Result<Vec<String>, MetricError> {
        E::resolve(self, metric, labels)
    }
}

impl<E: Entry, const N: usize> Resolve for [E; N] {
    fn resolve(self, metric: &str, labels: &[Label]) -> Result<Vec<String>, MetricError> {
        E::resolve(&self, metric, labels)
    }
}

impl<E: Entry, const N: usize> Resolve for &[E; N] {
    fn resolve(self, metric: &str, labels: &[Label]) -> Result<Vec<String>, MetricError> {
        E::resolve(self, metric, labels)
    }
}

impl Resolve for () {
    fn resolve(self, metric: &str, labels: &[Label]) -> Result<Vec<String>, MetricError> {
        by_position::<&str>(&[], metric, labels)
    }
}

impl Entry for &str {
    fn resolve(
        entries: &[Self],
        metric: &str,
        labels: &[Label],
    ) -> Result<Vec<String>, MetricError> {
        by_position(entries, metric, labels)
    }
}

impl Entry for String {
    fn resolve(
        entries: &[Self],
        metric: &str,
        labels: &[Label],
    ) -> Result<Vec<String>, MetricError> {
        by_position(entries, metric, labels)
    }
}

impl Entry for &String {
    fn resolve(
        entries: &[Self],
        metric: &str,
        labels: &[Label],
    ) -> Result<Vec<String>, MetricError> {
        by_position(entries, metric, labels)
    }
}

impl Entry for Cow<'_, str> {
    fn resolve(
        entries: &[Self],
        metric: &str,
        labels: &[Label],
    ) -> Result<Vec<String>, MetricError> {
        by_position(entries, metric, labels)
    }
}

impl<N: AsRef<str>, V: AsRef<str>> Entry for (N, V) {
    fn resolve(
        entries: &[Self],
        metric: &str,
        labels: &[Label],
    ) -> Result<Vec<String>, MetricError> {
        let mut values = vec![String::new(); labels.len()];
        for (name, value) in entries {
            let name = name.as_ref();
            let Some(position) = labels.iter().position(|label| label.name == name) else {
                return Err(MetricError::UndeclaredLabel {
                    metric: metric.to_owned(),
                    label: name.to_owned(),
                    expected: names(labels),
                });
            };
            value.as_ref().clone_into(&mut values[position]);
        }
        Ok(values)
    }
}

fn by_position<V: AsRef<str>>(
    values: &[V],
    metric: &str,
    labels: &[Label],
) -> Result<Vec<String>, MetricError> {
    if values.len() != labels.len() {
        return Err(MetricError::WrongLabelCount {
            metric: metric.to_owned(),
            given: values.len(),
            expected: names(labels),
        });
    }
    Ok(values
        .iter()
        .map(|value| value.as_ref().to_owned())
        .collect())
}

fn names(labels: &[Label]) -> Vec<String> {
    labels
        .iter()
        .map(|label| label.name.clone().into_owned())
        .collect()
}
