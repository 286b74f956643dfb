//! From a bucket to a trace: which observations lead to their span, and where that is said.

use std::collections::HashSet;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axisor_telemetry::exposition::Format;
use axisor_telemetry::testing::{TestSpan, TestTelemetry};
use axisor_telemetry::{Clock, Telemetry, instrument_automation, track_margin_guard};
use opentelemetry::trace::{SpanContext, TraceContextExt as _, TraceFlags, TraceState};
use opentelemetry::{Context, SpanId, TraceId};

use crate::seen;

#[instrument_automation(type = "exemplary", duration(buckets = [0.5, 1.0, 2.0]))]
fn takes(clock: &Clock, seconds: f64) {
    clock.advance(Duration::from_secs_f64(seconds));
}

#[track_margin_guard(action = "exemplary", plan = plan, duration(buckets = [1.0]))]
fn acts(plan: &str) -> Result<(), &'static str> {
    Err("refused")
}

/// The lines of the OpenMetrics page that have an exemplar, in their order.
pub(crate) fn exemplary(telemetry: &Telemetry) -> Vec<String> {
    let page = telemetry.exposition_in(Format::OpenMetrics);
    let page = page.expect("a page");
    let lines = page.lines().filter(|line| line.contains(" # "));
    lines.map(str::to_owned).collect()
}

/// How an exemplar of this span and value is written, without the time at its end.
pub(crate) fn leads_to(span: &TestSpan, value: &str) -> String {
    let context = &span.span_context;
    let (trace, span) = (context.trace_id(), context.span_id());
    format!(" # {{trace_id=\"{trace}\",span_id=\"{span}\"}} {value} ")
}

#[track_caller]
fn assert_begin_with(lines: &[String], expected: &[String]) {
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(expected), "{line}\n{expected}");
    }
}

#[test]
fn each_bucket_leads_to_its_newest_call() {
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(|| {
        for seconds in [0.75, 3.0, 1.0, 7.5] {
            takes(telemetry.clock(), seconds);
        }
    });
    let spans = telemetry.spans();
    let bucket = "axisor_automation_duration_seconds_bucket{automation_type=\"exemplary\",status=\"success\",";
    assert_begin_with(
        &exemplary(&telemetry),
        &[
            format!("{bucket}le=\"1\"}} 2{}", leads_to(&spans[2], "1")),
            format!("{bucket}le=\"+Inf\"}} 4{}", leads_to(&spans[3], "7.5")),
        ],
    );
}

#[test]
fn each_series_of_labels_from_data_has_its_own() {
    let telemetry = TestTelemetry::new();
    for plan in ["free", "pro"] {
        telemetry.in_scope(|| acts(plan)).unwrap_err();
    }
    let spans = telemetry.spans();
    let bucket = |plan, span| {
        let name = "axisor_margin_guard_action_duration_seconds_bucket";
        let leads = leads_to(span, "0");
        format!(
            "{name}{{action_type=\"exemplary\",status=\"failure\",user_plan=\"{plan}\",le=\"1\"}} 1{leads}"
        )
    };
    let expected = [bucket("free", &spans[0]), bucket("pro", &spans[1])];
    assert_begin_with(&exemplary(&telemetry), &expected);
}

#[test]
fn an_exemplar_says_when_it_was_in_at_most_128_characters_of_labels() {
    let telemetry = TestTelemetry::new();
    let milliseconds = || {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        now.unwrap().as_millis()
    };
    let before = milliseconds();
    telemetry.in_scope(|| acts("pro")).unwrap_err();
    let after = milliseconds();
    let lines = exemplary(&telemetry);
    let (_, exemplar) = lines[0].split_once(" # {").unwrap();
    let (labels, rest) = exemplar.split_once("} ").unwrap();
    let characters = labels.chars().filter(|c| !"=\",".contains(*c));
    assert!(characters.count() <= 128, "{labels}");
    let (_, seconds) = rest.split_once(' ').unwrap();
    let time: u128 = seconds.replace('.', "").parse().unwrap();
    assert!((before..=after).contains(&time), "{before} {time} {after}");
}

#[test]
fn what_is_not_sampled_or_goes_nowhere_leaves_none() {
    let off = TestTelemetry::configured(|builder| builder.set("traces.sampler", "always_off"));
    let quiet = TestTelemetry::configured(|builder| builder.set("traces.level", "off"));
    let nowhere = seen::builder().build().unwrap();
    for telemetry in [&*off, &*quiet, &nowhere] {
        let clock = Clock::manual();
        telemetry.in_scope(|| takes(&clock, 0.75));
        let counted = "axisor_automation_duration_seconds_count";
        assert_eq!(seen::samples(telemetry, counted).len(), 1);
        assert_eq!(exemplary(telemetry), [""; 0]);
    }
}

#[test]
fn a_call_below_a_parent_that_is_not_sampled_leaves_that_of_an_earlier_one() {
    let telemetry = TestTelemetry::new();
    let clock = telemetry.clock();
    let parent = SpanContext::new(
        TraceId::from(7),
        SpanId::from(7),
        TraceFlags::default(),
        true,
        TraceState::default(),
    );
    telemetry.in_scope(|| {
        takes(clock, 0.75);
        let _unsampled = Context::current().with_remote_span_context(parent).attach();
        takes(clock, 0.8);
    });
    let lines = exemplary(&telemetry);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    let leads = format!(" 2{}", leads_to(&telemetry.only_span(), "0.75"));
    assert!(lines[0].contains(&leads), "{}\n{leads}", lines[0]);
}

#[test]
fn after_the_shutdown_nothing_leads_to_a_span_that_is_not_sent() {
    let telemetry = TestTelemetry::new();
    telemetry.shutdown(Duration::from_secs(10)).unwrap();
    telemetry.in_scope(|| takes(telemetry.clock(), 0.75));
    assert_eq!(exemplary(&telemetry), [""; 0]);
}

/// The trace, the value and the upper bound of a line with an exemplar.
fn parts(line: &str) -> (&str, f64, f64) {
    let between = |before, after| {
        let (_, rest) = line.split_once(before).expect(line);
        rest.split_once(after).expect(line).0
    };
    let value = line.rsplit(' ').nth(1);
    let bound = between("le=\"", "\"");
    (
        between("trace_id=\"", "\""),
        value.expect(line).parse().expect(line),
        bound.parse().expect(line),
    )
}

#[test]
fn many_threads_leave_one_for_each_bucket_and_it_is_of_a_call_in_that_bucket() {
    let telemetry = TestTelemetry::new();
    let some = || telemetry.in_scope(|| takes(telemetry.clock(), 0.3)); // and what others add meanwhile
    let pages: Vec<Vec<String>> = thread::scope(|threads| {
        for _ in 0..8 {
            threads.spawn(|| (0..500).for_each(|_| some()));
        }
        (0..20).map(|_| exemplary(&telemetry)).collect()
    });
    let traces: HashSet<String> = telemetry
        .spans()
        .iter()
        .map(|span| span.span_context.trace_id().to_string())
        .collect();
    assert_eq!(traces.len(), 8 * 500);
    let last = exemplary(&telemetry);
    assert!(!last.is_empty());
    for page in pages.iter().chain([&last]) {
        let mut last = 0.0;
        for line in page {
            let (trace, value, bound) = parts(line);
            assert!(traces.contains(trace), "{line}");
            let below = [0.0, 0.5, 1.0, 2.0]
                .into_iter()
                .rfind(|other| *other < bound);
            assert!(below < Some(value) && value <= bound, "{line}");
            assert!(bound > last, "{page:#?}");
            last = bound;
        }
    }
}

#[test]
fn the_text_format_does_not_know_of_them() {
    let page = |sampler| {
        let telemetry = TestTelemetry::configured(|builder| builder.set("traces.sampler", sampler));
        telemetry.in_scope(|| takes(telemetry.clock(), 0.75));
        telemetry.exposition().unwrap()
    };
    assert_eq!(page("always_on"), page("always_off"));
}

#[cfg(feature = "axum")]
mod requests {
    use axum::Router;
    use axum::routing::get;

    use super::*;
    use crate::app::{self, App};

    #[tokio::test]
    async fn a_request_leads_to_its_span_and_one_that_is_not_sampled_nowhere() {
        let app = App::configured(
            |builder| builder.set("traces.trust_incoming_sampling", true),
            |clock| {
                let clock = clock.clone();
                let slow = async move || clock.advance(Duration::from_secs(3));
                Router::new().route("/api/users/{id}", get(slow))
            },
        )
        .await;
        app.ask("GET", "/api/users/7").await;
        let span = app.ended("GET /api/users/:id").await;
        let unsampled = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00\r\n";
        app.ask_with("GET", "/api/users/7", unsampled).await;
        let series = "axisor_http_request_duration_seconds_bucket{method=\"GET\",route=\"/api/users/:id\",le=\"5\"}";
        let expected = format!("{series} 2{}", leads_to(&span, "3"));
        seen::until("the second request", || {
            let lines = exemplary(&app.telemetry);
            lines.len() == 1 && lines[0].starts_with(&expected)
        })
        .await;
    }

    #[tokio::test]
    async fn a_request_whose_span_goes_nowhere_leaves_none() {
        let telemetry = seen::builder().build().unwrap();
        let routes = Router::new().route("/api/ping", get(async || "pong"));
        let (addr, _serving) = app::listen(routes.layer(telemetry.http_layer())).await;
        assert_eq!(app::ask(addr, "GET", "/api/ping", "").await.status, 200);
        let counted = "axisor_http_request_duration_seconds_count";
        let counted = || seen::samples(&telemetry, counted).len() == 1;
        seen::until("the request", counted).await;
        assert_eq!(exemplary(&telemetry), [""; 0]);
    }
}

#[cfg(all(feature = "axum", feature = "http"))]
mod sent {
    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::body::Bytes;
    use axum::routing::post;
    use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
    use opentelemetry_proto::tonic::metrics::v1::exemplar::Value;
    use opentelemetry_proto::tonic::metrics::v1::metric::Data;
    use opentelemetry_proto::tonic::metrics::v1::{HistogramDataPoint, Metric};
    use prost::Message as _;

    use super::*;
    use crate::app;

    /// The points of the duration series in a push.
    fn durations(push: &ExportMetricsServiceRequest) -> Vec<HistogramDataPoint> {
        let resources = push.resource_metrics.iter();
        let scopes = resources.flat_map(|resource| &resource.scope_metrics);
        let points = |metric: &Metric| match &metric.data {
            Some(Data::Histogram(histogram)) => histogram.data_points.clone(),
            _ => Vec::new(),
        };
        scopes
            .flat_map(|scope| &scope.metrics)
            .flat_map(points)
            .collect()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_push_has_them_with_the_ids_of_their_spans() {
        let pushes = Arc::<Mutex<Vec<_>>>::default();
        let keep = Arc::clone(&pushes);
        let receiver = post(async move |body: Bytes| {
            let push = ExportMetricsServiceRequest::decode(body).unwrap();
            keep.lock().unwrap().push(push);
        });
        let (addr, _serving) = app::listen(Router::new().route("/v1/metrics", receiver)).await;
        let telemetry = TestTelemetry::configured(|builder| {
            builder
                .set("otlp.metrics.protocol", "http/protobuf")
                .set("otlp.metrics.endpoint", format!("http://{addr}/v1/metrics"))
        });
        telemetry.in_scope(|| takes(telemetry.clock(), 0.75));
        let flushed = telemetry.clone();
        let flush = move || flushed.force_flush(Duration::from_secs(10));
        tokio::task::spawn_blocking(flush).await.unwrap().unwrap();
        let pushes = pushes.lock().unwrap();
        let points = durations(pushes.last().expect("a push"));
        let [point] = &points[..] else {
            panic!("{points:#?}")
        };
        let [exemplar] = &point.exemplars[..] else {
            panic!("{point:#?}")
        };
        let span = &telemetry.only_span().span_context;
        assert_eq!(exemplar.trace_id, span.trace_id().to_bytes());
        assert_eq!(exemplar.span_id, span.span_id().to_bytes());
        assert_eq!(exemplar.value, Some(Value::AsDouble(0.75)));
        assert!(exemplar.time_unix_nano >= point.start_time_unix_nano);
        assert!(exemplar.time_unix_nano <= point.time_unix_nano);
    }
}
