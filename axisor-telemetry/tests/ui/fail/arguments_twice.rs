use axisor_telemetry::instrument_automation;

#[instrument_automation(type = "margin_check", fields(a = 1), fields(b = 2), duration, duration, name = "a", name = "b")]
fn check() {}

fn main() {}
