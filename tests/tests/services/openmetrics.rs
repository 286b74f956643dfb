//! The OpenMetrics page, read by the Prometheus project's own strict parser, of its client for Python.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use axisor_telemetry::serve::Server;
use axisor_telemetry::{Telemetry, instrument_automation};
use axisor_tests::packages;
use serde::Deserialize;

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0";
/// Reads a page from standard input and writes its families as JSON.
const PARSE: &str = r#"
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse

def exemplar(it):
    return it and {"labels": it.labels, "value": it.value, "time": float(it.timestamp)}

def sample(it):
    return {"name": it.name, "labels": it.labels, "exemplar": exemplar(it.exemplar)}

families = parse(sys.stdin.buffer.read().decode())
json.dump([{
    "name": it.name,
    "type": it.type,
    "unit": it.unit,
    "help": it.documentation,
    "samples": [sample(each) for each in it.samples],
} for it in families], sys.stdout)
"#;

#[derive(Debug, Deserialize)]
struct Family {
    name: String,
    r#type: String,
    unit: String,
    help: String,
    samples: Vec<Sample>,
}

#[derive(Debug, Deserialize)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    exemplar: Option<Exemplar>,
}

#[derive(Debug, Deserialize)]
struct Exemplar {
    labels: BTreeMap<String, String>,
    value: f64,
    time: f64,
}

/// What the parser makes of a page, or what it says against it.
fn parse(page: &str) -> Result<Vec<Family>, String> {
    let mut parser = Command::new(python())
        .args(["-c", PARSE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python");
    let mut input = parser.stdin.take().expect("an input");
    input
        .write_all(page.as_bytes())
        .expect("a page handed over");
    drop(input);
    let output = parser.wait_with_output().expect("an end");
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(serde_json::from_slice(&output.stdout).expect("families"))
}

/// A Python that has the parser.
fn python() -> PathBuf {
    let has_it = |python: &PathBuf| {
        let output = Command::new(python)
            .args(["-c", "import prometheus_client.openmetrics.parser"])
            .output();
        output.is_ok_and(|output| output.status.success())
    };
    let find = || {
        let distribution = PathBuf::from("/usr/bin/python3");
        let any = packages::in_path("python3").into_iter();
        any.chain([distribution]).find(has_it)
    };
    let found = packages::program("prometheus_client", "python3-prometheus-client", find);
    found.expect("the parser")
}

#[instrument_automation(type = "margin_check", duration)]
fn check_margin() {}

/// A service with something of everything; its spans are sampled, and on their way to nowhere.
async fn service() -> (Telemetry, Server) {
    let telemetry = Telemetry::builder("openmetrics")
        .without_environment()
        .set("prometheus.port", 0)
        .set("otlp.traces.endpoint", "http://127.0.0.1:1")
        .build()
        .expect("a telemetry");
    telemetry.in_scope(check_margin);
    let counter = telemetry.counter("axisor_orders", HELP, &["day"]);
    let counter = counter.expect("a counter").with([DAY]).expect("a series");
    counter.inc_by(1e-9).expect("an increment");
    for other in ["axisor_trades", "axisor_refunds_created"] {
        let gauge = telemetry.gauge(other, "Other", &[]).expect("a gauge");
        gauge.with(()).expect("a series").set(f64::NEG_INFINITY);
    }
    for total in ["axisor_trades_total", "axisor_refunds_total", "_total"] {
        let counter = telemetry.counter(total, "Total", &[]).expect("a counter");
        counter.with(()).expect("a series").inc();
    }
    let bounds = [0.0, 1.0, 1e9, 1e22];
    let histogram = telemetry.histogram_with_buckets("axisor_size_bytes", "Size", &[], &bounds);
    let histogram = histogram.expect("a histogram");
    let series = histogram.with(()).expect("a series");
    series.observe(1.5).expect("an observation");
    let server = telemetry.serve().await.expect("a server");
    (telemetry, server)
}

const HELP: &str = "Orders of a \"day\"\nor \\night";
const DAY: &str = "\"Mon\"\nor \\Tue,}";

async fn page(server: &Server, accept: &str) -> String {
    let url = format!("http://127.0.0.1:{}/metrics", server.local_addr().port());
    let request = reqwest::Client::new().get(url).header("accept", accept);
    let answer = request.send().await.expect("an answer");
    answer.text().await.expect("a page")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_strict_parser_reads_the_page_and_its_exemplars() {
    let (_telemetry, server) = service().await;
    page(&server, OPENMETRICS).await; // so that the next one has a request on it
    let page = page(&server, OPENMETRICS).await;
    let families = parse(&page).unwrap_or_else(|refused| panic!("{refused}\n{page}"));
    let family = |name| {
        let found = families.iter().find(|family| family.name == name);
        found.unwrap_or_else(|| panic!("no {name} in {families:#?}"))
    };

    for counter in ["axisor_http_requests", "axisor_automation_executions"] {
        let family = family(counter);
        assert_eq!(family.r#type, "counter");
        assert_eq!(family.samples[0].name, format!("{counter}_total"));
    }
    for unknown in ["axisor_trades_total", "axisor_refunds_total", "_total"] {
        assert_eq!(family(unknown).r#type, "unknown");
        assert_eq!(family(unknown).samples[0].name, unknown);
    }
    let orders = family("axisor_orders");
    assert_eq!(orders.r#type, "unknown");
    assert_eq!(orders.help, HELP);
    assert_eq!(orders.samples[0].labels["day"], DAY);
    assert_eq!(family("axisor_size_bytes").unit, "bytes");

    for duration in [
        "axisor_http_request_duration_seconds",
        "axisor_automation_duration_seconds",
    ] {
        let family = family(duration);
        assert_eq!((&*family.r#type, &*family.unit), ("histogram", "seconds"));
        let exemplars = family.samples.iter().filter_map(|sample| {
            let exemplar = sample.exemplar.as_ref()?;
            Some((&sample.labels["le"], exemplar))
        });
        let [(bound, exemplar)] = exemplars.collect::<Vec<_>>()[..] else {
            panic!("one call, one exemplar: {family:#?}")
        };
        assert!(exemplar.value <= bound.parse().expect("a bound"));
        assert!(exemplar.time > 0.0);
        let named: Vec<_> = exemplar.labels.keys().collect();
        assert_eq!(named, ["span_id", "trace_id"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_strict_parser_refuses_the_text_format_and_half_a_page() {
    let (_telemetry, server) = service().await;
    let text = page(&server, "text/plain").await;
    parse(&text).expect_err("the text format has no end");
    let page = page(&server, OPENMETRICS).await;
    parse(page.trim_end_matches("# EOF\n")).expect_err("no end");
    parse(&page.replacen("axisor_http_requests ", "axisor_http_requests_total ", 2))
        .expect_err("a family named as its samples");
}
