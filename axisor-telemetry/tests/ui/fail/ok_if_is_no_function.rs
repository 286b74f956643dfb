use axisor_telemetry::instrument_automation;

#[instrument_automation(type = "margin_check", ok_if = true)]
async fn check() -> u64 {
    1
}

fn main() {}
