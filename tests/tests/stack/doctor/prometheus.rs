//! What is lost between the Collector and Prometheus, or is there twice.

use std::fs;

use axisor_stack::{Component, Endpoint, Stack};
use axisor_telemetry::doctor::{Cause, Hop};
use axisor_tests::prometheus::Prometheus;
use axisor_tests::service::Service;
use axisor_tests::until;

use super::{PATIENCE, assert_advice, assert_lost, doctor, examine, lost, stack, telemetry};

const SERVICE: &str = env!("CARGO_BIN_EXE_service");

async fn start() -> Stack {
    let components = [Component::Collector, Component::Prometheus];
    let stack = stack(components).start().await;
    stack.expect("a Collector and a Prometheus")
}

/// Gives Prometheus another configuration.
async fn reconfigure(stack: &Stack, change: impl Fn(&mut serde_json::Value)) {
    let file = stack.dir().join("prometheus.yml");
    let text = fs::read_to_string(&file).expect("the rendered file");
    let mut root = serde_yaml_ng::from_str(&text).expect("YAML");
    change(&mut root);
    fs::write(&file, serde_yaml_ng::to_string(&root).expect("YAML")).expect("written");
    let reload = format!("{}/-/reload", stack.prometheus());
    let answer = reqwest::Client::new().post(reload).send().await;
    assert!(answer.expect("an answer").status().is_success());
}

/// Changes the scrape jobs of this name.
fn job(root: &mut serde_json::Value, name: &str, change: impl Fn(&mut serde_json::Value)) {
    let jobs = root["scrape_configs"].as_array_mut().expect("jobs");
    let named = |job: &&mut serde_json::Value| job["job_name"] == name;
    jobs.iter_mut().filter(named).for_each(change);
}

#[tokio::test]
async fn prometheus_is_away() {
    let stack = start().await;
    stack.kill(Component::Prometheus).await.expect("killed");
    let diagnosis = examine(doctor(&stack), &telemetry(&stack.otlp_grpc(), &[])).await;
    let finding = lost(&diagnosis.metrics);
    assert_eq!(finding.hop, Hop::Prometheus);
    let Cause::Away { url, reason } = &finding.cause else {
        panic!("{finding}");
    };
    assert!(url.starts_with(&stack.prometheus()), "{url}");
    assert!(reason.contains("refused"), "{reason}");
    assert_advice(finding, "start it");
    stack.down().await.expect("down");
}

#[tokio::test]
async fn no_job_scrapes_the_collector() {
    let stack = start().await;
    reconfigure(&stack, |root| {
        let jobs = root["scrape_configs"].as_array_mut().expect("jobs");
        jobs.retain(|job| job["job_name"] != "otel-collector");
    })
    .await;
    let diagnosis = examine(doctor(&stack), &telemetry(&stack.otlp_grpc(), &[])).await;
    let page = stack.exporter();
    let cause = Cause::NotScraped { page };
    assert_lost(
        &diagnosis.metrics,
        Hop::CollectorToPrometheus,
        &cause,
        "honor_labels: true",
    );
    stack.down().await.expect("down");
}

#[tokio::test]
async fn the_job_asks_where_the_collector_is_not() {
    let stack = start().await;
    let port = stack.port(Endpoint::Exporter);
    let elsewhere = format!("127.0.0.2:{port}");
    stack
        .set_target("otel-collector", elsewhere)
        .await
        .expect("set");
    let diagnosis = examine(doctor(&stack), &telemetry(&stack.otlp_grpc(), &[])).await;
    let finding = lost(&diagnosis.metrics);
    assert_eq!(finding.hop, Hop::CollectorToPrometheus);
    let Cause::ScrapeFails { job, error } = &finding.cause else {
        panic!("{finding}");
    };
    assert_eq!(job, "otel-collector");
    assert!(error.contains("refused"), "{error}");
    assert_advice(finding, "another name");
    stack.down().await.expect("down");
}

#[tokio::test]
async fn prometheus_drops_what_it_scrapes() {
    let stack = start().await;
    reconfigure(&stack, |root| {
        job(root, "otel-collector", |job| {
            job["metric_relabel_configs"][0]["regex"] = "axisor_.*".into();
        });
    })
    .await;
    let diagnosis = examine(doctor(&stack), &telemetry(&stack.otlp_grpc(), &[])).await;
    let job = "otel-collector".to_owned();
    let cause = Cause::Relabelled { job };
    assert_lost(
        &diagnosis.metrics,
        Hop::CollectorToPrometheus,
        &cause,
        "metric_relabel_configs",
    );
    stack.down().await.expect("down");
}

#[tokio::test]
async fn prometheus_does_not_honour_the_labels() {
    let stack = start().await;
    reconfigure(&stack, |root| {
        job(root, "otel-collector", |job| {
            job["honor_labels"] = false.into();
        });
    })
    .await;
    let diagnosis = examine(doctor(&stack), &telemetry(&stack.otlp_grpc(), &[])).await;
    let job = "otel-collector".to_owned();
    let cause = Cause::LabelsNotHonoured { job };
    assert_lost(
        &diagnosis.metrics,
        Hop::CollectorToPrometheus,
        &cause,
        "honor_labels: true",
    );
    stack.down().await.expect("down");
}

#[tokio::test]
async fn the_same_series_both_ways() {
    let stack = start().await;
    let endpoint = stack.otlp_grpc();
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_METRIC_EXPORT_INTERVAL", "250"),
    ];
    let service = Service::start(SERVICE, "axisor-backend", 0, &environment).await;
    let service = service.expect("a service");
    stack
        .set_target("axisor-backend", service.address())
        .await
        .expect("set");
    assert_eq!(instances(&stack, 1).await, 1);
    let telemetry = telemetry(&stack.otlp_grpc(), &[]);
    let diagnosis = examine(doctor(&stack), &telemetry).await;
    assert_eq!(diagnosis.findings, []);

    reconfigure(&stack, |root| {
        job(root, "axisor-backend", |job| {
            job["metric_relabel_configs"] = serde_json::json!([]);
        });
    })
    .await;
    assert_eq!(instances(&stack, 2).await, 2);
    let diagnosis = examine(doctor(&stack), &telemetry).await;
    let [finding] = &diagnosis.findings[..] else {
        panic!("{diagnosis}");
    };
    let job = "axisor-backend".to_owned();
    assert_eq!(finding.hop, Hop::Prometheus);
    assert_eq!(finding.cause, Cause::CountedTwice { job });
    assert_advice(finding, "do not send metrics to the Collector");
    assert!(!diagnosis.is_healthy());
    stack.down().await.expect("down");
}

/// Waits until so many instances of the backend have their health in Prometheus.
async fn instances(stack: &Stack, wanted: usize) -> usize {
    let prometheus = Prometheus::new(stack.prometheus());
    let query = "axisor_system_health{job=\"axisor-backend\"}";
    until(PATIENCE, "the backend's instances", async || {
        let found = prometheus.query(query).await.ok()?.len();
        (found == wanted).then_some(found)
    })
    .await
    .expect("in Prometheus")
}
