use axisor_telemetry::track_margin_guard;

#[track_margin_guard(action = "add margin", plan = "", nmae = "add")]
fn add() {}

#[track_margin_guard(action = "add", plan = user.plan, on_cancel = "never")]
const fn limit(user: u8) -> u8 {
    user
}

fn main() {}
