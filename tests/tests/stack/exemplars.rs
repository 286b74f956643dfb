//! From a bucket in Prometheus to a trace in Jaeger.

use std::collections::BTreeSet;
use std::time::Duration;

use axisor_stack::{Component, Stack};
use axisor_tests::jaeger::{Jaeger, Span};
use axisor_tests::prometheus::{Exemplar, Prometheus};
use axisor_tests::service::Service;
use axisor_tests::{ports, until};

use crate::start;

const DEADLINE: Duration = Duration::from_secs(30);
const REQUESTS: &str = "axisor_http_request_duration_seconds_bucket";
const GUARDS: &str = "axisor_margin_guard_action_duration_seconds_bucket";
/// As Prometheus 3 spells them, however they were scraped.
const BOUNDS: [&str; 7] = ["+Inf", "0.1", "0.5", "1.0", "10.0", "2.0", "5.0"];

#[tokio::test]
async fn through_the_collector_they_lead_to_traces_and_split_no_series() {
    let stack = stack("axisor-backend", ports::free_port().expect("a port")).await;
    let service = start(&stack, "axisor-backend", 0, &[]).await;
    relay(&service).await;
    assert_lead_to_traces(&stack, "axisor-backend").await;
    let types = Prometheus::new(stack.prometheus());
    let types = types.metadata("otel-collector").await.expect("types");
    let counter = "axisor_http_requests_total";
    let counter = types.iter().find(|family| family.metric == counter);
    assert_eq!(counter.expect("a counter's").kind, "counter");
    stack.down().await.expect("down");
}

#[tokio::test]
async fn from_the_services_own_page_they_do_the_same() {
    let port = ports::free_port().expect("a port");
    // A job that takes all samples of its target, as the original's jobs do.
    let stack = stack("node-exporter", port).await;
    let by_scrape = [("OTEL_METRICS_EXPORTER", "none")];
    let service = start(&stack, "axisor-backend", port, &by_scrape).await;
    relay(&service).await;
    assert_lead_to_traces(&stack, "node-exporter").await;
    stack.down().await.expect("down");
}

async fn stack(job: &str, port: u16) -> Stack {
    let stack = Stack::builder()
        .native()
        .free_ports()
        .only([
            Component::Collector,
            Component::Prometheus,
            Component::Jaeger,
        ])
        .target(job, format!("127.0.0.1:{port}"))
        .scrape_interval(Duration::from_secs(1));
    stack.start().await.expect("a stack")
}

/// Traffic: requests of which each takes a margin guard's action, and that another request.
async fn relay(service: &Service) {
    let url = format!("{0}/relay?to={0}/work", service.url());
    for _ in 0..20 {
        let answer = reqwest::get(&url).await.expect("an answer");
        assert_eq!(answer.status(), 200);
    }
}

async fn assert_lead_to_traces(stack: &Stack, job: &str) {
    let prometheus = Prometheus::new(stack.prometheus());
    for (bucket, labels, name) in [
        (REQUESTS, "route=\"/relay\"", "GET /relay"),
        (GUARDS, "action_type=\"add_margin\"", "add_margin"),
    ] {
        let series = format!("{bucket}{{job={job:?},{labels}}}");
        let some = async || {
            let exemplars = prometheus.exemplars(&series).await.ok()?;
            (!exemplars.is_empty()).then_some(exemplars)
        };
        let exemplars = until(DEADLINE, &format!("exemplars of {series}"), some).await;
        for exemplar in exemplars.expect("in Prometheus") {
            let span = span(stack, &exemplar).await;
            assert_eq!(span.operation_name, name);
            assert_is_of(&exemplar, &span);
        }
        let found = prometheus.query(&series).await.expect("buckets");
        let bounds: BTreeSet<_> = found.iter().map(|series| &*series.labels["le"]).collect();
        assert_eq!(bounds, BTreeSet::from(BOUNDS));
        assert_eq!(found.len(), BOUNDS.len(), "{found:#?}");
    }
}

/// The span an exemplar leads to, as soon as Jaeger has it.
async fn span(stack: &Stack, exemplar: &Exemplar) -> Span {
    let jaeger = Jaeger::new(stack.jaeger());
    let (trace, span) = (&exemplar.labels["trace_id"], &exemplar.labels["span_id"]);
    let found = async || {
        let trace = jaeger.trace(trace).await.ok()??;
        trace.spans.into_iter().find(|found| found.span_id == *span)
    };
    let found = until(DEADLINE, &format!("span {span} of trace {trace}"), found).await;
    found.expect("in Jaeger")
}

/// The span took as long as was observed, and the observation is in its bucket.
fn assert_is_of(exemplar: &Exemplar, span: &Span) {
    let took = Duration::from_micros(span.duration).as_secs_f64();
    let apart = (took - exemplar.value).abs();
    assert!(apart < 0.05, "{exemplar:?} of {took} s");
    let bound: f64 = exemplar.series["le"].parse().expect("a bound");
    assert!(exemplar.value <= bound, "{exemplar:?}");
}
