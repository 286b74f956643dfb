use axisor_telemetry::instrument_automation;

struct Refused;

#[instrument_automation(type = "a", err(with = |_| Refused))]
fn check() -> Result<u8, Refused> {
    Err(Refused)
}

#[instrument_automation(type = "a", err(with = u8::count_ones))]
fn check_other() -> Result<u8, Refused> {
    Err(Refused)
}

fn main() {}
