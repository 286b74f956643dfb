use axisor_telemetry::instrument_automation;

const KIND: &str = "margin\"check";

#[instrument_automation(type = KIND)]
fn check() {}

fn main() {}
