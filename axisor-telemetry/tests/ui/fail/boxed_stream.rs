use axisor_telemetry::instrument_automation;

use std::pin::Pin;

use futures_util::Stream;

#[instrument_automation(type = "margin_check")]
async fn checks() -> Pin<Box<dyn Stream<Item = u8>>> {
    Box::pin(futures_util::stream::empty())
}

fn main() {}
