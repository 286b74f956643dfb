use axisor_telemetry::instrument_automation;

#[instrument_automation(type = "a", crate = telemetry)]
fn check() -> Result<(), String> {
    Ok(())
}

#[instrument_automation(type = "a", crate = "axisor_telemetry")]
async fn check_later() {}

fn main() {}
