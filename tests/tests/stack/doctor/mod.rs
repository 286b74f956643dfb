//! Every diagnosis of the doctor's, on the fault it is of, made for real.

mod collector;
mod healthy;
mod jaeger;
mod prometheus;
mod sending;
mod service;
mod tls;

use std::path::PathBuf;
use std::time::Duration;

use axisor_stack::{Component, Stack, StackBuilder};
use axisor_telemetry::Telemetry;
use axisor_telemetry::doctor::{Cause, Diagnosis, Doctor, Finding, Hop, Outcome};
use futures_util::future::join;

/// Longer than anything takes to arrive here, in a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(15);
const SCRAPE_INTERVAL: Duration = Duration::from_millis(500);

fn stack(components: impl IntoIterator<Item = Component>) -> StackBuilder {
    Stack::builder()
        .native()
        .free_ports()
        .scrape_interval(SCRAPE_INTERVAL)
        .only(components)
}

/// One who knows where everything of this stack is, and asks for the metric, the span and the line.
fn doctor(stack: &Stack) -> Doctor {
    Doctor::new()
        .collector_series(stack.exporter())
        .collector_telemetry(stack.collector_telemetry())
        .prometheus(stack.prometheus())
        .jaeger(stack.jaeger())
        .log_files(stack.service_logs())
        .patience(PATIENCE)
}

/// A telemetry that sends everything to `endpoint` over gRPC, but for what `settings` say.
fn telemetry(endpoint: &str, settings: &[(&str, &str)]) -> Telemetry {
    let builder = Telemetry::builder("axisor-backend")
        .without_environment()
        .set("logging.level", "info")
        .set("logs.exporter", "otlp")
        .set("otlp.endpoint", endpoint);
    let set = |builder: axisor_telemetry::TelemetryBuilder, (key, value): &(&str, &str)| {
        builder.set(*key, *value)
    };
    let builder = settings.iter().fold(builder, set);
    builder.build().expect("a telemetry")
}

async fn examine(doctor: Doctor, telemetry: &Telemetry) -> Diagnosis {
    doctor.examine(telemetry).await.expect("a diagnosis")
}

/// At the same time, as most of it is waiting.
async fn examine_both(doctor: &Doctor, [one, other]: [Telemetry; 2]) -> [Diagnosis; 2] {
    let one = examine(doctor.clone(), &one);
    join(one, examine(doctor.clone(), &other)).await.into()
}

#[track_caller]
fn assert_arrived(outcome: &Outcome) {
    assert!(matches!(outcome, Outcome::Arrived { .. }), "{outcome:?}");
}

/// `advice` is a word of what is to be done.
#[track_caller]
fn assert_lost(outcome: &Outcome, hop: Hop, cause: &Cause, advice: &str) {
    let finding = lost(outcome);
    assert_eq!((finding.hop, &finding.cause), (hop, cause));
    assert_advice(finding, advice);
}

#[track_caller]
fn assert_advice(finding: &Finding, advice: &str) {
    let given = finding.cause.advice();
    assert!(given.contains(advice), "{given}");
}

#[track_caller]
fn lost(outcome: &Outcome) -> &Finding {
    match outcome {
        Outcome::Lost(finding) => finding,
        _ => panic!("{outcome:?} is not lost"),
    }
}

/// A file with an overlay of the Collector's configuration, and the directory that keeps it.
fn overlay(yaml: &str) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("overlay.yaml");
    std::fs::write(&file, yaml).expect("a file");
    (directory, file)
}

fn address(url: &str) -> String {
    url.trim_start_matches("http://").to_owned()
}
