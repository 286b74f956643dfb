use axisor_telemetry::instrument_automation;

#[instrument_automation(type = "")]
fn check() {}

fn main() {}
