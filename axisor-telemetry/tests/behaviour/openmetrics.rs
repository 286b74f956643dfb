//! The OpenMetrics page: who gets it, and how it differs from the text format.

use std::collections::BTreeSet;

use axisor_telemetry::exposition::Format;
use axisor_telemetry::testing::TestTelemetry;
use axisor_telemetry::{Telemetry, instrument_automation};

use crate::seen;

#[instrument_automation(type = "margin_check", duration)]
fn check_margin() {}

/// A telemetry with something of everything.
fn telemetry() -> TestTelemetry {
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(check_margin);
    let plain = telemetry.counter("axisor_orders", "Orders of a \"day\"\n\\", &["day"]);
    let plain = plain.unwrap().with(["\"Mon\"\n\\"]).unwrap();
    plain.inc_by(2.5).unwrap();
    let histogram = telemetry.histogram("axisor_size_bytes", "Size", &[]);
    histogram.unwrap().with(()).unwrap().observe(-1.0).unwrap();
    telemetry
}

fn page(telemetry: &Telemetry) -> String {
    telemetry.exposition_in(Format::OpenMetrics).unwrap()
}

/// The lines about a family, but for its samples.
fn head(telemetry: &Telemetry, family: &str) -> Vec<String> {
    let page = page(telemetry);
    let of_family = |line: &&str| line.starts_with('#') && line.split(' ').nth(2) == Some(family);
    page.lines().filter(of_family).map(str::to_owned).collect()
}

fn samples(page: &str) -> BTreeSet<&str> {
    let samples = page.lines().filter(|line| !line.starts_with('#'));
    let without_exemplar = |line| str::split(line, " # ").next().unwrap_or_default();
    samples.map(without_exemplar).collect()
}

#[test]
fn both_formats_have_the_same_samples_spelled_alike() {
    let telemetry = telemetry();
    let text = telemetry.exposition().unwrap();
    assert!(text.contains("le=\"1\"}"), "{text}");
    assert_eq!(samples(&page(&telemetry)), samples(&text));
}

#[test]
fn the_page_ends_with_its_end_and_has_no_empty_line() {
    let page = page(&telemetry());
    assert!(page.ends_with("\n# EOF\n"), "{page}");
    assert_eq!(page.matches("# EOF").count(), 1);
    assert!(page.lines().all(|line| !line.is_empty()), "{page}");
}

#[test]
fn a_counters_family_is_named_without_total_and_its_samples_with_it() {
    let telemetry = telemetry();
    assert_eq!(
        head(&telemetry, "axisor_automation_executions"),
        [
            "# HELP axisor_automation_executions Total number of automation executions",
            "# TYPE axisor_automation_executions counter",
        ]
    );
    assert_eq!(
        head(&telemetry, "axisor_automation_executions_total"),
        [""; 0]
    );
}

#[test]
fn a_counter_that_does_not_end_in_total_keeps_its_name_and_is_unknown() {
    assert_eq!(
        head(&telemetry(), "axisor_orders"),
        [
            r#"# HELP axisor_orders Orders of a \"day\"\n\\"#,
            "# TYPE axisor_orders unknown",
        ]
    );
}

#[test]
fn a_counter_whose_family_another_metric_is_keeps_its_whole_name() {
    for other in ["axisor_trades", "axisor_trades_created"] {
        let telemetry = TestTelemetry::new();
        telemetry.gauge(other, "Other", &[]).unwrap();
        telemetry
            .counter("axisor_trades_total", "Trades", &[])
            .unwrap();
        let own = head(&telemetry, "axisor_trades_total");
        assert_eq!(own[1], "# TYPE axisor_trades_total unknown");
        assert_eq!(head(&telemetry, other)[1], format!("# TYPE {other} gauge"));
    }
}

#[test]
fn a_counter_of_no_other_name_than_total_is_unknown() {
    let telemetry = TestTelemetry::new();
    telemetry.counter("_total", "Total", &[]).unwrap();
    assert_eq!(head(&telemetry, "_total")[1], "# TYPE _total unknown");
}

#[test]
fn a_unit_is_what_a_name_ends_with() {
    let telemetry = telemetry();
    let seconds = "axisor_automation_duration_seconds";
    let bytes = "axisor_size_bytes";
    assert_eq!(
        head(&telemetry, seconds)[2],
        format!("# UNIT {seconds} seconds")
    );
    assert_eq!(head(&telemetry, bytes)[2], format!("# UNIT {bytes} bytes"));
    telemetry.gauge("seconds", "A bare unit", &[]).unwrap();
    assert_eq!(head(&telemetry, "seconds").len(), 2);
}

#[test]
fn what_is_announced_has_its_head_before_it_has_samples() {
    let telemetry = seen::builder().build().unwrap();
    let expected = "# TYPE axisor_http_requests counter";
    assert_eq!(head(&telemetry, "axisor_http_requests")[1], expected);
}

#[cfg(feature = "axum")]
mod negotiated {
    use axum::Router;

    use crate::app::App;

    const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
    const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    #[tokio::test]
    async fn the_format_is_the_one_the_scraper_likes_best_and_text_without_a_word() {
        let app = App::serve(Router::new()).await;
        for (accept, expected) in [
            // Prometheus 3.16, and with native histograms
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
                OPENMETRICS,
            ),
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
                OPENMETRICS,
            ),
            // with `scrape_protocols: [PrometheusText0.0.4]`
            ("text/plain;version=0.0.4;q=0.5,*/*;q=0.1", TEXT),
            // Prometheus 2.42, and before OpenMetrics 1.0
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                OPENMETRICS,
            ),
            (
                "application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                TEXT,
            ),
            // curl, browsers
            ("*/*", TEXT),
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
                TEXT,
            ),
            // by hand
            ("application/openmetrics-text", OPENMETRICS),
            (
                "Application/OpenMetrics-Text; Version=1.0.0; charset=utf-8",
                OPENMETRICS,
            ),
            (
                "application/openmetrics-text; version=\"1.0.0\"",
                OPENMETRICS,
            ),
            ("application/openmetrics-text;version=2.0.0", TEXT),
            ("application/openmetrics-text;q=0", TEXT),
            ("application/openmetrics-text;q=0.001", OPENMETRICS),
            ("application/openmetrics-text, text/plain", OPENMETRICS),
            ("text/plain, application/openmetrics-text", OPENMETRICS),
            ("text/plain, application/openmetrics-text;q=0.9", TEXT),
            ("*/*, application/openmetrics-text;q=0.9", TEXT),
            (
                "*/*, text/*;q=0.5, application/openmetrics-text;q=0.9",
                OPENMETRICS,
            ),
            (
                "text/*, text/plain;q=0.5, application/openmetrics-text;q=0.9",
                OPENMETRICS,
            ),
            ("application/*", TEXT),
            // nonsense
            ("", TEXT),
            (",;,=;q=", TEXT),
            ("application/json", TEXT),
            ("application/openmetrics-text;q=much", TEXT),
            ("application/openmetrics-text;q=-1", TEXT),
            ("application/openmetrics-text;q=NaN", TEXT),
            ("application/openmetrics-text;q=7", TEXT),
            ("application/openmetrics-text;version", TEXT),
            ("x-application/openmetrics-text", TEXT),
            ("nonsense, application/openmetrics-text", OPENMETRICS),
            (
                "text/plain;a=\", application/openmetrics-text\";q=0.1",
                TEXT,
            ),
        ] {
            let answer = app
                .ask_with("GET", "/metrics", &format!("accept: {accept}\r\n"))
                .await;
            assert_eq!(answer.status, 200, "{accept}");
            assert_eq!(answer.header("content-type"), Some(expected), "{accept}");
            let ends = answer.text().ends_with("# EOF\n");
            assert_eq!(ends, expected == OPENMETRICS, "{accept}");
        }
    }

    #[tokio::test]
    async fn an_accept_in_several_lines_is_one() {
        let app = App::serve(Router::new()).await;
        let accept = "accept: text/plain;q=0.5\r\naccept: application/openmetrics-text\r\n";
        let answer = app.ask_with("GET", "/metrics", accept).await;
        assert_eq!(answer.header("content-type"), Some(OPENMETRICS));
        assert_eq!(answer.header("vary"), Some("accept, accept-encoding"));
    }

    #[tokio::test]
    async fn without_accept_it_is_text() {
        let app = App::serve(Router::new()).await;
        let answer = app.ask("GET", "/metrics").await;
        assert_eq!(answer.header("content-type"), Some(TEXT));
    }
}
