//! Exporters of the user's own: whatever they do, the business does not notice.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use axisor_telemetry::testing::TestTelemetry;
use axisor_telemetry::{ShutdownError, Telemetry, instrument_automation};
use opentelemetry::trace::{TraceContextExt as _, Tracer as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use crate::recorded::{Executions, executions};
use crate::seen::{DEADLINE, builder, value};

#[instrument_automation(type = "work")]
fn work() {}

/// An exporter that does what it is told.
struct Told<F>(F);

impl<F: Fn(SpanData) -> OTelSdkResult + Send + Sync> SpanExporter for Told<F> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        batch.into_iter().try_for_each(&self.0)
    }
}

impl<F> fmt::Debug for Told<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Told")
    }
}

fn telling(exporter: impl Fn(SpanData) -> OTelSdkResult + Send + Sync + 'static) -> TestTelemetry {
    TestTelemetry::configured(|builder| builder.span_exporter(Told(exporter)))
}

fn dropped(telemetry: &Telemetry, reason: &str) -> Option<f64> {
    let labels = [("signal", "traces"), ("reason", reason)];
    value(telemetry, "axisor_telemetry_dropped_total", &labels)
}

/// Runs `action` on a thread of its own, which has to come to an end.
fn ends(action: impl FnOnce() + Send + 'static) {
    let (done, end) = mpsc::channel();
    let running = thread::spawn(move || {
        action();
        let _ = done.send(());
    });
    match end.recv_timeout(DEADLINE) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
        _ => running.join().expect("it ends well"),
    }
}

#[test]
fn spans_reach_an_exporter_under_another_executor() {
    let telemetry = TestTelemetry::new();
    for _ in 0..3 {
        futures_executor::block_on(async { telemetry.in_scope(work) });
    }
    assert_eq!(telemetry.spans().len(), 3);
}

#[test]
fn an_exporter_that_panics_loses_its_span_and_nothing_else() {
    let exported = AtomicUsize::new(0);
    let telemetry = telling(move |_| match exported.fetch_add(1, Ordering::Relaxed) {
        0 => panic!("an exporter that panics"),
        _ => Ok(()),
    });
    for _ in 0..3 {
        telemetry.in_scope(work);
    }
    assert_eq!(telemetry.spans().len(), 3);
    assert_eq!(dropped(&telemetry, "rejected"), Some(1.0));
    let report = telemetry.shutdown(DEADLINE).expect("ended");
    assert_eq!(report.traces.dropped, 1);
}

#[test]
fn an_exporter_that_panics_while_the_body_does_leaves_the_panic_to_the_caller() {
    #[instrument_automation(type = "broken")]
    fn broken() {
        panic!("the body's");
    }
    let telemetry = telling(|_| panic!("the exporter's"));
    let caught = catch_unwind(AssertUnwindSafe(|| telemetry.in_scope(broken)));
    let payload = caught.expect_err("the body panics");
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"the body's"));
    assert_eq!(executions(&telemetry, "broken"), Executions::ONE_FAILURE);
    assert_eq!(telemetry.spans().len(), 1);
}

#[test]
fn what_an_exporter_cannot_export_is_counted() {
    let telemetry = telling(|span| match &*span.name {
        "work" => Err(OTelSdkError::InternalFailure("no room".to_owned())),
        _ => Err(OTelSdkError::Timeout(Duration::from_secs(1))),
    });
    telemetry.in_scope(work);
    drop(telemetry.tracer().start("by hand"));
    assert_eq!(dropped(&telemetry, "rejected"), Some(1.0));
    assert_eq!(dropped(&telemetry, "unreachable"), Some(1.0));
}

#[test]
fn a_flush_says_what_an_exporter_of_the_users_lost() {
    let telemetry = telling(|_| Err(OTelSdkError::InternalFailure("no room".to_owned())));
    telemetry.in_scope(work);
    let report = telemetry.force_flush(DEADLINE);
    assert!(
        matches!(&report, Ok(report) if report.traces.dropped == 1),
        "{report:?}"
    );
}

#[test]
fn a_call_inside_an_exporter_runs_without_a_span() {
    ends(|| {
        let held = Arc::new(Mutex::new(None::<Telemetry>));
        let inside = Arc::clone(&held);
        let telemetry = telling(move |_| {
            let telemetry = inside.lock().expect("not poisoned").clone();
            telemetry.expect("given").in_scope(work);
            Ok(())
        });
        *held.lock().expect("not poisoned") = Some(Telemetry::clone(&telemetry));
        telemetry.in_scope(work);
        assert_eq!(telemetry.spans().len(), 1);
        let calls = executions(&telemetry, "work").success;
        assert_eq!(calls, Some(2.0));
    });
}

#[test]
fn spans_that_end_inside_an_exporter_do_not_wait_for_it() {
    ends(|| {
        let held = Arc::new(Mutex::new(Vec::new()));
        let inside = Arc::clone(&held);
        let telemetry = telling(move |_| {
            inside.lock().expect("not poisoned").clear();
            Ok(())
        });
        let span = |name| telemetry.tracer().start(name);
        *held.lock().expect("not poisoned") = vec![span("one"), span("another")];
        telemetry.in_scope(work);
        assert!(held.lock().expect("not poisoned").is_empty());
    });
}

/// Is done when another thread says so.
#[derive(Debug)]
struct Later;

impl SpanExporter for Later {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        let done = Arc::new(AtomicBool::new(false));
        std::future::poll_fn(move |context| {
            if done.load(Ordering::Acquire) {
                return Poll::Ready(());
            }
            let (done, waker) = (Arc::clone(&done), context.waker().clone());
            thread::spawn(move || {
                done.store(true, Ordering::Release);
                waker.wake();
            });
            Poll::Pending
        })
        .await;
        Ok(())
    }
}

#[test]
fn an_exporter_may_wait_for_another_thread() {
    ends(|| {
        let telemetry = TestTelemetry::configured(|builder| builder.span_exporter(Later));
        telemetry.in_scope(work);
        assert_eq!(telemetry.spans().len(), 1);
    });
}

/// Panics wherever it is told to.
#[derive(Debug)]
struct Panicking;

impl SpanExporter for Panicking {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        panic!("a flush that panics")
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        panic!("a shutdown that panics")
    }
}

#[test]
fn an_exporter_that_panics_at_the_end_does_not_fail_the_shutdown() -> Result<(), ShutdownError> {
    let telemetry = builder().span_exporter(Panicking).build().expect("built");
    telemetry.force_flush(DEADLINE)?;
    telemetry.shutdown(DEADLINE)?;
    Ok(())
}

/// What it was told before and after its spans.
#[derive(Debug, Clone, Default)]
struct Attentive {
    resource: Option<Resource>,
    told: Arc<Mutex<Vec<String>>>,
}

impl Attentive {
    fn tell(&self, what: impl Into<String>) {
        self.told.lock().expect("not poisoned").push(what.into());
    }
}

impl SpanExporter for Attentive {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let service = self.resource.as_ref().and_then(|resource| {
            resource.get(&opentelemetry::Key::from_static_str("service.name"))
        });
        self.tell(format!("{} of {}", batch[0].name, service.expect("a name")));
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.tell("flush");
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        self.tell("shutdown");
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource = Some(resource.clone());
    }
}

#[test]
fn an_exporter_knows_the_resource_and_is_told_of_flush_and_shutdown_once() {
    let exporter = Attentive::default();
    let telemetry = builder().span_exporter(exporter.clone()).build().unwrap();
    let late = telemetry.tracer().start("late");
    telemetry.in_scope(work);
    telemetry.force_flush(DEADLINE).expect("flushed");
    telemetry.shutdown(DEADLINE).expect("ended");
    telemetry.shutdown(DEADLINE).expect("ended before");
    drop(late);
    drop(telemetry);
    let told = exporter.told.lock().expect("not poisoned").clone();
    assert_eq!(told, ["work of axisor-test", "flush", "shutdown"]);
}

#[test]
fn a_span_that_ends_with_the_guard_of_its_context_reaches_an_exporter() {
    let telemetry = TestTelemetry::new();
    let span = telemetry.tracer().start("by hand");
    drop(opentelemetry::trace::mark_span_as_active(span));
    assert_eq!(telemetry.spans().len(), 1);
}

#[test]
fn an_unsampled_span_does_not_reach_an_exporter() {
    let telemetry =
        TestTelemetry::configured(|builder| builder.set("traces.sampler", "always_off"));
    telemetry.in_scope(work);
    let span = telemetry.tracer().start("by hand");
    drop(opentelemetry::Context::new().with_span(span));
    assert_eq!(telemetry.spans().len(), 0);
}
