use axisor_telemetry::instrument_automation;

#[instrument_automation(type = "margin check")]
fn check() {}

fn main() {}
