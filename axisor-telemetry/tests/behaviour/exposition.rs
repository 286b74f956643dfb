//! What a scrape gets.

use axisor_telemetry::Telemetry;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::{Array, KeyValue, Value};

use crate::seen;

fn telemetry() -> Telemetry {
    Telemetry::builder("exposition")
        .without_environment()
        .build()
        .expect("telemetry")
}

#[test]
fn a_fresh_telemetry_announces_the_originals_seven_and_prints_its_gauges_as_zero() {
    let page = telemetry().exposition().expect("exposition");
    let types: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("# TYPE"))
        .collect();
    assert_eq!(types.len(), 7, "{page}");
    let samples: Vec<&str> = page.lines().filter(|line| !line.starts_with('#')).collect();
    let zeros = [
        "axisor_active_users 0",
        "axisor_database_connections 0",
        "axisor_system_health 0",
    ];
    assert_eq!(samples, zeros);
}

#[test]
fn names_that_differ_in_case_only_are_two_metrics() {
    let telemetry = telemetry();
    let lower = telemetry
        .counter("axisor_orders", "Lower", &[])
        .expect("lower");
    let upper = telemetry
        .counter("axisor_Orders", "Upper", &[])
        .expect("upper");
    lower.with(()).expect("lower").inc();
    upper.with(()).expect("upper").inc_by(2.5).expect("upper");
    let page = telemetry.exposition().expect("exposition");
    assert!(page.contains("\naxisor_orders 1\n"), "{page}");
    assert!(page.contains("\naxisor_Orders 2.5\n"), "{page}");
}

#[test]
fn names_with_colons_and_leading_underscores_are_kept() {
    let telemetry = telemetry();
    for name in ["axisor:orders:rate", "_axisor", ":"] {
        let gauge = telemetry.gauge(name, "Help", &[]).expect(name);
        gauge.with(()).expect(name).set(f64::NEG_INFINITY);
        let page = telemetry.exposition().expect("exposition");
        let sample = format!("{name} -Inf");
        assert!(page.lines().any(|line| line == sample), "{page}");
    }
}

#[test]
fn ten_thousand_values_are_kept_and_the_next_become_other() {
    let telemetry = telemetry();
    let counter = telemetry
        .counter("axisor_many_total", "Many", &["key"])
        .expect("counter");
    for key in 0..10_050 {
        counter
            .with([key.to_string().as_str()])
            .expect("series")
            .inc();
    }
    let page = telemetry.exposition().expect("exposition");
    let series = page
        .lines()
        .filter(|line| line.starts_with("axisor_many_total{"))
        .count();
    assert_eq!(series, 10_001);
    assert!(page.contains("axisor_many_total{key=\"other\"} 50\n"));
    assert!(page.contains("axisor_label_overflow_total{metric=\"axisor_many_total\"} 50\n"));
    assert!(!page.contains("otel"));
}

#[test]
fn ten_kilobytes_of_quotes_and_newlines_are_one_series_and_one_line() {
    let telemetry = telemetry();
    let text = "\"\\\n\u{1f680}".repeat(1_500);
    telemetry.margin_guard().record(&text, "pro");
    telemetry.margin_guard().record(&text, "pro");
    let page = telemetry.exposition().expect("exposition");
    let escaped = text
        .replace('\\', "\\\\")
        .replace('\n', "\\n")
        .replace('"', "\\\"");
    let sample = format!(
        "axisor_margin_guard_actions_total{{action_type=\"{escaped}\",user_plan=\"pro\"}} 2"
    );
    assert!(page.lines().any(|line| line == sample));
}

/// The samples of a user's own counter with these attributes.
fn samples_of(name: &'static str, attributes: &[KeyValue]) -> Vec<String> {
    let telemetry = telemetry();
    let meter = telemetry.meter_provider().meter("user");
    meter.u64_counter(name).build().add(1, attributes);
    seen::samples(&telemetry, name)
}

#[test]
fn attributes_whose_names_become_equal_are_one_label() {
    let attributes = [
        KeyValue::new("a_b", "under\"score"),
        KeyValue::new("a.b", "dot"),
        KeyValue::new("a:b", 3),
        KeyValue::new("a", true),
    ];
    assert_eq!(
        samples_of("user_total", &attributes),
        [r#"user_total{a="true",a_b="dot;3;under\"score"} 1"#]
    );
}

#[test]
fn an_attribute_without_a_name_is_no_label() {
    assert_eq!(
        samples_of("user_total", &[KeyValue::new("", "nameless")]),
        ["user_total 1"]
    );
}

#[test]
fn an_attribute_named_as_the_name_itself_is_renamed() {
    assert_eq!(
        samples_of("user_total", &[KeyValue::new("__name__", "x")]),
        [r#"user_total{exported___name__="x"} 1"#]
    );
}

#[test]
fn an_array_is_a_label_in_json() {
    let array = Array::String(vec!["a".into(), "\"".into()]);
    assert_eq!(
        samples_of("user_total", &[KeyValue::new("list", Value::Array(array))]),
        [r#"user_total{list="[\"a\",\"\\\"\"]"} 1"#]
    );
}

#[test]
fn a_users_le_on_a_histogram_does_not_meet_that_of_its_buckets() {
    let telemetry = telemetry();
    let meter = telemetry.meter_provider().meter("user");
    let histogram = meter
        .f64_histogram("user_seconds")
        .with_boundaries(vec![1.0]);
    let le = [KeyValue::new("le", "mine")];
    histogram.build().record(0.5, &le);
    assert_eq!(
        seen::samples(&telemetry, "user_seconds"),
        [
            r#"user_seconds_bucket{exported_le="mine",le="1"} 1"#,
            r#"user_seconds_bucket{exported_le="mine",le="+Inf"} 1"#,
            r#"user_seconds_sum{exported_le="mine"} 0.5"#,
            r#"user_seconds_count{exported_le="mine"} 1"#,
        ]
    );
    assert_eq!(
        samples_of("user_total", &le),
        [r#"user_total{le="mine"} 1"#]
    );
}

#[test]
fn an_instrument_with_the_name_of_a_series_of_ours_takes_nothing_from_it() {
    let telemetry = telemetry();
    telemetry.automations().record("check", "success");
    let before = telemetry.exposition().expect("exposition");
    let meter = telemetry.meter_provider().meter("user");
    let name = "axisor_automation_executions_total";
    let counter = meter.u64_counter(name).with_description("Theirs").build();
    let labels = |status| {
        [
            KeyValue::new("automation_type", "check"),
            KeyValue::new("status", status),
        ]
    };
    counter.add(5, &labels("success"));
    let gauge = meter.f64_gauge("axisor_active_users").build();
    gauge.record(5.0, &[]);
    let other_kind = meter.u64_counter("axisor_system_health").build();
    other_kind.add(5, &labels("success"));
    assert_eq!(telemetry.exposition().expect("exposition"), before);
    counter.add(5, &labels("skipped"));
    assert_eq!(
        seen::samples(&telemetry, name),
        [
            r#"axisor_automation_executions_total{automation_type="check",status="success"} 1"#,
            r#"axisor_automation_executions_total{automation_type="check",status="skipped"} 5"#,
        ]
    );
}

#[test]
fn series_are_printed_in_the_order_in_which_they_were_made() {
    let telemetry = telemetry();
    let counter = telemetry.counter("axisor_made_total", "Made", &["key"]);
    let counter = counter.expect("a counter");
    for key in ["z", "a", "m", "z"] {
        counter.with([key]).expect("a series").inc();
    }
    assert_eq!(
        seen::samples(&telemetry, "axisor_made_total"),
        [
            r#"axisor_made_total{key="z"} 2"#,
            r#"axisor_made_total{key="a"} 1"#,
            r#"axisor_made_total{key="m"} 1"#,
        ]
    );
}

#[test]
fn an_instrument_without_a_name_is_not_printed() {
    let telemetry = telemetry();
    let before = telemetry.exposition().expect("exposition");
    let meter = telemetry.meter_provider().meter("user");
    meter.u64_counter("").build().add(1, &[]);
    assert_eq!(telemetry.exposition().expect("exposition"), before);
}
