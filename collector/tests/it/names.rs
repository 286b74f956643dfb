//! What the Collector shows is what it was sent: names, labels, help, buckets, zeros.

use axisor_stack::{Component, Stack};
use serde_json::{Value, json};

use crate::support::{attributes, counter, gauge, get, metrics, now, post, quick, resource, until};

async fn collector() -> Stack {
    quick().only([Component::Collector]).start().await.unwrap()
}

/// What the exporter shows of the family `name`, without the labels every series has.
async fn family(stack: &Stack, name: &str) -> String {
    let page = until(name, || async {
        let page = get(&stack.exporter()).await?;
        page.contains(&format!("# TYPE {name} ")).then_some(page)
    })
    .await;
    let lines = page.lines().filter(|line| belongs(line, name));
    let lines: Vec<_> = lines.map(without_job_and_instance).collect();
    lines.join("\n")
}

fn belongs(line: &str, name: &str) -> bool {
    let line = line
        .trim_start_matches("# HELP ")
        .trim_start_matches("# TYPE ");
    let series = line.split(['{', ' ']).next().unwrap();
    let suffixes = ["", "_bucket", "_sum", "_count"];
    suffixes
        .iter()
        .any(|suffix| series == format!("{name}{suffix}"))
}

fn without_job_and_instance(line: &str) -> String {
    line.replace(r#"instance="i-1",job="axisor-backend","#, "")
        .replace(r#",instance="i-1",job="axisor-backend""#, "")
        .replace(r#"{instance="i-1",job="axisor-backend"}"#, "")
}

async fn shown(sent: &[Value], name: &str) -> String {
    let stack = collector().await;
    post(&stack, "metrics", &metrics("axisor-backend", "i-1", sent)).await;
    let shown = family(&stack, name).await;
    stack.down().await.unwrap();
    shown
}

fn histogram(name: &str, unit: &str, counts: [u64; 4], sum: f64) -> Value {
    let point = json!({
        "timeUnixNano": now(),
        "count": counts.iter().sum::<u64>().to_string(),
        "sum": sum,
        "bucketCounts": counts.map(|count| count.to_string()),
        "explicitBounds": [0.1, 1, 10],
    });
    let points = json!({"aggregationTemporality": 2, "dataPoints": [point]});
    json!({"name": name, "description": "h", "unit": unit, "histogram": points})
}

#[tokio::test]
async fn names_are_neither_completed_nor_escaped() {
    let stack = collector().await;
    let one: &[(&[(&str, &str)], f64)] = &[(&[], 1.0)];
    let sent = [
        counter("axisor_plain", "h", one),
        counter("axisor_http_requests_total", "h", one),
        counter("axisor_Foo:bar", "h", one),
        gauge("axisor_Case", "", 1.0),
        gauge("axisor_case", "", 2.0),
        gauge("axisor__twice__", "1", 3.0),
    ];
    post(&stack, "metrics", &metrics("axisor-backend", "i-1", &sent)).await;
    let expected = [
        ("axisor_plain", "counter", "1"),
        ("axisor_http_requests_total", "counter", "1"),
        ("axisor_Foo:bar", "counter", "1"),
        ("axisor_Case", "gauge", "1"),
        ("axisor_case", "gauge", "2"),
        ("axisor__twice__", "gauge", "3"),
    ];
    for (name, kind, value) in expected {
        let text = format!("# HELP {name} h\n# TYPE {name} {kind}\n{name} {value}");
        assert_eq!(family(&stack, name).await, text);
    }
    stack.down().await.unwrap();
}

#[tokio::test]
async fn a_unit_adds_nothing_and_bounds_are_spelt_as_in_text_format() {
    for unit in ["s", ""] {
        let sent = histogram("axisor_x_seconds", unit, [1, 2, 0, 1], 12.5);
        assert_eq!(
            shown(&[sent], "axisor_x_seconds").await,
            "# HELP axisor_x_seconds h\n\
             # TYPE axisor_x_seconds histogram\n\
             axisor_x_seconds_bucket{le=\"0.1\"} 1\n\
             axisor_x_seconds_bucket{le=\"1\"} 3\n\
             axisor_x_seconds_bucket{le=\"10\"} 3\n\
             axisor_x_seconds_bucket{le=\"+Inf\"} 4\n\
             axisor_x_seconds_sum 12.5\n\
             axisor_x_seconds_count 4"
        );
    }
}

#[tokio::test]
async fn a_histogram_nobody_observed_shows_zeros() {
    let sent = histogram("axisor_empty_seconds", "", [0; 4], 0.0);
    let shown = shown(&[sent], "axisor_empty_seconds").await;
    assert!(
        shown.contains("axisor_empty_seconds_bucket{le=\"+Inf\"} 0"),
        "{shown}"
    );
    assert!(
        shown.ends_with("axisor_empty_seconds_sum 0\naxisor_empty_seconds_count 0"),
        "{shown}"
    );
}

#[tokio::test]
async fn label_values_and_help_are_escaped_and_whole() {
    let values = ["", "a\"b", "a\nb", "a\\b", "unié漢字"];
    let labels: Vec<[(&str, &str); 1]> = values.map(|value| [("v", value)]).into();
    let points: Vec<(&[(&str, &str)], f64)> = labels.iter().map(|l| (&l[..], 1.0)).collect();
    let sent = counter(
        "axisor_labels_total",
        "back\\slash \"q\" new\nline",
        &points,
    );
    assert_eq!(
        shown(&[sent], "axisor_labels_total").await,
        "# HELP axisor_labels_total back\\\\slash \"q\" new\\nline\n\
         # TYPE axisor_labels_total counter\n\
         axisor_labels_total{v=\"\"} 1\n\
         axisor_labels_total{v=\"a\\nb\"} 1\n\
         axisor_labels_total{v=\"a\\\"b\"} 1\n\
         axisor_labels_total{v=\"a\\\\b\"} 1\n\
         axisor_labels_total{v=\"unié漢字\"} 1"
    );
}

#[tokio::test]
async fn scopes_leave_no_trace() {
    let stack = collector().await;
    let one: &[(&[(&str, &str)], f64)] = &[(&[], 1.0)];
    let scope = |name: &str, version: &str, metric: &str| {
        json!({
            "scope": {"name": name, "version": version, "attributes": attributes(&[("a", "b")])},
            "metrics": [counter(metric, "h", one)],
        })
    };
    let scopes = [
        scope("one", "1", "axisor_a_total"),
        scope("two", "2", "axisor_b_total"),
    ];
    let body = json!({"resourceMetrics": [{
        "resource": resource("axisor-backend", "i-1"),
        "scopeMetrics": scopes,
    }]});
    post(&stack, "metrics", &body).await;
    assert!(
        family(&stack, "axisor_a_total")
            .await
            .ends_with("\naxisor_a_total 1")
    );
    assert!(
        family(&stack, "axisor_b_total")
            .await
            .ends_with("\naxisor_b_total 1")
    );
    stack.down().await.unwrap();
}

#[tokio::test]
async fn nothing_foreign_passes() {
    let stack = collector().await;
    let one: &[(&[(&str, &str)], f64)] = &[(&[], 1.0)];
    let sent = [
        counter("up", "h", one),
        counter("other_total", "h", one),
        counter("not_axisor_total", "h", one),
        counter("axisor_last_total", "h", one),
    ];
    post(&stack, "metrics", &metrics("axisor-backend", "i-1", &sent)).await;
    family(&stack, "axisor_last_total").await;
    let page = get(&stack.exporter()).await.unwrap();
    let families: Vec<_> = page
        .lines()
        .filter(|line| line.starts_with("# TYPE"))
        .collect();
    let expected = [
        "# TYPE axisor_last_total counter",
        "# TYPE target_info gauge",
    ];
    assert_eq!(families, expected);
    stack.down().await.unwrap();
}

#[tokio::test]
async fn the_collectors_own_names_are_the_pinned_ones() {
    let stack = collector().await;
    let sent = [gauge("axisor_active_users", "", 1.0)];
    post(&stack, "metrics", &metrics("axisor-backend", "i-1", &sent)).await;
    let expected =
        "otelcol_receiver_accepted_metric_points{receiver=\"otlp\",transport=\"http\"} 1";
    until(expected, || async {
        let page = get(&stack.collector_telemetry()).await?;
        page.contains(expected).then_some(())
    })
    .await;
    stack.down().await.unwrap();
}
