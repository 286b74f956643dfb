use axisor_telemetry::track_margin_guard;

#[track_margin_guard(action = "add margin", plan = "", nmae = "add")]
fn add() {}

fn main() {}
