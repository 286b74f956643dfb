//! Jobs: what goes beside a payload, and what is telemetry of those who send them and work them off.

use std::convert::Infallible;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axisor_telemetry::jobs::{JobCarrier, Queue};
use axisor_telemetry::poll::Polled;
use axisor_telemetry::testing::{TestSpan, TestTelemetry};
use axisor_telemetry::{LabelValue, instrument_automation};
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{FutureExt as _, SpanId, SpanKind, Status, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::recorded::{attribute, poll_and_drop};
use crate::seen;

#[derive(Debug, Serialize, Deserialize)]
struct Flat {
    position: u64,
    #[serde(flatten)]
    carrier: JobCarrier,
}

#[derive(Debug, Serialize, Deserialize)]
struct Field {
    position: u64,
    #[serde(default)]
    carrier: JobCarrier,
}

const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

/// A carrier as its producer wrote it so long ago.
fn enqueued(ago: Duration) -> JobCarrier {
    let enqueued = millis(SystemTime::now() - ago).to_string();
    JobCarrier::from_pairs([
        ("axisor_job_version", "1"),
        ("axisor_job_enqueued_ms", &enqueued),
    ])
}

/// A carrier with everything that can be in it.
fn full(telemetry: &TestTelemetry) -> JobCarrier {
    let _baggage = Context::new()
        .with_baggage([KeyValue::new("tenant", "a b")])
        .attach();
    let mut full = None;
    let queue = telemetry.queue("q");
    let sent = queue.send(async |carrier| {
        full = Some(carrier);
        Ok::<_, Infallible>(())
    });
    let Ok(()) = futures_executor::block_on(sent);
    full.unwrap().again()
}

/// What was counted of jobs.
trait Counted {
    fn job(&self, series: &str, labels: &[(&str, &str)]) -> Option<f64>;

    fn attempts(&self, status: &str) -> Option<f64> {
        self.job("job_attempts_total", &[("queue", "q"), ("status", status)])
    }
}

impl Counted for TestTelemetry {
    fn job(&self, series: &str, labels: &[(&str, &str)]) -> Option<f64> {
        seen::value(self, &format!("axisor_worker_{series}"), labels)
    }
}

#[expect(clippy::unused_async, reason = "a job as workers have it")]
async fn succeed() -> Result<(), &'static str> {
    Ok(())
}

async fn process(queue: &Queue, carrier: &JobCarrier) {
    queue.process(carrier, succeed()).await.unwrap();
}

#[test]
fn a_carrier_is_the_same_after_json_pairs_and_bytes() {
    let carrier = full(&TestTelemetry::new());
    let pairs: Vec<_> = carrier.pairs().collect();
    let keys: Vec<_> = pairs.iter().map(|(key, _)| *key).collect();
    let expected = [
        "axisor_job_version",
        "axisor_job_enqueued_ms",
        "axisor_job_attempt",
        "traceparent",
        "baggage",
    ];
    assert_eq!(keys, expected);
    let flat = Flat {
        position: 7,
        carrier: carrier.clone(),
    };
    let json = serde_json::to_value(&flat).unwrap();
    assert!(
        json["traceparent"].is_string() && json["position"] == 7,
        "{json}"
    );
    let read: Flat = serde_json::from_value(json).unwrap();
    assert_eq!((read.position, &read.carrier), (7, &carrier));
    let json = serde_json::to_string(&Field {
        position: 7,
        carrier: carrier.clone(),
    });
    let read: Field = serde_json::from_str(&json.unwrap()).unwrap();
    assert_eq!((read.position, &read.carrier), (7, &carrier));
    assert_eq!(JobCarrier::from_pairs(carrier.pairs()), carrier);
    let bytes = pairs.iter().map(|(key, value)| (key, value.as_bytes()));
    let other: [(&&str, &[u8]); 1] = [(&"content-type", b"\xff")];
    assert_eq!(JobCarrier::from_pairs(bytes.chain(other)), carrier);
    assert_eq!((carrier.attempt(), carrier.is_unreadable()), (2, false));
}

#[test]
fn a_payload_without_a_carrier_has_an_empty_one() {
    for payload in [r#"{"position":7}"#, r#"{"position":7,"carrier":null}"#] {
        let flat: Flat = serde_json::from_str(payload).unwrap();
        let field: Field = serde_json::from_str(payload).unwrap();
        for carrier in [flat.carrier, field.carrier, JobCarrier::default()] {
            assert_eq!((carrier.attempt(), carrier.waited()), (1, None));
            assert!(!carrier.is_unreadable() && carrier.pairs().next().is_none());
        }
    }
}

#[test]
fn what_nobody_can_read_is_unreadable_and_empty() {
    let bad = [
        ("axisor_job_version", json!("2")),
        ("axisor_job_version", json!(2)),
        ("axisor_job_enqueued_ms", json!(-1)),
        ("axisor_job_enqueued_ms", json!("yesterday")),
        ("axisor_job_attempt", json!(0)),
        ("axisor_job_attempt", json!({})),
        ("traceparent", json!("00-0-0-00")),
        ("traceparent", json!([TRACEPARENT])),
    ];
    for (key, value) in bad {
        let mut payload = json!({ "position": 7, "axisor_job_version": 1, "baggage": "a=1" });
        payload[key] = value;
        let flat: Flat = serde_json::from_value(payload.clone()).unwrap();
        assert!(flat.carrier.is_unreadable(), "{payload}");
        assert!(flat.carrier.pairs().next().is_none(), "{payload}");
        let field: Field =
            serde_json::from_value(json!({ "position": 7, "carrier": payload })).unwrap();
        assert!(field.carrier.is_unreadable(), "{payload}");
    }
    let pairs: [(&str, &[u8]); 1] = [("tracestate", b"\xff")];
    assert!(JobCarrier::from_pairs(pairs).is_unreadable());
}

#[test]
fn a_number_is_read_as_its_text() {
    let payload = json!({ "position": 7, "axisor_job_version": 1, "axisor_job_attempt": 3 });
    let flat: Flat = serde_json::from_value(payload).unwrap();
    assert_eq!(flat.carrier.attempt(), 3);
}

/// Any JSON, often with a carrier's keys in it.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        Just(Value::from("1")),
        Just(Value::from(TRACEPARENT)),
    ];
    let key = prop_oneof![
        "[a-z]{1,3}",
        Just("axisor_job_version".to_owned()),
        Just("axisor_job_enqueued_ms".to_owned()),
        Just("axisor_job_attempt".to_owned()),
        Just("traceparent".to_owned()),
        Just("tracestate".to_owned()),
        Just("baggage".to_owned()),
    ];
    leaf.prop_recursive(3, 30, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn garbage_in_a_carriers_place_never_fails_the_payload(garbage in any_json()) {
        let field = json!({ "position": 7, "carrier": garbage });
        let read = serde_json::from_str::<Field>(&field.to_string()).unwrap();
        prop_assert_eq!(read.position, 7);
        let mut flat = garbage;
        if let Some(map) = flat.as_object_mut() {
            map.insert("position".to_owned(), 7.into());
            let read = serde_json::from_str::<Flat>(&flat.to_string()).unwrap();
            prop_assert_eq!(read.position, 7);
        }
    }

    #[test]
    fn bytes_of_any_kind_are_read_and_what_was_read_is_written_alike(
        values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 6),
        size in 0_usize..20_000,
    ) {
        let keys = [
            "axisor_job_version", "axisor_job_enqueued_ms", "axisor_job_attempt", "traceparent", "tracestate", "baggage",
        ];
        let _ = JobCarrier::from_pairs(keys.iter().zip(&values));
        let list = "k=v,".repeat(size / 4);
        let carrier = JobCarrier::from_pairs([("traceparent", TRACEPARENT), ("tracestate", &list), ("baggage", &list)]);
        prop_assert_eq!(JobCarrier::from_pairs(carrier.pairs()), carrier.clone());
        let written: usize = carrier.pairs().map(|(key, value)| key.len() + value.len()).sum();
        prop_assert!(written <= 9 * 1024, "{written}");
    }
}

fn link(span: &TestSpan) -> (String, SpanId) {
    (
        span.span_context.trace_id().to_string(),
        span.parent_span_id,
    )
}

#[tokio::test]
async fn a_jobs_trace_goes_on_in_its_worker() {
    let (backend, worker) = (TestTelemetry::new(), TestTelemetry::new());
    let queue = backend.queue("q").system("redis");
    let payload = queue.send(async |carrier| {
        serde_json::to_string(&Flat {
            position: 7,
            carrier,
        })
    });
    let payload = payload.await.unwrap();
    let job: Flat = serde_json::from_str(&payload).unwrap();
    let queue = worker.queue("q").system("redis");
    process(&queue, &job.carrier).await;
    let (sent, processed) = (backend.only_span(), worker.only_span());
    let trace = sent.span_context.trace_id().to_string();
    assert_eq!(link(&sent), (trace.clone(), SpanId::INVALID));
    assert_eq!(link(&processed), (trace, sent.span_context.span_id()));
    for (span, name, kind, operation) in [
        (&sent, "send q", SpanKind::Producer, "send"),
        (&processed, "process q", SpanKind::Consumer, "process"),
    ] {
        assert_eq!((&*span.name, &span.span_kind), (name, &kind));
        for (key, value) in [
            ("messaging.system", "redis"),
            ("messaging.destination.name", "q"),
            ("messaging.operation.name", operation),
            ("messaging.operation.type", operation),
            ("axisor.outcome", "success"),
        ] {
            assert_eq!(
                attribute(span, key).as_deref(),
                Some(value),
                "{key} of {name}"
            );
        }
        assert_eq!(attribute(span, "code.function.name"), None);
    }
    assert_eq!(
        attribute(&processed, "axisor.job.attempt").as_deref(),
        Some("1")
    );
    assert!(attribute(&processed, "axisor.job.wait_seconds").is_some());
    let sent = [("queue", "q"), ("status", "success")];
    assert_eq!(backend.job("jobs_sent_total", &sent), Some(1.0));
}

#[tokio::test]
async fn baggage_is_there_in_the_worker() {
    let telemetry = TestTelemetry::new();
    let carrier = full(&telemetry);
    let tenant = async {
        let tenant = Context::current()
            .baggage()
            .get("tenant")
            .map(ToString::to_string);
        Ok::<_, Infallible>(tenant)
    };
    let Ok(tenant) = telemetry.queue("q").process(&carrier, tenant).await;
    assert_eq!(tenant.as_deref(), Some("a b"));
}

#[tokio::test]
async fn a_trace_of_someone_who_knows_no_carrier_goes_on() {
    let telemetry = TestTelemetry::new();
    let carrier = JobCarrier::from_pairs([("traceparent", TRACEPARENT)]);
    process(&telemetry.queue("q"), &carrier).await;
    assert_eq!(
        link(&telemetry.only_span()).0,
        "4bf92f3577b34da6a3ce929d0e0e4736"
    );
    assert_eq!(
        telemetry
            .series()
            .family("axisor_worker_job_wait_duration_seconds")
            .len(),
        0
    );
}

#[test]
fn a_carrier_is_a_parent_and_a_link_for_the_attributes() {
    #[instrument_automation(type = "check", parent = job.carrier)]
    fn check(job: &Flat) {}
    #[instrument_automation(type = "settle", links(jobs.iter().map(|job| &job.carrier)))]
    fn settle(jobs: &[Flat]) {}
    let telemetry = TestTelemetry::new();
    let job = Flat {
        position: 7,
        carrier: JobCarrier::from_pairs([("traceparent", TRACEPARENT)]),
    };
    telemetry.in_scope(|| {
        check(&job);
        settle(&[job]);
    });
    let [check, settle] = telemetry.spans().try_into().unwrap();
    assert_eq!(check.parent_span_id.to_string(), "00f067aa0ba902b7");
    assert_eq!(settle.links.links.len(), 1);
}

#[tokio::test]
async fn an_unreadable_carrier_begins_a_new_trace_is_counted_and_told_once() {
    let telemetry = TestTelemetry::new();
    let later = json!({ "axisor_job_version": 2, "traceparent": TRACEPARENT });
    let carrier: JobCarrier = serde_json::from_value(later).unwrap();
    let log = seen::Log::default();
    let _logging = log.install();
    for _ in 0..2 {
        process(&telemetry.queue("q"), &carrier).await;
    }
    let unreadable = telemetry.job("job_carriers_unreadable_total", &[("queue", "q")]);
    assert_eq!(
        (unreadable, telemetry.attempts("success")),
        (Some(2.0), Some(2.0))
    );
    assert_eq!(log.levels(), ["WARN"], "{}", log.text());
    for span in telemetry.spans() {
        assert_ne!(link(&span).0, "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(span.parent_span_id, SpanId::INVALID);
    }
}

#[tokio::test]
async fn how_long_a_job_waited_is_counted_and_on_its_span() {
    let telemetry = TestTelemetry::new();
    let queue = telemetry.queue("q");
    process(&queue, &enqueued(Duration::from_secs(90))).await;
    let bucket = |le| {
        let labels = [("queue", "q"), ("le", le)];
        telemetry.job("job_wait_duration_seconds_bucket", &labels)
    };
    assert_eq!((bucket("60"), bucket("300")), (Some(0.0), Some(1.0)));
    let waited = attribute(&telemetry.only_span(), "axisor.job.wait_seconds").unwrap();
    let waited: f64 = waited.parse().unwrap();
    assert!((89.0..100.0).contains(&waited), "{waited}");
}

#[tokio::test]
async fn a_job_from_the_future_has_not_waited() {
    let telemetry = TestTelemetry::new();
    let ahead = millis(SystemTime::now() + Duration::from_secs(90)).to_string();
    let carrier = JobCarrier::from_pairs([("axisor_job_enqueued_ms", ahead)]);
    process(&telemetry.queue("q"), &carrier).await;
    let sum = telemetry.job("job_wait_duration_seconds_sum", &[("queue", "q")]);
    assert_eq!(sum, Some(0.0));
}

#[tokio::test]
async fn every_attempt_ends_once_however_it_ends() {
    let telemetry = TestTelemetry::new();
    let queue = telemetry.queue("q");
    let carrier = queue.carrier();
    let counted = || (telemetry.attempts("success"), telemetry.attempts("failure"));
    let under_way = || telemetry.job("jobs_in_flight", &[("queue", "q")]);

    let during = async { Ok::<_, Infallible>(under_way()) };
    assert_eq!(queue.process(&carrier, during).await, Ok(Some(1.0)));
    assert_eq!(counted(), (Some(1.0), None));

    let failing = async { Err::<(), _>("wallet at 10.0.0.1 is empty") };
    queue.process(&carrier, failing).await.unwrap_err();
    assert_eq!(counted(), (Some(1.0), Some(1.0)));

    poll_and_drop(queue.process(&carrier, std::future::pending::<Result<(), &str>>()));
    assert_eq!(counted(), (Some(1.0), Some(2.0)));

    let (panicking, job) = (queue.clone(), carrier.clone());
    let panicking = tokio::spawn(async move {
        let panics = async { panic!("no") as Result<(), &str> };
        panicking.process(&job, panics).await
    });
    assert!(panicking.await.unwrap_err().is_panic());
    assert_eq!(counted(), (Some(1.0), Some(3.0)));

    drop(queue.process(&carrier, succeed())); // never polled: no attempt
    queue
        .process_blocking(&carrier, || Ok::<_, &str>(()))
        .unwrap();
    queue
        .process_blocking(&carrier, || Err::<(), _>("no"))
        .unwrap_err();
    assert_eq!(counted(), (Some(2.0), Some(4.0)));

    assert_eq!(under_way(), Some(0.0));
    let took = [("queue", "q"), ("status", "failure")];
    assert_eq!(
        telemetry.job("job_duration_seconds_count", &took),
        Some(4.0)
    );
    let spans = telemetry.spans();
    let outcomes: Vec<_> = spans
        .iter()
        .map(|span| attribute(span, "axisor.outcome").unwrap())
        .collect();
    let expected = [
        "success",
        "failure",
        "cancelled",
        "panic",
        "success",
        "failure",
    ];
    assert_eq!(outcomes, expected);
    assert!(
        matches!(&spans[1].status, Status::Error { description } if description.contains("is empty")),
        "{:?}",
        spans[1].status
    );
}

#[tokio::test]
async fn a_job_enqueued_again_has_the_next_attempt_and_the_same_trace() {
    let telemetry = TestTelemetry::new();
    let queue = telemetry.queue("q");
    let first = enqueued(Duration::from_secs(90)).with_attempt(0);
    assert_eq!(first.attempt(), 1);
    let again = first.again();
    assert_eq!(again.attempt(), 2);
    assert!(again.waited().unwrap() < Duration::from_secs(30));
    let waited = first.clone().with_attempt(3).waited();
    assert!(waited.unwrap() >= Duration::from_secs(90), "{waited:?}");
    let retries = || telemetry.job("job_retries_total", &[("queue", "q")]);
    process(&queue, &first).await;
    assert_eq!(retries(), None);
    process(&queue, &again).await;
    process(&queue, &first.with_attempt(3)).await;
    assert_eq!(
        (retries(), telemetry.attempts("success")),
        (Some(2.0), Some(3.0))
    );
    let sent = full(&telemetry);
    let trace = |carrier: &JobCarrier| carrier.pairs().find(|(key, _)| *key == "traceparent");
    assert_eq!(trace(&sent.again()), trace(&sent));
}

#[tokio::test]
async fn a_job_that_could_not_be_sent_is_a_failure() {
    let telemetry = TestTelemetry::new();
    let queue = telemetry.queue("q");
    let refused = queue.send(async |_| Err::<(), _>("full"));
    refused.await.unwrap_err();
    let sent = [("queue", "q"), ("status", "failure")];
    assert_eq!(telemetry.job("jobs_sent_total", &sent), Some(1.0));
    assert_eq!(telemetry.only_span().status, Status::error("full"));
}

#[tokio::test]
async fn what_is_called_in_a_job_belongs_below_it_and_to_its_telemetry() {
    #[instrument_automation(type = "inner")]
    async fn inner() -> Result<(), &'static str> {
        tokio::task::yield_now().await;
        Ok(())
    }
    let telemetry = TestTelemetry::new();
    let queue = telemetry.queue("q");
    queue.process(&queue.carrier(), inner()).await.unwrap();
    let [inner, process] = telemetry.spans().try_into().unwrap();
    assert_eq!(inner.parent_span_id, process.span_context.span_id());
}

#[test]
fn a_carrier_made_without_sending_belongs_to_the_current_span() {
    let telemetry = TestTelemetry::new();
    let parent = JobCarrier::from_pairs([("traceparent", TRACEPARENT)]);
    let queue = telemetry.queue("q");
    let made = queue.process_blocking(&parent, || Ok::<_, Infallible>(queue.carrier()));
    let Ok(made) = made;
    let traceparent = made.pairs().find(|(key, _)| *key == "traceparent");
    let id = telemetry.only_span().span_context.span_id().to_string();
    assert!(traceparent.unwrap().1.contains(&id));
    let _outside = Context::new().attach();
    assert!(queue.carrier().pairs().all(|(key, _)| key != "traceparent"));
}

#[tokio::test]
async fn known_queues_keep_their_series_and_others_are_bounded() {
    #[derive(LabelValue)]
    enum Known {
        Payments,
    }
    let telemetry = TestTelemetry::configured(|builder| builder.set("metrics.series_bound", "1"));
    for queue in ["a", "b", "c"] {
        process(&telemetry.queue(queue), &enqueued(Duration::ZERO)).await;
    }
    process(&telemetry.queue(Known::Payments), &enqueued(Duration::ZERO)).await;
    let count = |queue| {
        let labels = [("queue", queue), ("status", "success")];
        telemetry.job("job_attempts_total", &labels)
    };
    assert_eq!(
        (count("a"), count("b"), count("other"), count("payments")),
        (Some(1.0), None, Some(2.0), Some(1.0))
    );
}

#[tokio::test]
async fn a_queues_size_is_polled_and_stays_when_nobody_answers() {
    let answers = std::sync::Mutex::new(vec![Ok(3.0), Err("redis is down"), Ok(1200.0)]);
    let read = move || std::future::ready(answers.lock().unwrap().pop().unwrap());
    let telemetry = seen::builder()
        .poll(Polled::QueueSize("q"), read)
        .poll(Polled::QueueSize("other"), async || {
            Ok::<_, Infallible>(5.0)
        })
        .build()
        .unwrap();
    let size = |queue| seen::value(&telemetry, "axisor_worker_queue_size", &[("queue", queue)]);
    let failures = || {
        let labels = [("poll", "queue_size")];
        seen::value(&telemetry, "axisor_poll_failures_total", &labels)
    };
    assert_eq!(size("q"), None);
    for (expected, failed) in [(1200.0, None), (1200.0, Some(1.0)), (3.0, Some(1.0))] {
        telemetry.polls().run_once(Polled::QueueSize("q")).await;
        assert_eq!((size("q"), failures()), (Some(expected), failed));
    }
    assert_eq!(size("other"), None);
    telemetry.polls().run_once(Polled::QueueSize("other")).await;
    assert_eq!(size("other"), Some(5.0));
}

#[tokio::test]
async fn a_parent_of_the_workers_own_gives_way_to_the_jobs() {
    let telemetry = TestTelemetry::new();
    let own = Context::new().with_remote_span_context(opentelemetry::trace::SpanContext::new(
        1_u128.into(),
        2_u64.into(),
        opentelemetry::TraceFlags::SAMPLED,
        true,
        opentelemetry::trace::TraceState::NONE,
    ));
    let queue = telemetry.queue("q");
    let job = JobCarrier::from_pairs([("traceparent", TRACEPARENT)]);
    process(&queue, &job).with_context(own.clone()).await;
    process(&queue, &JobCarrier::default())
        .with_context(own)
        .await;
    let parents = telemetry.spans();
    let parents: Vec<_> = parents
        .iter()
        .map(|span| span.parent_span_id.to_string())
        .collect();
    assert_eq!(parents, ["00f067aa0ba902b7", "0000000000000002"]);
}

#[tokio::test]
async fn a_time_nobody_means_is_not_counted() {
    let telemetry = TestTelemetry::new();
    let since_1970 = JobCarrier::from_pairs([("axisor_job_enqueued_ms", "0")]);
    process(&telemetry.queue("q"), &since_1970).await;
    assert_eq!(since_1970.waited(), None);
    telemetry.assert_family("axisor_worker_job_wait_duration_seconds", "");
}

#[tokio::test]
async fn in_a_test_jobs_wait_as_its_clock_goes() {
    let telemetry = TestTelemetry::new();
    let queue = telemetry.queue("q");
    let carrier = queue.carrier();
    telemetry.clock().advance(Duration::from_secs(90));
    process(&queue, &carrier).await;
    let sum = telemetry.job("job_wait_duration_seconds_sum", &[("queue", "q")]);
    assert_eq!(sum, Some(90.0));
}

#[test]
fn a_traceparent_that_goes_on_and_on_is_not_carried() {
    let mut endless = TRACEPARENT.replacen("00", "01", 1);
    let later = JobCarrier::from_pairs([("traceparent", format!("{endless}-new"))]);
    assert!(!later.is_unreadable());
    endless.push_str(&"-new".repeat(1_000));
    let carrier = JobCarrier::from_pairs([("traceparent", endless)]);
    assert!(carrier.is_unreadable());
    assert_eq!(carrier.pairs().count(), 0);
}

#[tokio::test]
async fn a_queues_jobs_are_its_telemetrys_in_the_scope_of_another() {
    let (own, other) = (TestTelemetry::new(), TestTelemetry::new());
    let queue = own.queue("q");
    let carrier = queue.carrier();
    other.scope(process(&queue, &carrier)).await;
    assert_eq!(own.attempts("success"), Some(1.0));
    other.assert_recorded("");
}
