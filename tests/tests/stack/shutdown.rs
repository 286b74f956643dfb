//! A shutdown in every kind of runtime, with the Collector up, refusing, and black-holed.

use std::time::{Duration, Instant};

use axisor_stack::{Component, Stack};
use axisor_telemetry::{ShutdownError, ShutdownReport, Telemetry, instrument_automation};
use axisor_tests::page::until_line;
use axisor_tests::ports;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

const DEADLINE: Duration = Duration::from_secs(2);
/// What the machine may take on top of a deadline.
const TOLERANCE: Duration = Duration::from_millis(500);
const CALLS: u64 = 300;

#[instrument_automation(type = "margin_check")]
fn check_margin() {}

/// Where a service lives.
#[derive(Debug, Clone, Copy)]
enum Flavour {
    CurrentThread,
    MultiThread,
    NoRuntime,
}

const FLAVOURS: [Flavour; 3] = [
    Flavour::CurrentThread,
    Flavour::MultiThread,
    Flavour::NoRuntime,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_collector_up_everything_is_sent_and_said_so() {
    let stack = Stack::builder()
        .native()
        .free_ports()
        .only([Component::Collector])
        .start()
        .await
        .expect("a Collector");
    for flavour in FLAVOURS {
        let (result, took) = life(flavour, stack.otlp_grpc()).await;
        let report = result.unwrap_or_else(|error| panic!("{flavour:?}: {error}"));
        assert!(took < DEADLINE, "{flavour:?} took {took:?}");
        assert_eq!(
            (
                report.traces.exported,
                report.traces.dropped,
                report.traces.left
            ),
            (CALLS, 0, 0),
            "{flavour:?}"
        );
        assert!(report.metrics.exported > 0, "{flavour:?}: {report}");
        assert_eq!(
            (report.metrics.dropped, report.metrics.left),
            (0, 0),
            "{flavour:?}"
        );
    }
    let accepted = format!(
        "otelcol_receiver_accepted_spans{{receiver=\"otlp\",transport=\"grpc\"}} {}",
        3 * CALLS
    );
    until_line(&stack.collector_telemetry(), &accepted)
        .await
        .expect("the Collector says the same");
    stack.down().await.expect("down");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_collector_refusing_the_deadline_holds_and_nothing_counts_as_sent() {
    let port = ports::free_port().expect("a port");
    for flavour in FLAVOURS {
        nothing_is_sent(flavour, format!("http://127.0.0.1:{port}")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_collector_black_holed_the_deadline_holds_and_nothing_counts_as_sent() {
    let hole = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let endpoint = format!("http://{}", hole.local_addr().expect("an address"));
    let swallow = tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((connection, _)) = hole.accept().await {
            kept.push(connection);
        }
    });
    for flavour in FLAVOURS {
        nothing_is_sent(flavour, endpoint.clone()).await;
    }
    swallow.abort();
}

#[tokio::test]
async fn a_dropped_telemetry_without_shutdown_ends_at_once() {
    let port = ports::free_port().expect("a port");
    let telemetry = telemetry(&format!("http://127.0.0.1:{port}"));
    telemetry.in_scope(check_margin);
    let dropped = Instant::now();
    drop(telemetry);
    assert!(dropped.elapsed() < TOLERANCE);
}

async fn nothing_is_sent(flavour: Flavour, endpoint: String) {
    let (result, took) = life(flavour, endpoint).await;
    let Err(ShutdownError::Deadline { report, .. }) = result else {
        panic!("{flavour:?} says {result:?} of a Collector that took nothing");
    };
    assert!(took < DEADLINE + TOLERANCE, "{flavour:?} took {took:?}");
    assert_eq!(report.traces.exported, 0, "{flavour:?}");
    assert_eq!(
        report.traces.dropped + report.traces.left,
        CALLS,
        "{flavour:?}: {report}"
    );
    assert_eq!(report.metrics.exported, 0, "{flavour:?}");
    assert!(report.metrics.left > 0, "{flavour:?}: {report}");
}

/// A service's life: some calls, then the shutdown and how long it took.
async fn life(
    flavour: Flavour,
    endpoint: String,
) -> (Result<ShutdownReport, ShutdownError>, Duration) {
    let run = move || {
        let telemetry = telemetry(&endpoint);
        telemetry.in_scope(|| (0..CALLS).for_each(|_| check_margin()));
        let asked = Instant::now();
        (telemetry.shutdown(DEADLINE), asked.elapsed())
    };
    let thread = std::thread::spawn(move || match runtime(flavour) {
        Some(runtime) => runtime.block_on(async { run() }),
        None => run(),
    });
    tokio::task::spawn_blocking(|| thread.join().expect("no panic"))
        .await
        .expect("no panic")
}

fn runtime(flavour: Flavour) -> Option<Runtime> {
    let runtime = match flavour {
        Flavour::CurrentThread => Builder::new_current_thread().enable_all().build(),
        Flavour::MultiThread => Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build(),
        Flavour::NoRuntime => return None,
    };
    Some(runtime.expect("a runtime"))
}

fn telemetry(endpoint: &str) -> Telemetry {
    Telemetry::builder("shutdown")
        .without_environment()
        .set("otlp.endpoint", endpoint)
        .build()
        .expect("telemetry")
}
