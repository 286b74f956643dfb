use axisor_telemetry::instrument_automation;

#[instrument_automation(type = "margin_check", ok_if = Result::is_ok, error_if = Result::is_err)]
fn check() -> Result<(), ()> {
    Ok(())
}

fn main() {}
