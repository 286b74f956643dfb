//! `err`, `name`, `kind`, `level`, `target` and `fields`: what the span says.

use std::cell::Cell;

use axisor_telemetry::testing::TestTelemetry;
use axisor_telemetry::{instrument_automation, track_margin_guard};
use opentelemetry::Value;
use opentelemetry::trace::{SpanKind, Status};
use tracing::Level;

use super::Refused;
use crate::recorded::{Executions, attribute, executions};

#[derive(Debug)]
#[allow(dead_code, reason = "its `Debug` is what is looked at")]
struct Denied {
    code: u16,
    database: &'static str,
}

impl Denied {
    const HERE: Self = Self {
        code: 403,
        database: "postgres://axisor:hunter2@db/axisor",
    };
}

#[instrument_automation(type = "denied", err(Debug))]
fn denied(fails: bool) -> Result<(), Denied> {
    if fails { Err(Denied::HERE) } else { Ok(()) }
}

#[instrument_automation(type = "denied", err(with = |denied| format!("code {}", denied.code)))]
async fn denied_later(fails: bool) -> Result<(), Denied> {
    if fails { Err(Denied::HERE) } else { Ok(()) }
}

#[instrument_automation(type = "denied", err)]
fn refused() -> Result<(), Refused> {
    Err(Refused)
}

#[test]
fn an_error_is_told_by_its_debug_redacted() {
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(|| denied(true)).unwrap_err();
    let span = telemetry.only_span();
    let Status::Error { description } = &span.status else {
        panic!("{span:?}")
    };
    assert!(
        description.starts_with("Denied { code: 403"),
        "{description}"
    );
    assert!(!format!("{span:?}").contains("hunter2"));
}

#[tokio::test]
async fn an_error_is_told_by_a_function() {
    let telemetry = TestTelemetry::new();
    let denied = telemetry.scope(denied_later(true)).await;
    denied.unwrap_err();
    let span = telemetry.only_span();
    assert_eq!(span.status, Status::error("code 403"));
    assert!(format!("{:?}", span.events).contains("code 403"));
    assert!(attribute(&span, "error.type").unwrap().ends_with("Denied"));
}

#[test]
fn an_error_is_told_by_its_display_where_err_stands_alone() {
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(refused).unwrap_err();
    assert_eq!(
        telemetry.only_span().status,
        Status::error("the exchange refused")
    );
}

#[tokio::test]
async fn no_form_of_err_says_anything_of_a_success() {
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(|| denied(false)).unwrap();
    telemetry.scope(denied_later(false)).await.unwrap();
    for span in telemetry.spans() {
        assert_eq!(span.status, Status::Unset);
        assert!(span.events.is_empty());
    }
}

#[test]
fn a_function_of_err_that_panics_does_not_fail_the_call() {
    #[instrument_automation(type = "denied", err(with = |_| -> String { panic!("no words") }))]
    fn speechless() -> Result<(), Denied> {
        Err(Denied::HERE)
    }
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(speechless).unwrap_err();
    assert_eq!(executions(&telemetry, "denied"), Executions::ONE_FAILURE);
    assert_eq!(telemetry.only_span().status, Status::error(""));
}

const NAME: &str = "by a constant";

#[test]
fn a_span_has_the_name_and_kind_it_is_given() {
    #[instrument_automation(type = "a", name = "by a literal", kind = "client")]
    fn literal() {}
    #[track_margin_guard(action = "a", plan = "pro", name = NAME, kind = SpanKind::Consumer)]
    fn constant() {}
    #[instrument_automation(type = "a", kind = "producer")]
    fn r#type() {}
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(|| {
        literal();
        constant();
        r#type();
    });
    let spans = telemetry.spans();
    let seen: Vec<_> = spans
        .iter()
        .map(|span| (&*span.name, span.span_kind.clone()))
        .collect();
    assert_eq!(
        seen,
        [
            ("by a literal", SpanKind::Client),
            ("by a constant", SpanKind::Consumer),
            ("type", SpanKind::Producer),
        ]
    );
}

mod targets {
    pub(super) const JOBS: &str = "axisor::jobs";
}

#[instrument_automation(type = "level")]
fn usual() {}

#[instrument_automation(type = "level", level = "debug")]
fn debug() {}

#[instrument_automation(type = "level", level = Level::ERROR, target = "axisor::trading")]
fn error() {}

#[instrument_automation(type = "level", level = "trace", target = targets::JOBS)]
fn trace() {}

#[test]
fn which_spans_are_made_is_told_by_level_and_target_and_all_calls_count() {
    let here = module_path!();
    for (directives, expected) in [
        ("info", vec!["usual", "error"]),
        ("debug", vec!["usual", "debug", "error"]),
        ("off", vec![]),
        ("warn,axisor::jobs=trace", vec!["error", "trace"]),
        (&format!("off,{here}=debug"), vec!["usual", "debug"]),
        ("axisor=trace", vec!["error", "trace"]),
    ] {
        let telemetry =
            TestTelemetry::configured(|builder| builder.set("traces.level", directives));
        telemetry.in_scope(|| {
            usual();
            debug();
            error();
            trace();
        });
        let spans = telemetry.spans();
        let names: Vec<_> = spans.iter().map(|span| &*span.name).collect();
        assert_eq!(names, expected, "{directives}");
        assert_eq!(
            executions(&telemetry, "level").success,
            Some(4.0),
            "{directives}"
        );
    }
}

struct User {
    id: u64,
    name: String,
    plan: Option<&'static str>,
    limits: (u8, f64),
}

impl User {
    fn new() -> Self {
        Self {
            id: 7,
            name: "satoshi".into(),
            plan: None,
            limits: (1, 0.5),
        }
    }
}

#[instrument_automation(
    type = "fields",
    fields(
        user.id,
        %user.name,
        ?user.plan,
        fast,
        sats = *sats + 1,
        big = u64::MAX,
        ratio = user.limits.1,
        user.limits.0,
        shown = %format_args!("{}!", user.name),
        debugged = ?user.name,
        "quoted.name" = user.name.len(),
        type = "limit",
        absent = user.plan,
        present = Some(1),
    )
)]
async fn with_fields(user: &User, fast: bool, sats: &u64) {
    tokio::task::yield_now().await;
}

#[tokio::test]
async fn fields_are_attributes_of_the_span_in_each_form() {
    let telemetry = TestTelemetry::new();
    let user = User::new();
    telemetry.scope(with_fields(&user, true, &4)).await;
    let span = telemetry.only_span();
    let is = |name: &str, expected: Value| {
        span.assert_attribute(name, expected);
    };
    is("user.id", 7.into());
    is("user.name", "satoshi".into());
    is("user.plan", "None".into());
    is("fast", true.into());
    is("sats", 5.into());
    is("big", u64::MAX.to_string().into());
    is("ratio", 0.5.into());
    is("user.limits.0", 1.into());
    is("shown", "satoshi!".into());
    is("debugged", "\"satoshi\"".into());
    is("quoted.name", 7.into());
    is("type", "limit".into());
    is("present", 1.into());
    span.assert_no_attribute("absent");
}

#[test]
fn nothing_but_the_named_fields_is_recorded() {
    #[track_margin_guard(action = "add", plan = "pro", fields(sats), skip(_secret), skip_all)]
    fn add(sats: u64, _secret: &str) {}
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(|| add(5, "hunter2"));
    let span = telemetry.only_span();
    span.assert_attribute("sats", 5);
    assert!(!format!("{span:?}").contains("hunter2"));
}

#[test]
fn what_only_a_span_needs_is_evaluated_only_if_one_is_made() {
    thread_local!(static ASKED: Cell<u32> = const { Cell::new(0) });
    fn asked() -> Option<opentelemetry::Context> {
        ASKED.set(ASKED.get() + 1);
        None
    }
    #[instrument_automation(type = "asked", parent = asked(), links(asked()), fields(a = ?asked()))]
    fn asks() {}
    let telemetry = TestTelemetry::configured(|builder| builder.set("traces.level", "off"));
    telemetry.in_scope(asks);
    assert_eq!(ASKED.get(), 0);
    assert_eq!(executions(&telemetry, "asked"), Executions::ONE_SUCCESS);
    asks();
    assert_eq!(ASKED.get(), 0, "without telemetry only the body runs");
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(asks);
    assert_eq!(ASKED.get(), 3);
}

#[test]
fn fields_are_not_evaluated_below_a_parent_that_is_not_sampled() {
    thread_local!(static ASKED: Cell<u32> = const { Cell::new(0) });
    fn asked() -> u32 {
        ASKED.set(ASKED.get() + 1);
        ASKED.get()
    }
    #[instrument_automation(type = "unsampled", fields(a = asked()))]
    fn asks() {}
    let telemetry =
        TestTelemetry::configured(|builder| builder.set("traces.sampler", "always_off"));
    #[instrument_automation(type = "outer")]
    fn outer() {
        asks();
    }
    telemetry.in_scope(outer);
    assert_eq!(ASKED.get(), 0);
    assert_eq!(executions(&telemetry, "unsampled"), Executions::ONE_SUCCESS);
}

#[tokio::test]
async fn a_field_may_be_moved_into_the_body() {
    #[instrument_automation(type = "moved", fields(user.name, user.id))]
    async fn moved(user: User) -> String {
        tokio::task::yield_now().await;
        user.name
    }
    #[instrument_automation(type = "moved", fields(user.name, id = user.id))]
    fn future(user: User) -> impl Future<Output = String> {
        async move { user.name }
    }
    let telemetry = TestTelemetry::new();
    telemetry.scope(moved(User::new())).await;
    telemetry
        .scope(telemetry.in_scope(|| future(User::new())))
        .await;
    for span in telemetry.spans() {
        span.assert_attribute("user.name", "satoshi");
    }
    assert_eq!(telemetry.spans().len(), 2);
}

#[test]
fn texts_of_others_in_fields_are_redacted_and_values_stay() {
    #[instrument_automation(type = "redacted", fields(url, shown = %url, debugged = ?url))]
    fn connect(url: &str) {}
    let telemetry = TestTelemetry::new();
    let url = "postgres://axisor:hunter2@db/axisor";
    telemetry.in_scope(|| connect(url));
    let span = telemetry.only_span();
    let redacted = "postgres://[redacted]@db/axisor";
    span.assert_attribute("url", url);
    span.assert_attribute("shown", redacted);
    let debugged = format!("\"{redacted}\"");
    span.assert_attribute("debugged", debugged);
}

#[test]
fn no_text_of_a_span_is_endless() {
    const MOST: usize = 16 * 1024;
    #[instrument_automation(
        type = "long",
        err(with = String::clone),
        fields(text, optional = Some(text.as_str()), shown = %text)
    )]
    fn long(text: &String) -> Result<(), String> {
        Err(text.clone())
    }
    let telemetry = TestTelemetry::new();
    let text = "ü".repeat(2_500_000);
    telemetry.in_scope(|| long(&text)).unwrap_err();
    let span = telemetry.only_span();
    for field in ["text", "optional"] {
        assert_eq!(attribute(&span, field).unwrap().len(), MOST, "{field}");
    }
    assert!(attribute(&span, "shown").unwrap().len() <= MOST);
    let Status::Error { description } = &span.status else {
        panic!("{:?}", span.status)
    };
    assert_eq!(description.len(), MOST);
}
