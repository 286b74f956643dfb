//! Compares two expositions by the rules of the recordings.

mod histogram;

use std::collections::BTreeMap;

use axisor_telemetry::catalog;

use super::exposition::{Exposition, Sample};

/// The one family whose values depend on how fast the machine is.
const DURATION: &str = catalog::HTTP_REQUEST_DURATION.name;

/// How the durations of requests are compared.
#[derive(Debug, Clone, Copy)]
pub enum Durations<'a> {
    /// The clock was moved by hand: every value is exact.
    Exact,
    /// They must be a possible histogram, and not faster than the requests can have been.
    Timed(&'a AtLeast),
}

/// The least time of each counted request in seconds, by `METHOD route`.
pub type AtLeast = BTreeMap<String, Vec<f64>>;

/// Every difference between a recording and what came instead, in words; none if they are the same.
#[must_use]
pub fn compare(
    expected: &Exposition,
    actual: &Exposition,
    durations: Durations<'_>,
) -> Vec<String> {
    let mut found = Vec::new();
    let errors = |side: &str, text: &Exposition| -> Vec<String> {
        let say = |error: &String| format!("{side} text: {error}");
        text.errors.iter().map(say).collect()
    };
    found.extend(errors("expected", expected));
    found.extend(errors("actual", actual));
    found.extend(presence(expected, actual));
    found.extend(values(expected, actual, durations));
    if let Durations::Timed(at_least) = durations {
        found.extend(histogram::problems(actual, at_least));
    }
    found.extend(heads(expected, actual));
    found
}

/// Leaves out what the product shows beyond the contract, by name from the catalogue.
pub fn remove_own_series(exposition: &mut Exposition) {
    for series in &catalog::OWN {
        exposition.remove_family(series.name);
    }
}

/// The recording with the lines of a better outcome.
#[must_use]
pub fn improved(text: &str, drop: &[String], add: &[String]) -> String {
    let kept: Vec<&str> = text
        .split('\n')
        .filter(|line| !drop.iter().any(|dropped| dropped == line))
        .collect();
    let mut better = kept.join("\n").trim_end_matches('\n').to_owned();
    better.push('\n');
    for line in add {
        better.push_str(line);
        better.push('\n');
    }
    better
}

fn presence(expected: &Exposition, actual: &Exposition) -> Vec<String> {
    let missing = expected
        .samples
        .iter()
        .filter(|(sample, _)| !actual.samples.contains_key(sample))
        .map(|(sample, value)| format!("missing sample {sample} (expected {value})"));
    let extra = actual
        .samples
        .iter()
        .filter(|(sample, _)| !expected.samples.contains_key(sample))
        .map(|(sample, value)| format!("extra sample {sample} = {value}"));
    missing.chain(extra).collect()
}

fn values(expected: &Exposition, actual: &Exposition, durations: Durations<'_>) -> Vec<String> {
    let exact = matches!(durations, Durations::Exact);
    expected
        .samples
        .iter()
        .filter(|(sample, _)| exact || !depends_on_time(sample))
        .filter_map(|(sample, value)| Some((sample, value, actual.samples.get(sample)?)))
        .filter(|(sample, value, got)| !same(sample, **value, **got))
        .map(|(sample, value, got)| format!("value {sample}: expected {value}, got {got}"))
        .collect()
}

fn depends_on_time(sample: &Sample) -> bool {
    match sample.name.strip_prefix(DURATION) {
        Some("_sum") => true,
        Some("_bucket") => sample.label("le") != "inf",
        _ => false,
    }
}

/// Exact, but for sums, which depend on the order of addition.
#[expect(clippy::float_cmp, reason = "a scraper stores exactly what it reads")]
fn same(sample: &Sample, a: f64, b: f64) -> bool {
    if a == b || (a.is_nan() && b.is_nan()) {
        return true;
    }
    let finite = a.is_finite() && b.is_finite();
    sample.name.ends_with("_sum") && finite && (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

fn heads(expected: &Exposition, actual: &Exposition) -> Vec<String> {
    let mut found = Vec::new();
    for (name, head) in &expected.families {
        match actual.families.get(name) {
            Some(got) => {
                if got.kind != head.kind {
                    found.push(format!(
                        "type of {name}: expected {:?}, got {:?}",
                        head.kind, got.kind
                    ));
                }
                if got.help != head.help {
                    found.push(format!(
                        "help of {name}: expected {:?}, got {:?}",
                        head.help, got.help
                    ));
                }
            }
            None if expected.has_samples_of(name) => {
                found.push(format!("family {name} is not announced"));
            }
            None => {} // announced but empty: optional
        }
    }
    let extra = actual
        .families
        .keys()
        .filter(|name| !expected.families.contains_key(*name));
    found.extend(extra.map(|name| format!("extra family {name}")));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORDED: &str = "\
# HELP axisor_http_requests_total Total number of HTTP requests
# TYPE axisor_http_requests_total counter
axisor_http_requests_total{method=\"GET\",route=\"/a\",status_code=\"200\"} 2

# HELP axisor_http_request_duration_seconds HTTP request duration in seconds
# TYPE axisor_http_request_duration_seconds histogram
axisor_http_request_duration_seconds_bucket{le=\"0.1\",method=\"GET\",route=\"/a\"} 1
axisor_http_request_duration_seconds_bucket{le=\"0.5\",method=\"GET\",route=\"/a\"} 2
axisor_http_request_duration_seconds_bucket{le=\"1\",method=\"GET\",route=\"/a\"} 2
axisor_http_request_duration_seconds_bucket{le=\"2\",method=\"GET\",route=\"/a\"} 2
axisor_http_request_duration_seconds_bucket{le=\"5\",method=\"GET\",route=\"/a\"} 2
axisor_http_request_duration_seconds_bucket{le=\"10\",method=\"GET\",route=\"/a\"} 2
axisor_http_request_duration_seconds_bucket{le=\"+Inf\",method=\"GET\",route=\"/a\"} 2
axisor_http_request_duration_seconds_sum{method=\"GET\",route=\"/a\"} 0.25
axisor_http_request_duration_seconds_count{method=\"GET\",route=\"/a\"} 2

# HELP axisor_automation_executions_total Total number of automation executions
# TYPE axisor_automation_executions_total counter

# HELP axisor_lag_seconds Lag
# TYPE axisor_lag_seconds histogram
axisor_lag_seconds_bucket{le=\"1\"} 1
axisor_lag_seconds_bucket{le=\"+Inf\"} 1
axisor_lag_seconds_sum 0.3
axisor_lag_seconds_count 1

# HELP axisor_depth Depth
# TYPE axisor_depth gauge
axisor_depth{case=\"nan\"} Nan
axisor_depth{case=\"one\",empty=\"\"} 1
";

    fn timed(actual: &str) -> Vec<String> {
        against(actual, Durations::Timed(&AtLeast::new()))
    }

    fn against(actual: &str, durations: Durations<'_>) -> Vec<String> {
        let mut actual = Exposition::parse(actual);
        remove_own_series(&mut actual);
        compare(&Exposition::parse(RECORDED), &actual, durations)
    }

    fn changed(from: &str, to: &str) -> String {
        assert!(RECORDED.contains(from), "{from}");
        RECORDED.replace(from, to)
    }

    /// The recording with one spelling changed is refused, with this word in the reason.
    #[track_caller]
    fn refused(from: &str, to: &str, reason: &str) {
        let found = timed(&changed(from, to)).join("\n");
        assert!(found.contains(reason), "`{to}` for `{from}`: {found:?}");
    }

    #[track_caller]
    fn accepted(from: &str, to: &str) {
        assert_eq!(timed(&changed(from, to)), [""; 0], "`{to}` for `{from}`");
    }

    #[test]
    fn a_recording_is_the_same_as_itself() {
        assert_eq!(timed(RECORDED), [""; 0]);
        assert_eq!(against(RECORDED, Durations::Exact), [""; 0]);
    }

    #[test]
    fn order_and_spelling_do_not_matter() {
        let mut lines: Vec<&str> = RECORDED.lines().collect();
        lines.reverse();
        assert_eq!(timed(&(lines.join("\n\n") + "\n")), [""; 0]);
        accepted("le=\"1\"", "le=\"1.0\"");
        accepted("le=\"+Inf\"", "le=\"inf\"");
        accepted(" Nan", " NaN");
        accepted(",empty=\"\"", "");
        accepted(
            "{method=\"GET\",route=\"/a\",status_code=\"200\"} 2",
            "{route=\"/a\",status_code=\"200\",method=\"GET\"} 2e0",
        );
        accepted(
            "# HELP axisor_automation_executions_total Total number of automation executions\n# TYPE axisor_automation_executions_total counter\n",
            "",
        );
        accepted("_sum 0.3", "_sum 0.30000000000000004");
    }

    #[test]
    fn durations_may_be_other_than_recorded_but_not_impossible() {
        accepted(
            "le=\"0.1\",method=\"GET\",route=\"/a\"} 1",
            "le=\"0.1\",method=\"GET\",route=\"/a\"} 0",
        );
        accepted("} 0.25", "} 7");
        refused(
            "le=\"0.1\",method=\"GET\",route=\"/a\"} 1",
            "le=\"0.1\",method=\"GET\",route=\"/a\"} 3",
            "go down",
        );
        refused(
            "le=\"+Inf\",method=\"GET\",route=\"/a\"} 2",
            "le=\"+Inf\",method=\"GET\",route=\"/a\"} 3",
            "is not its count",
        );
        refused("le=\"2\",method", "le=\"2.5\",method", "buckets of");
        refused(
            "axisor_http_request_duration_seconds_bucket{le=\"5\",method=\"GET\",route=\"/a\"} 2\n",
            "",
            "missing sample",
        );
        refused("} 0.25", "} -0.25", "sum of");
        refused("} 0.25", "} NaN", "sum of");
        refused(
            "_count{method=\"GET\",route=\"/a\"} 2",
            "_count{method=\"GET\",route=\"/a\"} 1",
            "value ",
        );
    }

    #[test]
    fn with_a_manual_clock_durations_are_exact() {
        let faster = changed(
            "le=\"0.1\",method=\"GET\",route=\"/a\"} 1",
            "le=\"0.1\",method=\"GET\",route=\"/a\"} 2",
        );
        assert_eq!(against(&faster, Durations::Exact).len(), 1);
        let longer = changed("} 0.25", "} 0.2500001");
        assert_eq!(against(&longer, Durations::Exact).len(), 1);
    }

    #[test]
    fn no_request_is_faster_than_it_can_have_been() {
        let at_least = |times: &[f64]| AtLeast::from([("GET /a".to_owned(), times.to_vec())]);
        let found = |times| against(RECORDED, Durations::Timed(&at_least(times)));
        assert_eq!(found(&[0.02, 0.2]), [""; 0]);
        assert_eq!(found(&[0.102, 0.151]), [""; 0], "5 ms are allowed");
        assert!(found(&[0.12, 0.12])[0].contains("only 0 can be that fast"));
        assert!(found(&[0.1, 0.2])[0].contains("less than the requests took"));
        assert_eq!(
            found(&[9.0, 9.0, 9.0]),
            [""; 0],
            "another count of requests"
        );
    }

    #[test]
    fn any_other_difference_is_refused() {
        refused(
            "status_code=\"200\"} 2",
            "status_code=\"200\"} 3",
            "expected 2, got 3",
        );
        refused(
            "status_code=\"200\"} 2",
            "status_code=\"201\"} 2",
            "missing sample",
        );
        refused(
            "status_code=\"200\"} 2",
            "status_code=\"201\"} 2",
            "extra sample",
        );
        refused("axisor_depth{case=\"nan\"} Nan\n", "", "missing sample");
        refused(" Nan", " 0", "expected NaN, got 0");
        refused("case=\"nan\"", "case=\"Nan\"", "extra sample");
        refused(
            "axisor_depth{case=\"nan\"} Nan\n",
            "axisor_depth{case=\"nan\"} Nan\naxisor_depth{case=\"nan\"} Nan\n",
            "sample twice",
        );
        refused("_sum 0.3", "_sum 0.3000001", "value axisor_lag_seconds_sum");
        refused(
            "axisor_lag_seconds_bucket{le=\"1\"} 1",
            "axisor_lag_seconds_bucket{le=\"1\"} 0",
            "value axisor_lag",
        );
        refused(
            "HELP axisor_depth Depth",
            "HELP axisor_depth depth",
            "help of axisor_depth",
        );
        refused("# HELP axisor_depth Depth\n", "", "help of axisor_depth");
        refused(
            "TYPE axisor_depth gauge",
            "TYPE axisor_depth untyped",
            "type of axisor_depth",
        );
        refused("# TYPE axisor_depth gauge\n", "", "type of axisor_depth");
        refused(
            "# HELP axisor_lag_seconds Lag\n# TYPE axisor_lag_seconds histogram\n",
            "",
            "not announced",
        );
        refused("} 1\n", "} 1", "no newline at the end");
    }

    #[test]
    fn traces_of_the_transport_are_refused() {
        let extra = |line: &str, reason: &str| {
            let found = timed(&format!("{RECORDED}{line}\n")).join("\n");
            assert!(found.contains(reason), "{line}: {found}");
        };
        extra(
            "target_info{service_name=\"x\"} 1",
            "extra sample target_info",
        );
        extra("# TYPE target_info gauge", "extra family target_info");
        extra("axisor_http_requests_total_total 1", "extra sample");
        extra("axisor_depth_ratio 1", "extra sample");
        extra(
            "otel_scope_info{otel_scope_name=\"axisor-telemetry\"} 1",
            "extra sample",
        );
        refused(
            "{case=\"nan\"}",
            "{case=\"nan\",otel_scope_name=\"axisor-telemetry\"}",
            "extra sample",
        );
        refused(
            "{case=\"nan\"}",
            "{case=\"nan\",job=\"axisor-backend\"}",
            "extra sample",
        );
    }

    #[test]
    fn the_products_own_series_are_left_out_and_nothing_else() {
        let text = |name: &str| {
            format!(
                "{RECORDED}# HELP {name} x\n# TYPE {name} counter\n{name}{{method=\"GET\"}} 1\n"
            )
        };
        for series in &catalog::OWN {
            assert_eq!(timed(&text(series.name)), [""; 0]);
        }
        assert_eq!(timed(&text("axisor_http_requests_lost_total")).len(), 2);
    }

    #[test]
    fn a_better_outcome_drops_and_adds_lines() {
        let drop = ["b 1".to_owned()];
        let add = ["c 1".to_owned(), "d 1".to_owned()];
        assert_eq!(improved("a 1\nb 1\n\n", &drop, &add), "a 1\nc 1\nd 1\n");
    }
}
