use axisor_telemetry::instrument_automation;

#[instrument_automation(type = "margin_check")]
const GUARD: u8 = 1;

fn main() {}
