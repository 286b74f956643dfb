use axisor_telemetry::instrument_automation;

const KIND: u8 = 5;

#[instrument_automation(type = KIND)]
fn check() {}

fn main() {}
