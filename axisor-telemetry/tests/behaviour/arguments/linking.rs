//! `parent` and `links`: spans elsewhere.

use std::collections::HashMap;
use std::sync::Arc;

use axisor_telemetry::testing::TestTelemetry;
use axisor_telemetry::{SpanParent, instrument_automation, track_margin_guard};
use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use opentelemetry_sdk::trace::SpanData;

/// A span somewhere else.
fn elsewhere(id: u64) -> SpanContext {
    SpanContext::new(
        TraceId::from(u128::from(id)),
        SpanId::from(id),
        TraceFlags::SAMPLED,
        true,
        TraceState::NONE,
    )
}

fn context(id: u64) -> Context {
    Context::new().with_remote_span_context(elsewhere(id))
}

fn headers(id: u64) -> HashMap<String, String> {
    let parent = format!("00-{id:032x}-{id:016x}-01");
    HashMap::from([("traceparent".to_owned(), parent)])
}

fn is_under(span: &SpanData, id: u64) -> bool {
    let ids = (TraceId::from(u128::from(id)), SpanId::from(id));
    (span.span_context.trace_id(), span.parent_span_id) == ids
}

/// A job from a queue.
struct Job {
    headers: HashMap<String, String>,
}

impl SpanParent for Job {
    fn context(&self, propagator: &dyn TextMapPropagator) -> Option<Context> {
        self.headers.context(propagator)
    }
}

#[instrument_automation(type = "job", parent = parent)]
async fn under(parent: impl SpanParent) {
    tokio::task::yield_now().await;
    drop(parent);
}

#[tokio::test]
async fn a_call_belongs_under_the_parent_it_is_given_in_any_form() {
    let telemetry = TestTelemetry::new();
    let mut map = http::HeaderMap::new();
    map.insert("traceparent", headers(1)["traceparent"].parse().unwrap());
    let job = Job {
        headers: headers(1),
    };
    let all = async {
        under(context(1)).await;
        under(elsewhere(1)).await;
        under(headers(1)).await;
        under(Some(context(1))).await;
        under(&context(1)).await;
        under(Arc::new(elsewhere(1))).await;
        under(map).await;
        under(job).await;
    };
    telemetry.scope(all).await;
    let spans = telemetry.spans();
    assert_eq!(spans.len(), 8);
    assert!(spans.iter().all(|span| is_under(span, 1)), "{spans:?}");
}

#[test]
fn without_a_span_in_it_the_current_one_is_the_parent() {
    #[instrument_automation(type = "outer", name = "outer")]
    fn outer() {
        none(None);
        empty(&HashMap::new());
        other(&context(2));
    }
    #[instrument_automation(type = "inner", parent = parent)]
    fn none(parent: Option<Context>) {
        drop(parent);
    }
    #[instrument_automation(type = "inner", parent = parent)]
    fn empty(parent: &HashMap<String, String>) {}
    #[track_margin_guard(action = "inner", plan = "pro", parent = parent)]
    fn other(parent: &Context) {}
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(outer);
    let [none, empty, other, outer] = telemetry.spans().try_into().unwrap();
    assert_eq!(none.parent_span_id, outer.span_context.span_id());
    assert_eq!(empty.parent_span_id, outer.span_context.span_id());
    assert!(is_under(&other, 2), "the one given comes first");
}

#[test]
fn a_parent_is_taken_when_the_function_is_called_though_its_future_starts_later() {
    #[instrument_automation(type = "later", parent = job)]
    fn later(job: &Job) -> impl Future<Output = ()> + use<> {
        std::future::ready(())
    }
    let telemetry = TestTelemetry::new();
    let future = telemetry.in_scope(|| {
        later(&Job {
            headers: headers(3),
        })
    });
    let mut future = std::pin::pin!(telemetry.scope(future));
    assert!(crate::recorded::poll_once(future.as_mut()).is_ready());
    assert!(is_under(&telemetry.only_span(), 3));
}

struct Batch {
    jobs: Vec<SpanContext>,
    first: Context,
    retry_of: Option<SpanContext>,
    headers: HashMap<String, String>,
}

impl Batch {
    fn contexts(&self) -> impl Iterator<Item = SpanContext> {
        self.jobs.clone().into_iter()
    }
}

fn linked(span: &SpanData) -> Vec<SpanId> {
    let links = span.links.links.iter();
    links.map(|link| link.span_context.span_id()).collect()
}

#[instrument_automation(
    type = "batch",
    links(
        batch.jobs,
        batch.first,
        batch.retry_of,
        batch.headers,
        batch.contexts(),
        [context(8), context(9)],
        None::<Context>,
        batch.jobs[1],
        elsewhere(10),
    )
)]
fn execute(batch: Batch) -> usize {
    batch.jobs.len()
}

#[test]
fn a_call_is_linked_to_one_span_several_or_none() {
    let telemetry = TestTelemetry::new();
    let batch = |retry_of| Batch {
        jobs: vec![elsewhere(1), elsewhere(2)],
        first: context(3),
        retry_of,
        headers: headers(5),
    };
    telemetry.in_scope(|| {
        execute(batch(Some(elsewhere(4))));
        execute(batch(None));
    });
    let [with, without] = telemetry.spans().try_into().unwrap();
    let ids = |ids: &[u64]| ids.iter().map(|id| SpanId::from(*id)).collect::<Vec<_>>();
    assert_eq!(linked(&with), ids(&[1, 2, 3, 4, 5, 1, 2, 8, 9, 2, 10]));
    assert_eq!(linked(&without), ids(&[1, 2, 3, 5, 1, 2, 8, 9, 2, 10]));
    assert_eq!(with.parent_span_id, SpanId::INVALID, "a link is no parent");
}

#[test]
fn a_context_without_a_span_is_no_link() {
    #[instrument_automation(type = "batch", links(contexts))]
    fn links(contexts: &[Context]) {}
    #[instrument_automation(type = "batch", links(contexts))]
    fn links_of_a_vector(contexts: &Vec<Context>) {}
    let telemetry = TestTelemetry::new();
    let contexts = vec![Context::new(), context(1)];
    telemetry.in_scope(|| {
        links(&contexts);
        links_of_a_vector(&contexts);
    });
    for span in telemetry.spans() {
        assert_eq!(linked(&span), [SpanId::from(1)]);
    }
}

#[test]
fn a_call_in_telemetrys_own_work_has_no_span_whatever_its_parent() {
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(|| {
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        futures_executor::block_on(under(context(7)));
    });
    assert_eq!(telemetry.spans().len(), 0);
}
