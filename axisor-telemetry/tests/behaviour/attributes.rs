//! The two attributes.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};

use async_trait::async_trait;
use axisor_telemetry::testing::TestTelemetry;
use axisor_telemetry::{ExecutionOutcome, Outcome, instrument_automation, track_margin_guard};
use opentelemetry::Context;
use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, Status, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::recorded::{Executions, attribute, executions, poll_and_drop, poll_once};
use crate::seen::value;

#[derive(Debug)]
struct Refused;

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the exchange refused")
    }
}

#[instrument_automation(type = "margin_check")]
fn check(margin: i32) -> Result<i32, Refused> {
    if margin < 0 {
        return Err(Refused);
    }
    Ok(margin)
}

#[instrument_automation(type = "margin_check")]
async fn check_later(margin: i32) -> Result<i32, Refused> {
    tokio::task::yield_now().await;
    check_plain(margin)?;
    Ok(margin)
}

fn check_plain(margin: i32) -> Result<(), Refused> {
    if margin < 0 { Err(Refused) } else { Ok(()) }
}

#[test]
fn a_function_that_returns_ok_counts_once_as_success() {
    let telemetry = TestTelemetry::new();
    assert_eq!(telemetry.in_scope(|| check(1)).unwrap(), 1);
    assert_eq!(
        executions(&telemetry, "margin_check"),
        Executions::ONE_SUCCESS
    );
}

#[test]
fn a_function_that_returns_err_counts_once_as_failure() {
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(|| check(-1)).unwrap_err();
    assert_eq!(
        executions(&telemetry, "margin_check"),
        Executions::ONE_FAILURE
    );
}

#[tokio::test]
async fn an_async_function_counts_by_what_it_returns() {
    let telemetry = TestTelemetry::new();
    telemetry.scope(check_later(1)).await.unwrap();
    assert_eq!(
        executions(&telemetry, "margin_check"),
        Executions::ONE_SUCCESS
    );
    telemetry.scope(check_later(-1)).await.unwrap_err();
    assert_eq!(executions(&telemetry, "margin_check").failure, Some(1.0));
}

#[test]
fn the_span_of_a_success_has_the_functions_name_kind_and_labels() {
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(|| check(1)).unwrap();
    let span = telemetry.only_span();
    assert_eq!(span.name, "check");
    assert_eq!(span.span_kind, SpanKind::Internal);
    assert_eq!(span.status, Status::Unset);
    let value = |key| attribute(&span, key);
    assert_eq!(value("axisor.automation.type").unwrap(), "margin_check");
    assert_eq!(value("axisor.outcome").unwrap(), "success");
    assert_eq!(
        value("code.function.name").unwrap(),
        concat!(module_path!(), "::check")
    );
    assert!(value("code.file.path").unwrap().ends_with("attributes.rs"));
    assert_eq!(value("error.type"), None);
    assert!(
        !format!("{span:?}").contains("margin: "),
        "no argument is recorded"
    );
}

#[test]
fn the_span_of_a_failure_says_what_failed() {
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(|| check(-1)).unwrap_err();
    let span = telemetry.only_span();
    assert_eq!(span.status, Status::error("the exchange refused"));
    span.assert_attribute("axisor.outcome", "failure");
    assert!(
        attribute(&span, "error.type")
            .unwrap()
            .ends_with("attributes::Refused")
    );
    let event = &span.events.events[0];
    assert_eq!(event.name, "exception");
    assert!(format!("{event:?}").contains("the exchange refused"));
}

#[instrument_automation(type = "panics")]
fn panics(message: &str) {
    panic!("{message}");
}

#[instrument_automation(type = "panics")]
async fn panics_later(message: &str) {
    tokio::task::yield_now().await;
    panic!("{message}");
}

#[test]
fn a_panic_counts_once_as_failure_and_goes_on() {
    let telemetry = TestTelemetry::new();
    let caught = catch_unwind(AssertUnwindSafe(|| {
        telemetry.in_scope(|| panics("secret"));
    }));
    assert_eq!(
        caught.unwrap_err().downcast_ref::<String>().unwrap(),
        "secret"
    );
    assert_eq!(executions(&telemetry, "panics"), Executions::ONE_FAILURE);
    let span = telemetry.only_span();
    assert!(matches!(span.status, Status::Error { .. }));
    span.assert_attribute("error.type", "panic");
    assert!(
        !format!("{span:?}").contains("secret"),
        "no payload is recorded"
    );
}

#[tokio::test]
async fn a_panic_after_a_poll_counts_before_the_future_is_dropped() {
    let telemetry = TestTelemetry::new();
    let mut future = Box::pin(telemetry.scope(panics_later("secret")));
    assert!(poll_once(future.as_mut()).is_pending());
    catch_unwind(AssertUnwindSafe(|| poll_once(future.as_mut()))).unwrap_err();
    assert_eq!(executions(&telemetry, "panics"), Executions::ONE_FAILURE);
    drop(future);
    assert_eq!(executions(&telemetry, "panics"), Executions::ONE_FAILURE);
    telemetry
        .only_span()
        .assert_attribute("error.type", "panic");
}

#[test]
fn a_future_dropped_after_its_first_poll_counts_once_as_failure() {
    let telemetry = TestTelemetry::new();
    poll_and_drop(telemetry.scope(check_later(1)));
    assert_eq!(
        executions(&telemetry, "margin_check"),
        Executions::ONE_FAILURE
    );
    let span = telemetry.only_span();
    assert_eq!(span.status, Status::Unset);
    span.assert_attribute("axisor.outcome", "cancelled");
}

#[test]
fn a_future_never_polled_is_no_call() {
    let telemetry = TestTelemetry::new();
    drop(telemetry.scope(check_later(1)));
    assert_eq!(executions(&telemetry, "margin_check"), Executions::NONE);
    assert!(telemetry.spans().is_empty());
}

#[test]
fn a_future_dropped_by_somebody_elses_panic_is_cancelled() {
    let telemetry = TestTelemetry::new();
    let result = catch_unwind(AssertUnwindSafe(|| {
        let mut future = Box::pin(telemetry.scope(check_later(1)));
        assert!(poll_once(future.as_mut()).is_pending());
        panic!("somebody else's");
    }));
    assert!(result.is_err());
    telemetry
        .only_span()
        .assert_attribute("axisor.outcome", "cancelled");
}

type Answer<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

enum Verdict {
    Placed,
    Refused,
}

impl ExecutionOutcome for Verdict {
    fn outcome(&self) -> Outcome {
        Outcome::success_if(matches!(self, Self::Placed))
    }
}

struct NoDisplay;

#[instrument_automation(type = "some")]
fn some(given: bool) -> Option<u8> {
    given.then_some(1)
}

#[instrument_automation(type = "bool")]
fn boolean(given: bool) -> bool {
    given
}

#[instrument_automation(type = "alias")]
fn alias(given: bool) -> Answer<u8> {
    if given { Ok(1) } else { Err("no price".into()) }
}

#[instrument_automation(type = "verdict")]
fn verdict(given: bool) -> Verdict {
    if given {
        Verdict::Placed
    } else {
        Verdict::Refused
    }
}

#[instrument_automation(type = "no_display")]
fn no_display(given: bool) -> Result<(), NoDisplay> {
    if given { Ok(()) } else { Err(NoDisplay) }
}

#[instrument_automation(type = "generic")]
fn generic<E>(error: Option<E>) -> Result<(), E> {
    error.map_or(Ok(()), Err)
}

#[instrument_automation(type = "unit")]
fn unit() {}

#[instrument_automation(type = "other")]
fn other() -> Vec<u8> {
    vec![1]
}

#[instrument_automation(type = "opaque")]
fn opaque(given: bool) -> Result<impl Iterator<Item = u8>, Refused> {
    check_plain(if given { 1 } else { -1 })?;
    Ok([1, 2].into_iter())
}

#[test]
fn how_a_call_counts_is_told_by_its_type() {
    type Case = (&'static str, fn(bool));
    let cases: [Case; 7] = [
        ("some", |given| {
            some(given);
        }),
        ("bool", |given| {
            boolean(given);
        }),
        ("alias", |given| _ = alias(given)),
        ("verdict", |given| _ = verdict(given)),
        ("no_display", |given| _ = no_display(given)),
        ("generic", |given| _ = generic((!given).then_some(Refused))),
        ("opaque", |given| _ = opaque(given)),
    ];
    for (name, call) in cases {
        let telemetry = TestTelemetry::new();
        telemetry.in_scope(|| call(true));
        assert_eq!(
            executions(&telemetry, name),
            Executions::ONE_SUCCESS,
            "{name}"
        );
        let telemetry = TestTelemetry::new();
        telemetry.in_scope(|| call(false));
        assert_eq!(
            executions(&telemetry, name),
            Executions::ONE_FAILURE,
            "{name}"
        );
        assert!(
            matches!(telemetry.only_span().status, Status::Error { .. }),
            "{name}"
        );
    }
}

type Checked = Result<u8, Refused>;

#[instrument_automation(type = "borrowed")]
fn borrowed(checked: &Checked) -> &Checked {
    checked
}

#[instrument_automation(type = "borrowed")]
async fn borrowed_later(checked: &mut Checked) -> &mut Checked {
    checked
}

#[instrument_automation(type = "borrowed")]
fn boxed(checked: Checked) -> Box<Checked> {
    Box::new(checked)
}

#[instrument_automation(type = "borrowed", err(Debug))]
fn borrowed_debug(checked: &Checked) -> &Checked {
    checked
}

#[instrument_automation(type = "borrowed", err(with = |error| format!("say {error}")))]
fn borrowed_in_words<'a>(checked: &'a &'a Checked) -> &'a &'a Checked {
    checked
}

/// The recorded text of a call that has failed.
fn text_of_failure<R>(call: impl FnOnce() -> R) -> Status {
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(call);
    assert_eq!(executions(&telemetry, "borrowed"), Executions::ONE_FAILURE);
    let span = telemetry.only_span();
    let error_type = attribute(&span, "error.type").unwrap();
    assert!(error_type.ends_with("attributes::Refused"), "{error_type}");
    span.status.clone()
}

#[tokio::test]
async fn a_borrowed_or_boxed_result_counts_as_the_result_and_says_its_error() {
    let failed = Err(Refused);
    let refused = Status::error("the exchange refused");
    assert_eq!(text_of_failure(|| borrowed(&failed).is_err()), refused);
    assert_eq!(text_of_failure(|| boxed(Err(Refused)).is_err()), refused);
    assert_eq!(
        text_of_failure(|| borrowed_debug(&failed).is_err()),
        Status::error("Refused")
    );
    assert_eq!(
        text_of_failure(|| borrowed_in_words(&&failed).is_err()),
        Status::error("say the exchange refused")
    );
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(|| borrowed(&Ok(1)).is_ok());
    assert_eq!(executions(&telemetry, "borrowed"), Executions::ONE_SUCCESS);
    let mut failed = Err(Refused);
    let later = telemetry.scope(borrowed_later(&mut failed));
    assert!(later.await.is_err());
    assert_eq!(executions(&telemetry, "borrowed").failure, Some(1.0));
}

#[test]
fn what_else_is_borrowed_or_boxed_counts_as_what_it_is() {
    #[instrument_automation(type = "none")]
    fn none(given: &Option<u8>) -> &Option<u8> {
        given
    }
    #[instrument_automation(type = "false")]
    #[expect(clippy::unnecessary_box_returns, reason = "how it counts is asked")]
    fn not() -> Box<bool> {
        Box::new(false)
    }
    #[instrument_automation(type = "no_display")]
    fn no_display(given: &Result<(), NoDisplay>) -> &Result<(), NoDisplay> {
        given
    }
    #[instrument_automation(type = "text")]
    fn text(given: &str) -> &str {
        given
    }
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(|| {
        none(&None);
        not();
        assert!(no_display(&Err(NoDisplay)).is_err());
        text("");
    });
    for failure in ["none", "false", "no_display"] {
        assert_eq!(executions(&telemetry, failure), Executions::ONE_FAILURE);
    }
    assert_eq!(executions(&telemetry, "text"), Executions::ONE_SUCCESS);
}

#[test]
fn a_bare_type_parameter_counts_as_success_unless_it_is_bounded() {
    #[instrument_automation(type = "bare")]
    fn bare<T>(value: T) -> T {
        value
    }
    #[instrument_automation(type = "bounded")]
    fn bounded<T: ExecutionOutcome>(value: T) -> T {
        value
    }
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(|| {
        bare(check_plain(-1)).unwrap_err();
        bounded(check_plain(-1)).unwrap_err();
    });
    assert_eq!(executions(&telemetry, "bare"), Executions::ONE_SUCCESS);
    assert_eq!(executions(&telemetry, "bounded"), Executions::ONE_FAILURE);
}

#[test]
fn a_type_that_says_nothing_counts_as_success() {
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(unit);
    telemetry.in_scope(other);
    assert_eq!(executions(&telemetry, "unit"), Executions::ONE_SUCCESS);
    assert_eq!(executions(&telemetry, "other"), Executions::ONE_SUCCESS);
}

struct User {
    plan: String,
}

#[track_margin_guard(action = "add_margin", plan = user.plan)]
async fn add_margin(user: User, sats: u64) -> Result<u64, Refused> {
    tokio::task::yield_now().await;
    drop(user);
    if sats == 0 { Err(Refused) } else { Ok(sats) }
}

#[tokio::test]
async fn an_action_taken_counts_by_action_and_plan() {
    let telemetry = TestTelemetry::new();
    let user = User { plan: "pro".into() };
    telemetry.scope(add_margin(user, 5)).await.unwrap();
    telemetry.assert_family(
        "axisor_margin_guard_actions_total",
        r#"axisor_margin_guard_actions_total{action_type="add_margin",user_plan="pro"} 1"#,
    );
    let span = telemetry.only_span();
    span.assert_attribute("axisor.margin_guard.action", "add_margin");
    span.assert_attribute("axisor.margin_guard.plan", "pro");
}

#[tokio::test]
async fn an_action_that_failed_was_not_taken() {
    let telemetry = TestTelemetry::new();
    let user = User { plan: "pro".into() };
    telemetry.scope(add_margin(user, 0)).await.unwrap_err();
    poll_and_drop(telemetry.scope(add_margin(User { plan: "pro".into() }, 5)));
    telemetry.assert_family("axisor_margin_guard_actions_total", "");
    assert_eq!(telemetry.spans().len(), 2);
}

#[instrument_automation(type = "outer", name = "the outer one")]
async fn outer() {
    tokio::task::yield_now().await;
    inner();
    tokio::task::yield_now().await;
}

#[instrument_automation(type = "inner")]
fn inner() {}

#[tokio::test]
async fn calls_inside_a_call_are_its_children() {
    let telemetry = TestTelemetry::new();
    let both = async { tokio::join!(outer(), outer()) };
    telemetry.scope(both).await;
    let spans = telemetry.spans();
    let outers: Vec<_> = spans
        .iter()
        .filter(|span| span.name == "the outer one")
        .collect();
    let inners: Vec<_> = spans.iter().filter(|span| span.name == "inner").collect();
    assert_eq!((outers.len(), inners.len()), (2, 2));
    for outer in outers {
        let id = outer.span_context.span_id();
        assert_eq!(
            inners
                .iter()
                .filter(|inner| inner.parent_span_id == id)
                .count(),
            1
        );
    }
}

#[test]
fn a_future_that_can_be_sent_still_can() {
    fn send(_: &impl Send) {}
    send(&check_later(1));
    send(&outer());
}

#[async_trait]
trait Guard {
    async fn protect(&mut self, sats: u64) -> Result<u64, Refused>;
}

struct Margin {
    plan: &'static str,
    sats: u64,
}

#[async_trait]
impl Guard for Margin {
    #[track_margin_guard(action = "protect", plan = self.plan)]
    async fn protect(&mut self, sats: u64) -> Result<u64, Refused> {
        check_later(1).await?;
        self.sats += sats;
        Ok(self.sats)
    }
}

#[tokio::test]
async fn a_method_of_an_async_trait_is_one_call_from_first_poll_to_end() {
    let telemetry = TestTelemetry::new();
    let mut margin = Margin {
        plan: "basic",
        sats: 1,
    };
    drop(telemetry.scope(margin.protect(1)));
    assert!(telemetry.spans().is_empty(), "never polled is no call");
    let sats = telemetry.scope(margin.protect(1)).await.unwrap();
    assert_eq!(sats, 2);
    telemetry.assert_family(
        "axisor_margin_guard_actions_total",
        r#"axisor_margin_guard_actions_total{action_type="protect",user_plan="basic"} 1"#,
    );
    telemetry.assert_spans("protect\n  check_later");
}

#[instrument_automation(type = kind)]
fn returns_a_future(kind: &str, fail: bool) -> impl Future<Output = Result<(), Refused>> + use<> {
    async move {
        tokio::task::yield_now().await;
        if fail { Err(Refused) } else { Ok(()) }
    }
}

#[instrument_automation(type = kind)]
fn returns_a_box(kind: &str, fail: bool) -> Pin<Box<dyn Future<Output = Result<(), Refused>>>> {
    if fail {
        return Box::pin(std::future::ready(Err(Refused)));
    }
    Box::pin(async { Ok(()) })
}

#[instrument_automation(type = "early")]
#[rustfmt::skip] // without a semicolon
fn returns_a_box_early(early: bool) -> Pin<Box<dyn Future<Output = u8>>> {
    if early { return Box::pin(std::future::ready(1)) }
    Box::pin(async move { 2 })
}

#[tokio::test]
async fn a_box_returned_early_is_a_call_too() {
    let telemetry = TestTelemetry::new();
    let early = telemetry.scope(returns_a_box_early(true));
    assert_eq!(early.await, 1);
    assert_eq!(executions(&telemetry, "early"), Executions::ONE_SUCCESS);
    let late = telemetry.scope(returns_a_box_early(false));
    assert_eq!(late.await, 2);
    assert_eq!(executions(&telemetry, "early").success, Some(2.0));
}

/// Its future lives longer than the label.
#[instrument_automation(type = kind, fields(id))]
fn returns_only_a_box(kind: &str, id: u64) -> Pin<Box<dyn Future<Output = u64> + Send + 'static>> {
    Box::pin(async move { id })
}

#[tokio::test]
async fn expressions_of_a_function_that_is_not_async_are_evaluated_when_it_is_called() {
    let telemetry = TestTelemetry::new();
    let future = {
        let kind = "dca".to_owned();
        telemetry.in_scope(|| returns_only_a_box(&kind, 7))
    };
    assert_eq!(executions(&telemetry, "dca"), Executions::NONE);
    assert_eq!(telemetry.scope(future).await, 7);
    assert_eq!(executions(&telemetry, "dca"), Executions::ONE_SUCCESS);
    telemetry.only_span().assert_attribute("id", 7);
}

#[tokio::test]
async fn a_function_that_returns_a_future_counts_by_what_the_future_returns() {
    let telemetry = TestTelemetry::new();
    drop(returns_a_future("dropped", false));
    poll_and_drop(telemetry.scope(returns_a_future("cancelled", false)));
    telemetry
        .scope(returns_a_future("ok", false))
        .await
        .unwrap();
    telemetry
        .scope(returns_a_future("err", true))
        .await
        .unwrap_err();
    telemetry
        .scope(returns_a_box("box_ok", false))
        .await
        .unwrap();
    telemetry
        .scope(returns_a_box("box_err", true))
        .await
        .unwrap_err();
    assert_eq!(executions(&telemetry, "dropped"), Executions::NONE);
    assert_eq!(executions(&telemetry, "cancelled"), Executions::ONE_FAILURE);
    assert_eq!(executions(&telemetry, "ok"), Executions::ONE_SUCCESS);
    assert_eq!(executions(&telemetry, "err"), Executions::ONE_FAILURE);
    assert_eq!(executions(&telemetry, "box_ok"), Executions::ONE_SUCCESS);
    assert_eq!(executions(&telemetry, "box_err"), Executions::ONE_FAILURE);
}

#[test]
fn under_a_parent_that_is_not_sampled_calls_count_and_make_no_span() {
    let telemetry = TestTelemetry::new();
    let ids = (TraceId::from(1), SpanId::from(1));
    let parent = SpanContext::new(
        ids.0,
        ids.1,
        TraceFlags::NOT_SAMPLED,
        false,
        TraceState::NONE,
    );
    let parent = Context::new().with_remote_span_context(parent);
    let _attached = parent.attach();
    telemetry.in_scope(|| check(1)).unwrap();
    assert_eq!(
        executions(&telemetry, "margin_check"),
        Executions::ONE_SUCCESS
    );
    assert!(telemetry.spans().is_empty());
}

#[test]
fn under_a_remote_parent_the_call_joins_its_trace() {
    let telemetry = TestTelemetry::new();
    let ids = (TraceId::from(1), SpanId::from(1));
    let parent = SpanContext::new(ids.0, ids.1, TraceFlags::SAMPLED, true, TraceState::NONE);
    let parent = Context::new().with_remote_span_context(parent);
    let _attached = parent.attach();
    telemetry.in_scope(|| check(1)).unwrap();
    let span = telemetry.only_span();
    assert_eq!((span.span_context.trace_id(), span.parent_span_id), ids);
}

#[instrument_automation(type = "drops")]
async fn holds_until_dropped(held: SpanAtDrop) {
    std::future::pending::<()>().await;
    drop(held);
}

/// Says which span is current when it is dropped.
struct SpanAtDrop(std::sync::mpsc::Sender<SpanId>);

impl Drop for SpanAtDrop {
    fn drop(&mut self) {
        let _ = self.0.send(current_span());
    }
}

fn current_span() -> SpanId {
    Context::map_current(|context| context.span().span_context().span_id())
}

#[test]
fn what_a_cancelled_call_holds_is_dropped_inside_its_span() {
    let telemetry = TestTelemetry::new();
    let (sender, receiver) = std::sync::mpsc::channel();
    poll_and_drop(telemetry.scope(holds_until_dropped(SpanAtDrop(sender))));
    assert_eq!(
        receiver.recv().unwrap(),
        telemetry.only_span().span_context.span_id()
    );
    assert_eq!(current_span(), SpanId::INVALID);
}

#[test]
fn between_polls_the_context_is_the_callers() {
    let telemetry = TestTelemetry::new();
    let mut future = pin!(telemetry.scope(outer()));
    assert!(poll_once(future.as_mut()).is_pending());
    assert_eq!(current_span(), SpanId::INVALID);
}

struct Secretive;

impl std::fmt::Display for Secretive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cannot open postgres://axisor:hunter2@db/axisor")
    }
}

#[instrument_automation(type = "secretive")]
fn secretive() -> Result<(), Secretive> {
    Err(Secretive)
}

#[instrument_automation(type = "secretive", err(type_only))]
fn silent() -> Result<(), Secretive> {
    Err(Secretive)
}

#[test]
fn the_text_of_an_error_is_redacted() {
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(|| secretive().is_err());
    let span = format!("{:?}", telemetry.only_span());
    assert!(span.contains("cannot open postgres://"), "{span}");
    assert!(!span.contains("hunter2"), "{span}");
}

#[test]
fn the_text_of_an_error_is_left_out_where_only_its_type_is_wanted() {
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(|| silent().is_err());
    let span = telemetry.only_span();
    assert_eq!(span.status, Status::error(""));
    assert!(
        attribute(&span, "error.type")
            .unwrap()
            .ends_with("Secretive")
    );
    assert!(!format!("{span:?}").contains("cannot open"));
}

struct Unspeakable;

impl std::fmt::Display for Unspeakable {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("no words")
    }
}

#[instrument_automation(type = "unspeakable")]
fn unspeakable() -> Result<(), Unspeakable> {
    Err(Unspeakable)
}

#[test]
fn an_error_that_panics_when_shown_does_not_fail_the_call() {
    let telemetry = TestTelemetry::new();
    assert!(telemetry.in_scope(unspeakable).is_err());
    assert_eq!(
        executions(&telemetry, "unspeakable"),
        Executions::ONE_FAILURE
    );
    telemetry
        .only_span()
        .assert_attribute("axisor.outcome", "failure");
}

#[test]
fn one_place_in_the_code_records_for_whichever_telemetry_is_current() {
    let (one, other) = (TestTelemetry::new(), TestTelemetry::new());
    check(1).unwrap();
    one.in_scope(|| check(1)).unwrap();
    other.in_scope(|| check(1)).unwrap();
    other.in_scope(|| one.in_scope(|| check(1))).unwrap();
    assert_eq!(executions(&one, "margin_check").success, Some(2.0));
    assert_eq!(executions(&other, "margin_check").success, Some(1.0));
}

#[test]
fn spans_of_tracing_and_of_calls_are_each_others_parents() {
    let telemetry = TestTelemetry::new();
    let subscriber = tracing_subscriber::registry().with(telemetry.layer());
    tracing::subscriber::with_default(subscriber, || {
        telemetry.in_scope(|| {
            tracing::info_span!("request").in_scope(nested);
        });
    });
    let spans = telemetry.spans();
    let named = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    let [request, nested, query] = ["request", "nested", "query"].map(named);
    assert_eq!(nested.parent_span_id, request.span_context.span_id());
    assert_eq!(query.parent_span_id, nested.span_context.span_id());
    assert_eq!(
        query.span_context.trace_id(),
        request.span_context.trace_id()
    );
}

#[instrument_automation(type = "nested")]
fn nested() {
    tracing::info_span!("query").in_scope(|| ());
}

#[test]
fn label_values_past_the_bound_become_other_and_each_recording_of_them_is_counted() {
    let telemetry = crate::seen::builder()
        .set("metrics.series_bound", 3)
        .build()
        .unwrap();
    for kind in ["a", "b", "c", "d", "d", "e"] {
        poll_once(pin!(telemetry.scope(returns_a_box(kind, false))))
            .map(Result::unwrap)
            .is_ready();
    }
    let count = |labels: &[_]| value(&telemetry, "axisor_automation_executions_total", labels);
    let other = count(&[("automation_type", "other"), ("status", "success")]);
    assert_eq!(other, Some(3.0));
    let folded = [("metric", "axisor_automation_executions_total")];
    assert_eq!(
        value(&telemetry, "axisor_label_overflow_total", &folded),
        Some(3.0)
    );
}

#[test]
fn a_label_value_that_stands_in_the_code_keeps_its_series_past_the_bound() {
    let telemetry = crate::seen::builder()
        .set("metrics.series_bound", 1)
        .build()
        .unwrap();
    for kind in ["a", "b"] {
        poll_once(pin!(telemetry.scope(returns_a_box(kind, false))))
            .map(Result::unwrap)
            .is_ready();
    }
    telemetry.in_scope(nested);
    let count = |kind| {
        let labels = [("automation_type", kind), ("status", "success")];
        value(&telemetry, "axisor_automation_executions_total", &labels)
    };
    assert_eq!((count("other"), count("nested")), (Some(1.0), Some(1.0)));
}

#[test]
fn without_telemetry_only_the_body_runs() {
    #[instrument_automation(type = unreachable(), ok_if = |_| unreachable().is_empty())]
    fn body(value: u8) -> u8 {
        value
    }
    fn unreachable() -> String {
        unreachable!("no label is computed without telemetry, and nothing is judged")
    }
    assert_eq!(body(5), 5);
}
