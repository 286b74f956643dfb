//! Spans to a Collector behind `https://`, whose certificates are made on the spot.
#![cfg(all(feature = "tls", feature = "grpc", feature = "http"))]

mod authority;
mod collector;

use std::env;
use std::process::Command;
use std::time::{Duration, Instant};

use axisor_telemetry::{ShutdownError, ShutdownReport, Telemetry, TelemetryBuilder};
use opentelemetry::trace::Tracer as _;

use authority::Authority;
use collector::Collector;

const PROTOCOLS: [&str; 2] = ["grpc", "http/protobuf"];
const DEADLINE: Duration = Duration::from_secs(10);

fn builder(protocol: &str, collector: &Collector) -> TelemetryBuilder {
    let endpoint = match protocol {
        "grpc" => collector.endpoint(),
        _ => format!("{}/v1/traces", collector.endpoint()),
    };
    Telemetry::builder("tls")
        .without_environment()
        .set("otlp.traces.protocol", protocol)
        .set("otlp.traces.endpoint", endpoint)
}

fn send(builder: TelemetryBuilder, deadline: Duration) -> Result<ShutdownReport, ShutdownError> {
    let telemetry = builder.build().unwrap();
    drop(telemetry.tracer().start("encrypted"));
    telemetry.shutdown(deadline)
}

/// Sends in vain, and no longer than it may.
#[track_caller]
fn assert_left(builder: TelemetryBuilder) {
    let deadline = Duration::from_secs(1);
    let started = Instant::now();
    let error = send(builder, deadline).unwrap_err();
    assert!(
        started.elapsed() < deadline * 2,
        "{error} after {:?}",
        started.elapsed()
    );
    let ShutdownError::Deadline { report, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(
        (report.traces.exported, report.traces.left),
        (0, 1),
        "{report}"
    );
}

#[test]
fn spans_arrive_at_a_collector_whose_root_is_in_the_file() {
    let authority = Authority::new("trusted");
    for protocol in PROTOCOLS {
        let collector = Collector::start(protocol, Some(authority.identity()));
        let builder =
            builder(protocol, &collector).set("otlp.certificate", authority.file().display());
        let report = send(builder, DEADLINE).unwrap();
        assert_eq!(report.traces.exported, 1, "{protocol}: {report}");
        assert_eq!(collector.arrived(), ["encrypted"], "{protocol}");
    }
}

#[test]
fn a_scheme_in_capitals_is_encrypted_too() {
    let authority = Authority::new("trusted");
    for protocol in PROTOCOLS {
        let collector = Collector::start(protocol, Some(authority.identity()));
        let capitals = collector.endpoint().replace("https", "HTTPS");
        let builder = Telemetry::builder("tls")
            .without_environment()
            .set("metrics.exporter", "none")
            .set("otlp.protocol", protocol)
            .set("otlp.endpoint", capitals)
            .set("otlp.traces.certificate", authority.file().display());
        let report = send(builder, DEADLINE).unwrap();
        assert_eq!(report.traces.exported, 1, "{protocol}: {report}");
    }
}

#[test]
fn nothing_goes_to_a_collector_of_another_root() {
    let (authority, other) = (Authority::new("trusted"), Authority::new("other"));
    for protocol in PROTOCOLS {
        let collector = Collector::start(protocol, Some(other.identity()));
        assert_left(
            builder(protocol, &collector).set("otlp.certificate", authority.file().display()),
        );
        assert_eq!(collector.arrived(), [""; 0], "{protocol}");
    }
}

#[test]
fn a_collector_that_never_shakes_hands_holds_up_no_shutdown() {
    let authority = Authority::new("trusted");
    for protocol in PROTOCOLS {
        let collector = Collector::start(protocol, None);
        assert_left(
            builder(protocol, &collector).set("otlp.certificate", authority.file().display()),
        );
    }
}

/// The variable that makes this program send with the system's roots.
const SENDS_TO: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

#[test]
fn without_a_file_the_systems_roots_decide() {
    let (authority, other) = (Authority::new("trusted"), Authority::new("other"));
    for protocol in PROTOCOLS {
        for (roots, arrives) in [(&authority, true), (&other, false)] {
            let collector = Collector::start(protocol, Some(authority.identity()));
            let mut sender = Command::new(env::current_exe().unwrap());
            let sender = sender
                .args(["--exact", "sends_as_the_environment_says", "--ignored"])
                .env("SSL_CERT_FILE", roots.file())
                .env_remove("SSL_CERT_DIR")
                .env("OTEL_METRICS_EXPORTER", "none")
                .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
                .env(SENDS_TO, collector.endpoint());
            let output = sender.output().unwrap();
            assert_eq!(output.status.success(), arrives, "{protocol}: {output:?}");
            assert_eq!(collector.arrived().len(), usize::from(arrives));
        }
    }
}

#[test]
#[ignore = "is the program the test above runs"]
fn sends_as_the_environment_says() {
    if env::var_os(SENDS_TO).is_some() {
        let report = send(Telemetry::builder("tls"), Duration::from_secs(2)).unwrap();
        assert_eq!(report.traces.exported, 1, "{report}");
    }
}
