//! Rules and routes whose time passes faster, so that one sees in seconds what takes minutes.
//!
//! Everything that is a time in them is divided by the same number, and nothing else is changed: `for`, intervals, and the
//! ranges and offsets of expressions.

use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_yaml_ng::{Mapping, Value};

/// `[5m]`, `[1h:30s]`, `offset 1d` in an expression.
static RANGES: LazyLock<Regex> = LazyLock::new(|| {
    let time = r"(?:\d+(?:ms|[smhdwy]))+";
    let ranges = format!(r"\[{time}(?::(?:{time})?)?\]|\boffset\s+-?{time}");
    Regex::new(&ranges).expect("it is valid")
});

/// A time as Prometheus writes it.
static TIME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:\d+(?:ms|[smhdwy]))+").expect("it is valid"));

/// One part of it: `1h30m` has two.
static PART: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(\d+)(ms|[smhdwy])").expect("it is valid"));

/// The keys whose values are times.
const TIMES: [&str; 8] = [
    "for",
    "keep_firing_for",
    "interval",
    "query_offset",
    "group_wait",
    "group_interval",
    "repeat_interval",
    "resolve_timeout",
];

/// Divides the times of rules or of Alertmanager's routes by `factor`.
pub(crate) fn hasten(value: &mut Value, factor: u32) {
    match value {
        Value::Mapping(mapping) => hasten_mapping(mapping, factor),
        Value::Sequence(items) => items.iter_mut().for_each(|item| hasten(item, factor)),
        _ => {}
    }
}

fn hasten_mapping(mapping: &mut Mapping, factor: u32) {
    for (key, value) in mapping {
        let key = key.as_str().unwrap_or_default();
        match value {
            Value::String(time) if TIMES.contains(&key) => *time = divided(time, factor),
            Value::String(expression) if key == "expr" => {
                let faster = |range: &Captures<'_>| with_times(&range[0], factor);
                *expression = RANGES.replace_all(expression, faster).into_owned();
            }
            _ => hasten(value, factor),
        }
    }
}

/// `[1h:30s]` with both times divided.
fn with_times(range: &str, factor: u32) -> String {
    let faster = |time: &Captures<'_>| divided(&time[0], factor);
    TIME.replace_all(range, faster).into_owned()
}

/// In milliseconds, at least one.
fn divided(time: &str, factor: u32) -> String {
    let parts = PART.captures_iter(time);
    let milliseconds: u64 = parts
        .map(|part| part[1].parse::<u64>().unwrap_or_default() * unit(&part[2]))
        .sum();
    let divided = milliseconds / u64::from(factor);
    format!("{}ms", if milliseconds == 0 { 0 } else { divided.max(1) })
}

/// <https://prometheus.io/docs/prometheus/latest/querying/basics/#float-literals-and-time-durations>
fn unit(unit: &str) -> u64 {
    const SECOND: u64 = 1_000;
    const DAY: u64 = 24 * 3_600 * SECOND;
    match unit {
        "ms" => 1,
        "m" => 60 * SECOND,
        "h" => 3_600 * SECOND,
        "d" => DAY,
        "w" => 7 * DAY,
        "y" => 365 * DAY,
        _ => SECOND,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expression(text: &str) -> String {
        let mut rule = serde_yaml_ng::from_str(&format!("expr: {text:?}")).unwrap();
        hasten(&mut rule, 60);
        rule["expr"].as_str().unwrap().to_owned()
    }

    #[test]
    fn ranges_subqueries_and_offsets_are_times_and_nothing_else_is() {
        for (given, expected) in [
            ("rate(a[5m])", "rate(a[5000ms])"),
            (
                "max_over_time(a[1h30m:30s])",
                "max_over_time(a[90000ms:500ms])",
            ),
            ("a[1h:] offset 1d", "a[60000ms:] offset 1440000ms"),
            ("a{b=~\"5m|[0-9]+\"} > 5", "a{b=~\"5m|[0-9]+\"} > 5"),
        ] {
            assert_eq!(expression(given), expected);
        }
    }

    #[test]
    fn the_times_of_rules_and_routes_are_divided_wherever_they_are() {
        let text = "groups:\n- interval: 1m\n  rules:\n  - alert: A\n    for: 30s\nroute:\n  routes:\n  - group_wait: 0s\n  - repeat_interval: 4h\n";
        let mut faster: Value = serde_yaml_ng::from_str(text).unwrap();
        hasten(&mut faster, 60);
        assert_eq!(faster["groups"][0]["interval"], "1000ms");
        assert_eq!(faster["groups"][0]["rules"][0]["for"], "500ms");
        assert_eq!(faster["groups"][0]["rules"][0]["alert"], "A");
        assert_eq!(faster["route"]["routes"][0]["group_wait"], "0ms");
        assert_eq!(faster["route"]["routes"][1]["repeat_interval"], "240000ms");
    }
}
