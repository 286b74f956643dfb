use axisor_telemetry::instrument_automation;

trait Guard {
    #[instrument_automation(type = "margin_check")]
    fn check(&self);
}

fn main() {}
