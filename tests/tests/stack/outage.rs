//! The Collector away for twenty seconds under traffic.

use std::time::{Duration, Instant};

use axisor_stack::{Component, Stack};
use axisor_telemetry::{Telemetry, instrument_automation};
use axisor_tests::page::until_line;
use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;

const OUTAGE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(5);
/// Spans that may wait: fewer than end during the outage.
const QUEUE: usize = 512;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_of_the_collector_blocks_nobody_and_loses_nothing_silently() {
    let stack = Stack::builder()
        .native()
        .free_ports()
        .only([Component::Collector, Component::Jaeger]);
    let stack = stack.start().await.expect("a Collector and a Jaeger");
    let telemetry = Telemetry::builder("axisor-backend")
        .without_environment()
        .set("otlp.endpoint", stack.otlp_grpc())
        .set("service.instance_id", "outage")
        .set("metrics.interval", "1s")
        .set("traces.queue_size", QUEUE)
        .set("traces.batch_size", 128)
        .set("traces.schedule_delay", "200ms")
        .build()
        .expect("telemetry");
    let url = serve(&telemetry).await;

    let before = traffic(&url, Duration::from_secs(3)).await;
    stack.stop(Component::Collector).await.expect("stopped");
    let during = traffic(&url, OUTAGE).await;
    stack
        .start_again(Component::Collector)
        .await
        .expect("started again");
    let after = traffic(&url, Duration::from_secs(2)).await;

    let slowest = during.iter().max().expect("requests");
    assert!(
        *slowest < Duration::from_secs(1),
        "a request took {slowest:?} without a Collector"
    );
    let (usual, without) = (median(&before), median(&during));
    assert!(
        without < usual * 3 + Duration::from_millis(2),
        "median {without:?} without a Collector, {usual:?} with one"
    );

    let requests = before.len() + during.len() + after.len();
    let exported = format!(
        "axisor_automation_executions_total{{automation_type=\"margin_check\",instance=\"outage\",job=\"axisor-backend\",status=\"success\"}} {requests}"
    );
    until_line(&stack.exporter(), &exported)
        .await
        .expect("the exact count");

    let page = telemetry.exposition().expect("exposition");
    let dropped = page
        .lines()
        .find(|line| line.starts_with("axisor_telemetry_dropped_total{reason=\"queue_full\""));
    assert!(
        dropped.is_some(),
        "spans that did not fit are visible:\n{page}"
    );
    let report = telemetry
        .shutdown(Duration::from_secs(10))
        .expect("everything is sent");
    assert!(report.traces.dropped > 0, "{report}");
    assert_eq!(
        report.traces.exported + report.traces.dropped,
        2 * requests as u64,
        "{report}"
    );
    stack.down().await.expect("down");
}

#[instrument_automation(type = "margin_check")]
async fn check_margin() {
    tokio::task::yield_now().await;
}

async fn serve(telemetry: &Telemetry) -> String {
    let handler = async || check_margin().await;
    let app = Router::new()
        .route("/check", get(handler))
        .layer(telemetry.http_layer());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}/check")
}

/// How long each request took, one after the other for this long.
async fn traffic(url: &str, length: Duration) -> Vec<Duration> {
    let client = reqwest::Client::new();
    let (start, mut latencies) = (Instant::now(), Vec::new());
    while start.elapsed() < length {
        let asked = Instant::now();
        let answer = client.get(url).send().await.expect("an answer");
        assert!(answer.status().is_success());
        answer.bytes().await.expect("a body");
        latencies.push(asked.elapsed());
        tokio::time::sleep(PAUSE).await;
    }
    latencies
}

fn median(latencies: &[Duration]) -> Duration {
    let mut sorted = latencies.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}
