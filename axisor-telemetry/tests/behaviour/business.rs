//! The series of business events through their plain calls.

use std::time::Duration;

use axisor_telemetry::record::PaymentStatus;

use crate::seen::{builder, value};

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
