use axisor_telemetry::instrument_automation;

type Check = std::future::Ready<u8>;

#[instrument_automation(type = "margin_check")]
fn check() -> Check {
    std::future::ready(1)
}

fn main() {}
