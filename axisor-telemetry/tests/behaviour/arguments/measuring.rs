//! `duration` and `in_flight`: the extra series.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::time::Duration;

use axisor_telemetry::testing::TestTelemetry;
use axisor_telemetry::{Clock, Telemetry, instrument_automation, track_margin_guard};

use super::Refused;
use crate::recorded::{poll_and_drop, poll_once};
use crate::seen;

#[instrument_automation(type = "timed", duration)]
fn takes(clock: &Clock, time: Duration, fails: bool) -> Result<(), Refused> {
    clock.advance(time);
    if fails { Err(Refused) } else { Ok(()) }
}

#[test]
fn durations_are_measured_by_type_and_status() {
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(|| {
        takes(telemetry.clock(), Duration::from_millis(300), false).unwrap();
        takes(telemetry.clock(), Duration::from_millis(1500), false).unwrap();
        takes(telemetry.clock(), Duration::from_secs(20), true).unwrap_err();
    });
    let of = |suffix: &str, status| {
        let labels = [("automation_type", "timed"), ("status", status)];
        seen::value(
            &telemetry,
            &format!("axisor_automation_duration_seconds_{suffix}"),
            &labels,
        )
    };
    assert_eq!(
        (of("sum", "success"), of("count", "success")),
        (Some(1.8), Some(2.0))
    );
    assert_eq!(
        (of("sum", "failure"), of("count", "failure")),
        (Some(20.0), Some(1.0))
    );
    let bucket = |le, status| {
        let labels = [("automation_type", "timed"), ("status", status), ("le", le)];
        seen::value(
            &telemetry,
            "axisor_automation_duration_seconds_bucket",
            &labels,
        )
    };
    let buckets = ["0.1", "0.5", "1", "2", "5", "10", "+Inf"].map(|le| bucket(le, "success"));
    assert_eq!(buckets, [0.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0].map(Some));
    assert_eq!(bucket("10", "failure"), Some(0.0));
}

#[track_margin_guard(action = "timed", plan = plan, duration)]
async fn acts(plan: &str, fails: bool) -> Result<(), Refused> {
    tokio::task::yield_now().await;
    if fails { Err(Refused) } else { Ok(()) }
}

#[test]
fn a_future_is_measured_from_its_first_poll_to_its_end_whether_or_not_it_counts() {
    let telemetry = TestTelemetry::new();
    for fails in [false, true] {
        let mut future = pin!(telemetry.scope(acts("pro", fails)));
        telemetry.clock().advance(Duration::from_secs(100));
        assert!(poll_once(future.as_mut()).is_pending());
        telemetry.clock().advance(Duration::from_secs(3));
        assert!(poll_once(future).is_ready());
    }
    for status in ["success", "failure"] {
        let labels = [
            ("action_type", "timed"),
            ("user_plan", "pro"),
            ("status", status),
        ];
        let name = "axisor_margin_guard_action_duration_seconds_sum";
        assert_eq!(
            seen::value(&telemetry, name, &labels),
            Some(3.0),
            "{status}"
        );
    }
}

#[test]
fn a_cancelled_call_and_a_panic_are_measured_as_failures_and_a_skipped_call_is_not() {
    #[instrument_automation(type = "cancelled", duration)]
    async fn cancelled() {
        std::future::pending::<()>().await;
    }
    #[instrument_automation(type = "skipped", duration, on_cancel = "skip")]
    async fn skipped() {
        std::future::pending::<()>().await;
    }
    #[instrument_automation(type = "panics", duration)]
    fn panics() {
        panic!("as it does");
    }
    let telemetry = TestTelemetry::new();
    poll_and_drop(telemetry.scope(cancelled()));
    poll_and_drop(telemetry.scope(skipped()));
    catch_unwind(AssertUnwindSafe(|| {
        telemetry.in_scope(panics);
    }))
    .unwrap_err();
    telemetry.assert_recorded(
        r#"
        axisor_automation_executions_total{automation_type="cancelled",status="failure"} +1
        axisor_automation_duration_seconds_count{automation_type="cancelled",status="failure"} +1
        axisor_automation_executions_total{automation_type="panics",status="failure"} +1
        axisor_automation_duration_seconds_count{automation_type="panics",status="failure"} +1
        "#,
    );
}

#[test]
fn a_duration_has_the_label_that_was_returned() {
    #[instrument_automation(type = ret(|kind| *kind), duration, ok_if = |kind| *kind != "none")]
    fn kinds(kind: &'static str) -> &'static str {
        kind
    }
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(|| [kinds("dca"), kinds("none")]);
    telemetry.assert_recorded(
        r#"
        axisor_automation_executions_total{automation_type="dca",status="success"} +1
        axisor_automation_duration_seconds_count{automation_type="dca",status="success"} +1
        axisor_automation_executions_total{automation_type="none",status="failure"} +1
        axisor_automation_duration_seconds_count{automation_type="none",status="failure"} +1
        "#,
    );
}

const BUCKETS: &[f64] = &[0.25, 4.0];

#[test]
fn a_function_has_its_own_buckets() {
    #[instrument_automation(type = "literal", duration(buckets = [0.01, 2]))]
    fn literal(clock: &Clock) {
        clock.advance(Duration::from_secs(1));
    }
    #[track_margin_guard(action = "constant", plan = "pro", duration(buckets = BUCKETS))]
    fn constant(clock: &Clock) {
        clock.advance(Duration::from_secs(1));
    }
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(|| {
        literal(telemetry.clock());
        constant(telemetry.clock());
    });
    let bounds = |family: &str| -> Vec<String> {
        let buckets = seen::samples(&telemetry, family);
        let le = buckets
            .iter()
            .map(|sample| sample.split("le=\"").nth(1).unwrap());
        le.map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        bounds("axisor_automation_duration_seconds_bucket"),
        ["0.01", "2", "+Inf"]
    );
    assert_eq!(
        bounds("axisor_margin_guard_action_duration_seconds_bucket"),
        ["0.25", "4", "+Inf"]
    );
}

#[test]
fn buckets_other_than_those_a_series_has_are_told_once_a_family() {
    #[instrument_automation(type = kind, duration(buckets = [1.0, 2.0]))]
    fn first(kind: &str) {}
    #[instrument_automation(type = "shared", duration(buckets = [5.0]))]
    fn second() {}
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(|| {
        first("shared");
        first("shared");
        first("own");
    });
    telemetry.assert_log("");
    telemetry.in_scope(|| {
        second();
        second();
    });
    let log = telemetry.log();
    assert!(log.len() == 1 && log[0].starts_with("WARN "), "{log:?}");
    for said in [
        "axisor_automation_duration_seconds",
        "shared",
        "[1.0, 2.0]",
        "[5.0]",
    ] {
        assert!(log[0].contains(said), "{log:?}");
    }
    telemetry.assert_series(
        r#"axisor_automation_duration_seconds_count{automation_type="shared",status="success"} 4"#,
    );
}

#[test]
fn without_duration_and_in_flight_there_is_no_such_series() {
    #[instrument_automation(type = "plain")]
    fn plain() {}
    let telemetry = TestTelemetry::new();
    telemetry.in_scope(plain);
    telemetry.assert_family("axisor_automation_duration_seconds", "");
    telemetry.assert_family("axisor_automations_in_flight", "");
}

fn under_way(telemetry: &Telemetry, kind: &str) -> Option<f64> {
    seen::value(
        telemetry,
        "axisor_automations_in_flight",
        &[("automation_type", kind)],
    )
}

#[derive(Clone, Copy)]
enum End {
    Ok,
    Err,
    Panic,
}

#[instrument_automation(type = "flight", in_flight)]
fn flies(telemetry: &Telemetry, deep: u8, end: End) -> Result<f64, Refused> {
    if deep > 0 {
        return flies(telemetry, deep - 1, end);
    }
    match end {
        End::Ok => Ok(under_way(telemetry, "flight").expect("it is under way")),
        End::Err => Err(Refused),
        End::Panic => panic!("as it does"),
    }
}

#[test]
fn calls_under_way_are_counted_until_they_end_however_they_end() {
    let telemetry = &TestTelemetry::new();
    assert_eq!(telemetry.in_scope(|| flies(telemetry, 0, End::Ok)), Ok(1.0));
    assert_eq!(under_way(telemetry, "flight"), Some(0.0));
    assert_eq!(telemetry.in_scope(|| flies(telemetry, 2, End::Ok)), Ok(3.0));
    assert_eq!(under_way(telemetry, "flight"), Some(0.0));
    telemetry
        .in_scope(|| flies(telemetry, 1, End::Err))
        .unwrap_err();
    assert_eq!(under_way(telemetry, "flight"), Some(0.0));
    let panicking = AssertUnwindSafe(|| telemetry.in_scope(|| flies(telemetry, 1, End::Panic)));
    catch_unwind(panicking).unwrap_err();
    assert_eq!(under_way(telemetry, "flight"), Some(0.0));
}

#[track_margin_guard(action = action, plan = "pro", in_flight)]
async fn waits(action: &str) {
    tokio::task::yield_now().await;
}

#[test]
fn futures_are_under_way_from_their_first_poll_until_they_end_or_are_dropped() {
    let telemetry = TestTelemetry::new();
    let under_way = || {
        let labels = [("action_type", "wait"), ("user_plan", "pro")];
        seen::value(&telemetry, "axisor_margin_guard_actions_in_flight", &labels)
    };
    let mut one = Box::pin(telemetry.scope(waits("wait")));
    let mut other = Box::pin(telemetry.scope(waits("wait")));
    assert_eq!(under_way(), None, "never polled");
    assert!(poll_once(one.as_mut()).is_pending());
    assert!(poll_once(other.as_mut()).is_pending());
    assert_eq!(under_way(), Some(2.0));
    assert!(poll_once(one.as_mut()).is_ready());
    assert_eq!(under_way(), Some(1.0));
    drop(other);
    assert_eq!(under_way(), Some(0.0));
}
