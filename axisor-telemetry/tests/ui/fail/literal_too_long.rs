use axisor_telemetry::instrument_automation;

#[instrument_automation(type = "a234567890123456789012345678901234567890123456789012345678901234x")]
fn check() {}

fn main() {}
