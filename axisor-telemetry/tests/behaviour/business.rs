//! The series of business events through their plain calls.

use std::time::Duration;

use axisor_telemetry::record::{AutomationStatus, PaymentStatus};
use axisor_telemetry::{LabelValue, Telemetry};

use crate::seen::{builder, samples, value};

#[test]
fn payments_are_counted_by_status() {
    let telemetry = builder().build().unwrap();
    telemetry.payments().record(PaymentStatus::Success);
    telemetry.payments().record(PaymentStatus::Failed);
    telemetry.payments().record(PaymentStatus::Failed);
    let count = |status| {
        value(
            &telemetry,
            "axisor_payment_processing_total",
            &[("status", status)],
        )
    };
    assert_eq!((count("success"), count("failed")), (Some(1.0), Some(2.0)));
}

#[test]
fn a_queue_has_the_size_last_said() {
    let telemetry = builder().build().unwrap();
    telemetry.queues().set_size("orders", 1_200);
    telemetry.queues().set_size("orders", 7);
    assert_eq!(
        value(
            &telemetry,
            "axisor_worker_queue_size",
            &[("queue", "orders")]
        ),
        Some(7.0)
    );
}

#[test]
fn failed_authentications_are_counted_by_reason() {
    let telemetry = builder().build().unwrap();
    telemetry.authentication().failed("bad_password");
    assert_eq!(
        value(
            &telemetry,
            "axisor_auth_failures_total",
            &[("reason", "bad_password")]
        ),
        Some(1.0)
    );
}

#[test]
fn a_page_load_is_counted_in_the_bucket_of_its_duration() {
    let telemetry = builder().build().unwrap();
    telemetry
        .pages()
        .loaded("/positions/:id", Duration::from_millis(1_500));
    let bucket = |le| {
        value(
            &telemetry,
            "axisor_page_load_duration_seconds_bucket",
            &[("page", "/positions/:id"), ("le", le)],
        )
    };
    assert_eq!((bucket("1"), bucket("2")), (Some(0.0), Some(1.0)));
}

#[derive(Debug, Clone, Copy, LabelValue)]
enum Known {
    A,
    B,
    C,
}

/// A telemetry whose families have one series each before values from data become `other`.
fn bounded() -> Telemetry {
    let builder = builder().set("metrics.series_bound", 1);
    builder.build().unwrap()
}

#[test]
fn a_known_value_keeps_its_own_series_past_the_bound_in_every_recorder() {
    let telemetry = bounded();
    for known in [Known::A, Known::B, Known::C] {
        telemetry
            .automations()
            .record(known, AutomationStatus::Success);
        telemetry.margin_guard().record(known, known);
        telemetry.queues().set_size(known, 1);
        telemetry.authentication().failed(known);
        telemetry.pages().loaded(known, Duration::ZERO);
    }
    for family in [
        "axisor_automation_executions_total{automation_type",
        "axisor_margin_guard_actions_total{action_type",
        "axisor_worker_queue_size{queue",
        "axisor_auth_failures_total{reason",
        "axisor_page_load_duration_seconds_sum{page",
    ] {
        let samples = samples(&telemetry, family);
        let has = |label: &&str| samples.iter().any(|one| one.contains(*label));
        assert!(["\"a\"", "\"b\"", "\"c\""].iter().all(has), "{samples:?}");
        assert_eq!(samples.len(), 3, "{samples:?}");
    }
}

#[test]
fn a_text_becomes_other_at_the_bound_beside_a_known_value() {
    let telemetry = bounded();
    telemetry.margin_guard().record("a", Known::A);
    telemetry.margin_guard().record("b", Known::B);
    telemetry.margin_guard().record(Known::C, "c");
    let samples = samples(&telemetry, "axisor_margin_guard_actions_total{");
    for [action, plan] in [["a", "a"], ["other", "b"], ["c", "other"]] {
        let labels = format!("action_type=\"{action}\",user_plan=\"{plan}\"");
        assert!(
            samples.iter().any(|one| one.contains(&labels)),
            "{samples:?}"
        );
    }
}

#[test]
fn the_words_of_a_status_are_known() {
    let known = |value: &dyn LabelValue| value.known() == Some(&*value.label());
    assert!(known(&AutomationStatus::Success) && known(&AutomationStatus::Failure));
    assert!(known(&PaymentStatus::Success) && known(&PaymentStatus::Failed));
}
