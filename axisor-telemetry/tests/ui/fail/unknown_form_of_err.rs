use axisor_telemetry::instrument_automation;

#[instrument_automation(type = "margin_check", err(loudly))]
fn check() {}

fn main() {}
