//! Context from outside: read as the specifications say, and no further trusted than it was said to be.

use std::collections::{BTreeMap, HashMap};

use axisor_telemetry::testing::TestTelemetry;
use axum::Router;
use axum::routing::get;
use opentelemetry::Context;
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use proptest::prelude::*;

use crate::app::{App, listen};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";
const SAMPLED: &str = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n";
const NOT_SAMPLED: &str =
    "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00\r\n";

/// An application that tells what context its handler runs in.
async fn telling() -> App {
    let context = get(async || {
        let context = Context::current();
        let span = context.span().span_context().clone();
        let mut baggage: Vec<_> = context.baggage().iter().collect();
        baggage.sort_by_key(|(key, _)| key.as_str().to_owned());
        let baggage = baggage
            .iter()
            .map(|(key, (value, _))| format!("{key}={value}"));
        let baggage = baggage.collect::<Vec<_>>().join(",");
        format!(
            "{}|{}|{baggage}",
            span.trace_id(),
            span.trace_state().header()
        )
    });
    App::serve(Router::new().route("/context", context)).await
}

/// The trace, `tracestate` and baggage that a request with these headers runs in.
async fn context(app: &App, headers: &str) -> [String; 3] {
    let answer = app.ask_with("GET", "/context", headers).await;
    assert_eq!(answer.status, 200, "{headers}");
    let text = answer.text();
    let mut parts = text.splitn(3, '|').map(str::to_owned);
    std::array::from_fn(|_| parts.next().expect("three parts"))
}

#[tokio::test]
async fn a_traceparent_is_read_as_the_specification_says_and_else_ignored() {
    let app = telling().await;
    for (given, joins) in [
        ("00-{T}-{P}-01", true),
        ("00-{T}-{P}-00", true),
        ("00-{T}-{P}-ff", true), // flags unknown so far
        (" \t00-{T}-{P}-01 ", true),
        ("cc-{T}-{P}-01", true), // a later version
        ("cc-{T}-{P}-01-what-will-be", true),
        ("cc-{T}-{P}-01-", true),
        ("cc-{T}-{P}-01.what", false),
        ("cc-{T}-{P}-0", false),
        ("ff-{T}-{P}-01", false),
        ("00-{T}-{P}-01-", false),
        ("00-{T}-{P}-01-more", false),
        ("0-{T}-{P}-01", false),
        ("+0-{T}-{P}-01", false),
        ("0x-{T}-{P}-01", false),
        ("CC-{T}-{P}-01", false),
        ("00-{T}-{P}-1", false),
        ("00-{T}-{P}-+1", false),
        ("00-{T}-{P}-0G", false),
        ("00-{T}-{P}", false),
        ("00_{T}_{P}_01", false),
        ("00-0af7651916cd43dd8448eb211c80319-{P}-01", false),
        ("00-0AF7651916CD43DD8448EB211C80319C-{P}-01", false),
        ("00-+af7651916cd43dd8448eb211c80319c-{P}-01", false),
        ("00-{T}-b7ad6b716920333-01", false),
        ("00-{T}-B7AD6B7169203331-01", false),
        ("00-00000000000000000000000000000000-{P}-01", false),
        ("00-{T}-0000000000000000-01", false),
        ("", false),
        ("nonsense", false),
    ] {
        let header = given.replace("{T}", TRACE).replace("{P}", PARENT);
        let [trace, ..] = context(&app, &format!("traceparent: {header}\r\n")).await;
        assert_eq!(trace == TRACE, joins, "{given:?} led to {trace}");
    }
    let twice = format!("{SAMPLED}{SAMPLED}");
    let [trace, ..] = context(&app, &twice).await;
    assert_ne!(trace, TRACE, "of two headers none is right");
}

#[tokio::test]
async fn a_tracestate_is_kept_up_to_its_limits_and_without_a_traceparent_ignored() {
    let app = telling().await;
    let members = |count: usize| -> String {
        let members = (0..count).map(|index| format!("k{index}=v"));
        members.collect::<Vec<_>>().join(",")
    };
    let long = |key: &str, length: usize| format!("{key}={}", "v".repeat(length - key.len() - 1));
    let five = ["a", "b", "c", "d", "e"].map(|key| long(key, 101)); // four and their commas are 407, five 509
    let within = format!("{},x", five.join(",")).replace(",x", "");
    let over = format!("{},f=1234567890", five.join(","));
    let with_long = format!("a=1,{},{},b=2", long("long", 200), five[2..].join(","));
    for (given, kept) in [
        ("a=1,b=2", "a=1,b=2"),
        (" a=1 ,\t,b=2,", "a=1,b=2"),
        ("tenant@system=a b", "tenant@system=a b"),
        ("a", ""),
        ("a=", ""),
        ("=1", ""),
        ("A=1", ""),
        ("a=1,a=2", ""),
        ("a=1=2", ""),
        (&members(32), &members(32)),
        (&members(33), ""),
        (&within, &within),
        (&over, &within),
        (&with_long, &format!("a=1,{},b=2", five[2..].join(","))),
    ] {
        let headers = format!("{SAMPLED}tracestate: {given}\r\n");
        let [trace, state, _] = context(&app, &headers).await;
        assert_eq!((trace.as_str(), state.as_str()), (TRACE, kept), "{given}");
    }
    let several = format!("{SAMPLED}tracestate: a=1\r\ntracestate: b=2\r\n");
    assert_eq!(context(&app, &several).await[1], "a=1,b=2");
    assert_eq!(context(&app, "tracestate: a=1\r\n").await[1], "");
}

#[tokio::test]
async fn baggage_is_kept_up_to_its_limits_without_what_is_malformed() {
    let app = telling().await;
    let entries = |count: usize| -> Vec<String> {
        (0..count).map(|index| format!("k{index:03}=v")).collect()
    };
    let whole = format!("a={}", "v".repeat(8190));
    for (given, kept) in [
        ("plan=pro,user = 7;secure", "plan=pro,user=7"),
        ("name=J%C3%BCrgen", "name=J\u{fc}rgen"),
        ("share=50%25", "share=50%"),
        ("token=YWI=", "token=YWI="),
        ("bad,plan=pro,=x,b ad=1,c=%ff", "plan=pro"),
        (&entries(64).join(","), &entries(64).join(",")),
        (&entries(180).join(","), &entries(64).join(",")),
        (&format!("{whole}v"), ""),
        ("", ""),
    ] {
        let [.., baggage] = context(&app, &format!("baggage: {given}\r\n")).await;
        assert_eq!(baggage, kept, "{given}");
    }
    let [.., baggage] = context(&app, "baggage: a=1\r\nbaggage: b=2\r\n").await;
    assert_eq!(baggage, "a=1,b=2");
}

#[test]
fn baggage_is_sent_on_as_it_came() {
    let telemetry = TestTelemetry::new();
    for (given, value) in [
        ("a=50%25", "50%"),
        ("a=%2561", "%61"),
        ("a=1%3D2", "1=2"),
        ("a=1;p=%2Cb%3D2", "1"),
    ] {
        let came = HashMap::from([("baggage".to_owned(), given.to_owned())]);
        let context = telemetry.propagator().extract(&came);
        let read = context.baggage().get("a").map(ToString::to_string);
        assert_eq!(read.as_deref(), Some(value), "{given}");
        let mut sent = HashMap::new();
        telemetry.propagator().inject_context(&context, &mut sent);
        assert_eq!(sent.get("baggage").map(String::as_str), Some(given));
    }
}

#[test]
fn baggage_that_is_malformed_or_too_long_writes_no_log_line() {
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(|| {
        for bad in [
            "secret".to_owned(),
            "a=%ff".to_owned(),
            format!("a={}", "v".repeat(9000)),
        ] {
            let headers = HashMap::from([("baggage".to_owned(), bad)]);
            telemetry.propagator().extract(&headers);
        }
    });
    telemetry.assert_log("");
}

#[tokio::test]
async fn a_client_that_is_not_trusted_does_not_say_what_is_sampled() {
    for (sampler, trust, headers, recorded) in [
        ("parentbased_always_on", "false", NOT_SAMPLED, true),
        ("parentbased_always_on", "true", NOT_SAMPLED, false),
        ("parentbased_always_on", "true", SAMPLED, true),
        ("parentbased_always_off", "false", SAMPLED, false),
        ("parentbased_always_off", "true", SAMPLED, true),
        ("always_on", "true", NOT_SAMPLED, true),
        ("always_off", "true", SAMPLED, false),
    ] {
        let configured = |builder: axisor_telemetry::TelemetryBuilder| {
            builder
                .set("traces.sampler", sampler)
                .set("traces.trust_incoming_sampling", trust)
        };
        let inside = get(async || {
            let span = Context::current().span().span_context().clone();
            format!("{} {}", span.trace_id(), span.is_sampled())
        });
        let app = App::configured(configured, |_| Router::new().route("/in", inside)).await;
        let seen = app.ask_with("GET", "/in", headers).await.text();
        let case = format!("{sampler}, trusted: {trust}, {headers}");
        assert_eq!(seen, format!("{TRACE} {recorded}"), "{case}");
        if recorded {
            let span = app.ended("GET /in").await;
            assert_eq!(span.parent_span_id.to_string(), PARENT, "{case}");
            assert!(span.parent_span_is_remote);
        }
    }
}

#[tokio::test]
async fn a_layer_says_otherwise_than_the_setting() {
    let telemetry = TestTelemetry::configured(|builder| {
        builder.set("traces.sampler", "parentbased_always_off")
    });
    let sampled = get(async || {
        Context::current()
            .span()
            .span_context()
            .is_sampled()
            .to_string()
    });
    let layer = telemetry.http_layer().trust_incoming_sampling(true);
    let inner = Router::new()
        .route("/sampled", sampled.clone())
        .layer(layer);
    let edge = Router::new()
        .route("/sampled", sampled)
        .layer(telemetry.http_layer());
    for (routes, expected) in [(inner, "true"), (edge, "false")] {
        let (addr, serving) = listen(routes).await;
        let answer = crate::app::ask(addr, "GET", "/sampled", SAMPLED).await;
        assert_eq!(answer.text(), expected);
        serving.abort();
    }
}

/// What the telemetry reads from these headers.
fn read(headers: &[(&str, String)]) -> Context {
    let headers = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()));
    let headers: HashMap<String, String> = headers.collect();
    TestTelemetry::new()
        .propagator()
        .extract_with_context(&Context::new(), &headers)
}

fn span_context(context: &Context) -> SpanContext {
    context.span().span_context().clone()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_comes_is_read_without_a_panic_and_what_is_read_can_be_sent_and_read_again(
        parent in "(00|01|ff|[0-9a-g]{2})-[0-9a-f]{31,32}-[0-9a-f]{16}-[0-9a-f]{2}(-x)?|.{0,60}",
        state in "([a-z]{1,3}=[a-z \u{e9}]{0,3}[,;]?){0,40}|.{0,600}",
        baggage in "([a-z]{1,3}=[a-z%=0-9]{0,6}[,;]?){0,80}|.{0,600}",
    ) {
        let context = read(&[("traceparent", parent), ("tracestate", state), ("baggage", baggage)]);
        let mut sent = HashMap::new();
        let telemetry = TestTelemetry::new();
        telemetry.propagator().inject_context(&context, &mut sent);
        let again = telemetry.propagator().extract_with_context(&Context::new(), &sent);
        prop_assert_eq!(span_context(&again), span_context(&context));
        prop_assert!(span_context(&context).trace_state().header().len() <= 512);
        prop_assert!(context.baggage().len() <= 64);
        let entries = |context: &Context| -> BTreeMap<String, String> {
            let entries = context.baggage().iter();
            entries.map(|(name, (value, _))| (name.to_string(), value.to_string())).collect()
        };
        prop_assert_eq!(entries(&again), entries(&context));
    }
}
