use axisor_telemetry::instrument_automation;

#[instrument_automation(type = 5)]
fn check() {}

fn main() {}
