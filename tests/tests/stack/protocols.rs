//! Each way to speak OTLP.

use std::time::Duration;

use axisor_stack::{Component, Stack};
use axisor_telemetry::record::AutomationStatus;
use axisor_telemetry::{ShutdownReport, Telemetry};
use axisor_tests::page::until_line;
use opentelemetry::trace::Tracer as _;

const DEADLINE: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn grpc_and_http_with_and_without_gzip_bring_the_same() {
    let stack = Stack::builder()
        .native()
        .free_ports()
        .only([Component::Collector]);
    let stack = stack.start().await.expect("a Collector");
    for (protocol, endpoint) in [
        ("grpc", stack.otlp_grpc()),
        ("http/protobuf", stack.otlp_http()),
    ] {
        for compression in ["none", "gzip"] {
            let instance = format!("{protocol} {compression}");
            let report = send(protocol, endpoint.clone(), compression, &instance).await;
            assert_eq!(report.traces.exported, 1, "{instance}: {report}");
            let sample = format!(
                "axisor_automation_executions_total{{automation_type=\"margin_check\",instance=\"{instance}\",job=\"protocols\",status=\"success\"}} 1"
            );
            until_line(&stack.exporter(), &sample)
                .await
                .expect("on the Collector's page");
        }
    }
    stack.down().await.expect("down");
}

/// More than one message of 4 MiB would hold: ten thousand series with long labels.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn series_beyond_a_message_of_four_mebibytes_arrive() {
    let stack = Stack::builder()
        .native()
        .free_ports()
        .only([Component::Collector]);
    let stack = stack.start().await.expect("a Collector");
    let telemetry = telemetry("grpc", stack.otlp_grpc(), "none", "large");
    let long = "x".repeat(1_000);
    for number in 0..9_000 {
        telemetry
            .margin_guard()
            .record(format!("{number}-{long}"), "pro");
    }
    let report = shutdown(telemetry).await;
    assert!(report.metrics.exported >= 9_000, "{report}");
    let page = reqwest::get(stack.exporter())
        .await
        .expect("an answer")
        .text()
        .await
        .expect("a page");
    let series = page
        .lines()
        .filter(|line| line.starts_with("axisor_margin_guard_actions_total{"));
    assert_eq!(series.count(), 9_000);
    stack.down().await.expect("down");
}

async fn send(
    protocol: &str,
    endpoint: String,
    compression: &str,
    instance: &str,
) -> ShutdownReport {
    let telemetry = telemetry(protocol, endpoint, compression, instance);
    telemetry
        .automations()
        .record("margin_check", AutomationStatus::Success);
    drop(telemetry.tracer().start("probe"));
    shutdown(telemetry).await
}

fn telemetry(protocol: &str, endpoint: String, compression: &str, instance: &str) -> Telemetry {
    Telemetry::builder("protocols")
        .without_environment()
        .set("otlp.endpoint", endpoint)
        .set("otlp.protocol", protocol)
        .set("otlp.compression", compression)
        .set("service.instance_id", instance)
        .build()
        .expect("telemetry")
}

async fn shutdown(telemetry: Telemetry) -> ShutdownReport {
    let instance = telemetry.config().service.instance_id.clone();
    let shutdown = move || telemetry.shutdown(DEADLINE);
    let report = tokio::task::spawn_blocking(shutdown)
        .await
        .expect("no panic");
    report.unwrap_or_else(|error| panic!("{instance}: {error}"))
}
