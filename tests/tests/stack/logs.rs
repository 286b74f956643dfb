//! Log lines as the Collector keeps them.

use std::path::Path;
use std::time::Duration;

use axisor_stack::{Component, Stack, StackBuilder};
use axisor_telemetry::{ShutdownReport, Telemetry};
use axisor_tests::service::Service;
use axisor_tests::service_logs::{self, Record};
use axisor_tests::until;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::start;

const DEADLINE: Duration = Duration::from_secs(20);
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[tokio::test]
async fn a_line_of_a_service_is_found_by_its_trace() {
    let stack = collector().start().await.expect("a Collector");
    for (protocol, endpoint) in [
        ("grpc", stack.otlp_grpc()),
        ("http/protobuf", stack.otlp_http()),
    ] {
        let by = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_LOGS_EXPORTER", "otlp"),
        ];
        let name = format!("backend-{}", &protocol[..4]);
        let service = start(&stack, &name, 0, &by).await;
        fail(&service).await;
        let inside = line(&stack.service_logs(), &name, "no route to the exchange").await;
        let handler = line(&stack.service_logs(), &name, "refused").await;
        for line in [&inside, &handler] {
            assert_eq!(line.trace_id(), TRACE, "{line:?}");
            assert_eq!((line.level(), &*line.target), ("ERROR", "service"));
        }
        assert_ne!(inside.span_id(), handler.span_id());
        let error = handler.field("error");
        assert_eq!(
            error,
            Some("no answer from postgres://[redacted]@db/trades")
        );
        let said = service.stop().await.expect("stopped");
        let report = said.iter().find(|line| line.starts_with("traces: "));
        let logs = "logs: 2 exported, 0 dropped, 0 left";
        assert!(
            report.is_some_and(|report| report.contains(logs)),
            "{said:?}"
        );
    }
    stack.down().await.expect("down");
}

#[tokio::test]
async fn the_exporters_own_work_is_never_a_line() {
    let stack = collector().start().await.expect("a Collector");
    let all = [("OTEL_LOGS_EXPORTER", "otlp"), ("RUST_LOG", "trace")];
    let service = start(&stack, "axisor-backend", 0, &all).await;
    fail(&service).await;
    line(&stack.service_logs(), "axisor-backend", "refused").await;
    service.stop().await.expect("stopped");
    let lines = service_logs::records(&stack.service_logs()).expect("lines");
    for exporter in ["h2", "tonic", "tower", "hyper_util::client"] {
        let of_it = |line: &&Record| line.target.starts_with(exporter);
        let own = lines.iter().find(of_it);
        assert!(own.is_none(), "{own:?}");
    }
    stack.down().await.expect("down");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_rotated_and_the_oldest_go() {
    let stack = collector()
        .log_files(1, 2)
        .start()
        .await
        .expect("a Collector");
    let endpoint = stack.otlp_grpc();
    let report = tokio::task::spawn_blocking(move || log_megabytes(&endpoint, 6))
        .await
        .expect("no panic");
    assert_eq!((report.logs.dropped, report.logs.left), (0, 0), "{report}");

    let directory = stack.service_logs();
    let rotated = async || {
        let files = service_logs::files(&directory).ok()?;
        (files.len() == 3).then_some(files)
    };
    let files = until(DEADLINE, "three files", rotated)
        .await
        .expect("rotated");
    for file in files {
        let size = file.metadata().expect("a file").len();
        assert!(size <= 1 << 20, "{}: {size}", file.display());
    }
    let kept = service_logs::records(&directory).expect("lines");
    assert_eq!(kept.last().expect("a line").message(), "line 6143");
    assert!(kept[0].message() != "line 0", "the oldest are still there");
    stack.down().await.expect("down");
}

/// A mebibyte is 1024 lines and a little more.
fn log_megabytes(endpoint: &str, megabytes: usize) -> ShutdownReport {
    let telemetry = Telemetry::builder("rotation")
        .without_environment()
        .set("otlp.logs.endpoint", endpoint)
        .set("logs.queue_size", 100_000)
        .set("logs.batch_size", 256)
        .build()
        .expect("telemetry");
    let subscriber = tracing_subscriber::registry().with(telemetry.layer());
    let filler = "word ".repeat(200);
    tracing::subscriber::with_default(subscriber, || {
        (0..megabytes * 1024).for_each(|number| tracing::info!(filler, "line {number}"));
    });
    telemetry.shutdown(DEADLINE).expect("everything is sent")
}

fn collector() -> StackBuilder {
    Stack::builder()
        .native()
        .free_ports()
        .only([Component::Collector])
}

async fn fail(service: &Service) {
    let request = reqwest::Client::new()
        .get(format!("{}/fail", service.url()))
        .header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01"));
    assert_eq!(request.send().await.expect("an answer").status(), 500);
}

/// The line of `service` with this message, once it is there.
async fn line(directory: &Path, service: &str, message: &str) -> Record {
    let find = async || {
        let records = service_logs::records(directory).ok()?;
        let mut records = records.into_iter();
        records.find(|line| line.service == service && line.message() == message)
    };
    until(DEADLINE, message, find).await.expect("in a file")
}
