use axisor_telemetry::instrument_automation;

#[instrument_automation(type = "margin_check", name = 5)]
fn check() {}

fn main() {}
