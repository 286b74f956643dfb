//! Series and numbers as the page writes them.

use super::{Number, Quotes, escape};

/// The series of this name and these labels, as it stands on the page before its value.
pub(crate) fn series(name: &str, labels: &[(&str, &str)]) -> String {
    let mut labels = labels.to_vec();
    labels.sort_unstable_by_key(|(label, _)| (*label == "le", *label)); // a bucket's own label is its last
    let mut series = name.to_owned();
    let mut before = '{';
    for (label, value) in &labels {
        series.push(before);
        series.push_str(label);
        series.push_str("=\"");
        escape(&mut series, value, Quotes::Escaped);
        series.push('"');
        before = ',';
    }
    if !labels.is_empty() {
        series.push('}');
    }
    series
}

/// A value as it stands on the page.
pub(crate) fn number(value: f64) -> String {
    Number(value).to_string()
}
