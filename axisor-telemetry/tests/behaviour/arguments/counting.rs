//! `ok_if`, `error_if`, `on_cancel`, `count`: what counts, and as what.

use std::panic::{AssertUnwindSafe, catch_unwind};

use axisor_telemetry::testing::TestTelemetry;
use axisor_telemetry::{instrument_automation, track_margin_guard};
use opentelemetry::trace::Status;

use super::Refused;
use crate::recorded::{Executions, executions, poll_and_drop};

struct Order {
    filled: u64,
}

#[instrument_automation(type = "order", ok_if = |order| order.filled > 0)]
fn place(filled: u64) -> Order {
    Order { filled }
}

#[instrument_automation(type = "order", error_if = |order| order.as_ref().is_ok_and(|order| order.filled == 0))]
async fn place_later(filled: u64) -> Result<Order, Refused> {
    if filled > 1000 {
        return Err(Refused);
    }
    Ok(Order { filled })
}

#[test]
fn what_ok_if_says_counts_instead_of_the_type() {
    for (filled, counted) in [(1, Executions::ONE_SUCCESS), (0, Executions::ONE_FAILURE)] {
        let telemetry = TestTelemetry::new();
        telemetry.in_scope(|| place(filled));
        assert_eq!(executions(&telemetry, "order"), counted);
    }
}

#[test]
fn a_failure_by_the_rule_is_an_error_of_no_type() {
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(|| place(0));
    let span = telemetry.only_span();
    assert_eq!(span.status, Status::error(""));
    span.assert_attribute("axisor.outcome", "failure");
    span.assert_attribute("error.type", "_OTHER");
}

#[tokio::test]
async fn what_error_if_says_fails_and_all_else_succeeds() {
    for (filled, counted) in [
        (1, Executions::ONE_SUCCESS),
        (0, Executions::ONE_FAILURE),
        (2000, Executions::ONE_SUCCESS),
    ] {
        let telemetry = TestTelemetry::new();
        let _ = telemetry.scope(place_later(filled)).await;
        assert_eq!(executions(&telemetry, "order"), counted, "{filled}");
    }
}

#[instrument_automation(type = "order", ok_if = Result::is_ok)]
fn boxed(filled: u64) -> std::pin::Pin<Box<dyn Future<Output = Result<u64, Refused>>>> {
    if filled == 0 {
        return Box::pin(std::future::ready(Err(Refused)));
    }
    Box::pin(async move { Ok(filled) })
}

#[tokio::test]
async fn a_failure_by_type_and_rule_keeps_the_errors_text() {
    let telemetry = TestTelemetry::new();
    telemetry.scope(boxed(0)).await.unwrap_err();
    assert_eq!(executions(&telemetry, "order"), Executions::ONE_FAILURE);
    assert_eq!(
        telemetry.only_span().status,
        Status::error("the exchange refused")
    );
}

#[test]
fn a_success_by_the_rule_says_nothing_of_the_error() {
    #[instrument_automation(type = "order", ok_if = |_| true)]
    fn always() -> Result<(), Refused> {
        Err(Refused)
    }
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(always).unwrap_err();
    assert_eq!(executions(&telemetry, "order"), Executions::ONE_SUCCESS);
    let span = telemetry.only_span();
    assert_eq!(span.status, Status::Unset);
    span.assert_no_attribute("error.type");
    assert!(span.events.is_empty());
}

#[instrument_automation(type = "watch", on_cancel = "skip")]
async fn watch(end: Option<Result<(), Refused>>) -> Result<(), Refused> {
    if let Some(end) = end {
        return end;
    }
    std::future::pending().await
}

#[instrument_automation(type = "watch", on_cancel = "failure")]
async fn watch_closely() {
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_cancelled_call_is_skipped_where_asked_and_all_others_count() {
    let telemetry = TestTelemetry::new();
    poll_and_drop(telemetry.scope(watch(None)));
    assert_eq!(executions(&telemetry, "watch"), Executions::NONE);
    let span = telemetry.only_span();
    span.assert_attribute("axisor.outcome", "cancelled");
    telemetry.scope(watch(Some(Ok(())))).await.unwrap();
    assert_eq!(executions(&telemetry, "watch"), Executions::ONE_SUCCESS);

    let telemetry = TestTelemetry::new();
    let refused = telemetry.scope(watch(Some(Err(Refused)))).await;
    refused.unwrap_err();
    assert_eq!(executions(&telemetry, "watch"), Executions::ONE_FAILURE);
}

#[test]
fn a_cancelled_call_is_a_failure_where_asked() {
    let telemetry = TestTelemetry::new();
    poll_and_drop(telemetry.scope(watch_closely()));
    assert_eq!(executions(&telemetry, "watch"), Executions::ONE_FAILURE);
}

#[test]
fn a_panic_is_not_skipped() {
    #[instrument_automation(type = "watch", on_cancel = "skip")]
    fn panics() {
        panic!("as it does");
    }
    let telemetry = TestTelemetry::new();
    catch_unwind(AssertUnwindSafe(|| telemetry.in_scope(panics))).unwrap_err();
    assert_eq!(executions(&telemetry, "watch"), Executions::ONE_FAILURE);
}

#[derive(Clone, Copy)]
enum End {
    Ok,
    Err,
    Panic,
    Never,
}

impl End {
    async fn come(self) -> Result<(), Refused> {
        match self {
            Self::Ok => Ok(()),
            Self::Err => Err(Refused),
            Self::Panic => panic!("as it does"),
            Self::Never => std::future::pending().await,
        }
    }
}

#[track_margin_guard(action = "usual", plan = "pro")]
async fn usual(end: End) -> Result<(), Refused> {
    end.come().await
}

#[track_margin_guard(action = "taken", plan = "pro", count = "success")]
async fn taken(end: End) -> Result<(), Refused> {
    end.come().await
}

#[track_margin_guard(action = "always", plan = "pro", count = "always")]
async fn always(end: End) -> Result<(), Refused> {
    end.come().await
}

#[track_margin_guard(
    action = "skipping",
    plan = "pro",
    count = "always",
    on_cancel = "skip"
)]
async fn skipping(end: End) -> Result<(), Refused> {
    end.come().await
}

#[test]
fn actions_count_if_they_succeeded_or_always_as_asked() {
    let telemetry = TestTelemetry::new();
    for end in [End::Ok, End::Err, End::Panic, End::Never] {
        telemetry.in_scope(|| {
            try_once(usual(end));
            try_once(taken(end));
            try_once(always(end));
            try_once(skipping(end));
        });
    }
    telemetry.assert_family(
        "axisor_margin_guard_actions_total",
        r#"
        axisor_margin_guard_actions_total{action_type="always",user_plan="pro"} 4
        axisor_margin_guard_actions_total{action_type="skipping",user_plan="pro"} 3
        axisor_margin_guard_actions_total{action_type="taken",user_plan="pro"} 1
        axisor_margin_guard_actions_total{action_type="usual",user_plan="pro"} 1
        "#,
    );
}

/// Polls once, whatever comes of it, and drops the future.
fn try_once(future: impl Future) {
    let polled = AssertUnwindSafe(|| {
        let _ = crate::recorded::poll_once(std::pin::pin!(future));
    });
    let _ = catch_unwind(polled);
}

#[test]
fn a_rule_decides_whether_an_action_was_taken() {
    #[track_margin_guard(action = "add", plan = "pro", ok_if = |sats| *sats > 0)]
    fn add(sats: u64) -> u64 {
        sats
    }
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(|| [add(0), add(5)]);
    telemetry.assert_family(
        "axisor_margin_guard_actions_total",
        r#"axisor_margin_guard_actions_total{action_type="add",user_plan="pro"} 1"#,
    );
}

#[tokio::test]
async fn a_rule_may_look_at_arguments() {
    #[instrument_automation(type = "order", ok_if = |order| order.filled >= least)]
    async fn at_least(least: u64, filled: u64) -> Order {
        tokio::task::yield_now().await;
        Order { filled }
    }
    let telemetry = TestTelemetry::new();
    telemetry.scope(at_least(5, 5)).await;
    telemetry.scope(at_least(5, 4)).await;
    let executions = executions(&telemetry, "order");
    assert_eq!(executions.success, Some(1.0));
    assert_eq!(executions.failure, Some(1.0));
}

#[tokio::test]
async fn an_execution_that_is_an_action_too_counts_as_both() {
    #[instrument_automation(type = "protect")]
    #[track_margin_guard(action = "protect", plan = plan, name = "action")]
    async fn protect(plan: &str) -> Result<(), Refused> {
        tokio::task::yield_now().await;
        if plan.is_empty() {
            Err(Refused)
        } else {
            Ok(())
        }
    }
    let telemetry = TestTelemetry::new();
    telemetry.scope(protect("pro")).await.unwrap();
    telemetry.scope(protect("")).await.unwrap_err();
    let executions = executions(&telemetry, "protect");
    assert_eq!(
        (executions.success, executions.failure),
        (Some(1.0), Some(1.0))
    );
    telemetry.assert_family(
        "axisor_margin_guard_actions_total",
        r#"axisor_margin_guard_actions_total{action_type="protect",user_plan="pro"} 1"#,
    );
    let spans = telemetry.spans();
    let names: Vec<_> = spans.iter().map(|span| &*span.name).collect();
    assert_eq!(names, ["protect", "action", "protect", "action"]);
    let outer = spans[1].span_context.span_id();
    assert_eq!(spans[0].parent_span_id, outer, "the lower one is around");
}
