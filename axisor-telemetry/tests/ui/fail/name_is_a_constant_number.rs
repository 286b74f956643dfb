use axisor_telemetry::instrument_automation;

const NAME: u8 = 1;

#[instrument_automation(type = "a", name = NAME, target = MISSING)]
fn check() {}

fn main() {}
