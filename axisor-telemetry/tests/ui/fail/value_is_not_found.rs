use axisor_telemetry::track_margin_guard;

#[track_margin_guard(action = "add_margin", plan = usr.plan)]
fn add(user: &str) {}

fn main() {}
