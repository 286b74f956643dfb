//! What is sent, refused and lost on the way to a receiver, and how it is told.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axisor_telemetry::record::AutomationStatus;
use axisor_telemetry::{
    ShutdownError, ShutdownReport, Telemetry, TelemetryBuilder, instrument_automation,
};
use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::Tracer as _;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use prost::Message as _;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::seen::builder;

const DEADLINE: Duration = Duration::from_secs(3);

/// A receiver of OTLP over HTTP on a runtime of its own.
struct Receiver {
    url: String,
    asked: Arc<AtomicUsize>,
    _runtime: Runtime,
}

impl Receiver {
    fn answering<A: IntoResponse + 'static>(answer: fn() -> A) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let asked = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&asked);
        let app = Router::new().fallback(move || {
            count.fetch_add(1, Ordering::Relaxed);
            async move { answer().into_response() }
        });
        let listener = runtime
            .block_on(TcpListener::bind("127.0.0.1:0"))
            .expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        runtime.spawn(async move { axum::serve(listener, app).await });
        Self {
            url,
            asked,
            _runtime: runtime,
        }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    fn telemetry(&self) -> TelemetryBuilder {
        builder()
            .set("otlp.protocol", "http/protobuf")
            .set("otlp.endpoint", &self.url)
    }
}

fn span(telemetry: &Telemetry) {
    drop(telemetry.tracer().start("probe"));
}

fn lost(result: Result<ShutdownReport, ShutdownError>) -> ShutdownReport {
    match result {
        Err(ShutdownError::Lost { report }) => report,
        other => panic!("{other:?} of a receiver that refuses"),
    }
}

#[test]
fn what_a_receiver_refuses_is_lost_and_a_flush_says_so() {
    let receiver = Receiver::answering(|| StatusCode::BAD_REQUEST);
    let telemetry = receiver.telemetry().build().expect("telemetry");
    span(&telemetry);
    let report = lost(telemetry.force_flush(DEADLINE));
    assert_eq!((report.traces.exported, report.traces.dropped), (0, 1));
    assert!(report.metrics.left > 0, "{report}");
    span(&telemetry);
    let report = lost(telemetry.shutdown(DEADLINE));
    assert_eq!((report.traces.dropped, report.traces.left), (2, 0));
    assert!(report.metrics.dropped > 0, "{report}");
}

#[test]
fn an_answer_that_is_no_otlp_is_success_all_the_same() {
    let receiver = Receiver::answering(|| "thank you");
    let telemetry = receiver.telemetry().build().expect("telemetry");
    span(&telemetry);
    let report = telemetry
        .shutdown(DEADLINE)
        .expect("everything is accepted");
    assert_eq!((report.traces.exported, report.traces.dropped), (1, 0));
}

#[test]
fn a_receiver_that_asks_to_be_asked_at_once_is_not_flooded() {
    let receiver =
        Receiver::answering(|| (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "0")]));
    let telemetry = receiver.telemetry().build().expect("telemetry");
    span(&telemetry);
    let result = telemetry.shutdown(Duration::from_secs(2));
    assert!(
        matches!(result, Err(ShutdownError::Deadline { .. })),
        "{result:?}"
    );
    assert!(
        receiver.asked() < 30,
        "asked {} times in 2 s",
        receiver.asked()
    );
}

#[test]
fn a_shutdown_may_have_any_deadline() {
    let telemetry = builder().build().expect("telemetry");
    telemetry.shutdown(Duration::MAX).expect("nothing to send");
    telemetry.shutdown(Duration::ZERO).expect("nothing to send");
}

#[test]
fn series_that_cannot_be_collected_are_no_success() {
    let receiver = Receiver::answering(|| StatusCode::OK);
    let telemetry = receiver.telemetry().build().expect("telemetry");
    let meter = telemetry.meter_provider().meter("user");
    let _gauge = meter
        .f64_observable_gauge("axisor_broken")
        .with_callback(|_| panic!("a callback that panics"))
        .build();
    let result = telemetry.shutdown(DEADLINE);
    assert!(
        matches!(result, Err(ShutdownError::Lost { .. })),
        "{result:?}"
    );
}

#[test]
fn flushes_that_nobody_waits_for_do_not_hold_up_the_shutdown() {
    let receiver = Receiver::answering(|| {
        std::thread::sleep(Duration::from_millis(300));
        StatusCode::OK
    });
    let telemetry = receiver.telemetry().build().expect("telemetry");
    for _ in 0..20 {
        let _ = telemetry.force_flush(Duration::from_millis(1));
    }
    telemetry
        .automations()
        .record("margin_check", AutomationStatus::Success);
    telemetry.shutdown(DEADLINE).expect("everything is sent");
}

#[test]
fn a_call_during_the_shutdown_has_no_span_that_could_be_lost() {
    #[instrument_automation(type = "late")]
    fn late() {}
    let receiver = Receiver::answering(|| {
        std::thread::sleep(Duration::from_millis(500));
        StatusCode::OK
    });
    let telemetry = receiver
        .telemetry()
        .set("metrics.exporter", "none")
        .build()
        .expect("telemetry");
    span(&telemetry);
    let ending = telemetry.clone();
    let shutdown = std::thread::spawn(move || ending.shutdown(DEADLINE));
    while receiver.asked() == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    telemetry.in_scope(late);
    let report = shutdown.join().expect("a report").expect("all is sent");
    assert_eq!((report.traces.exported, report.traces.dropped), (1, 0));
}

/// What was logged, by level.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<tracing::Level>>>);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Lines {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        if event
            .metadata()
            .target()
            .starts_with("axisor_telemetry::pipeline")
        {
            self.0
                .lock()
                .expect("not poisoned")
                .push(*event.metadata().level());
        }
    }
}

#[test]
fn a_receiver_that_refuses_a_part_each_time_is_logged_once() {
    let receiver = Receiver::answering(|| {
        use opentelemetry_proto::tonic::collector::trace::v1::{
            ExportTracePartialSuccess, ExportTraceServiceResponse,
        };
        let partial_success = Some(ExportTracePartialSuccess {
            rejected_spans: 1,
            error_message: "one too many".to_owned(),
        });
        ExportTraceServiceResponse { partial_success }.encode_to_vec()
    });
    let lines = Lines::default();
    let telemetry = receiver
        .telemetry()
        .set("metrics.exporter", "none")
        .build()
        .expect("telemetry");
    let subscriber = tracing_subscriber::registry()
        .with(lines.clone())
        .with(telemetry.layer());
    let _logging = tracing::subscriber::set_default(subscriber);
    for _ in 0..10 {
        span(&telemetry);
        span(&telemetry);
        lost(telemetry.force_flush(DEADLINE));
    }
    let report = telemetry.shutdown(DEADLINE).expect("nothing more is lost");
    assert_eq!((report.traces.exported, report.traces.dropped), (10, 10));
    assert_eq!(
        *lines.0.lock().expect("not poisoned"),
        [tracing::Level::WARN]
    );
}

/// A user's exporter that wants to be told of the end.
#[derive(Debug, Clone, Default)]
struct Buffering {
    flushed: Arc<AtomicUsize>,
    ended: Arc<AtomicUsize>,
}

impl SpanExporter for Buffering {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.flushed.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        self.ended.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

#[test]
fn an_exporter_of_the_users_own_is_flushed_and_ended() {
    let exporter = Buffering::default();
    let telemetry = builder()
        .span_exporter(exporter.clone())
        .build()
        .expect("telemetry");
    telemetry.force_flush(DEADLINE).expect("flushed");
    telemetry.shutdown(DEADLINE).expect("ended");
    assert!(exporter.ended.load(Ordering::Relaxed) > 0);
}
