use axisor_telemetry::instrument_automation;

#[instrument_automation(tpye = "margin_check")]
fn check() {}

fn main() {}
