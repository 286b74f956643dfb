use axisor_telemetry::instrument_automation;

#[instrument_automation]
fn check() {}

fn main() {}
