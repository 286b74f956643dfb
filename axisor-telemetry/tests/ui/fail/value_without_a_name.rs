use axisor_telemetry::instrument_automation;

#[instrument_automation("margin_check")]
fn check() {}

fn main() {}
