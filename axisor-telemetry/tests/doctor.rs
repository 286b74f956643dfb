//! What the doctor finds in a process and in a program's lock file, without a stack: a process of its own, as it replaces a
//! global.

#![cfg(feature = "doctor")]

use std::path::Path;
use std::time::Duration;

use axisor_telemetry::Telemetry;
use axisor_telemetry::doctor::{Cause, Doctor, DoctorError, Finding, Hop};
use opentelemetry::global;
use opentelemetry_sdk::metrics::SdkMeterProvider;

/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:1";

fn doctor() -> Doctor {
    Doctor::new()
        .collector_series(NOWHERE)
        .collector_telemetry(NOWHERE)
        .prometheus(NOWHERE)
        .jaeger(NOWHERE)
        .patience(Duration::ZERO)
}

fn telemetry() -> Telemetry {
    let builder = Telemetry::builder("axisor-test").without_environment();
    builder.build().unwrap()
}

async fn findings(doctor: Doctor, telemetry: &Telemetry) -> Vec<Finding> {
    doctor.examine(telemetry).await.unwrap().findings
}

fn lock_file(directory: &str) -> std::path::PathBuf {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    directory.join("Cargo.lock")
}

#[tokio::test]
async fn a_global_meter_provider_that_replaced_the_telemetrys_is_found() {
    let builder = Telemetry::builder("axisor-test").without_environment();
    let telemetry = builder.set("logging.level", "off").init().unwrap();
    assert_eq!(findings(doctor(), &telemetry).await, []);
    let page = telemetry.exposition().unwrap();
    assert!(!page.contains("doctor"), "{page}");

    global::set_meter_provider(SdkMeterProvider::builder().build());
    let [finding] = &findings(doctor(), &telemetry).await[..] else {
        panic!("one finding");
    };
    assert_eq!(
        (finding.hop, &finding.cause),
        (Hop::Service, &Cause::PrivateProvider)
    );
    assert!(
        finding
            .cause
            .advice()
            .contains("Telemetry::meter_provider()")
    );
}

#[tokio::test]
async fn several_versions_of_opentelemetry_are_found_in_a_lock_file() {
    let one = doctor().lock_file(lock_file(".."));
    assert_eq!(findings(one, &telemetry()).await, []);

    let two = doctor().lock_file(lock_file("tests/two_versions"));
    let [finding] = &findings(two, &telemetry()).await[..] else {
        panic!("one finding");
    };
    let Cause::TwoVersions { versions, through } = &finding.cause else {
        panic!("{finding}");
    };
    assert_eq!(finding.hop, Hop::Service);
    assert_eq!(*versions, ["0.30.0", "0.33.1"]);
    assert!(
        through
            .iter()
            .any(|package| package == "tracing-opentelemetry 0.31.0"),
        "{through:?}"
    );
    assert!(
        !through
            .iter()
            .any(|package| package.starts_with("two-versions")),
        "{through:?}"
    );
    assert!(finding.cause.advice().contains("cargo tree --invert"));
}

#[tokio::test]
async fn what_cannot_be_examined_is_an_error() {
    let missing = doctor()
        .lock_file("nowhere/Cargo.lock")
        .examine(&telemetry())
        .await;
    let error = missing.unwrap_err().to_string();
    assert_eq!(
        error,
        "`nowhere/Cargo.lock` cannot be read, expected a Cargo.lock"
    );

    let no_lock = doctor().lock_file(file!()).examine(&telemetry()).await;
    assert!(
        matches!(no_lock, Err(DoctorError::LockFile { .. })),
        "{no_lock:?}"
    );

    let taken = doctor()
        .metric("axisor_active_users")
        .examine(&telemetry())
        .await;
    assert!(matches!(taken, Err(DoctorError::Metric(_))), "{taken:?}");
}
