use axisor_telemetry::track_margin_guard;

#[track_margin_guard(action = "add", plan = ret(|plan| *plan), in_flight)]
fn add() -> &'static str {
    "pro"
}

fn main() {}
