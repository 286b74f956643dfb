//! What is lost between the Collector and Jaeger.

use std::time::Duration;

use axisor_stack::Component;
use axisor_telemetry::doctor::{Cause, Hop};

use super::{assert_lost, doctor, examine, overlay, stack, telemetry};

#[tokio::test]
async fn jaeger_is_away_behind_a_working_collector() {
    let stack = stack([Component::Collector, Component::Jaeger]);
    let stack = stack.start().await.expect("a Collector and a Jaeger");
    stack.kill(Component::Jaeger).await.expect("killed");
    let diagnosis = examine(doctor(&stack), &telemetry(&stack.otlp_grpc(), &[])).await;
    let cause = Cause::Waiting { spans: 1 };
    assert_lost(
        &diagnosis.traces,
        Hop::CollectorToJaeger,
        &cause,
        "start Jaeger",
    );
    stack.down().await.expect("down");
}

#[tokio::test]
async fn the_collector_sends_to_where_jaeger_is_not() {
    let (_directory, overlay) =
        overlay("exporters: {otlp_grpc/jaeger: {endpoint: \"127.0.0.1:1\"}}");
    let stack = stack([Component::Collector, Component::Jaeger]).collector_overlay(overlay);
    let stack = stack.start().await.expect("a Collector and a Jaeger");
    let doctor = doctor(&stack).patience(Duration::from_secs(2));
    let diagnosis = examine(doctor, &telemetry(&stack.otlp_grpc(), &[])).await;
    let cause = Cause::Waiting { spans: 1 };
    assert_lost(
        &diagnosis.traces,
        Hop::CollectorToJaeger,
        &cause,
        "AXISOR_JAEGER_OTLP",
    );
    stack.down().await.expect("down");
}

#[tokio::test]
async fn another_jaeger_is_asked() {
    let sent_to = stack([Component::Collector, Component::Jaeger]);
    let sent_to = sent_to.start().await.expect("a Collector and a Jaeger");
    let asked = stack([Component::Jaeger]).start().await.expect("a Jaeger");
    let doctor = doctor(&sent_to)
        .jaeger(asked.jaeger())
        .patience(Duration::from_secs(2));
    let diagnosis = examine(doctor, &telemetry(&sent_to.otlp_grpc(), &[])).await;
    let finding = super::lost(&diagnosis.traces);
    assert_eq!(finding.hop, Hop::CollectorToJaeger);
    assert!(matches!(finding.cause, Cause::NotSeen { .. }), "{finding}");
    sent_to.down().await.expect("down");
    asked.down().await.expect("down");
}
