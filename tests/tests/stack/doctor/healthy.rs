//! Where everything arrives, and what the doctor leaves behind.

use std::collections::BTreeSet;
use std::time::Duration;

use axisor_stack::Component;
use axisor_telemetry::doctor::Outcome;
use axisor_tests::prometheus::Prometheus;
use axisor_tests::until;

use super::{assert_arrived, doctor, examine, stack, telemetry};

#[tokio::test]
async fn everything_arrives_by_either_protocol_and_nothing_stays() {
    let stack = stack([
        Component::Collector,
        Component::Prometheus,
        Component::Jaeger,
    ])
    .metric_expiration(Duration::from_secs(2))
    .start()
    .await
    .expect("a stack");
    for (protocol, endpoint) in [
        ("grpc", stack.otlp_grpc()),
        ("http/protobuf", stack.otlp_http()),
    ] {
        let telemetry = telemetry(&endpoint, &[("otlp.protocol", protocol)]);
        let diagnosis = examine(doctor(&stack), &telemetry).await;
        for outcome in [&diagnosis.metrics, &diagnosis.traces, &diagnosis.logs] {
            assert_arrived(outcome);
        }
        assert!(diagnosis.is_healthy(), "{diagnosis}");
        let report = diagnosis.to_string();
        assert!(
            report.contains("metrics: arrived in Prometheus"),
            "{report}"
        );
        assert!(
            report.ends_with("healthy: everything that is sent arrives"),
            "{report}"
        );
        let page = telemetry.exposition().expect("a page");
        assert!(!page.contains("doctor"), "{page}");
    }

    let prometheus = Prometheus::new(stack.prometheus());
    let ever = prometheus.query("last_over_time({__name__=~\"axisor_.+\"}[1h])");
    let ever = ever.await.expect("an answer");
    let name =
        |series: axisor_tests::prometheus::Series| (series.name, series.labels["job"].clone());
    let ever: BTreeSet<_> = ever.into_iter().map(name).collect();
    let canary = (
        "axisor_doctor_canary".to_owned(),
        "axisor-doctor".to_owned(),
    );
    assert_eq!(ever, BTreeSet::from([canary]));
    until(super::PATIENCE, "the canary to go", async || {
        let canary = prometheus.query("axisor_doctor_canary").await.ok()?;
        canary.is_empty().then_some(())
    })
    .await
    .expect("gone");
    stack.down().await.expect("down");
}

#[tokio::test]
async fn a_log_line_nobody_says_where_to_look_for_is_taken() {
    let stack = stack([Component::Collector])
        .start()
        .await
        .expect("a Collector");
    let doctor = axisor_telemetry::doctor::Doctor::new().patience(super::PATIENCE);
    let diagnosis = examine(doctor, &telemetry(&stack.otlp_grpc(), &[])).await;
    assert_eq!(diagnosis.logs, Outcome::Taken);
    stack.down().await.expect("down");
}

#[tokio::test]
async fn a_share_of_traces_brings_the_canary_all_the_same() {
    let stack = stack([Component::Collector, Component::Jaeger]);
    let stack = stack.start().await.expect("a Collector and a Jaeger");
    let settings = [
        ("traces.sampler", "traceidratio"),
        ("traces.sampler_arg", "0.01"),
    ];
    let diagnosis = examine(doctor(&stack), &telemetry(&stack.otlp_grpc(), &settings)).await;
    assert_arrived(&diagnosis.traces);
    stack.down().await.expect("down");
}
