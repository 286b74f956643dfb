use axisor_telemetry::instrument_automation;

#[instrument_automation(type = "a", err(debug))]
fn lower_case() -> Result<u8, u8> {
    Err(1)
}

#[instrument_automation(type = "a", err(Display))]
fn display() -> Result<u8, u8> {
    Err(1)
}

#[instrument_automation(type = "a", err(with))]
fn without_a_function() -> Result<u8, u8> {
    Err(1)
}

#[instrument_automation(type = "a", err(Debug, type_only))]
fn two() -> Result<u8, u8> {
    Err(1)
}

#[instrument_automation(type = "a", err())]
fn none() -> Result<u8, u8> {
    Err(1)
}

#[instrument_automation(type = "a", err(Debug = 1))]
fn with_a_value() -> Result<u8, u8> {
    Err(1)
}

fn main() {}
