use axisor_telemetry::track_margin_guard;

#[track_margin_guard(action = "add_margin", plan = "pro", colour = "red")]
fn add() {}

fn main() {}
