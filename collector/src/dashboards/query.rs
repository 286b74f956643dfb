//! How expressions are put together.

use axisor_telemetry::catalog::Series;

use super::panel::Query;

/// What every expression of a dashboard with `$job` looks at.
pub(super) const JOB: &str = "job=~\"$job\"";

/// `sum by (by) (rate(series{matchers}[…]))`.
pub(super) fn rate(series: &Series, matchers: &str, by: &str) -> String {
    rate_of(series.name, matchers, by)
}

pub(super) fn rate_of(name: &str, matchers: &str, by: &str) -> String {
    format!("sum by ({by}) (rate({name}{{{matchers}}}[$__rate_interval]))")
}

/// `sum by (by) (series{matchers})`: of a gauge whose instances add up.
pub(super) fn sum(series: &Series, matchers: &str, by: &str) -> String {
    format!("sum by ({by}) ({}{{{matchers}}})", series.name)
}

/// `max by (by) (series{matchers})`: of a gauge that several see alike.
pub(super) fn max(series: &Series, matchers: &str, by: &str) -> String {
    format!("max by ({by}) ({}{{{matchers}}})", series.name)
}

/// `min by (by) (series{matchers})`.
pub(super) fn min(series: &Series, matchers: &str, by: &str) -> String {
    format!("min by ({by}) ({}{{{matchers}}})", series.name)
}

/// Of the whole, 0 while there is no such series: of what nobody wants to see.
pub(super) fn rate_or_zero(series: &Series, matchers: &str) -> String {
    let name = series.name;
    format!("sum(rate({name}{{{matchers}}}[$__rate_interval])) or vector(0)")
}

/// The quantile of a histogram, of each `by` as a whole.
pub(super) fn quantile(quantile: f64, series: &Series, matchers: &str, by: &str) -> String {
    let rate = bucket_rate(series, matchers, by);
    format!("histogram_quantile({quantile}, {rate})")
}

fn bucket_rate(series: &Series, matchers: &str, by: &str) -> String {
    let by = if by.is_empty() {
        "le".to_owned()
    } else {
        format!("le, {by}")
    };
    let name = series.name;
    format!("sum by ({by}) (rate({name}_bucket{{{matchers}}}[$__rate_interval]))")
}

/// Median and 95th percentile of the whole, with exemplars on the latter.
pub(super) fn quantiles(series: &Series, matchers: &str) -> [Query; 2] {
    let of = |share| quantile(share, series, matchers, "");
    [
        Query::new(of(0.5), "median"),
        Query::new(of(0.95), "95th percentile").with_exemplars(),
    ]
}
