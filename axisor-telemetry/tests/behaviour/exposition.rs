//! What a scrape gets.

use axisor_telemetry::Telemetry;

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
