use axisor_telemetry::{instrument_automation, track_margin_guard};

#[instrument_automation(type = "margin_check", ok = Result::is_ok, cancel = "skip", feilds(a = 1), inflight, durations, link(a))]
fn check() -> Result<(), ()> {
    Ok(())
}

#[track_margin_guard(acton = "add", plan = "pro", r#Level = "info", counts = "always")]
fn add() {}

fn main() {}
