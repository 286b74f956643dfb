//! What is committed is what the programs accept, and what the original asked for.

use std::path::Path;
use std::process::Output;

use axisor_stack::Component;
use serde_json::Value;
use tokio::process::Command;

use crate::support::{committed, committed_yaml, program};

async fn run(program: &Path, args: &[&str]) -> Output {
    Command::new(program)
        .args(args)
        .current_dir(committed(""))
        .output()
        .await
        .unwrap()
}

async fn accepts(component: Component, name: &str, args: &[&str]) {
    let output = run(&program(component, name).await, args).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name} {args:?}: {said}");
}

#[tokio::test]
async fn the_collector_accepts_its_configuration() {
    let args = ["validate", "--config=config.yaml"];
    accepts(Component::Collector, "otelcol", &args).await;
}

#[tokio::test]
async fn the_collector_accepts_every_overlay() {
    for overlay in std::fs::read_dir(committed("overlays")).unwrap() {
        let overlay = format!("--config={}", overlay.unwrap().path().display());
        let args = ["validate", "--config=config.yaml", &overlay];
        accepts(Component::Collector, "otelcol", &args).await;
    }
}

#[tokio::test]
async fn the_collector_refuses_an_exporter_it_was_not_built_with() {
    let otelcol = program(Component::Collector, "otelcol").await;
    let unknown = "--config=yaml:exporters::no_such_exporter:";
    let output = run(&otelcol, &["validate", "--config=config.yaml", unknown]).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("no_such_exporter"), "{said}");
    assert!(!output.status.success());
}

#[tokio::test]
async fn promtool_accepts_the_jobs() {
    let args = ["check", "config", "prometheus/prometheus.yml"];
    accepts(Component::Prometheus, "promtool", &args).await;
}

#[tokio::test]
async fn the_original_configuration_works_unchanged_without_the_collector() {
    let args = ["check", "config", "prometheus/original/prometheus.yml"];
    accepts(Component::Prometheus, "promtool", &args).await;
}

#[tokio::test]
async fn amtool_accepts_the_routes() {
    let args = ["check-config", "alertmanager/alertmanager.yml"];
    accepts(Component::Alertmanager, "amtool", &args).await;
}

#[test]
fn every_job_of_the_original_is_kept_as_it_was() {
    let ours = jobs("prometheus/prometheus.yml");
    let original = jobs("prometheus/original/prometheus.yml");
    assert_eq!(original.len(), 10);
    for (ours, original) in ours.iter().zip(&original) {
        for key in ["job_name", "scrape_interval", "scrape_timeout"] {
            assert_eq!(ours[key], original[key]);
        }
    }
}

#[test]
fn the_other_jobs_are_what_the_originals_alerts_lacked_and_the_stack_itself() {
    let names: Vec<_> = jobs("prometheus/prometheus.yml")
        .split_off(10)
        .into_iter()
        .map(|job| job["job_name"].as_str().unwrap().to_owned())
        .collect();
    let expected = [
        "lnmarkets-api",
        "lnd-node",
        "otel-collector",
        "otel-collector-telemetry",
        "prometheus",
        "alertmanager",
        "jaeger",
    ];
    assert_eq!(names, expected);
}

#[test]
fn the_prober_has_the_modules_it_is_asked_for() {
    let known = committed_yaml("blackbox/blackbox.yml");
    let jobs = jobs("prometheus/prometheus.yml");
    let asked: Vec<_> = jobs
        .iter()
        .filter_map(|job| job["params"]["module"][0].as_str())
        .collect();
    assert_eq!(asked.len(), 3);
    for module in asked {
        assert!(known["modules"][module].is_object(), "{module}");
    }
}

#[tokio::test]
async fn the_prober_accepts_its_modules() {
    let args = ["--config.check", "--config.file=blackbox/blackbox.yml"];
    accepts(
        Component::BlackboxExporter,
        "prometheus-blackbox-exporter",
        &args,
    )
    .await;
}

#[test]
fn the_jobs_of_services_drop_what_comes_through_the_collector() {
    let drops: Vec<String> = jobs("prometheus/prometheus.yml")
        .iter()
        .filter(|job| job["metric_relabel_configs"][0]["regex"] == "axisor_.*")
        .map(|job| job["job_name"].as_str().unwrap().to_owned())
        .collect();
    let services = [
        "axisor-backend",
        "margin-monitor",
        "automation-executor",
        "notification-worker",
        "payment-validator",
    ];
    assert_eq!(drops, services);
}

fn jobs(file: &str) -> Vec<Value> {
    let jobs = &committed_yaml(file)["scrape_configs"];
    jobs.as_array().unwrap().clone()
}

#[test]
fn the_builder_is_asked_for_the_version_the_runner_names() {
    let version = &committed_yaml("distribution/builder.yaml")["dist"]["version"];
    assert_eq!(version.as_str(), Component::Collector.version());
}
