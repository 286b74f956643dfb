//! Every series at one moment.

use std::collections::{HashMap, HashSet};

use super::difference::nearest;
use crate::{Telemetry, exposition};

/// Every series of a telemetry as it stood at one moment.
///
/// A sample is a line of the exposition: name, labels in the order of their names (`le` last), value.
#[derive(Debug, Clone)]
pub struct Series {
    page: String,
}

impl Series {
    /// Every series of `telemetry` as it stands: a [`TestTelemetry`](super::TestTelemetry) or any other one.
    ///
    /// # Panics
    /// After a panic in an observable callback of the user's: then nothing can be collected.
    #[must_use]
    #[track_caller]
    pub fn of(telemetry: &Telemetry) -> Self {
        match telemetry.exposition() {
            Ok(page) => Self { page },
            Err(error) => panic!("{error}"),
        }
    }

    /// The value of one sample, if it is there.
    ///
    /// The labels are all it has, in any order, their values as they were given.
    #[must_use]
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let asked = exposition::series(name, labels);
        let mut samples = self.samples();
        let (_, value) = samples.find(|(series, _)| *series == asked)?;
        value.parse().ok()
    }

    /// All samples of the metric of this name, as lines in the order in which they were made; of a histogram its
    /// buckets, sums and counts.
    #[must_use]
    pub fn family(&self, name: &str) -> Vec<&str> {
        let parts: &[&str] = if self.histograms().contains(name) {
            &["_bucket", "_sum", "_count"]
        } else {
            &[""]
        };
        let of_family = |line: &&str| {
            let part = name_of(line).strip_prefix(name);
            part.is_some_and(|part| parts.contains(&part))
        };
        self.lines().filter(of_family).collect()
    }

    /// What has moved since `before`, as `series +difference`. A series that was not there counts from 0, and of a
    /// histogram its counts and sums are told, and no buckets.
    #[must_use]
    pub fn changes_since(&self, before: &Self) -> Vec<String> {
        let before: HashMap<&str, &str> = before.samples().collect();
        let histograms = self.histograms();
        let is_bucket = |series| {
            let histogram = name_of(series).strip_suffix("_bucket");
            histogram.is_some_and(|name| histograms.contains(name))
        };
        let change = |(series, value)| {
            let change = change(before.get(series).copied().unwrap_or("0"), value)?;
            Some(format!("{series} {change}"))
        };
        let told = self.samples().filter(|(series, _)| !is_bucket(series));
        told.filter_map(change).collect()
    }

    /// The names of all histograms.
    fn histograms(&self) -> HashSet<&str> {
        let lines = self.page.lines();
        let types = lines.filter_map(|line| line.strip_prefix("# TYPE "));
        types
            .filter_map(|named| named.strip_suffix(" histogram"))
            .collect()
    }

    /// The line that is most like an expected one: the same series, or else one of the same name, or of another.
    pub(super) fn nearest(&self, line: &str) -> Option<&str> {
        let mut all = self.lines();
        let same_series = all.find(|found| series_of(found) == series_of(line));
        let same_name = || self.lines().filter(|found| name_of(found) == name_of(line));
        same_series
            .or_else(|| nearest(line, same_name()))
            .or_else(|| nearest(line, self.lines()))
    }

    /// All samples, as lines.
    pub(super) fn lines(&self) -> impl Iterator<Item = &str> {
        self.page.lines().filter(|line| !line.starts_with('#'))
    }

    /// All samples, as series and value.
    fn samples(&self) -> impl Iterator<Item = (&str, &str)> {
        self.lines().filter_map(|line| line.rsplit_once(' '))
    }
}

/// The name of the sample that a line shows.
fn name_of(line: &str) -> &str {
    line.split(['{', ' ']).next().unwrap_or(line)
}

/// What a line shows the value of.
fn series_of(line: &str) -> &str {
    line.rsplit_once(' ').map_or(line, |(series, _)| series)
}

/// By how much a value has moved, with its sign; `None` if it has not.
fn change(before: &str, after: &str) -> Option<String> {
    if before == after {
        return None;
    }
    let number = |text: &str| text.parse().unwrap_or(f64::NAN);
    let change = number(after) - number(before);
    let sign = if change > 0.0 && change.is_finite() {
        "+"
    } else {
        ""
    };
    (change != 0.0).then(|| format!("{sign}{}", exposition::number(change)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_has_its_sign_and_nothing_that_stayed_is_one() {
        assert_eq!(change("1", "3").as_deref(), Some("+2"));
        assert_eq!(change("3", "0.5").as_deref(), Some("-2.5"));
        assert_eq!(change("NaN", "NaN"), None);
        assert_eq!(change("0", "NaN").as_deref(), Some("NaN"));
        assert_eq!(change("0", "-0"), None);
        assert_eq!(change("0", "+Inf").as_deref(), Some("+Inf"));
    }

    #[test]
    fn a_family_is_its_own_samples_and_none_with_a_longer_name() {
        let page = "# TYPE a counter\na{x=\"y z\"} 1\n# TYPE a_sum gauge\na_sum 3\nab 4\n\
                    # TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 2\nh_count 1\nh_max 2\n";
        let page = page.to_owned();
        let series = Series { page };
        assert_eq!(series.family("a"), ["a{x=\"y z\"} 1"]);
        let parts = ["h_bucket{le=\"+Inf\"} 1", "h_sum 2", "h_count 1"];
        assert_eq!(series.family("h"), parts);
    }

    #[test]
    fn the_nearest_line_has_the_same_series_or_else_the_same_name() {
        let page = "h_sum{kind=\"abcdefg\"} 0\nh_count{kind=\"ab\"} 1\nh_count{kind=\"ba\"} 5\n";
        let page = page.to_owned();
        let series = Series { page };
        let nearest = |line| series.nearest(line).unwrap();
        assert_eq!(nearest("h_count{kind=\"ba\"} 1"), "h_count{kind=\"ba\"} 5");
        assert_eq!(nearest("h_sum{kind=\"ba\"} 5"), "h_sum{kind=\"abcdefg\"} 0");
        assert_eq!(
            nearest("h_sun{kind=\"abcdefg\"} 0"),
            "h_sum{kind=\"abcdefg\"} 0"
        );
    }

    #[test]
    fn a_bucket_is_no_change_of_its_own_but_what_is_only_called_so_is() {
        let page = "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_count 1\n\
                    # TYPE my_bucket gauge\nmy_bucket{title=\"x\"} 1\n";
        let (page, nothing) = (page.to_owned(), String::new());
        let changes = Series { page }.changes_since(&Series { page: nothing });
        assert_eq!(changes, ["h_count +1", "my_bucket{title=\"x\"} +1"]);
    }
}
