use axisor_telemetry::instrument_automation;

#[instrument_automation(type = "margin_check", plan = "pro")]
fn check() {}

fn main() {}
