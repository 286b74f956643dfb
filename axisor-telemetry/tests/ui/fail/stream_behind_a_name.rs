use axisor_telemetry::instrument_automation;

type Checks = futures_util::stream::Empty<u8>;

#[instrument_automation(type = "margin_check")]
fn checks() -> Checks {
    futures_util::stream::empty()
}

fn main() {}
