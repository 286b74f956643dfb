//! Metrics of the user's own.

use std::sync::atomic::{AtomicU32, Ordering};

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
