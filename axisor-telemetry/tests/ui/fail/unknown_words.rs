use axisor_telemetry::{instrument_automation, track_margin_guard};

#[instrument_automation(type = "a", kind = "clint", level = "wran", on_cancel = "skipp")]
fn check() {}

#[track_margin_guard(action = "a", plan = "b", count = "alwys", kind = "Client", level = "verbose")]
fn add() {}

fn main() {}
