//! Faults between the service and the Collector.

use axisor_stack::{Component, Stack};
use axisor_telemetry::Telemetry;
use axisor_telemetry::config::Protocol;
use axisor_telemetry::doctor::{Cause, Diagnosis, Hop};
use axisor_telemetry::pipeline::Signal;
use axisor_tests::{ports, until};
use axum::Router;
use axum::http::StatusCode;
use tokio::net::TcpListener;

use super::{
    PATIENCE, address, assert_advice, assert_lost, doctor, examine, examine_both, lost, overlay,
    stack, telemetry,
};

const HTTP: (&str, &str) = ("otlp.protocol", "http/protobuf");

/// What speaks gRPC to the one port, and HTTP to the other.
fn both(grpc: &str, http: &str) -> [Telemetry; 2] {
    [telemetry(grpc, &[]), telemetry(http, &[HTTP])]
}

async fn collector() -> Stack {
    stack([Component::Collector])
        .start()
        .await
        .expect("a Collector")
}

/// All three signals are lost for the same cause.
#[track_caller]
fn assert_all_lost(diagnosis: &Diagnosis, cause: &Cause, advice: &str) {
    for outcome in [&diagnosis.metrics, &diagnosis.traces, &diagnosis.logs] {
        assert_lost(outcome, Hop::ServiceToCollector, cause, advice);
    }
    assert!(!diagnosis.is_healthy());
}

#[tokio::test]
async fn nothing_listens() {
    let stack = collector().await;
    stack.kill(Component::Collector).await.expect("killed");
    let diagnosis = examine(doctor(&stack), &telemetry(&stack.otlp_grpc(), &[])).await;
    let cause = Cause::NothingListens {
        address: address(&stack.otlp_grpc()),
    };
    assert_all_lost(&diagnosis, &cause, "start the Collector");
    let report = diagnosis.to_string();
    assert!(
        report.contains("lost between the service and the Collector"),
        "{report}"
    );
    assert!(report.contains("to do: start the Collector"), "{report}");
    assert!(report.ends_with("not healthy"), "{report}");
    stack.down().await.expect("down");
}

#[tokio::test]
async fn a_frozen_collector_is_a_black_hole() {
    let stack = collector().await;
    stack.pause(Component::Collector).await.expect("frozen");
    let endpoints = [stack.otlp_grpc(), stack.otlp_http()];
    let telemetries = both(&endpoints[0], &endpoints[1]);
    let diagnoses = examine_both(&doctor(&stack), telemetries).await;
    for (diagnosis, endpoint) in diagnoses.iter().zip(&endpoints) {
        let cause = Cause::BlackHole {
            address: address(endpoint),
        };
        assert_all_lost(diagnosis, &cause, "firewall");
    }
    stack.resume(Component::Collector).await.expect("thawed");
    stack.down().await.expect("down");
}

#[tokio::test]
async fn an_unknown_host() {
    let stack = collector().await;
    let telemetry = telemetry("http://collector.invalid:4317", &[]);
    let diagnosis = examine(doctor(&stack), &telemetry).await;
    let host = "collector.invalid".to_owned();
    assert_all_lost(&diagnosis, &Cause::UnknownHost { host }, "correct the host");
    stack.down().await.expect("down");
}

#[tokio::test]
async fn the_port_of_the_other_protocol() {
    let stack = collector().await;
    let telemetries = both(&stack.otlp_http(), &stack.otlp_grpc());
    let [grpc_to_http, http_to_grpc] = examine_both(&doctor(&stack), telemetries).await;
    let cause = Cause::OtherProtocol {
        endpoint: stack.otlp_http(),
        configured: Protocol::Grpc,
    };
    assert_all_lost(&grpc_to_http, &cause, "usually 4317");

    for (outcome, path) in [
        (&http_to_grpc.metrics, "metrics"),
        (&http_to_grpc.traces, "traces"),
        (&http_to_grpc.logs, "logs"),
    ] {
        let cause = Cause::OtherProtocol {
            endpoint: format!("{}/v1/{path}", stack.otlp_grpc()),
            configured: Protocol::HttpProtobuf,
        };
        assert_lost(outcome, Hop::ServiceToCollector, &cause, "usually 4318");
    }
    stack.down().await.expect("down");
}

#[tokio::test]
async fn a_wrong_path() {
    let stack = collector().await;
    let endpoint = format!("{}/v1/traces", stack.otlp_http());
    let diagnosis = examine(doctor(&stack), &telemetry(&endpoint, &[HTTP])).await;
    let url = format!("{endpoint}/v1/traces");
    let cause = Cause::WrongPath { url };
    assert_lost(
        &diagnosis.traces,
        Hop::ServiceToCollector,
        &cause,
        "without a path",
    );
    stack.down().await.expect("down");
}

#[tokio::test]
async fn a_signal_without_a_pipeline() {
    let (_directory, overlay) = overlay(
        "receivers: {otlp/other: {protocols: {grpc: {endpoint: \"127.0.0.1:0\"}}}}\n\
         service: {pipelines: {logs: {receivers: [otlp/other]}}}",
    );
    let stack = stack([Component::Collector]).collector_overlay(overlay);
    let stack = stack.start().await.expect("a Collector");
    let telemetries = both(&stack.otlp_grpc(), &stack.otlp_http());
    for diagnosis in examine_both(&doctor(&stack), telemetries).await {
        let signal = Signal::Logs;
        let cause = Cause::NoPipeline { signal };
        assert_lost(
            &diagnosis.logs,
            Hop::ServiceToCollector,
            &cause,
            "a pipeline for logs",
        );
    }
    stack.down().await.expect("down");
}

#[tokio::test]
async fn a_collector_without_memory() {
    let (_directory, overlay) = overlay(
        "processors: {memory_limiter: {limit_mib: 2, spike_limit_mib: 1, check_interval: 50ms}}",
    );
    let stack = stack([Component::Collector]).collector_overlay(overlay);
    let stack = stack.start().await.expect("a Collector");
    let log = stack.dir().join("logs/collector.log");
    until(PATIENCE, "the memory to be looked at", async || {
        let log = std::fs::read_to_string(&log).ok()?;
        log.contains("above hard limit").then_some(())
    })
    .await
    .expect("above the limit");
    let telemetries = both(&stack.otlp_grpc(), &stack.otlp_http());
    for diagnosis in examine_both(&doctor(&stack), telemetries).await {
        for outcome in [&diagnosis.metrics, &diagnosis.traces, &diagnosis.logs] {
            let finding = lost(outcome);
            assert_eq!(finding.hop, Hop::ServiceToCollector);
            assert!(
                matches!(finding.cause, Cause::MemoryLimit { .. }),
                "{finding}"
            );
            assert_advice(finding, "limit_mib");
        }
    }
    stack.down().await.expect("down");
}

#[tokio::test]
async fn a_collector_whose_queue_is_full() {
    let (_directory, overlay) = overlay(
        "exporters: {otlp_grpc/jaeger: {sending_queue: {queue_size: 1, batch: {min_size: 1, max_size: 1}}}}",
    );
    let stack = stack([Component::Collector]).collector_overlay(overlay); // and no Jaeger
    let stack = stack.start().await.expect("a Collector");
    let telemetry = telemetry(&stack.otlp_grpc(), &[]);
    let doctor = doctor(&stack);
    let _ = examine(doctor.clone(), &telemetry).await; // its span fills the queue
    let diagnosis = examine(doctor, &telemetry).await;
    let finding = lost(&diagnosis.traces);
    assert_eq!(finding.hop, Hop::ServiceToCollector);
    assert!(
        matches!(finding.cause, Cause::QueueFull { .. }),
        "{finding}"
    );
    assert_advice(finding, "what is behind the Collector");
    stack.down().await.expect("down");
}

#[tokio::test]
async fn a_gateway_that_wants_credentials_or_nothing_to_do_with_it() {
    let stack = collector().await;
    for (status, refusal) in [
        (StatusCode::UNAUTHORIZED, "OTEL_EXPORTER_OTLP_HEADERS"),
        (StatusCode::IM_A_TEAPOT, "the Collector's log"),
    ] {
        let diagnosis = examine(doctor(&stack), &telemetry(&gateway(status).await, &[HTTP])).await;
        let answer = format!("status {status}");
        let cause = match status {
            StatusCode::UNAUTHORIZED => Cause::Unauthorized { answer },
            _ => Cause::Refused { answer },
        };
        assert_all_lost(&diagnosis, &cause, refusal);
    }
    stack.down().await.expect("down");
}

/// The URL of a receiver that answers everything so.
async fn gateway(status: StatusCode) -> String {
    let gateway = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", gateway.local_addr().expect("an address"));
    let app = Router::new().fallback(async move || status);
    tokio::spawn(async { axum::serve(gateway, app).await });
    url
}

/// A receiver that refuses connections is not one that nobody can reach.
#[tokio::test]
async fn each_signal_has_its_own_cause() {
    let stack = collector().await;
    let away = format!("http://127.0.0.1:{}", ports::free_port().expect("a port"));
    let telemetry = telemetry(&stack.otlp_grpc(), &[("otlp.traces.endpoint", &away)]);
    let diagnosis = examine(doctor(&stack), &telemetry).await;
    let cause = Cause::NothingListens {
        address: address(&away),
    };
    assert_lost(&diagnosis.traces, Hop::ServiceToCollector, &cause, "start");
    super::assert_arrived(&diagnosis.logs);
    stack.down().await.expect("down");
}
