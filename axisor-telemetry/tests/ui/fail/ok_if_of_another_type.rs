use axisor_telemetry::instrument_automation;

#[instrument_automation(type = "margin_check", ok_if = |placed| placed.is_placed())]
fn check() -> u64 {
    1
}

#[instrument_automation(type = "margin_check", error_if = Option::is_none)]
async fn check_later() -> Result<u64, String> {
    Ok(1)
}

fn main() {}
