use axisor_telemetry::instrument_automation;

#[instrument_automation(type = "a", err(Debug))]
fn check() -> Option<u8> {
    None
}

#[instrument_automation(type = "a", err(with = |error| error.to_string()))]
async fn check_later() -> u8 {
    1
}

fn main() {}
