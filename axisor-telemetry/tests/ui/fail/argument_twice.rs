use axisor_telemetry::instrument_automation;

#[instrument_automation(type = "margin_check", type = "dca")]
fn check() {}

fn main() {}
