//! Lines on their way by OTLP: what arrives, what is lost, and that nothing goes round in circles.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axisor_telemetry::{ShutdownError, Telemetry, TelemetryBuilder, instrument_automation};
use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ScopeLogs};
use prost::Message as _;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::logs::Page;
use crate::seen::builder;

const DEADLINE: Duration = Duration::from_secs(3);

/// Takes logs on a runtime of its own.
struct Receiver {
    url: String,
    received: Arc<Mutex<Vec<ExportLogsServiceRequest>>>,
    _runtime: Runtime,
}

impl Receiver {
    fn answering(status: StatusCode) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let received = Arc::<Mutex<Vec<_>>>::default();
        let keep = Arc::clone(&received);
        let app = Router::new().route(
            "/v1/logs",
            axum::routing::post(move |body: Bytes| async move {
                let request = ExportLogsServiceRequest::decode(body).expect("a request");
                keep.lock().expect("not poisoned").push(request);
                status
            }),
        );
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
        let listener = listener.expect("a port");
        let addr: SocketAddr = listener.local_addr().expect("an address");
        runtime.spawn(async move { axum::serve(listener, app).await });
        Self {
            url: format!("http://{addr}/v1/logs"),
            received,
            _runtime: runtime,
        }
    }

    fn scopes(&self) -> Vec<ScopeLogs> {
        let received = self.received.lock().expect("not poisoned");
        let resources = received.iter().flat_map(|request| &request.resource_logs);
        resources.flat_map(|logs| logs.scope_logs.clone()).collect()
    }

    fn records(&self) -> Vec<LogRecord> {
        self.scopes()
            .into_iter()
            .flat_map(|scope| scope.log_records)
            .collect()
    }

    fn bodies(&self) -> Vec<String> {
        self.records()
            .iter()
            .map(|record| body(record).to_owned())
            .collect()
    }
}

fn sending(url: &str) -> TelemetryBuilder {
    builder()
        .set("otlp.logs.protocol", "http/protobuf")
        .set("otlp.logs.endpoint", url)
}

fn log<R>(telemetry: &Telemetry, run: impl FnOnce() -> R) -> R {
    let subscriber = tracing_subscriber::registry().with(telemetry.layer());
    tracing::subscriber::with_default(subscriber, || telemetry.in_scope(run))
}

fn body(record: &LogRecord) -> &str {
    text(record.body.as_ref().and_then(|body| body.value.as_ref()))
}

fn text(value: Option<&Value>) -> &str {
    match value {
        Some(Value::StringValue(text)) => text,
        other => panic!("{other:?} is no text"),
    }
}

#[instrument_automation(type = "margin_check")]
fn check_margin() -> Context {
    tracing::error!(target: "axisor::margin", user = 17_u64, error = "postgres://a:hunter2@db", "refused");
    Context::current()
}

#[test]
fn a_line_arrives_with_its_trace_and_without_its_secrets() {
    let receiver = Receiver::answering(StatusCode::OK);
    let telemetry = sending(&receiver.url).build().expect("a telemetry");
    let context = log(&telemetry, check_margin);
    let report = telemetry.shutdown(DEADLINE).expect("everything is sent");
    assert_eq!(
        (report.logs.exported, report.logs.dropped, report.logs.left),
        (1, 0, 0)
    );

    let [scope] = &receiver.scopes()[..] else {
        panic!("{:?}", receiver.scopes());
    };
    assert_eq!(
        scope.scope.as_ref().expect("a scope").name,
        "axisor::margin"
    );
    let [record] = &scope.log_records[..] else {
        panic!("{scope:?}");
    };
    let span = context.span().span_context().clone();
    assert_eq!(record.trace_id, span.trace_id().to_bytes());
    assert_eq!(record.span_id, span.span_id().to_bytes());
    assert_eq!(
        (record.flags, record.severity_number, &*record.severity_text),
        (1, 17, "ERROR")
    );
    assert!(record.time_unix_nano > 0);
    assert_eq!(body(record), "refused");
    let attribute = |key: &str| {
        let found = record
            .attributes
            .iter()
            .find(|attribute| attribute.key == key);
        found.and_then(|found| found.value.clone()?.value)
    };
    assert_eq!(attribute("user"), Some(Value::IntValue(17)));
    assert_eq!(
        text(attribute("error").as_ref()),
        "postgres://[redacted]@db"
    );
}

#[test]
fn what_does_not_fit_is_counted_and_the_service_goes_on() {
    let telemetry = sending("http://127.0.0.1:1/v1/logs")
        .set("logs.queue_size", 10)
        .build()
        .expect("a telemetry");
    log(&telemetry, || {
        (0..100).for_each(|number| tracing::info!(number, "line"));
    });
    let Err(ShutdownError::Deadline { report, .. }) =
        telemetry.shutdown(Duration::from_millis(300))
    else {
        panic!("nobody took anything");
    };
    assert_eq!(report.logs.exported, 0);
    assert_eq!(report.logs.dropped + report.logs.left, 100, "{report}");
    let page = telemetry.exposition().expect("a page");
    let lost = "axisor_telemetry_dropped_total{reason=\"queue_full\",signal=\"logs\"}";
    assert!(page.contains(lost), "{page}");
}

#[test]
fn lines_after_the_shutdown_are_counted() {
    let receiver = Receiver::answering(StatusCode::OK);
    let telemetry = sending(&receiver.url).build().expect("a telemetry");
    telemetry.shutdown(DEADLINE).expect("nothing to send");
    log(&telemetry, || tracing::info!("too late"));
    let page = telemetry.exposition().expect("a page");
    let lost = "axisor_telemetry_dropped_total{reason=\"after_shutdown\",signal=\"logs\"} 1";
    assert!(page.contains(lost), "{page}");
}

#[test]
fn lines_that_tell_of_lost_lines_are_not_sent() {
    let receiver = Receiver::answering(StatusCode::BAD_REQUEST);
    let telemetry = sending(&receiver.url)
        .set("logging.level", "trace")
        .build()
        .expect("a telemetry");
    log(&telemetry, || {
        tracing::info!("first");
        let _ = telemetry.force_flush(DEADLINE);
        tracing::info!("second");
        let _ = telemetry.force_flush(DEADLINE);
    });
    let _ = telemetry.shutdown(DEADLINE);
    assert_eq!(receiver.bodies(), ["first", "second"]);
}

#[test]
fn without_being_asked_for_no_line_is_sent() {
    let receiver = Receiver::answering(StatusCode::OK);
    let telemetry = builder()
        .set("otlp.logs.endpoint", &receiver.url)
        .set("otlp.logs.protocol", "http/protobuf")
        .set("logs.exporter", "none")
        .build()
        .expect("a telemetry");
    log(&telemetry, || tracing::info!("kept"));
    telemetry.shutdown(DEADLINE).expect("nothing to send");
    assert_eq!(receiver.bodies(), [""; 0]);
}

#[test]
fn only_what_the_level_lets_through_is_sent() {
    let receiver = Receiver::answering(StatusCode::OK);
    let telemetry = sending(&receiver.url)
        .set("logging.level", "warn")
        .build()
        .expect("a telemetry");
    log(&telemetry, || {
        tracing::info!("left out");
        tracing::warn!("sent");
    });
    telemetry.shutdown(DEADLINE).expect("everything is sent");
    assert_eq!(receiver.bodies(), ["sent"]);
}

/// Above a bare registry layers can keep each other from seeing anything.
#[test]
fn levels_of_lines_and_of_spans_are_each_their_own() {
    for (lines, spans) in [("debug", "error"), ("error", "debug")] {
        let receiver = Receiver::answering(StatusCode::OK);
        let telemetry = sending(&receiver.url)
            .set("logging.level", lines)
            .set("traces.level", spans)
            .build()
            .expect("a telemetry");
        let traced = log(&telemetry, || {
            tracing::debug!("a line");
            let span = tracing::debug_span!("a span").entered();
            let traced = Context::current().has_active_span();
            drop(span);
            traced
        });
        telemetry.shutdown(DEADLINE).expect("everything is sent");
        assert_eq!(receiver.bodies().len(), usize::from(lines == "debug"));
        assert_eq!(traced, spans == "debug");
    }
}

#[test]
fn a_full_queue_is_logged_by_the_process_itself() {
    let page = Page::default();
    let telemetry = sending("http://127.0.0.1:1/v1/logs")
        .set("logs.queue_size", 1)
        .set("logs.schedule_delay", "10ms")
        .build()
        .expect("a telemetry");
    let subscriber = tracing_subscriber::registry()
        .with(telemetry.layer())
        .with(telemetry.log_layer(page.clone()));
    tracing::subscriber::with_default(subscriber, || {
        (0..50).for_each(|_| tracing::info!("line"));
        let _ = telemetry.shutdown(Duration::from_millis(300));
    });
    let told = page.text();
    let mut told = told.lines().filter(|line| line.contains("queue_full"));
    assert!(told.next().is_some() && told.next().is_none());
}
