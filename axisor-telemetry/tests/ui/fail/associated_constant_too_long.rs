use axisor_telemetry::instrument_automation;

struct Check;

impl Check {
    const KIND: &str = "a234567890123456789012345678901234567890123456789012345678901234x";

    #[instrument_automation(type = Self::KIND)]
    fn run(&self) {}
}

fn main() {
    Check.run();
}
