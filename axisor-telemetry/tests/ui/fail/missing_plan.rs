use axisor_telemetry::track_margin_guard;

#[track_margin_guard(action = "add_margin")]
fn add() {}

fn main() {}
