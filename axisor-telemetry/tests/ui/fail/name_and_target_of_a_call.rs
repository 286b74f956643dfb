use axisor_telemetry::instrument_automation;

struct Guard;

impl Guard {
    const NAME: &str = "guard";

    #[instrument_automation(type = "a", name = Self::NAME, target = target)]
    fn check(&self, target: &str) {}

    #[instrument_automation(type = "a", name = "", target = format!("a"))]
    fn check_again(&self) {}
}

fn main() {}
