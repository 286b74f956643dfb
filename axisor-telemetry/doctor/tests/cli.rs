//! The program: what it reads, says and exits with.

use std::path::Path;
use std::process::{Output, Stdio};

use axisor_stack::{Component, Stack};
use axisor_tests::packages;
use tokio::process::Command;

const DOCTOR: &str = env!("CARGO_BIN_EXE_axisor-doctor");
/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:1";

/// With no other environment than `variables`.
fn command(program: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .envs(variables.iter().copied())
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

fn at(command: &mut Command, stack: &Stack) {
    let (series, own) = (stack.exporter(), stack.collector_telemetry());
    command
        .args(["--collector-series", &series, "--collector-telemetry", &own])
        .args([
            "--prometheus",
            &stack.prometheus(),
            "--jaeger",
            &stack.jaeger(),
        ])
        .arg("--log-files")
        .arg(stack.service_logs())
        .args(["--patience", "20"]);
}

async fn run(mut command: Command) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().await.expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (status.code(), text(stdout), text(stderr))
}

async fn stack() -> Stack {
    let components = [
        Component::Collector,
        Component::Prometheus,
        Component::Jaeger,
    ];
    let stack = Stack::builder().native().free_ports().only(components);
    let stack = stack.scrape_interval(std::time::Duration::from_millis(500));
    stack.start().await.expect("a stack")
}

#[tokio::test]
async fn a_healthy_stack_is_0_and_a_clock_that_is_ahead_is_1() {
    let stack = stack().await;
    let endpoint = stack.otlp_grpc();
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_LOGS_EXPORTER", "otlp"),
    ];
    let mut healthy = command(DOCTOR, &variables);
    at(&mut healthy, &stack);
    let (code, report, progress) = run(healthy).await;
    assert_eq!(code, Some(0), "{report}{progress}");
    for line in [
        "metrics: arrived in Prometheus after ",
        "traces: arrived in Jaeger after ",
        "logs: arrived in the Collector's log files after ",
        "healthy: everything that is sent arrives",
    ] {
        assert!(report.contains(line), "{report}");
    }
    assert!(progress.contains("waiting for Prometheus"), "{progress}");

    let find = || {
        let path = Path::new("/usr/bin/faketime");
        path.is_file().then(|| path.to_owned())
    };
    let faketime = packages::program("faketime", "faketime", find).expect("faketime");
    for (shift, told) in [
        ("+1h", " s ahead of that of 127.0.0.1:"),
        ("-1h", " s behind that of 127.0.0.1:"),
    ] {
        let mut skewed = command(&faketime.display().to_string(), &variables);
        skewed.args(["-m", "--exclude-monotonic", "-f", shift, DOCTOR]);
        at(&mut skewed, &stack);
        let (code, report, progress) = run(skewed).await;
        assert_eq!(code, Some(1), "{report}{progress}");
        let found = format!("found in the service\n  cause: this clock is 3600{told}");
        let almost = format!("found in the service\n  cause: this clock is 3599{told}");
        assert!(
            report.contains(&found) || report.contains(&almost),
            "{report}"
        );
        assert!(report.contains("to do: synchronise the clocks"), "{report}");
        assert!(report.contains("metrics: arrived"), "{report}");
    }
    stack.down().await.expect("down");
}

#[tokio::test]
async fn what_is_lost_is_1_and_named_once() {
    let mut away = command(
        DOCTOR,
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", NOWHERE),
            ("OTEL_LOGS_EXPORTER", "otlp"),
        ],
    );
    away.args([
        "--collector-series",
        NOWHERE,
        "--collector-telemetry",
        NOWHERE,
    ])
    .args(["--prometheus", NOWHERE, "--jaeger", NOWHERE]);
    let (code, report, _) = run(away).await;
    assert_eq!(code, Some(1));
    let lost = "metrics, traces, logs: lost between the service and the Collector\n  cause: nothing listens at 127.0.0.1:1\n  to do: ";
    assert!(report.starts_with(lost), "{report}");
    assert!(report.ends_with("not healthy\n"), "{report}");
}

#[tokio::test]
async fn an_environment_that_says_nothing_is_examined_as_if_it_sent() {
    let mut silent = command(DOCTOR, &[]);
    silent
        .args([
            "--collector-series",
            NOWHERE,
            "--collector-telemetry",
            NOWHERE,
        ])
        .args([
            "--prometheus",
            NOWHERE,
            "--jaeger",
            NOWHERE,
            "--patience",
            "0",
        ]);
    let (_, report, told) = run(silent).await;
    assert!(told.starts_with("nothing says where to send"), "{told}");
    assert!(!report.contains("sends nothing"), "{report}");

    let off = [("OTEL_METRICS_EXPORTER", "none")];
    let mut off = command(DOCTOR, &off);
    off.args([
        "--prometheus",
        NOWHERE,
        "--collector-telemetry",
        NOWHERE,
        "--patience",
        "0",
    ]);
    let (code, report, _) = run(off).await;
    assert_eq!(code, Some(1));
    let lost = "metrics: lost in the service\n  cause: `metrics.exporter` is `none` (environment variable OTEL_METRICS_EXPORTER)";
    assert!(report.starts_with(lost), "{report}");
}

#[tokio::test]
async fn what_cannot_be_examined_is_2_and_says_what_was_expected() {
    let no_scheme = command(DOCTOR, &[("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4317")]);
    let (code, report, error) = run(no_scheme).await;
    assert_eq!((code, report.as_str()), (Some(2), ""));
    assert!(error.contains("`otlp.endpoint` from environment variable OTEL_EXPORTER_OTLP_ENDPOINT is `localhost:4317`"), "{error}");
    assert!(
        error.contains("expected a URL that begins with `http://` or `https://`"),
        "{error}"
    );

    let mut unknown = command(DOCTOR, &[]);
    unknown.arg("--prometeus");
    let (code, _, error) = run(unknown).await;
    assert_eq!(code, Some(2));
    assert!(error.contains("--prometheus"), "{error}");

    let directory = tempfile::tempdir().expect("a directory");
    let mut no_lock = command(DOCTOR, &[]);
    no_lock
        .arg("--manifest-path")
        .arg(directory.path().join("Cargo.toml"));
    let (code, _, error) = run(no_lock).await;
    assert_eq!(code, Some(2));
    assert!(error.contains("no Cargo.lock belongs to"), "{error}");
}

#[tokio::test]
async fn a_manifests_lock_file_is_read() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/two_versions/Cargo.toml");
    let mut two = command(DOCTOR, &[("OTEL_SDK_DISABLED", "true")]);
    two.args(["--prometheus", NOWHERE, "--collector-telemetry", NOWHERE])
        .arg("--manifest-path")
        .arg(manifest);
    let (code, report, _) = run(two).await;
    assert_eq!(code, Some(1));
    assert!(report.contains("found in the service\n  cause: the program has opentelemetry 0.30.0 and 0.33.1, through "), "{report}");
    assert!(
        report.contains("telemetry is disabled by environment variable OTEL_SDK_DISABLED"),
        "{report}"
    );
}

#[tokio::test]
async fn help_names_every_place() {
    let mut help = command(DOCTOR, &[]);
    help.arg("--help");
    let (code, help, _) = run(help).await;
    assert_eq!(code, Some(0));
    for option in [
        "--prometheus",
        "--jaeger",
        "--log-files",
        "--manifest-path",
        "--service",
    ] {
        assert!(help.contains(option), "{help}");
    }
}
