use axisor_telemetry::instrument_automation;

#[instrument_automation(type = "margin_check")]
pub trait Guard {
    fn check(&self) {}
}

fn main() {}
