use axisor_telemetry::{instrument_automation, track_margin_guard};

#[instrument_automation(type = "margin_check", plan = "pro")]
fn check() {}

#[instrument_automation(type = "margin_check", count = "always")]
fn check_always() {}

#[track_margin_guard(type = "add_margin", plan = "pro")]
fn add() {}

fn main() {}
