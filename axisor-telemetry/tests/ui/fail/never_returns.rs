use axisor_telemetry::{instrument_automation, track_margin_guard};

#[instrument_automation(type = "margin_check", ok_if = |_| true)]
fn check() -> ! {
    panic!()
}

#[track_margin_guard(action = "add", plan = ret(|_| "pro"))]
async fn add() -> ! {
    panic!()
}

fn main() {}
