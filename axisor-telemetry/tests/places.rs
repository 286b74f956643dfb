//! Log lines of places in the code that another thread reached first: a process of its own, as `tracing` remembers places.

use std::thread;

use axisor_telemetry::testing::TestTelemetry;

fn place() {
    tracing::info!(target: "axisor", "reached");
}

#[test]
fn a_place_that_a_thread_without_telemetry_reached_first_is_logged_all_the_same() {
    let telemetry = TestTelemetry::new();
    thread::spawn(place).join().unwrap();
    telemetry.assert_log("");
    telemetry.in_scope(place);
    telemetry.assert_log("INFO axisor: reached");
}
