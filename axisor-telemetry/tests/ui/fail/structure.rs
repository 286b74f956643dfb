use axisor_telemetry::instrument_automation;

#[instrument_automation(type = "margin_check")]
struct Guard;

fn main() {}
