use axisor_telemetry::instrument_automation;

#[instrument_automation(type = "margin_check")]
fn check() -> u8 {
    "one"
}

#[instrument_automation(type = "margin_check")]
async fn check_later() -> u8 {
    missing().await
}

fn main() {}
