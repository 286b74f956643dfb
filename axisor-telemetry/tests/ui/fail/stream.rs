use axisor_telemetry::instrument_automation;

use futures_util::Stream;

#[instrument_automation(type = "margin_check")]
fn checks() -> impl Stream<Item = u8> {
    futures_util::stream::empty()
}

fn main() {}
