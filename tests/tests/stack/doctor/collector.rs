//! What the Collector takes and does not pass on.

use std::time::Duration;

use axisor_stack::{Component, TailSampling};
use axisor_telemetry::doctor::{Cause, Hop};

use super::{assert_lost, doctor, examine, stack, telemetry};

fn sampling(wait: Duration) -> TailSampling {
    TailSampling {
        wait,
        slow: Duration::from_secs(60),
        percent: 0,
    }
}

#[tokio::test]
async fn a_metric_that_is_not_called_axisor() {
    let stack = stack([Component::Collector])
        .start()
        .await
        .expect("a Collector");
    let doctor = doctor(&stack).metric("orders_total");
    let diagnosis = examine(doctor, &telemetry(&stack.otlp_grpc(), &[])).await;
    let metric = "orders_total".to_owned();
    let cause = Cause::Filtered { metric };
    assert_lost(
        &diagnosis.metrics,
        Hop::Collector,
        &cause,
        "axisor_orders_total",
    );
    stack.down().await.expect("down");
}

#[tokio::test]
async fn the_page_of_another_collector() {
    let sent_to = stack([Component::Collector])
        .start()
        .await
        .expect("a Collector");
    let other = stack([Component::Collector])
        .start()
        .await
        .expect("another");
    let doctor = doctor(&sent_to).collector_series(other.exporter());
    let diagnosis = examine(doctor, &telemetry(&sent_to.otlp_grpc(), &[])).await;
    let page = other.exporter();
    let cause = Cause::NotExposed { page };
    assert_lost(
        &diagnosis.metrics,
        Hop::Collector,
        &cause,
        "the page of the Collector",
    );
    sent_to.down().await.expect("down");
    other.down().await.expect("down");
}

#[tokio::test]
async fn a_trace_that_the_collector_samples_out() {
    let stack = stack([Component::Collector, Component::Jaeger])
        .tail_sampling(sampling(Duration::from_secs(1)))
        .start()
        .await
        .expect("a Collector and a Jaeger");
    let diagnosis = examine(doctor(&stack), &telemetry(&stack.otlp_grpc(), &[])).await;
    let cause = Cause::SampledOut;
    assert_lost(
        &diagnosis.traces,
        Hop::Collector,
        &cause,
        "AXISOR_COLLECTOR_SAMPLING_PERCENT",
    );
    stack.down().await.expect("down");
}

#[tokio::test]
async fn a_trace_that_the_collector_has_not_decided_about() {
    let stack = stack([Component::Collector, Component::Jaeger])
        .tail_sampling(sampling(Duration::from_secs(60)))
        .start()
        .await
        .expect("a Collector and a Jaeger");
    let doctor = doctor(&stack).patience(Duration::from_secs(2));
    let diagnosis = examine(doctor, &telemetry(&stack.otlp_grpc(), &[])).await;
    let cause = Cause::Undecided;
    assert_lost(
        &diagnosis.traces,
        Hop::Collector,
        &cause,
        "AXISOR_COLLECTOR_SAMPLING_WAIT",
    );
    stack.down().await.expect("down");
}

#[tokio::test]
async fn log_files_that_are_not_there_or_are_others() {
    let stack = stack([Component::Collector])
        .start()
        .await
        .expect("a Collector");
    let telemetry = telemetry(&stack.otlp_grpc(), &[]);
    let nowhere = stack.dir().join("nowhere");
    let diagnosis = examine(doctor(&stack).log_files(&nowhere), &telemetry).await;
    let finding = super::lost(&diagnosis.logs);
    assert_eq!(finding.hop, Hop::CollectorToLogFiles);
    let Cause::Away { url, .. } = &finding.cause else {
        panic!("{finding}");
    };
    assert_eq!(*url, nowhere.display().to_string());

    let others = stack.dir().join("logs");
    let doctor = doctor(&stack)
        .log_files(others)
        .patience(Duration::from_secs(1));
    let diagnosis = examine(doctor, &telemetry).await;
    let finding = super::lost(&diagnosis.logs);
    assert!(matches!(finding.cause, Cause::NotSeen { .. }), "{finding}");
    super::assert_advice(finding, "more patience");
    stack.down().await.expect("down");
}
