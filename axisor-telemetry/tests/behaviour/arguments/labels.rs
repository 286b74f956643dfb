//! Labels from what is returned, and from enums.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use axisor_telemetry::testing::{TestSpan, TestTelemetry};
use axisor_telemetry::{LabelValue, Telemetry, instrument_automation, track_margin_guard};

use super::Refused;
use crate::recorded::{Executions, attribute, executions, poll_and_drop};
use crate::seen;

#[derive(Debug, Clone, Copy, LabelValue)]
#[allow(dead_code, reason = "a label says nothing of a variant's data")]
enum Action {
    AddMargin {
        sats: u64,
    },
    ReduceSize(u64),
    #[label("leave_it")]
    Nothing,
}

#[track_margin_guard(action = ret(|action| *action), plan = plan)]
fn decide(plan: &str, margin: u64) -> Action {
    match margin {
        0 => Action::AddMargin { sats: 5 },
        1 => Action::ReduceSize(1),
        _ => Action::Nothing,
    }
}

#[test]
fn a_label_comes_from_what_is_returned() {
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(|| [decide("pro", 0), decide("free", 1), decide("pro", 2)]);
    telemetry.assert_family(
        "axisor_margin_guard_actions_total",
        r#"
        axisor_margin_guard_actions_total{action_type="add_margin",user_plan="pro"} 1
        axisor_margin_guard_actions_total{action_type="leave_it",user_plan="pro"} 1
        axisor_margin_guard_actions_total{action_type="reduce_size",user_plan="free"} 1
        "#,
    );
    let labels = telemetry.spans().iter().map(labels).collect::<Vec<_>>();
    let expected = [
        ("add_margin", "pro"),
        ("reduce_size", "free"),
        ("leave_it", "pro"),
    ];
    assert_eq!(
        labels,
        expected.map(|(action, plan)| (action.into(), plan.into()))
    );
}

fn labels(span: &TestSpan) -> (String, String) {
    let label = |name: &str| attribute(span, &format!("axisor.margin_guard.{name}")).unwrap();
    (label("action"), label("plan"))
}

#[test]
fn a_label_of_a_call_that_returned_nothing_is_unknown() {
    #[track_margin_guard(action = ret(|action| *action), plan = ret(|_| "pro"), count = "always")]
    async fn never() -> Action {
        std::future::pending().await
    }
    #[instrument_automation(type = ret(|action| *action))]
    fn panics() -> Action {
        panic!("as it does")
    }
    let telemetry = TestTelemetry::new();
    poll_and_drop(telemetry.scope(never()));
    telemetry.assert_family(
        "axisor_margin_guard_actions_total",
        r#"axisor_margin_guard_actions_total{action_type="unknown",user_plan="unknown"} 1"#,
    );
    let unknown = axisor_telemetry::label::UNKNOWN.to_owned();
    assert_eq!(labels(&telemetry.only_span()), (unknown.clone(), unknown));

    let telemetry = TestTelemetry::new();
    catch_unwind(AssertUnwindSafe(|| {
        telemetry.in_scope(panics);
    }))
    .unwrap_err();
    assert_eq!(executions(&telemetry, "unknown"), Executions::ONE_FAILURE);
    let span = telemetry.only_span();
    span.assert_attribute("axisor.automation.type", "unknown");
}

#[instrument_automation(type = ret(|kind| kind.as_ref().map_or("refused", |kind| kind)))]
async fn kind(given: &str) -> Result<String, Refused> {
    tokio::task::yield_now().await;
    if given.is_empty() {
        Err(Refused)
    } else {
        Ok(given.to_owned())
    }
}

#[instrument_automation(type = ret(|kind| Cow::Owned::<'_, str>(format!("{kind}_future"))))]
fn future(given: &'static str) -> impl Future<Output = &'static str> {
    std::future::ready(given)
}

#[tokio::test]
async fn a_label_comes_from_what_a_future_returns() {
    let telemetry = TestTelemetry::new();
    telemetry.scope(kind("dca")).await.unwrap();
    telemetry.scope(kind("")).await.unwrap_err();
    telemetry.scope(future("a")).await;
    assert_eq!(executions(&telemetry, "dca"), Executions::ONE_SUCCESS);
    assert_eq!(executions(&telemetry, "refused"), Executions::ONE_FAILURE);
    assert_eq!(executions(&telemetry, "a_future"), Executions::ONE_SUCCESS);
    let types = telemetry
        .spans()
        .iter()
        .map(|span| attribute(span, "axisor.automation.type").unwrap())
        .collect::<Vec<_>>();
    assert_eq!(types, ["dca", "refused", "a_future"]);
}

#[test]
fn labels_before_and_after_the_body_stand_side_by_side() {
    #[track_margin_guard(action = action, plan = ret(|user| user))]
    fn renamed(action: Action, mut user: String) -> String {
        user.push('o');
        user
    }
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(|| renamed(Action::Nothing, "pr".into()));
    assert_eq!(
        labels(&telemetry.only_span()),
        ("leave_it".into(), "pro".into())
    );
}

#[test]
fn a_derived_label_is_known_and_costs_no_text() {
    let labels: Vec<_> = [
        Action::AddMargin { sats: 1 },
        Action::ReduceSize(1),
        Action::Nothing,
    ]
    .iter()
    .map(|action| (action.known(), matches!(action.label(), Cow::Borrowed(_))))
    .collect();
    let expected = ["add_margin", "reduce_size", "leave_it"];
    assert_eq!(labels, expected.map(|label| (Some(label), true)));
}

#[test]
fn a_derived_label_is_taken_by_plain_calls() {
    let telemetry = TestTelemetry::new();
    telemetry.margin_guard().record(Action::Nothing, "pro");
    telemetry.assert_family(
        "axisor_margin_guard_actions_total",
        r#"axisor_margin_guard_actions_total{action_type="leave_it",user_plan="pro"} 1"#,
    );
}

#[test]
fn a_known_value_keeps_its_own_series_past_the_bound() {
    let telemetry: Telemetry = seen::builder()
        .set("metrics.series_bound", 1)
        .build()
        .unwrap();
    telemetry.in_scope(|| [decide("pro", 0), decide("pro", 1), decide("pro", 2)]);
    let samples = seen::samples(&telemetry, "axisor_margin_guard_actions_total{");
    assert_eq!(samples.len(), 3, "{samples:?}");
}
