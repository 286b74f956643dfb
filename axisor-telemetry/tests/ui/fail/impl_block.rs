use axisor_telemetry::instrument_automation;

struct Guard;

#[instrument_automation(type = "margin_check")]
impl Guard {
    fn check(&self) {}
}

#[instrument_automation(type = "margin_check")]
unsafe impl Send for Guard {}

fn main() {
    Guard.check();
}
