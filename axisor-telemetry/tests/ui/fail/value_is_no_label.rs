use axisor_telemetry::track_margin_guard;

struct User {
    plan: u8,
}

#[track_margin_guard(action = "add_margin", plan = user.plan)]
fn add(user: &User) {}

fn main() {}
