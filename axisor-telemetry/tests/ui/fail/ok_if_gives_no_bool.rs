use axisor_telemetry::instrument_automation;

#[instrument_automation(type = "margin_check", ok_if = |sats| sats + 1)]
fn check() -> u64 {
    1
}

fn main() {}
