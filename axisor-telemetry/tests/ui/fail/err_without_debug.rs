use axisor_telemetry::instrument_automation;

struct Refused;

#[instrument_automation(type = "a", err(Debug))]
async fn check() -> Result<u8, Refused> {
    Err(Refused)
}

fn main() {}
