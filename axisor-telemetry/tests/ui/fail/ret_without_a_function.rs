use axisor_telemetry::track_margin_guard;

#[track_margin_guard(action = ret(), plan = ret(|a| a, |b| b))]
fn add() -> &'static str {
    "pro"
}

fn main() {}
