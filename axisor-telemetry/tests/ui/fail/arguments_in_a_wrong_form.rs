use axisor_telemetry::{instrument_automation, track_margin_guard};

#[instrument_automation(type("margin_check"), fields = 1, in_flight = true, parent(job), skip, skip_all(job), links, ok_if)]
fn check(job: &str) {}

#[track_margin_guard(action = "add", plan = "pro", err = "Debug", duration = 5, kind("client"), level, on_cancel("skip"), count)]
fn add() {}

fn main() {}
