use axisor_telemetry::instrument_automation;

#[instrument_automation(type = ret(|sats| sats + 1))]
fn check() -> u64 {
    1
}

fn main() {}
