//! Metrics of the user's own.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU32, Ordering};

use axisor_telemetry::{MetricError, Telemetry};

use crate::seen::{builder, value};

#[test]
fn a_gauge_that_was_no_number_never_shows_the_value_before() {
    const LAST: u32 = 100_000;
    let telemetry = builder().build().unwrap();
    let gauge = telemetry.gauge("axisor_odd", "Odd", &[]).unwrap();
    let series = gauge.with(()).unwrap();
    series.set(f64::NAN);
    let over = AtomicU32::new(0);
    let shown_after_the_number = || {
        let over = over.load(Ordering::SeqCst);
        (over, value(&telemetry, "axisor_odd", &[]).unwrap())
    };
    std::thread::scope(|threads| {
        threads.spawn(|| {
            for number in 1..=LAST {
                series.set(f64::from(number));
                series.set(f64::NAN);
                over.store(number, Ordering::SeqCst);
            }
        });
        while over.load(Ordering::SeqCst) < LAST {
            let (over, shown) = shown_after_the_number();
            assert!(
                shown.is_nan() || shown > f64::from(over),
                "{shown} after {over}"
            );
        }
    });
}

#[test]
fn each_recording_through_a_held_handle_past_the_bound_is_counted_as_folded() {
    let telemetry = builder().set("metrics.series_bound", 1).build().unwrap();
    let counter = telemetry
        .counter("axisor_held_total", "Held", &["key"])
        .unwrap();
    counter.with(["own"]).unwrap().inc();
    let held = counter.with(["past"]).unwrap();
    (0..5).for_each(|_| held.inc());
    let other = value(&telemetry, "axisor_held_total", &[("key", "other")]);
    assert_eq!(other, Some(5.0));
    assert_eq!(overflow(&telemetry, "axisor_held_total"), Some(5.0));
}

#[test]
fn overflow_is_told_by_the_name_of_each_metric_whatever_the_bound() {
    let telemetry = builder().set("metrics.series_bound", 1).build().unwrap();
    for metric in 0..600 {
        let name = format!("axisor_{metric}_total");
        let counter = telemetry.counter(&name, "Help", &["key"]).unwrap();
        counter.with(["own"]).unwrap().inc();
        counter.with(["past"]).unwrap().inc();
    }
    assert_eq!(overflow(&telemetry, "axisor_0_total"), Some(1.0));
    assert_eq!(overflow(&telemetry, "axisor_599_total"), Some(1.0));
    assert_eq!(overflow(&telemetry, "other"), None);
}

fn overflow(telemetry: &Telemetry, metric: &str) -> Option<f64> {
    value(
        telemetry,
        "axisor_label_overflow_total",
        &[("metric", metric)],
    )
}

#[test]
fn a_histogram_takes_the_names_of_its_samples_too() {
    let telemetry = builder().build().unwrap();
    telemetry
        .histogram("axisor_mine_seconds", "Mine", &[])
        .unwrap();
    for histogram in [
        "axisor_http_request_duration_seconds",
        "axisor_mine_seconds",
    ] {
        for sample in ["_bucket", "_sum", "_count"] {
            let name = format!("{histogram}{sample}");
            let refused = Err(MetricError::NameTaken { name: name.clone() });
            assert_eq!(telemetry.gauge(&name, "Help", &[]).map(drop), refused);
            assert_eq!(telemetry.counter(&name, "Help", &[]).map(drop), refused);
        }
    }
}

#[test]
fn a_histogram_whose_samples_would_meet_another_metric_is_refused_and_takes_nothing() {
    let telemetry = builder().build().unwrap();
    telemetry
        .counter("axisor_late_seconds_count", "Late", &[])
        .unwrap();
    let name = "axisor_late_seconds_count".to_owned();
    assert_eq!(
        telemetry
            .histogram("axisor_late_seconds", "Late", &[])
            .map(drop),
        Err(MetricError::NameTaken { name })
    );
    telemetry.gauge("axisor_late_seconds", "Late", &[]).unwrap();
    telemetry
        .gauge("axisor_late_seconds_sum", "Late", &[])
        .unwrap();
}

#[test]
#[expect(
    clippy::needless_borrows_for_generic_args,
    reason = "a reference to an array is what is tested"
)]
fn label_values_are_taken_as_they_are_at_hand() {
    let telemetry = builder().build().unwrap();
    let counter = telemetry
        .counter("axisor_orders_total", "Orders", &["side", "kind"])
        .unwrap();
    let (side, kind) = (String::from("buy"), String::from("limit"));
    let by_position = [
        counter.with(["buy", "limit"]),
        counter.with(&["buy", "limit"]),
        counter.with(["buy", "limit"].as_slice()),
        counter.with([side.clone(), kind.clone()]),
        counter.with(&[side.clone(), kind.clone()]),
        counter.with(vec![side.clone(), kind.clone()].as_slice()),
        counter.with([&side, &kind]),
        counter.with([Cow::Borrowed("buy"), Cow::Owned(kind.clone())]),
    ];
    let by_name = [
        counter.with([("kind", "limit"), ("side", "buy")]),
        counter.with(&[("kind", "limit"), ("side", "buy")]),
        counter.with([("kind", "limit"), ("side", "buy")].as_slice()),
        counter.with([("kind", &kind), ("side", &side)]),
        counter.with([("kind", kind), ("side", side)]),
    ];
    by_position
        .into_iter()
        .chain(by_name)
        .for_each(|series| series.unwrap().inc());
    let labels = [("side", "buy"), ("kind", "limit")];
    let value = value(&telemetry, "axisor_orders_total", &labels);
    assert_eq!(value, Some(13.0));
}

#[test]
fn handles_and_recorders_can_stand_in_what_is_debugged() {
    let telemetry = builder().build().unwrap();
    let counter = telemetry.counter("axisor_c", "Help", &["key"]).unwrap();
    let gauge = telemetry.gauge("axisor_g", "Help", &["key"]).unwrap();
    let histogram = telemetry.histogram("axisor_h", "Help", &["key"]).unwrap();
    let shown = [
        format!("{counter:?} {:?}", counter.with(["x"]).unwrap()),
        format!("{gauge:?} {:?}", gauge.with(["x"]).unwrap()),
        format!("{histogram:?} {:?}", histogram.with(["x"]).unwrap()),
    ];
    for (shown, kind, name) in [
        (&shown[0], "Counter", "axisor_c"),
        (&shown[1], "Gauge", "axisor_g"),
        (&shown[2], "Histogram", "axisor_h"),
    ] {
        let expected = format!(
            r#"{kind}(Metric {{ name: "{name}", .. }}) {kind}Series(Series {{ name: "{name}", values: ["x"], .. }})"#
        );
        assert_eq!(*shown, expected);
    }
    assert_eq!(
        format!("{:?}", telemetry.automations()),
        "Automations { .. }"
    );
    assert_eq!(
        format!("{:?}", telemetry.margin_guard()),
        "MarginGuard { .. }"
    );
    assert_eq!(format!("{:?}", telemetry.payments()), "Payments { .. }");
    assert_eq!(format!("{:?}", telemetry.queues()), "Queues { .. }");
    assert_eq!(
        format!("{:?}", telemetry.authentication()),
        "Authentication { .. }"
    );
    assert_eq!(format!("{:?}", telemetry.pages()), "Pages { .. }");
}
