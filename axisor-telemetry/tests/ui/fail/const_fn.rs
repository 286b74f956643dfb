use axisor_telemetry::instrument_automation;

#[instrument_automation(type = "margin_check")]
const fn check() -> u8 {
    1
}

fn main() {
    check();
}
