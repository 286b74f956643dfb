use axisor_telemetry::{instrument_automation, track_margin_guard};

#[instrument_automation(type = "a", kind = client, level = debug, on_cancel = skip)]
fn check() {}

#[track_margin_guard(action = "a", plan = "b", count = always, kind = 3, level = 5)]
fn add() {}

fn main() {}
