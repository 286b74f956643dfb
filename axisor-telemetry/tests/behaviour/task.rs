//! Tasks and values in channels stay in their trace, on either runtime.

use axisor_telemetry::instrument_automation;
use axisor_telemetry::task::{self, JoinSetExt as _, WithContext};
use axisor_telemetry::testing::TestTelemetry;
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{FutureExt as _, SpanContext, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};
use tokio::runtime::Builder;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

#[instrument_automation(type = "outer")]
async fn outer(work: impl AsyncFnOnce()) {
    work().await;
}

#[instrument_automation(type = "inner")]
async fn inner() {
    inside();
}

#[instrument_automation(type = "inner", name = "inner")]
fn inner_blocking() {
    inside();
}

#[instrument_automation(type = "inner", name = "inner", parent = job)]
async fn job(job: &WithContext<&'static str>) {
    assert_eq!(**job, "a job");
    inside();
}

/// Says so in the log, with the baggage it has come with.
fn inside() {
    let context = Context::current();
    let plan = context.baggage().get("plan").map(ToString::to_string);
    tracing::info!(plan, "inside");
}

/// Does `work` in `outer`, on either runtime, with a telemetry that is not installed: what loses the context is not seen
/// at all. Whatever `work` does is one `inner` that says so in the log.
fn on_either_runtime(work: impl AsyncFnOnce() + Copy) {
    for mut runtime in [Builder::new_current_thread(), Builder::new_multi_thread()] {
        let runtime = runtime.enable_all().build().expect("a runtime");
        let telemetry = TestTelemetry::new();
        let with_plan = async {
            let context = Context::current_with_baggage([KeyValue::new("plan", "pro")]);
            outer(work).with_context(context).await;
        };
        runtime.block_on(telemetry.scope(with_plan));
        telemetry.assert_spans("outer\n  inner");
        telemetry.assert_log("INFO behaviour::task: inside plan=pro");
        let span = telemetry.span("inner");
        span.assert_logged("INFO behaviour::task: inside plan=pro");
    }
}

#[test]
fn a_spawned_task_is_in_the_trace_it_was_spawned_in() {
    on_either_runtime(async || task::spawn(inner()).await.expect("an end"));
}

#[test]
fn a_blocking_task_is_in_the_trace_it_was_spawned_in() {
    on_either_runtime(async || task::spawn_blocking(inner_blocking).await.expect("an end"));
}

#[test]
fn tasks_of_a_set_are_in_the_trace_they_were_spawned_in() {
    on_either_runtime(async || {
        let mut set = JoinSet::new();
        set.spawn_here(inner());
        set.join_all().await;
    });
    on_either_runtime(async || {
        let mut set = JoinSet::new();
        set.spawn_blocking_here(inner_blocking);
        set.join_all().await;
    });
}

/// A worker that was there before, outside of every trace.
async fn worker(
    mut jobs: mpsc::Receiver<WithContext<&'static str>>,
    work: impl AsyncFnOnce(WithContext<&'static str>),
) {
    let job = jobs.recv().await.expect("a job");
    work(job).await;
}

#[test]
fn what_comes_from_a_channel_runs_in_the_trace_it_was_sent_in() {
    on_either_runtime(async || {
        let (sender, jobs) = mpsc::channel(1);
        let worker = worker(jobs, async |job| job.run(|_| inner()).await);
        let sending = sender.send(WithContext::here("a job"));
        let ((), sent) = tokio::join!(worker.with_context(Context::new()), sending);
        sent.expect("a worker");
    });
    on_either_runtime(async || {
        let (sender, jobs) = mpsc::channel(1);
        let worker = worker(jobs, async |job| job.in_scope(|_| inner_blocking()));
        let sending = sender.send(WithContext::here("a job"));
        let ((), sent) = tokio::join!(worker.with_context(Context::new()), sending);
        sent.expect("a worker");
    });
}

#[test]
fn what_comes_from_a_channel_is_the_parent_of_the_call_that_takes_it() {
    on_either_runtime(async || {
        let (sender, jobs) = mpsc::channel(1);
        let worker = worker(jobs, async |taken| job(&taken).await);
        let sending = sender.send(WithContext::here("a job"));
        // the worker's own telemetry, and no span
        let own = Context::current().with_remote_span_context(SpanContext::NONE);
        let ((), sent) = tokio::join!(worker.with_context(own), sending);
        sent.expect("a worker");
    });
}

#[test]
fn a_value_is_read_as_itself_and_taken_out_again() {
    let sent = WithContext::here(vec![7]);
    assert_eq!(sent.len(), 1);
    assert!(!sent.context().has_active_span());
    assert_eq!(sent.into_inner(), [7]);
}
