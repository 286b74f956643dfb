//! Annotated functions and the telemetry installed for the process: a process of its own, one test.

use std::time::Duration;

use axisor_telemetry::{StartError, Telemetry, TelemetryBuilder, instrument_automation};

#[instrument_automation(type = "check")]
fn check(good: bool) -> bool {
    good
}

#[instrument_automation(type = "late")]
fn late() {}

#[instrument_automation(type = name)]
fn folded(name: &str) {}

fn builder() -> TelemetryBuilder {
    Telemetry::builder("test")
        .without_environment()
        .set("logging.level", "warn")
        .set("metrics.series_bound", 4)
}

#[track_caller]
fn assert_samples(telemetry: &Telemetry, expected: &[&str]) {
    let page = telemetry.exposition().unwrap();
    let name = "axisor_automation_executions_total{automation_type=";
    let mut samples: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix(name))
        .collect();
    samples.sort_unstable();
    assert_eq!(samples, expected);
}

#[test]
fn a_place_in_the_code_finds_the_telemetry_installed_after_its_first_call() {
    check(true);
    check(false);
    let guard = builder().init().unwrap();
    assert_samples(&guard, &[]);

    for _ in 0..3 {
        check(true);
    }
    check(false);
    assert_samples(
        &guard,
        &[
            "\"check\",status=\"failure\"} 1",
            "\"check\",status=\"success\"} 3",
        ],
    );

    let second = builder().build().unwrap();
    second.in_scope(|| check(true));
    check(true);
    assert_samples(&second, &["\"check\",status=\"success\"} 1"]);

    let queue = guard.queue("q");
    let job = queue.carrier();
    second
        .in_scope(|| queue.process_blocking(&job, || Ok::<_, std::fmt::Error>(())))
        .unwrap();
    let page = guard.exposition().unwrap();
    let attempt = "axisor_worker_job_attempts_total{queue=\"q\",status=\"success\"} 1";
    assert!(page.contains(attempt), "{page}");

    guard
        .automations()
        .record("x", axisor_telemetry::record::AutomationStatus::Success);
    late();
    for name in ["a", "b", "b"] {
        folded(name);
    }
    assert_samples(
        &guard,
        &[
            "\"check\",status=\"failure\"} 1",
            "\"check\",status=\"success\"} 4",
            "\"late\",status=\"success\"} 1",
            "\"other\",status=\"success\"} 3",
            "\"x\",status=\"success\"} 1",
        ],
    );
    let page = guard.exposition().unwrap();
    let overflow = "axisor_label_overflow_total{metric=\"axisor_automation_executions_total\"} 3";
    assert!(page.contains(overflow), "{page}");

    assert!(matches!(
        builder().init(),
        Err(StartError::AlreadyInstalled)
    ));
    guard.shutdown(Duration::from_secs(5)).unwrap();
    assert!(Telemetry::current().is_none());
    check(true);
    late();
    assert_samples(&second, &["\"check\",status=\"success\"} 1"]);
    assert!(matches!(
        builder().init(),
        Err(StartError::AlreadyInstalled)
    ));
}
